"""`rimlight files`: what a render would read and write, one file a line."""

import json
from pathlib import Path

import shots
from commandline import Run
from rimlight.engine import Session


def test_files_are_listed_one_a_line(rimlight: Run, shot: Path) -> None:
    done = rimlight("files", shot)
    assert done.code == 0 and done.err == ""
    assert done.out.splitlines() == [str(shot.parent / f"plate.000{n}.exr") for n in (1, 2, 3)]
    done = rimlight("files", shot, "--written", "--frames", "2", "-n", "Out")
    assert [Path(line).name for line in done.out.splitlines()] == ["soft.0002.exr"]
    data = rimlight("files", shot, "--json", "--set", "Plate.offset=1", "--frames", "3").data
    assert data["read"] == {str(shot.parent / "plate.0002.exr"): ["Plate"]} and data["problems"] == []
    assert not (shot.parent / "out").exists()


def test_what_cannot_be_told_is_an_error_beside_the_list(rimlight: Run, shot: Path) -> None:
    (shot.parent / "plate.0002.exr").unlink()
    done = rimlight("files", shot)
    assert done.code == 1 and "frame 2 has no file" in done.err and len(done.out.splitlines()) == 2
    report = rimlight("files", shot, "--json")
    assert report.code == 1 and len(report.data["problems"]) == 1 and len(report.data["read"]) == 2
    done = rimlight("files", shot, "--nodes", "Nobody", "--json")
    assert done.code == 2 and "Nobody" in json.loads(done.out)["error"]


def test_names_of_any_kind_come_apart_again(rimlight: Run, tmp_path: Path) -> None:
    session = Session()
    session.set_project(frames=[1, 1])
    folder = tmp_path / "two\nlines"
    folder.mkdir()
    session.add("Read", name="Plate", file=str(folder / shots.plates(folder, range(1, 2))))
    session.add("Write", "Plate", name="Out", file="a b.exr")
    script = session.save(tmp_path / "shot.rim")
    assert rimlight("files", script, "--null").out == f"{folder}/plate.0001.exr\0"
    assert rimlight("files", script, "-0", "--written", "--quiet").out == f"{tmp_path}/a b.exr\0"
