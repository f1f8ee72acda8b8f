"""`rimlight render`: what it writes, what it says, and how it ends."""

from pathlib import Path
from typing import Any

import pytest

import shots
import toy_nodes
from commandline import Run
from rimlight.engine import Session, registry
from source import ROOT


def test_render_writes_every_frame_of_every_write_node(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot)
    assert done.code == 0, done.err
    out = shot.parent / "out"
    assert sorted(p.name for p in out.iterdir()) == [f"soft.{f:04d}.{e}" for f in (1, 2, 3) for e in ("exr", "png")]
    assert "6 of 6 written" in done.out and "Soft" in done.out
    lines = done.err.splitlines()
    assert len(lines) == 6 and lines[0].startswith("[1/6] Out frame 1: ")
    assert "\x1b" not in done.out + done.err


def test_frames_and_nodes_are_chosen(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "--frames", "1-3x2", "-n", "Out").code == 0
    assert sorted(p.name for p in (shot.parent / "out").iterdir()) == ["soft.0001.exr", "soft.0003.exr"]
    assert rimlight("render", shot, "-f", "2", "--nodes", "Look,Out").code == 0
    assert sorted(p.suffix for p in (shot.parent / "out").glob("*.0002.*")) == [".exr", ".png"]


def test_json_is_alone_on_standard_output(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "--json", "-f", "1,2", "-n", "Out")
    assert done.code == 0
    assert [(r["node"], r["frame"]) for r in done.data["written"]] == [("Out", 1.0), ("Out", 2.0)]
    assert Path(done.data["written"][0]["path"]).is_file()
    assert done.data["failed"] == [] and done.data["error"] == ""
    assert {"Plate", "Warm", "Soft", "Out"} <= done.data["node_seconds"].keys()
    assert done.err == ""


