import math

import pytest
import torch
import torch.nn.functional as F

from rimlight.nodes.ops.fir import separable, spline_blur, spline_margin, spline_taps


@pytest.mark.parametrize(("nx", "ny"), [(1, 1), (3, 1), (1, 5), (7, 3), (33, 201)])
def test_separable_is_the_direct_sum(nx: int, ny: int, device: torch.device) -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, 230, 70, generator=generator)
    taps_x = torch.randn(nx, generator=generator, dtype=torch.float64)
    taps_y = torch.randn(ny, generator=generator, dtype=torch.float64)
    reference = F.conv2d(x.double()[:, None], torch.outer(taps_y, taps_x)[None, None])[:, 0]
    y = separable(x.to(device), taps_x, taps_y).cpu().double()
    torch.testing.assert_close(y, reference, atol=1e-3, rtol=1e-5)


def test_separable_refuses_even_and_too_many_taps() -> None:
    x = torch.zeros(1, 4, 4)
    with pytest.raises(ValueError, match="taps_y has 2 values"):
        separable(x, [1.0], [0.5, 0.5])
    with pytest.raises(ValueError, match="5 taps along x"):
        separable(x, [0.2] * 5, [1.0])


def test_box_taps_have_fractional_edges() -> None:
    torch.testing.assert_close(spline_taps(3.0, 0), torch.full((3,), 1 / 3, dtype=torch.float64))
    torch.testing.assert_close(spline_taps(4.0, 0), torch.tensor([0.125, 0.25, 0.25, 0.25, 0.125]).double())
    assert spline_taps(1.0, 0).tolist() == [1.0]
    assert spline_taps(0.0, 2).tolist() == [1.0]


def test_triangle_taps_are_the_tent_integrated_over_pixels() -> None:
    torch.testing.assert_close(spline_taps(4.0, 1), torch.tensor([1 / 32, 0.25, 7 / 16, 0.25, 1 / 32]).double())


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("sigma", [4.0, 11.3])
def test_width_gives_the_wanted_deviation(degree: int, sigma: float) -> None:
    taps = spline_taps(sigma * math.sqrt(12 * (degree + 1)), degree)
    t = torch.arange(taps.numel(), dtype=torch.float64) - taps.numel() // 2
    variance = float((taps * t * t).sum())
    # Integrating over a pixel adds its own variance, 1 / 12.
    assert variance == pytest.approx(sigma**2 + 1 / 12, rel=1e-2)


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize(("width_x", "width_y"), [(0.0, 5.5), (7.2, 0.0), (90.0, 3.0)])
def test_spline_blur_keeps_energy_and_size(degree: int, width_x: float, width_y: float) -> None:
    mx, my = spline_margin(width_x), spline_margin(width_y)
    x = torch.zeros(1, 11 + 4 * my, 13 + 4 * mx)
    x[0, 5 + 2 * my, 6 + 2 * mx] = 1000.0
    y = spline_blur(x, width_x, width_y, degree)
    assert y.shape == (1, 11 + 2 * my, 13 + 2 * mx)
    assert float(y.sum()) == pytest.approx(1000.0, rel=1e-5)
    assert y.min() >= 0


def test_unknown_degree_is_refused() -> None:
    with pytest.raises(ValueError, match="degree is 3"):
        spline_taps(5.0, 3)
