import math

import pytest
import torch

from compare import assert_close
from stage import run


def test_a_hard_ellipse_has_its_area() -> None:
    out = run("Radial", format="64x48", area=(10.0, 8.0, 50.0, 38.0), softness=0)["rgba"][3]
    assert float(out.sum()) == pytest.approx(math.pi * 20 * 15, rel=2e-3)
    assert float(out[48 - 23, 30]) == 1 and float(out[0, 0]) == 0


def test_it_fades_from_the_middle() -> None:
    out = run("Radial", format="41x41", color=(3.0, 2.0, 1.0, 1.0))["rgba"]
    assert_close(out[:, 20, 20], torch.tensor([3.0, 2.0, 1.0, 1.0]), 1e-3)
    row = out[3, 20]
    assert bool((row[1:21] >= row[:20]).all()) and float(row[0]) < 0.01
    assert_close(row, row.flip(0), 1e-6)


def test_a_rectangle_covers_its_edges_in_part() -> None:
    out = run("Radial", format="16x12", shape="rectangle", area=(2.5, 3.0, 8.0, 10.0), softness=0)["rgba"][3]
    assert float(out.sum()) == pytest.approx(5.5 * 7)
    assert float(out[5, 2]) == 0.5


def test_inverted() -> None:
    values = {"format": "16x12", "area": (2.0, 2.0, 9.0, 9.0)}
    one, two = run("Radial", **values), run("Radial", invert=True, **values)
    assert_close(one["rgba"] + two["rgba"], torch.ones(4, 12, 16), 1e-6)
