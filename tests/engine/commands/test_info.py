"""`rimlight info` of pictures, sequences and scripts."""

from pathlib import Path

import pictures
import shots
from commandline import Run, one_sentence
from rimlight.engine import Chromaticities
from rimlight.engine.io.write import WriteOptions, write_image


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


def test_info_tells_what_of_an_older_script_is_upgraded(rimlight: Run, tmp_path: Path) -> None:
    script = tmp_path / "old.rim"
    node = '{"kind": "learned.light_estimate", "version": 1}'
    script.write_text('{"rimlight": 1, "nodes": {"Light": ' + node + "}}")
    told = "Light: learned.light_estimate of version 1 is read as version 2, with level = 'fit', sun = False"
    assert f"upgraded: {told}\n" in rimlight("info", script).out
    assert rimlight("info", script, "--json").data["upgraded"] == [told]


def test_info_tells_views_parts_and_compression(rimlight: Run, tmp_path: Path) -> None:
    write_image(
        pictures.layered(), tmp_path / "left.exr", WriteOptions(view="left", parts="layers", compression="zips")
    )
    data = rimlight("info", tmp_path / "left.exr", "--json").data
    assert data["views"] == ["left"] and data["compression"] == "zips"
    assert len(data["parts"]) == len(data["layers"]) > 1
    plain = rimlight("info", tmp_path / "left.exr").out
    assert "views: left\n" in plain and "compression: zips\n" in plain


def test_info_tells_chromaticities_as_numbers(rimlight: Run, tmp_path: Path) -> None:
    wide = {"chromaticities": Chromaticities(0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)}
    write_image(pictures.layered(), tmp_path / "wide.exr", WriteOptions(metadata=wide))
    told = rimlight("info", tmp_path / "wide.exr").out
    assert "  chromaticities: 0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767\n" in told


def test_info_of_a_script_of_nuke(rimlight: Run, tmp_path: Path) -> None:
    script = tmp_path / "comp.nk"
    script.write_text(
        "Root {\n first_frame 5\n last_frame 9\n}\nConstant {\n inputs 0\n name C\n}\nOdd {\n name O\n}\n"
    )
    data = rimlight("info", script, "--json").data
    assert data["nodes"] == {"C": "image.constant", "O": "structure.foreign"} and data["frames"] == [5, 9]
    assert "O (Odd -> no counterpart)" in " ".join(data["warnings"])


def test_info_of_what_cannot_be_read(rimlight: Run, shot: Path) -> None:
    shots.broken(shot, 1)
    for name in ("plate.0001.exr", "nope.exr", "nope.####.exr", "."):
        done = rimlight("info", shot.parent / name)
        assert done.code == 1 and done.out == "" and one_sentence(done.err), name
        report = rimlight("info", shot.parent / name, "--json")
        assert report.code == 1 and report.data["error"], name