def test_what_a_node_prints_does_not_mix_with_json(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grade = registry.find("Grade")
    compute = grade.compute

    def talkative(self: Any, ctx: Any) -> Any:
        print("hello")  # noqa: T201
        return compute(self, ctx)

    monkeypatch.setattr(grade, "compute", talkative)
    done = rimlight("render", shot, "--json", "-f", "1", "-n", "Out")
    assert done.data["error"] == "" and "hello" in done.err


def test_some_frames_failed(rimlight: Run, shot: Path) -> None:
    shots.broken(shot, 2)
    done = rimlight("render", shot, "--continue-on-error")
    assert done.code == 3
    assert "4 of 6 written" in done.out
    assert sum(line.startswith("failed: ") and "plate.0002.exr" in line for line in done.out.splitlines()) == 2
    assert "FAILED Plate at frame 2" in done.err
    report = rimlight("render", shot, "--continue-on-error", "--json")
    assert report.code == 3
    assert [(r["node"], r["frame"]) for r in report.data["failed"]] == [("Out", 2.0), ("Look", 2.0)]
    assert all("plate.0002.exr" in r["error"] for r in report.data["failed"])
    assert len(report.data["written"]) == 4


def test_quiet_tells_only_what_is_wrong(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "-q") == (0, "", "")
    assert rimlight("check", shot, "--quiet") == (0, "", "")
    done = rimlight("render", shots.broken(shot, 2), "-n", "Out", "--quiet", "--continue-on-error")
    assert done.code == 3 and done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("[2/3] FAILED Plate at frame 2") and "plate.0002.exr" in line
    done = rimlight("render", shot, "-n", "Out", "--quiet", "-f", "3-4")
    assert done == (0, "", "[2/2] Out frame 4: warning: Plate: frame 4 is outside 1-3, plate.0003.exr is held\n")


def test_a_warning_of_many_frames_is_told_twice(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-n", "Out", "-f", "3-20")
    warned = [line for line in done.err.splitlines() if "warning: " in line]
    sentence = "Plate: frame 4 is outside 1-3, plate.0003.exr is held"
    assert warned == [f"[2/18]   warning: {sentence}", f"warning: Out frame 4: {sentence} (and at 5-20)"]
    done = rimlight("render", shot, "-n", "Out", "-f", "3-20", "--json")
    assert [len(frame["warnings"]) for frame in done.data["written"]] == [0] + 17 * [1]


def test_the_first_failure_stops_the_render(rimlight: Run, shot: Path) -> None:
    shots.broken(shot, 2)
    done = rimlight("render", shot, "-n", "Out")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("rimlight: Plate at frame 2: ")
    assert [p.name for p in (shot.parent / "out").iterdir()] == ["soft.0001.exr"]
    report = rimlight("render", shot, "-n", "Out", "--json")
    assert report.code == 1
    assert report.data["error"].startswith("Plate at frame 2: ")
    assert [r["frame"] for r in report.data["written"]] == [1.0]
    assert [r["frame"] for r in report.data["failed"]] == [2.0]


def test_a_script_without_a_write_node(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-s", "Out.disable=true", "-s", "Look.disable=true")
    assert done.code == 1 and "nothing to render" in done.err
    done = rimlight("render", shot, "-s", "Out.disable=true", "-n", "Out")
    assert done.code == 2 and "Out is disabled" in done.err


def test_proxy_halves_the_picture(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "--proxy", 2, "-f", 1, "-n", "Out").code == 0
    assert shots.pixels(shot.parent / "out/soft.0001.exr").shape == (4, 9, 16)


def test_drafts_are_refused_unless_allowed(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "--tier", "draft", "-f", 1)
    assert done.code == 1 and "drafts are not written" in done.err
    done = rimlight("render", shot, "--tier", "draft", "-f", 1, "-n", "Out", "-s", "Out.allow_draft=true")
    assert done.code == 0, done.err


def test_frames_that_would_replace_each_other_are_refused(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-n", "Out", "-s", "Out.file=out/one.exr", "--continue-on-error")
    assert done.code == 3 and "1 of 3 written" in done.out and "use ####" in done.err
    done = rimlight("render", shot, "-f", "1", "-s", "Look.file=out/soft.####.exr")
    assert done.code == 1 and "was written by Out at frame 1 already; give them different files" in done.err


def test_check_keys_agrees_on_the_sample_script(rimlight: Run, tmp_path: Path) -> None:
    demo = ROOT / "resources" / "scripts" / "demo.rim"
    settings = [f"{name}.file={tmp_path}/{name}.####{end}" for name, end in (("Picture", ".exr"), ("Preview", ".png"))]
    options = [word for setting in settings for word in ("--set", setting)]
    done = rimlight("render", demo, "--check-keys", "--frames", "1", "--proxy", "8", *options)
    assert done.code == 0, done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Picture.0001.exr", "Preview.0001.png"]


def test_check_keys_finds_a_node_that_depends_on_something_else(rimlight: Run, shot: Path) -> None:
    with toy_nodes.use():
        session = Session.open(shot)
        session.insert_after("Warm", "toy.sneaky", name="Sly")
        session.save()
        done = rimlight("render", shot, "--check-keys", "-f", "1", "--json")
    assert done.code == 1
    assert "Sly at frame 1" in done.data["error"] and "does not declare" in done.data["error"]
    assert not (shot.parent / "out").exists()


def test_a_script_of_which_something_cannot_be_used_is_not_rendered_where_strict(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "--strict", "-f", "1", "-n", "Look").code == 0
    shot.write_text(shot.read_text().replace('"size":', '"extent":'))
    done = rimlight("render", shot, "--strict", "--json", "-f", "2")
    assert done.code == 1 and "extent" in done.err and "--strict" in done.data["error"]
    assert len(done.data["warnings"]) == 1 and done.data["written"] == []
    assert not (shot.parent / "out" / "soft.0002.png").exists()
    assert rimlight("render", shot, "-f", "2", "-n", "Look").code == 0
