"""`rimlight measure`: numbers of a range of frames, as lines, JSON and a table."""

import csv
import errno
import json
import shutil
from pathlib import Path

import pytest

import shots
from rimlight.engine import Curve, Region, Session
from rimlight.engine.cli import run


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A picture whose exposure flickers through three frames, and a meter for two ways of seeing it."""
    session = Session()
    session.set_project(format="48x32", frames=[1, 3])
    session.add("Read", name="Still", file=shots.plates(tmp_path, range(1, 2), Region(0, 0, 48, 32)))
    for frame in (2, 3):
        shutil.copy(tmp_path / "plate.0001.exr", tmp_path / f"plate.{frame:04d}.exr")
    session.add("Exposure", "Still", name="Plate", stops=Curve.of((1, 0.0), (2, 0.5), (3, 0.2)))
    session.add("Exposure", "Plate", name="Dark", stops=-3.0)
    session.add("FlickerMeter", name="Meter", inputs={"image": "Plate"})
    session.add("FlickerMeter", name="Dimmer", inputs={"image": "Dark", "plate": "Plate"})
    return session.save(tmp_path / "shot.rim")


def test_every_frame_and_the_mean(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", str(script), "--nodes", "Meter"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["1", "2", "3", "mean"]
    assert lines[0] == "1: nothing" and lines[1].startswith("2: Meter.flicker ")


def test_of_a_still_there_is_nothing_to_measure(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session.open(script)
    session.add("FlickerMeter", name="OfStill", inputs={"image": "Still"})
    session.save(script)
    assert run(["measure", str(script), "--nodes", "OfStill"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "mean: OfStill.flicker 0, OfStill.flicker_seen 1"
    sentence = "its picture is the same at all frames: there is no flicker to measure"
    assert told.err == f"rimlight: warning: OfStill: {sentence}\n"
    assert run(["measure", str(script), "--nodes", "OfStill", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == [f"OfStill: {sentence}"]
    assert run(["measure", str(script), "--nodes", "Meter"]) == 0
    assert capsys.readouterr().err == ""


def test_json_and_a_table_say_the_same(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "flicker.csv"
    assert run(["measure", str(script), "--frames", "2-3", "--json", "--csv", str(table)]) == 0
    data = json.loads(capsys.readouterr().out)
    with table.open() as file:
        rows = {row["frame"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["2", "3", "mean"] and list(data["frames"]) == ["2", "3"]
    for name, value in data["frames"]["2"].items():
        assert rows["2"][name] == ("" if value is None else str(value))
    both = [data["frames"][frame] for frame in ("2", "3")]
    name = "Dimmer.flicker"
    assert data["mean"][name] == pytest.approx(sum(row[name] for row in both) / 2)
    assert both[0]["Dimmer.flicker_plate"] == pytest.approx(both[0]["Meter.flicker"], rel=1e-5)
    assert both[0]["Dimmer.flicker_added"] < 0 and both[0]["Meter.flicker_added"] is None


def test_a_proxy_is_measured_at_a_part_of_the_size(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scales: list[float] = []

    def spy(
        session: Session, graph: object, path: str, frame: float, token: object, tier: object, scale: float
    ) -> dict:
        scales.append(scale)
        return {}

    monkeypatch.setattr("rimlight.engine.measuring.measured_at", spy)
    assert run(["measure", str(script), "--nodes", "Meter", "--frames", "2"]) == 0
    assert run(["measure", str(script), "--nodes", "Meter", "--frames", "2", "--proxy", "4"]) == 0
    assert scales == [1.0, 0.25]


def test_nodes_inside_groups_measure_too(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session.open(script)
    session.group("Dark", "Dimmer", name="Night")
    session.save(script)
    assert run(["measure", str(script), "--frames", "2", "--json"]) == 0
    assert "Night/Dimmer.flicker" in json.loads(capsys.readouterr().out)["mean"]
    assert run(["measure", str(script), "--frames", "2", "--nodes", "Night.Dimmer"]) == 0
    assert capsys.readouterr().out.startswith("2: Night/Dimmer.flicker ")


def test_what_does_not_measure_is_refused(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", str(script), "--nodes", "Plate"]) == 2
    assert "Plate is no node that measures something; these do: Meter, Dimmer" in capsys.readouterr().err
    session = Session()
    session.load(script)
    session.remove("Meter", "Dimmer")
    session.save(script)
    assert run(["measure", str(script)]) == 2
    assert "no node of this script measures anything" in capsys.readouterr().err


def test_the_folder_of_a_table_is_made(script: Path) -> None:
    table = script.parent / "no" / "such" / "x.csv"
    assert run(["measure", str(script), "--frames", "2", "--csv", str(table)]) == 0
    with table.open() as file:
        assert [row["frame"] for row in csv.DictReader(file)] == ["2", "mean"]


def test_a_table_that_cannot_be_written_is_said(
    script: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rimlight.engine.safefile.write_safely", full)
    assert run(["measure", str(script), "--frames", "2", "--csv", str(script.parent / "x.csv")]) == 1
    assert "x.csv cannot be written: No space left on device" in capsys.readouterr().err


def test_what_was_measured_before_a_frame_failed_is_kept(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plate.0003.exr").write_bytes(b"no picture")
    table = tmp_path / "flicker.csv"
    assert run(["measure", str(script), "--nodes", "Meter", "--json", "--csv", str(table)]) == 1
    data = json.loads(capsys.readouterr().out)
    assert "plate.0003.exr" in data["error"] and list(data["frames"]) == ["1", "2"]
    assert data["warnings"] == []
    with table.open() as file:
        assert [row["frame"] for row in csv.DictReader(file)] == ["1", "2", "mean"]


def test_a_table_that_cannot_be_written_is_told_before_anything_is_measured(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rimlight.engine.measuring.measured_at", lambda *_: pytest.fail("it was measured"))
    assert run(["measure", str(script), "--csv", str(script / "a.csv")]) == 1
    assert "could not be written" in capsys.readouterr().err
