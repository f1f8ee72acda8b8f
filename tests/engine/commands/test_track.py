"""`rimlight track`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import moving_plates
from moving_plates import tracked_shot
from rimlight.engine.cli import run
from rimlight.engine.script.script import load_script


@pytest.fixture(autouse=True)
def plates() -> Iterator[None]:
    with moving_plates.use():
        yield


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    return tracked_shot({"track1": (80.3, 60.7)}, last=5).save(tmp_path / "shot.rim")


def keys(script: Path, name: str = "track1") -> list[float]:
    x, _ = load_script(script).document.graph["T"].value(name)
    return [key.frame for key in x.keys]


def test_keys_are_saved_in_the_script(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["track", str(shot), "T", "--frames", "1-4"]) == 0
    said = capsys.readouterr()
    assert keys(shot) == [1, 2, 3, 4]
    assert said.out.startswith("track1: frames 1 to 4, largest error 0.0") and f"saved {shot}" in said.out


def test_into_another_script_with_settings_and_a_json_report(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, before = shot.with_name("tracked.rim"), shot.read_bytes()
    arguments = ["--set", "T.track2=100,45", "--tracks", "track2", "--start", "3", "--output", str(other), "--json"]
    assert run(["track", str(shot), "T", *arguments]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [key[0] for key in data["tracks"]["track2"]["keys"]] == [1, 2, 3, 4, 5]
    assert data["tracks"]["track2"]["keys"][2][1:] == [100, 45, 0]
    assert (data["start"], data["script"]) == (3, str(other))
    assert keys(other, "track2") == [1, 2, 3, 4, 5]
    assert shot.read_bytes() == before


def test_a_lost_track_is_told_and_saved_up_to_there(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["track", str(shot), "T", "--set", "P.velocity=30,0", "--set", "T.track1_search=121,41"]) == 3
    said = capsys.readouterr()
    assert "rimlight: T.track1 was lost at frame 4: it has left the picture" in said.err
    assert keys(shot) == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["T", "--output", "x.exr"], 2, "--output x.exr: the name of a script ends with .rim"),
        (["T", "--frames", "a-b"], 2, "--frames: "),
        (["T", "--tracks", "nose"], 1, "T has no track 'nose', it has track1"),
        (["P"], 1, "P has no tracks; a Tracker has"),
        (["None"], 1, "there is no node 'None'"),
    ],
)
def test_mistakes_are_one_sentence_and_save_nothing(
    arguments: list[str], code: int, sentence: str, shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shot.read_bytes()
    assert run(["track", str(shot), *arguments]) == code
    said = capsys.readouterr().err
    assert said.startswith("rimlight: ") and sentence in said and said.count("\n") == 1
    assert shot.read_bytes() == before
