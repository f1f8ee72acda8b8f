"""The sheet of a wedge as a picture and as a file."""

from pathlib import Path

import pytest
import torch

import shots
from rimlight.engine import FileError, ParameterError, Region, RimlightError, Session
from rimlight.engine.wedge.report import Wedge


@pytest.fixture
def made(tmp_path: Path) -> Wedge:
    session = Session.open(shots.shot(tmp_path, frame=Region(0, 0, 96, 54)))
    session.set("Warm", black_clamp=False)
    return session.wedge("Out", {"Warm.multiply": (1, 8, -2), "Soft.size": (2, 9)}, 2, size=96)


def cut(sheet: torch.Tensor, made: Wedge, number: int) -> torch.Tensor:
    """The place of a tile on a sheet, whose gaps are four pixels."""
    tile, (width, height) = made.tiles[number], made.size
    step = (sheet.shape[1] - 4) // made.rows
    y, x = 4 + tile.row * step, 4 + tile.column * (width + 4)
    return sheet[:, y : y + height, x : x + width]


def test_light_is_as_it_is(made: Wedge, tmp_path: Path) -> None:
    made.save(tmp_path / "sheet.exr")
    sheet = shots.pixels(tmp_path / "sheet.exr")
    assert made.path == str(tmp_path / "sheet.exr") and sheet.shape[2] == 3 * 100 + 4
    for number, tile in enumerate(made.tiles):
        assert torch.allclose(cut(sheet, made, number), tile.image["rgba"], rtol=1e-3, atol=1e-3)
    assert float(sheet.min()) < -0.5 and float(sheet[:3].max()) > 2


def test_what_is_to_be_looked_at_has_the_view_of_the_script(made: Wedge, tmp_path: Path) -> None:
    for name in ("sheet.png", "sheet.tif"):
        made.save(tmp_path / name)
        sheet = shots.pixels(tmp_path / name)
        assert sheet.shape[0] == 3
        session = made.fork(made.tiles[1])
        seen = session.evaluate(session.add("OCIODisplay", "Out"), 2)["rgba"][:3].clamp(0, 1)
        assert torch.allclose(cut(sheet, made, 1), seen, atol=1 / 255)
    made.session.set_project(view="Raw")
    made.save(tmp_path / "raw.png")
    assert not torch.allclose(cut(shots.pixels(tmp_path / "raw.png"), made, 1), seen, atol=0.1)


def test_labels_stand_below_and_can_be_left_out(made: Wedge) -> None:
    with_labels, without = made.image(shown=True), made.image(shown=True, labels=False)
    x, plain = with_labels["rgba"], without["rgba"]
    assert plain.shape[1:] == (2 * 58 + 4, 3 * 100 + 4) and x.shape[1] > plain.shape[1] and x.shape[2] == plain.shape[2]
    for number in range(6):
        assert torch.equal(cut(x, made, number), cut(plain, made, number))
    step = (x.shape[1] - 4) // 2
    below = x[:3, 4 + 54 : step]
    assert float(below.max()) > 0.6 and float(below.min()) >= 0.099  # letters on the sheet's grey
    gaps = plain[:3, 4 + 54 : 4 + 58]
    assert torch.allclose(gaps, torch.full_like(gaps, 0.1))


def test_a_failed_tile_is_black_and_red_below(tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path, frame=Region(0, 0, 96, 54)))
    made = session.wedge("Out", {"Plate.file": ("plate.####.exr", "none.exr")}, size=96)
    x = made.image(shown=True)["rgba"]
    assert not cut(x, made, 1)[:3].any() and cut(x, made, 0)[:3].any()
    red, green, _ = (x[i, 4 + 54 :, 104:].max() for i in range(3))
    assert red > green + 0.3


def test_the_file_says_what_it_shows(made: Wedge, tmp_path: Path) -> None:
    made.save(tmp_path / "sheet.####.exr")
    read = Session()
    said = read.info(read.add("Read", file=str(tmp_path / "sheet.0002.exr"))).metadata
    assert said["wedge:Warm.multiply"] == "1; 8; -2" and said["wedge:Soft.size"] == "2; 9"
    assert said["wedge:columns"] == "3" and said["rimlight:frame"] == "2" and said["rimlight:node"] == "Out"
    assert said["rimlight:script"] == "shot.rim" and "rimlight:key" not in said
    made.save(tmp_path / "sheet.jpg")
    text = read.info(read.add("Read", file=str(tmp_path / "sheet.jpg"))).metadata["ImageDescription"]
    assert "wedge:Warm.multiply=1; 8; -2" in text and "rimlight:node=Out" in text


