"""`rimlight info` of pictures, sequences and scripts."""

from pathlib import Path

import shots
from commandline import Run, one_sentence


def test_info_of_a_picture_a_sequence_and_a_script(rimlight: Run, shot: Path) -> None:
    done = rimlight("info", shot.parent / "plate.0001.exr")
    assert done.code == 0 and "data window: 0, 0, 32, 18" in done.out and "rgba: R,G,B,A color" in done.out
    data = rimlight("info", shot.parent / "plate.0001.exr", "--json").data
    assert data["display window"] == [0, 0, 32, 18] and "rgba" in data["layers"]
    data = rimlight("info", shot.parent / "plate.####.exr", "--json").data
    assert data["frames"] == "1-3" and data["display window"] == [0, 0, 32, 18]
    data = rimlight("info", shot, "--json").data
    assert data["nodes"]["Soft"] == "filter.blur" and data["frames"] == [1, 3] and data["warnings"] == []
    assert "nodes:" in rimlight("info", shot).out


def test_info_of_what_cannot_be_read(rimlight: Run, shot: Path) -> None:
    shots.broken(shot, 1)
    for name in ("plate.0001.exr", "nope.exr", "nope.####.exr", "."):
        done = rimlight("info", shot.parent / name)
        assert done.code == 1 and done.out == "" and one_sentence(done.err), name
        report = rimlight("info", shot.parent / name, "--json")
        assert report.code == 1 and report.data["error"], name
