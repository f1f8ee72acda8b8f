"""Which pictures the rig panel offers to light."""

import pytest

from rimlight.app.rig.building import can_be_lit
from rimlight.engine import ALPHA, LIGHT_LAYERS, RGB, RGBA, ImageInfo, Layer, Region

FRAME = Region(0, 0, 8, 6)


@pytest.mark.parametrize(
    ("layers", "lit"),
    [
        ((RGBA,), True),
        ((RGB, ALPHA), True),
        ((LIGHT_LAYERS["albedo"], LIGHT_LAYERS["normal"]), True),
        ((LIGHT_LAYERS["albedo"],), False),
        ((RGBA.with_channels(("A",)),), False),
        ((ALPHA,), False),
    ],
)
def test_pictures_with_color_or_with_surfaces_can_be_lit(layers: tuple[Layer, ...], lit: bool) -> None:
    assert can_be_lit(ImageInfo(FRAME, FRAME, layers)) is lit


def test_nothing_cannot() -> None:
    assert not can_be_lit(None)
