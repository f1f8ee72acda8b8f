import math

import pytest
import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.engine import Project, Region
from stage import run


def drawn(width: int = 16, height: int = 12, **values: object) -> torch.Tensor:
    """What is drawn on black, alpha `[h, w]`."""
    return run("Rectangle", project=Project(format=f"{width}x{height}"), **values)["rgba"][3]


def test_edges_between_pixels_cover_in_part() -> None:
    y = drawn(area=(2.25, 3.0, 6.0, 5.5))
    # Left, bottom, right, top, y up: rows from the top are 12 - 5.5 = 6.5 to 9, columns 2.25 to 6.
    assert float(y.sum()) == pytest.approx(3.75 * 2.5)
    assert y[8, 1:7].tolist() == [0, 0.75, 1, 1, 1, 0]
    assert y[5:10, 4].tolist() == [0, 0.5, 1, 1, 0]


def test_softness_rises_inwards_by_the_smoothstep() -> None:
    y = drawn(40, 40, area=(0, 0, 40, 40), softness=8.0)
    t = (torch.arange(8) + 0.5) / 8
    assert_close(y[20, :8], t * t * (3 - 2 * t), threshold=1e-6)
    assert float(y[20, 8:32].min()) == 1


def test_round_corners_have_the_area_of_quarter_circles() -> None:
    y = drawn(64, 48, area=(4, 4, 60, 44), corner_radius=12.0)
    assert float(y.sum()) == pytest.approx(56 * 40 - (4 - math.pi) * 12**2, rel=1e-3)
    disc = drawn(40, 40, area=(0, 0, 40, 40), corner_radius=100.0)
    assert float(disc.sum()) == pytest.approx(math.pi * 400, rel=1e-3)


def test_invert_opacity_and_colour() -> None:
    plain, other = drawn(area=(2, 2, 9, 8)), drawn(area=(2, 2, 9, 8), invert=True, opacity=0.5)
    assert_close(other, 0.5 * (1 - plain), threshold=1e-7)
    bright = run("Rectangle", project=Project(format="16x12"), area=(2, 2, 9, 8), color=(9, -1, 0.5, 0.25))["rgba"]
    assert bright[:, 5, 5].tolist() == [9, -1, 0.5, 0.25]


def test_the_ramp_runs_from_p0_to_p1() -> None:
    y = drawn(ramp="linear", p0=(0, 0), p1=(0, 12))
    assert_close(y[:, 3], (12 - (torch.arange(12) + 0.5)) / 12, threshold=1e-6)
    eased = drawn(ramp="smooth0", p0=(0, 0), p1=(0, 12))
    assert_close(eased, y * y, threshold=1e-6)


def test_it_is_drawn_over_the_picture_and_a_tile_is_the_crop() -> None:
    values = {"area": (2.5, 2, 9, 8), "softness": 2.0, "corner_radius": 3.0, "color": (1.0, 0.5, 0.25, 0.5)}
    whole = run("Rectangle", hdr(), **values)
    tile = Region(3, 4, 9, 11)
    assert torch.equal(run("Rectangle", hdr(), region=tile, **values)["rgba"], whole.tensor("rgba", tile))
    inside = hdr()["rgba"][:, 6, 6] * 0.5 + torch.tensor([1.0, 0.5, 0.25, 0.5])
    flat = run("Rectangle", hdr(), area=(2, 2, 9, 8), color=(1.0, 0.5, 0.25, 0.5))["rgba"]
    assert_close(flat[:, 6, 6], inside, threshold=1e-5)
    assert torch.equal(flat[:, 0], hdr()["rgba"][:, 0])


def test_a_proxy_draws_the_same_place() -> None:
    half = run("Rectangle", picture(torch.zeros(4, 12, 16)), scale=0.5, area=(2, 4, 8, 12))["rgba"][3]
    assert half[:, 2].tolist() == [1, 1, 1, 1, 0, 0] and half[1].tolist() == [0, 1, 1, 1, 0, 0, 0, 0]
