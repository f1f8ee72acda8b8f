import pytest
import torch
import torch.nn.functional as F

from rimlight.nodes.ops.bokeh import bokeh_kernel
from rimlight.nodes.ops.filters import convolve, unsharp_mask
from rimlight.nodes.ops.gaussian import gaussian_margin


@pytest.mark.parametrize("size", [(3, 3), (1, 7), (9, 1), (11, 5), (13, 17), (41, 3)])
def test_convolve_is_the_direct_sum(size: tuple[int, int], device: torch.device) -> None:
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(3, 60, 55, generator=generator)
    kernel = torch.randn(size, generator=generator, dtype=torch.float64)
    reference = F.conv2d(x.double()[:, None], kernel[None, None])[:, 0]
    y = convolve(x.to(device), kernel).cpu()
    assert y.shape == reference.shape
    torch.testing.assert_close(y.double(), reference, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("radius", [4.0, 20.0, 60.0])
def test_a_highlight_neither_rings_nor_leaks(radius: float) -> None:
    kernel = bokeh_kernel(radius, radius)
    m = kernel.shape[0] // 2
    x = torch.zeros(1, 6 * m + 1, 6 * m + 1)
    x[0, 3 * m, 3 * m] = 5e4
    y = convolve(x, kernel)[0]
    expected = torch.zeros_like(y)
    expected[m : 3 * m + 1, m : 3 * m + 1] = 5e4 * kernel
    assert y.min() >= 0
    assert torch.equal(y > 0, expected > 0)
    torch.testing.assert_close(y, expected, rtol=1e-4, atol=0)


def test_dark_light_beside_a_highlight_keeps_its_value() -> None:
    kernel = torch.ones(21, 21)
    x = torch.full((1, 121, 121), 1e-4)
    x[0, 20, 20] = 5e4
    y = convolve(x, kernel)
    torch.testing.assert_close(y[0, 60:, 60:], torch.full((41, 41), 441e-4), rtol=1e-5, atol=0)


def test_nan_does_not_spread() -> None:
    x = torch.ones(1, 40, 40)
    x[0, 20, 20] = torch.nan
    for size in (3, 15):
        y = convolve(x, torch.ones(size, size))
        assert torch.isfinite(y).all()
        assert y.min() == pytest.approx(size * size - 1)


def test_even_or_large_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="2 x 3"):
        convolve(torch.zeros(1, 9, 9), torch.ones(3, 2))
    with pytest.raises(ValueError, match="needs as many pixels"):
        convolve(torch.zeros(1, 9, 9), torch.ones(11, 11))


def test_unsharp_mask_adds_the_detail() -> None:
    m = gaussian_margin(2.0)
    x = torch.zeros(1, 20 + 2 * m, 20 + 2 * m)
    x[..., m + 10 :] = 1
    center = x[:, m : m + 20, m : m + 20]
    assert torch.equal(unsharp_mask(x, 2.0, 2.0, 0.0), center)
    once, twice = unsharp_mask(x, 2.0, 2.0, 1.0), unsharp_mask(x, 2.0, 2.0, 2.0)
    torch.testing.assert_close(twice - center, 2 * (once - center))
    assert once.min() < -0.3
    assert once.max() > 1.3


def test_unsharp_mask_leaves_detail_under_the_threshold() -> None:
    m = gaussian_margin(1.0)
    generator = torch.Generator().manual_seed(5)
    x = 0.5 + 0.01 * torch.rand(1, 20 + 2 * m, 20 + 2 * m, generator=generator)
    assert torch.equal(unsharp_mask(x, 1.0, 1.0, 3.0, threshold=0.02), x[:, m : m + 20, m : m + 20])
