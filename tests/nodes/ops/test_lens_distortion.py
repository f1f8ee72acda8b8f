import math

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.lens_distortion import distorted_radius, fold, moved, straight_radius

LENSES = [(0.1, 0.0), (-0.1, 0.0), (0.3, -0.2), (-0.2, 0.15), (0.0, 0.4), (0.0, -0.1)]


@pytest.mark.parametrize(("k1", "k2"), LENSES)
def test_the_inverse_is_exact_up_to_the_fold(k1: float, k2: float) -> None:
    r = torch.linspace(0, min(2.0, fold(k1, k2) * 0.999), 500, dtype=torch.float64)
    assert_close(straight_radius(distorted_radius(r, k1, k2), k1, k2), r, threshold=1e-9)


def test_the_polynomial_by_hand() -> None:
    r = torch.tensor([0.0, 0.5, 1.0, 2.0], dtype=torch.float64)
    assert_close(
        distorted_radius(r, 0.1, 0.01), torch.tensor([0, 0.5 * (1 + 0.025 + 0.000625), 1.11, 2 * (1.4 + 0.16)])
    )


@pytest.mark.parametrize(("k1", "k2"), LENSES)
def test_the_fold_is_where_the_radius_no_longer_grows(k1: float, k2: float) -> None:
    r = torch.linspace(0.001, 5, 50000, dtype=torch.float64)
    falls = torch.nonzero(distorted_radius(r, k1, k2).diff() < 0).flatten()
    if math.isinf(fold(k1, k2)):
        assert falls.numel() == 0
    else:
        assert float(r[falls[0]]) == pytest.approx(fold(k1, k2), abs=1e-3)


def test_radii_that_no_straight_one_comes_to_are_unknown() -> None:
    most = float(distorted_radius(torch.tensor(fold(-0.2, 0.0), dtype=torch.float64), -0.2, 0.0))
    r = straight_radius(torch.tensor([most * 0.99, most * 1.01], dtype=torch.float64), -0.2, 0.0)
    assert bool(torch.isfinite(r[0])) and bool(torch.isnan(r[1]))


def test_points_move_along_the_line_to_the_axis_with_the_aspect() -> None:
    x, y = (torch.tensor([[v]], dtype=torch.float64) for v in (30.0, 10.0))
    u, v = moved(x, y, (10.0, 10.0), 20.0, 2.0, 0.1, 0.0, False)
    # 20 pixels to the right, twice as wide as high: radius 2, so 1 + 0.1 * 4 times as far.
    assert float(u) == pytest.approx(10 + 20 * 1.4) and float(v) == 10
    back = moved(u, v, (10.0, 10.0), 20.0, 2.0, 0.1, 0.0, True)
    assert float(back[0]) == pytest.approx(30) and float(back[1]) == pytest.approx(10)
