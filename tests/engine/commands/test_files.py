"""`rimlight files`: what a render would read and write, one file a line."""

import json
from pathlib import Path

from commandline import Run


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
