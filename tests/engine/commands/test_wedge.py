"""`rimlight wedge`: its files, its report, its exit codes."""

from pathlib import Path

import pytest

import shots
from commandline import Run, one_sentence
from rimlight.engine import Session


def test_a_sheet_and_its_pictures(rimlight: Run, shot: Path, tmp_path: Path) -> None:
    before = shot.read_bytes()
    sheet, folder = tmp_path / "sheets" / "sheet.png", tmp_path / "each"
    done = rimlight(
        "wedge", shot, "--vary", "Soft.size=0-4x2", "--vary", "Warm.disable=false,true", "--frame", 3, "-o", sheet,
        "--each", folder, "--size", 32, "--no-labels",
    )  # fmt: skip
    assert done.code == 0 and shots.pixels(sheet).shape == (3, 2 * 22 + 4, 3 * 36 + 4)
    assert len(list(folder.glob("*.png"))) == 6 and (folder / "6_Soft.size=4_Warm.disable=true.png").is_file()
    lines = done.err.splitlines()
    assert len(lines) == 6 and lines[0].startswith("[1/6] Soft.size 0; Warm.disable false (")
    assert done.out.startswith("6 of 6 pictures in ") and done.out.endswith(f"{sheet}\n")
    assert shot.read_bytes() == before
    quiet = rimlight("wedge", shot, "--vary", "Soft.size=1", "--each", folder, "--quiet")
    assert quiet == (0, "", "") and (folder / "1_Soft.size=1.exr").is_file()


def test_the_report(rimlight: Run, shot: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.exr"
    vary = ("--vary", "Soft.size=2,4", "--vary", "Soft.mix=1,expr:frame / 4", "--vary", "Look.raw=true,false")
    done = rimlight("wedge", shot, *vary, "-o", sheet, "--each", tmp_path, "--json", "--set", "Soft.mix=0.5")
    data = done.data
    assert done.code == 0 and data["error"] == "" and data["sheet"] == str(sheet)
    assert (data["node"], data["frame"], data["rows"], data["columns"]) == ("Out", 1, 4, 2)
    assert data["vary"]["Soft.mix"] == [1.0, {"expr": "frame / 4"}]
    tile = data["tiles"][2]
    assert tile["values"] == {"Soft.size": [2, 2], "Soft.mix": {"expr": "frame / 4"}, "Look.raw": True}
    assert (tile["row"], tile["column"], tile["present"], tile["error"]) == (1, 0, False, "")
    assert Path(tile["path"]).is_file() and tile["seconds"] > 0
    idle = "Look.raw makes no difference to Out at frame 1"
    assert data["warnings"] == [idle] and done.err == f"rimlight: warning: {idle}\n"


def test_warnings_are_told(rimlight: Run, shot: Path, tmp_path: Path) -> None:
    session = Session.open(shot)
    session.express("Soft", mix="frame / 4")
    session.save()
    done = rimlight("wedge", shot, "--vary", "Soft.mix=0,1", "-o", tmp_path / "sheet.png", "-q")
    assert done.code == 0
    assert done.err == (
        "rimlight: warning: Soft.mix is animated or linked in the script; these pictures have the values in its place\n"
    )


def test_some_pictures_fail(rimlight: Run, shot: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    done = rimlight("wedge", shot, "--vary", "Plate.file=plate.####.exr,none.exr", "-o", sheet, "--quiet")
    assert done.code == 3 and sheet.is_file() and done.out == ""
    assert done.err.startswith("[2/2] FAILED Plate.file none.exr: Plate at frame 1: ") and done.err.count("\n") == 1
    sheet.unlink()
    done = rimlight("wedge", shot, "--vary", "Plate.file=none.exr", "-o", sheet, "--json")
    assert done.code == 1 and not sheet.exists() and "none.exr" in done.data["tiles"][0]["error"]
    assert done.data["error"].startswith("no picture could be made; with Plate.file none.exr: Plate at frame 1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing option '--vary'"),
        (("--vary", "Soft.size=1"), "nothing would be written"),
        (("--vary", "Nope.size=1", "-o", "s.png"), "--vary Nope.size=1: there is no node 'Nope' here, only Plate"),
        (("--vary", "Soft.sze=1", "-o", "s.png"), "has no parameter 'sze', it has"),
        (("--vary", "Soft.mix=2", "-o", "s.png"), "must be within 0 to 1"),
        (("--vary", "Soft.size=1", "-o", "s.gif"), "--output s.gif: expected a name that ends with .exr"),
        (("--vary", "Soft.size=1", "-o", "s.png", "--node", "Nope"), "--node Nope: there is no node 'Nope'"),
        (("--vary", "Soft.size=1", "-o", "s.png", "--size", "4"), "tiles of 4 pixels"),
        (("--vary", "Soft.size=1", "--vary", "Soft.size=2", "-o", "s.png"), "Soft.size is given twice"),
    ],
)
def test_wrong_arguments(rimlight: Run, shot: Path, arguments: tuple[str, ...], words: str) -> None:
    done = rimlight("wedge", shot, *arguments)
    assert done.code == 2 and words in done.err and one_sentence(done.err)


def test_whose_picture(rimlight: Run, shot: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    vary = ("wedge", shot, "--vary", "Soft.size=1,2", "-o", sheet, "--json")
    assert rimlight(*vary).data["node"] == "Out"  # both Writes show the same
    assert rimlight(*vary, "--node", "Warm").data["node"] == "Warm"
    session = Session.open(shot)
    session.connect("Look", "image", "Warm")
    session.save()
    done = rimlight(*vary)
    assert done.code == 2 and done.data["error"].endswith("name one with --node: Out, Look")
    session.remove("Out", "Look")
    session.save()
    done = rimlight(*vary)
    assert done.code == 1 and "no Write node" in done.data["error"] and "--node" in done.data["error"]
