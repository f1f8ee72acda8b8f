"""`rimlight new`."""

from pathlib import Path

import pytest
import torch

import shots
from commandline import Run, one_sentence
from rimlight.engine.script.script import load_script


def test_new_makes_scripts_and_replaces_none(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = shot.parent / "fresh.rim"
    assert rimlight("new", script, "--format", "640x360", "--frames", "1001-1010", "--fps", "25").code == 0
    project = load_script(script).document.project
    assert (project.format, project.frames, project.fps) == ("640x360", (1001, 1010), 25.0)
    text = script.read_bytes()
    done = rimlight("new", script)
    assert done.code == 1 and "exists" in done.err and one_sentence(done.err) and script.read_bytes() == text
    assert rimlight("new", script, "--force").code == 0
    assert load_script(script).document.project.frames == (1, 100)


@pytest.mark.parametrize("command", [("new",), ("import",), ("info",)])
def test_names_that_no_disk_takes_end_in_a_sentence(rimlight: Run, tmp_path: Path, command: tuple[str]) -> None:
    done = rimlight(*command, tmp_path / f"{'a' * 300}.rim")
    assert (
        done.code == 1 and one_sentence(done.err) and "File name too long" in done.err and "unexpected" not in done.err
    )


def test_new_over_a_sequence_renders(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    folder = shot.parent / "comp"
    folder.mkdir()
    made = rimlight("new", "comp/plate.rim", "--read", "plate.####.exr")
    assert made.code == 0 and made.err == ""
    assert made.out.startswith("made comp/plate.rim: plate.####.exr at 1-3, written to ")
    assert made.out.rstrip().endswith("comp/render")
    assert load_script(folder / "plate.rim").document.project.frames == (1, 3)
    assert rimlight("render", "comp/plate.rim", "-f", "2").code == 0
    written = shots.pixels(folder / "render" / "plate.0002.exr")
    assert torch.allclose(written, shots.pixels(shot.parent / "plate.0002.exr"), rtol=1e-3, atol=1e-3)


def test_new_over_a_still_renders_it_once(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    made = rimlight("new", "still.rim", "--read", "plate.0002.exr")
    assert made.code == 0 and made.err == "" and "plate.0002.exr at 1-1" in made.out
    assert rimlight("render", "still.rim").code == 0
    assert [path.name for path in (shot.parent / "render").iterdir()] == ["still.0001.exr"]


def test_new_keeps_variables_in_names_and_finds_their_files(
    rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JOB", str(shot.parent))
    monkeypatch.chdir(tmp_path)
    made = rimlight("new", "job.rim", "--read", "$JOB/plate.####.exr")
    document = load_script(tmp_path / "job.rim").document
    assert made.code == 0 and made.err == "" and document.project.frames == (1, 3)
    assert document.graph["Read1"].value("file") == "$JOB/plate.####.exr"
    lost = rimlight("new", "lost.rim", "--read", "$NOJOB/plate.####.exr")
    assert lost.code == 1 and "NOJOB is not set" in lost.err and not (tmp_path / "lost.rim").exists()


def test_new_leaves_out_what_stands_far_from_the_shot(
    rimlight: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for frame in (0, 1001, 1002, 1004, 1005, 900000):
        (tmp_path / f"a.{frame:04d}.exr").touch()
    made = rimlight("new", "a.rim", "--read", "a.####.exr")
    assert made.code == 0 and load_script(tmp_path / "a.rim").document.project.frames == (1001, 1005)
    assert "rimlight: 0,900000 stand far from the other frames" in made.err and one_sentence(made.err)
    assert "1 of the frames 1001-1005 have no file" in made.err
    made = rimlight("new", "a.rim", "--read", "a.####.exr", "--frames", "0-1005", "--force")
    assert load_script(tmp_path / "a.rim").document.project.frames == (0, 1005) and "far from" not in made.err
    (tmp_path / "b.0001.exr").touch()
    (tmp_path / "b.0010.exr").touch()
    assert rimlight("new", "b.rim", "--read", "b.####.exr").code == 0
    assert load_script(tmp_path / "b.rim").document.project.frames == (10, 10)


def test_new_takes_the_size_of_the_plate(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    for read in ("plate.####.exr", "plate.0002.exr"):
        assert rimlight("new", "a.rim", "--read", read, "--force").code == 0
        assert (
            load_script(shot.with_name("a.rim")).document.project.format == f"{shots.FRAME.width}x{shots.FRAME.height}"
        )
    assert rimlight("new", "a.rim", "--read", "plate.####.exr", "--format", "64x48", "--force").code == 0
    assert load_script(shot.with_name("a.rim")).document.project.format == "64x48"
    assert rimlight("new", "a.rim", "--read", "gone.####.exr", "--force").code == 0
    assert load_script(shot.with_name("a.rim")).document.project.format == "HD"


def test_new_over_what_is_not_there_yet_says_so(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    for read, there in (("none.####.exr", False), ("none.exr", False), ("plate.0001.exr", True)):
        made = rimlight("new", "a.rim", "--read", read, "--force")
        assert made.code == 0 and (f"no file {read} yet" in made.err) is not there


@pytest.mark.parametrize(
    "arguments", [["a.txt"], ["a.rim", "--frames", "10"], ["a.rim", "--frames", "9-1"], ["a.rim", "--format", "wide"]]
)
def test_new_with_wrong_arguments(arguments: list[str], rimlight: Run, tmp_path: Path) -> None:
    done = rimlight("new", tmp_path / arguments[0], *arguments[1:])
    assert done.code == 2 and one_sentence(done.err) and not list(tmp_path.iterdir())


def test_new_over_a_sequence_with_gaps_says_which_frames_there_are(rimlight: Run, shot: Path) -> None:
    (shot.parent / "plate.0002.exr").rename(shot.parent / "plate.0900.exr")
    made = rimlight("new", shot.parent / "far.rim", "--read", shot.parent / "plate.####.exr")
    assert made.code == 0 and one_sentence(made.err) and made.err.startswith("rimlight: 900 stand far from")
    assert "1 of the frames 1-3 have no file" in made.err and made.err.endswith("with --frames 1,3\n")
    whole = ("--frames", "1-900", "--force")
    made = rimlight("new", shot.parent / "far.rim", "--read", shot.parent / "plate.####.exr", *whole)
    assert made.code == 0 and one_sentence(made.err)
    assert "897 of the frames 1-900 have no file" in made.err and made.err.endswith("with --frames 1,3,900\n")
    assert rimlight("render", shot.parent / "far.rim", "--frames", "1,3,900").code == 0
    quiet = rimlight("new", shot.parent / "near.rim", "--read", shot.parent / "plate.####.exr", "--frames", "900-901")
    assert quiet.code == 0 and quiet.err == ""


def test_a_plate_whose_folders_look_like_places_for_the_frame(rimlight: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shot#3"
    folder.mkdir()
    shots.plates(folder)
    done = rimlight("new", tmp_path / "a.rim", "--read", folder / "plate.####.exr")
    assert done.code == 0 and one_sentence(done.err) and "make the script inside of them" in done.err
    done = rimlight("new", folder / "a.rim", "--read", folder / "plate.####.exr")
    assert done.code == 0 and done.err == "" and "at 1-3" in done.out
