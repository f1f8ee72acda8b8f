"""The dome as a disc."""

import pytest
import torch

from rimlight.app.rig.projection import Side, directions, from_disc, hidden, to_disc
from rimlight.engine import angles_of, direction_of


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("azimuth", [-170.0, -60.0, 0.0, 45.0, 120.0])
@pytest.mark.parametrize("elevation", [-70.0, 0.0, 30.0])
def test_the_disc_and_back(side: Side, azimuth: float, elevation: float) -> None:
    x, y, z = direction_of(azimuth, elevation).tolist()
    direction = (x, y, z)
    back = from_disc(*to_disc(direction, side), side)
    if hidden(direction, side):
        assert back[:2] == pytest.approx(direction[:2], abs=1e-5)
        assert back[2] == pytest.approx(-z, abs=1e-5)
    else:
        assert angles_of(back) == pytest.approx((azimuth, elevation), abs=1e-3)


def test_past_the_rim_a_light_goes_behind() -> None:
    assert from_disc(1.0, 0.0, Side.FRONT) == pytest.approx((1, 0, 0))
    beyond = from_disc(1.2, 0.0, Side.FRONT)
    assert beyond == pytest.approx((0.8, 0.0, -0.6))
    assert from_disc(0.0, -1.2, Side.BACK) == pytest.approx((0.0, -0.8, 0.6))


@pytest.mark.parametrize("side", list(Side))
def test_pixels_of_the_dome_lie_where_handles_do(side: Side) -> None:
    towards, inside = directions(64, side)
    x, y = (50 + 0.5) / 32 - 1, 1 - (20 + 0.5) / 32
    assert towards[:, 20, 50].tolist() == pytest.approx(from_disc(x, y, side), abs=1e-4)
    assert inside[0, 0, 0] == 0
    assert inside[0, 32, 32] == 1
    assert torch.allclose(towards.norm(dim=0)[inside[0] == 1], torch.ones(()), atol=1e-4)
