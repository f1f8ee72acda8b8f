"""SkyRemove on a rendered sky with known depth, and on the photograph of a garden."""

import torch

from compare import assert_close
from pictures import coordinates, picture
from rimlight.engine import Image, Reader, Region
from source import ROOT
from stage import Stage, staged

FRAME = Region(0, 0, 128, 72)
SHARE = "rimlight:sky"


def scene(alpha: bool = False) -> Image:
    """A blue sky over a dark ground whose edge is soft, with depth."""
    x, y = coordinates(FRAME)
    share = ((y - 44 - 4 * torch.sin(x / 9)) / -2 + 0.5).clamp(0, 1)
    sky = torch.tensor([0.25, 0.45, 0.9])[:, None, None] * (1 - 0.2 * y / 72)
    ground = torch.tensor([0.06, 0.05, 0.03])[:, None, None]
    light = share * sky + (1 - share) * ground
    main = torch.cat((light, torch.ones(1, 72, 128))) if alpha else light
    return picture({"rgba": main, "depth": torch.where(share > 0.5, 1000.0, 5.0)[None]}, FRAME)


def removed(image: Image, region: Region | None = None, **values: object) -> Image:
    made: Image = staged("learned.sky_remove", image, layers="input", **values).evaluate("node", region=region)
    return made


def test_the_picture_is_what_stays_and_what_was_taken() -> None:
    image = scene()
    made = removed(image)
    assert made.info.layer("rgba").channels == ("R", "G", "B", "A")
    assert_close(made["rgba"][:3] + made["sky"], image["rgba"], threshold=1e-5)
    alpha = made["rgba"][3]
    assert float(alpha[:30].max()) < 0.01
    assert float(alpha[60:].min()) > 0.99
    assert float(made["rgba"][:3, :30].abs().max()) < 1e-5
    assert abs(float(made.info.metadata[SHARE]) - float((1 - alpha).mean())) < 1e-3


def test_an_alpha_that_is_there_is_multiplied() -> None:
    image = scene(alpha=True)
    assert_close(removed(image)["rgba"], removed(scene())["rgba"], threshold=1e-6)


def test_half_of_it_and_none() -> None:
    image, whole = scene(), removed(scene())
    half = removed(image, mix=0.5)
    assert_close(half["sky"], whole["sky"] / 2, threshold=1e-5)
    assert_close(half["rgba"][3], (1 + whole["rgba"][3]) / 2, threshold=1e-5)


def test_a_tile_is_a_piece_of_the_whole() -> None:
    region = Region(20, 30, 90, 60)
    tile, whole = removed(scene(), region), removed(scene())
    assert_close(tile.tensor("rgba", region), whole.tensor("rgba", region), threshold=1e-6)


def test_a_matte_holds_the_ground() -> None:
    held = picture(torch.cat((torch.zeros(3, 72, 128), (coordinates(FRAME)[0] < 50).float()[None])), FRAME)
    stage = Stage().given("plate", scene()).given("held", held)
    stage = stage.add("S", "learned.sky_remove", {"image": "plate", "ground": "held"}, layers="input")
    made = stage.evaluate("S")
    assert isinstance(made, Image)
    assert float(made["sky"][:, :, :49].abs().max()) == 0
    assert float(made["rgba"][3, :30, 60:].max()) < 0.01


def test_what_stays_is_of_the_picture_in_other_light() -> None:
    """A quarter of the light on the ground; what is between is told as in its own light."""
    image = scene()
    lit = picture(image["rgba"] * torch.tensor([0.25, 0.5, 2.0])[:, None, None], FRAME)
    stage = Stage().given("plate", image).given("lit", lit)
    stage = stage.add("S", "learned.sky_remove", {"image": "plate", "lit": "lit"}, layers="input")
    made, plain = stage.evaluate("S"), removed(image)
    assert isinstance(made, Image)
    assert_close(made["rgba"][:3], plain["rgba"][:3] * torch.tensor([0.25, 0.5, 2.0])[:, None, None], threshold=1e-4)
    assert_close(made["rgba"][3], plain["rgba"][3])
    assert_close(made["rgba"][:3, 65:], lit["rgba"][:, 65:])
    assert_close(made["sky"], plain["sky"])


def test_without_a_sky_the_picture_passes() -> None:
    x, _ = coordinates(FRAME)
    dark = (0.1 + 0.05 * torch.sin(x)).expand(3, 72, 128)
    made = removed(picture({"rgba": dark, "depth": torch.ones(1, 72, 128)}, FRAME))
    assert_close(made["rgba"][:3], dark, threshold=0)
    assert float(made["rgba"][3].min()) == 1
    assert made.info.metadata[SHARE] == 0


def test_of_a_garden_in_the_sun() -> None:
    """Trees and roofs stay, the sky and the sun go; depth is the student's."""
    plate = Reader().pixels(ROOT / "resources" / "plates" / "garden.0001.exr", ["rgba"])["rgba"][:3]
    made = staged("learned.sky_remove", picture(plate, Region(0, 0, 640, 360))).evaluate("node")
    assert isinstance(made, Image)
    alpha = made["rgba"][3]
    assert float(alpha[20:90, 120:430].max()) < 0.05
    assert float(alpha[195:].min()) > 0.9
    assert float(alpha[105, 465]) < 0.05  # the sun
    assert float(alpha[135, 225]) > 0.8  # the pavilion before the sky
    assert 0.3 < float(made.info.metadata[SHARE]) < 0.4