def test_it_never_replaces_what_it_is_made_of(made: Wedge, tmp_path: Path) -> None:
    before = (tmp_path / "plate.0002.exr").read_bytes()
    for save in (made.check_file, made.save):
        with pytest.raises(RimlightError, match="is what Plate reads, which would be lost"):
            save(tmp_path / "plate.####.exr")
        with pytest.raises(FileError, match=r"expected a name that ends with .exr, .png"):
            save(tmp_path / "sheet.gif")
    assert (tmp_path / "plate.0002.exr").read_bytes() == before and not made.path


def test_a_sheet_that_no_file_takes_is_told_before_its_pictures_are_made(made: Wedge, tmp_path: Path) -> None:
    made.columns = 656
    with pytest.raises(ParameterError, match=r"656 x 2 tiles would have 65604 x .* fewer or smaller tiles"):
        made.check_file(tmp_path / "sheet.exr")
    made.columns, made.rows, made.size = 10, 10, (4096, 2304)
    with pytest.raises(ParameterError, match="10 x 10 tiles would have"):
        made.check_file(tmp_path / "sheet.exr")


def test_another_format_is_fitted_into_its_tile(tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path))
    session.add("Constant", name="White", color=(1, 1, 1, 1), format="64x36")
    made = session.wedge("White", {"White.format": ("64x36", "36x64")}, size=64)
    x = made.image(labels=False)["rgba"]
    assert made.size == (64, 36) and x.shape == (4, 36 + 8, 2 * 68 + 4)
    tall = x[0, 4:40, 72:136]
    assert torch.allclose(tall[:, 24:40], torch.ones(36, 16)) and not tall[:, :20].any() and not tall[:, 44:].any()


def test_a_picture_without_alpha_is_opaque(tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path))
    session.add("RemoveLayer", "Soft", name="Opaque", channels="rgba.A")
    made = session.wedge("Opaque", {"Soft.size": (1, 2)}, size=32)
    assert made.tiles[0].image["rgba"].shape[0] == 3
    assert torch.equal(made.image(labels=False)["rgba"][3], torch.ones(18 + 8, 2 * 36 + 4))


def test_views_beside_each_other(tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path, frame=Region(0, 0, 96, 54)))
    view = session.services["colors"].config(session.project).view("", "")
    made = session.wedge("Out", {"project.view": (view, "Raw", "No such view")}, 2, size=96)
    assert made.warnings == [], "it makes a difference"
    assert [bool(tile.error) for tile in made.tiles] == [False, False, True] and "No such view" in made.tiles[2].error
    sheet = made.image(shown=True, labels=False)["rgba"][:3]
    for number, name in enumerate((view, "Raw")):
        session.set_project(view=name)
        node = session.add("OCIODisplay", "Out")
        seen = session.evaluate(node, 2)["rgba"][:3].clamp(0, 1)
        assert torch.allclose(cut(sheet, made, number).clamp(0, 1), seen, atol=1 / 255)
    assert float((cut(sheet, made, 0) - cut(sheet, made, 1)).abs().max()) > 0.1


def test_light_of_another_working_space_is_that_of_the_sheet(tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path, frame=Region(0, 0, 96, 54)))
    own = session.project.working
    made = session.wedge("Out", {"project.working": (own, "ACEScg")}, 2, size=96)
    assert [tile.present["project.working"] for tile in made.tiles] == [True, False]
    sheet = made.image(labels=False)["rgba"]
    session.set_project(working="ACEScg")
    other = session.evaluate("Out", 2)["rgba"]
    config = session.services["colors"].config(session.project)
    assert torch.allclose(cut(sheet, made, 1), config.convert("ACEScg", own).apply(other), atol=1e-4)
    assert torch.allclose(cut(sheet, made, 0), made.tiles[0].image["rgba"])
