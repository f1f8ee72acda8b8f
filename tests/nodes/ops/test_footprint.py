"""How far filters widen: by the local scales, and no further than a picture can be wide."""

import pytest
import torch

from rimlight.nodes.ops.footprint import axis_reach, footprint, mip_level
from rimlight.nodes.ops.warp import warp_field


def of(ux: float, uy: float, vx: float, vy: float) -> list[float]:
    found = footprint(*(torch.tensor([v], dtype=torch.float64) for v in (ux, uy, vx, vy)))
    return [value.item() for value in found]


def test_scales_below_one_widen_nothing_and_others_as_they_are() -> None:
    assert of(0.25, 0, 0, 0.5) == [1, 0, 1]
    assert of(3, 0, 0, 2) == pytest.approx([3, 0, 2])
    assert of(0, -3, 2, 0) == pytest.approx([3, 0, 2])  # a quarter turn: its root is that of J Jt
    assert of(float("nan"), 0, 0, 1) == [1, 0, 1]


@pytest.mark.parametrize("far", [1e9, 1e30, 1e38])
def test_jumps_of_a_field_reach_no_further_than_a_picture(far: float) -> None:
    p = footprint(*(torch.tensor([v], dtype=torch.float64) for v in (far, 0.0, far / 3, far)))
    shrink = 2.0 ** float(mip_level(p, 2.0))
    for reach in axis_reach(p, 2.0):
        assert 0 < float(reach) / shrink <= 64  # pixels of the smaller picture that a kernel looks at


def test_a_field_that_holds_anything_is_seen_through() -> None:
    generator = torch.Generator().manual_seed(4)
    field = torch.rand(2, 8, 10, generator=generator) * 1e30
    field[:, 3, 4] = 2.5
    field[:, 5, 5], field[:, 6, 6] = torch.nan, torch.inf
    x = torch.rand(3, 6, 7, generator=generator)
    out = warp_field(x, field, (0, 0, 7, 6), edges="repeat", margin=1)
    assert out.shape == (3, 6, 8) and torch.isfinite(out).all()
