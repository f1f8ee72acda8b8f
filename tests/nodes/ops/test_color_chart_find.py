"""A chart with known corners, anywhere, in any light, is found where it was put; what is hidden is said."""

import math

import pytest
import torch
from torch import Tensor

from charts import CAMERA, FRAME, TRUE, chart, held
from rimlight.engine import ACESCG, white_rgb
from rimlight.nodes.ops.color_chart_find import Hidden, find


def found(x: Tensor, corners: object) -> float:
    """How far the corners that are found are from where they are, at most, in patches."""
    places = find(x, FRAME.box, TRUE, ACESCG, lambda: None)
    assert places is not None
    side = math.dist(corners[0], corners[1]) / 6.75
    return max(math.dist(a, (x, 120 - y)) for a, (x, y) in zip(places, corners, strict=True)) / side


def clutter(seed: int) -> Tensor:
    """A picture `[3, h, w]` of boxes and blobs, as a set is."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(3, 12, 16, generator=generator) ** 2
    blobs = torch.nn.functional.interpolate(small[None], (120, 160), mode="bicubic")[0].clamp_min(0.01)
    blobs[:, 5:25, 5:35], blobs[:, 8:22, 8:32] = 1.5, 0.05
    return blobs


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 33])
def test_whichever_way_round_it_is_held(degrees: float) -> None:
    corners = held(degrees, tilt=0.15)
    assert found(chart(TRUE @ CAMERA.T, 0.01, corners, around=clutter(degrees)), corners) < 0.2


@pytest.mark.parametrize("stops", [-3, 0, 3])
def test_in_any_light(stops: float) -> None:
    corners = held(8.0)
    light = white_rgb(2800.0 if stops < 0 else 9000.0, 20.0, ACESCG)
    seen = chart(TRUE @ CAMERA.T * light, 0.01, corners, around=clutter(3)) * 2.0**stops
    assert found(seen, corners) < 0.2
    # How bright the set around it is does not matter either.
    alone = chart(TRUE @ CAMERA.T * light, 0.01, corners, around=1e-4 * 2.0 ** (5 + 4 * stops))
    assert found(alone, corners) < 0.2


def test_in_noise() -> None:
    corners = held(-12.0)
    assert found(chart(TRUE @ CAMERA.T, 0.04, corners, around=clutter(4)), corners) < 0.25


def test_a_place_in_the_data_window_is_that_of_the_frame() -> None:
    corners = held(0.0)
    part = chart(TRUE, 0.0, corners)[:, 10:, 15:]
    places = find(part, (15, 10, 160, 120), TRUE, ACESCG, lambda: None)
    assert places is not None
    assert [v for place in places for v in place] == pytest.approx([v for x, y in corners for v in (x, 120 - y)], abs=2)


def test_what_stands_before_it_is_told() -> None:
    corners = held(0.0, tilt=0.0)
    seen = chart(TRUE, 0.01, corners)
    seen[:, 26:60, 108:132] = torch.tensor([0.4, 0.22, 0.15])[:, None, None]  # a thumb, over the top right
    with pytest.raises(Hidden) as hidden:
        find(seen, FRAME.box, TRUE, ACESCG, lambda: None)
    assert {6} <= set(hidden.value.patches) <= {5, 6, 11, 12}
    # Out of the picture is hidden, too.
    cut = chart(TRUE, 0.01, held(0.0, (42.0, 60.0), tilt=0.0))
    with pytest.raises(Hidden) as hidden:
        find(cut, FRAME.box, TRUE, ACESCG, lambda: None)
    assert {1, 7, 13, 19} <= set(hidden.value.patches)


def test_what_is_no_chart_is_none() -> None:
    generator = torch.Generator().manual_seed(6)
    tiles = torch.rand(24, 3, generator=generator).double()
    for seen in (clutter(1), chart(tiles), chart(torch.full((24, 3), 0.4).double()), torch.zeros(3, 120, 160)):
        assert find(seen, FRAME.box, TRUE, ACESCG, lambda: None) is None
