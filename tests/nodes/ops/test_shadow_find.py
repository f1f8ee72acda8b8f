"""What speaks for shadows besides pairs of pieces."""

import pytest
import torch

from rimlight.engine import Region
from rimlight.nodes.ops.shadow_find import of_one_color
from truth import discs, grain, in_shadow, patches

FRAME = Region(0, 0, 96, 64)


@pytest.mark.parametrize("exposure", [1e-4, 1.0, 1e4])
def test_one_ground_has_one_colour_in_light_and_in_shadow(exposure: float) -> None:
    v = discs(FRAME, 3.0, ((30.0, 30.0, 20.0),))
    assert float(of_one_color(exposure * in_shadow(grain(FRAME), v))) > 0.9
    assert float(of_one_color(exposure * in_shadow(patches(FRAME), v))) < 0.1


def test_a_black_picture_has_one_colour() -> None:
    assert bool(torch.isfinite(of_one_color(torch.zeros(3, 8, 8))))
