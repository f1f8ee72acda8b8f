import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.nodes.ops.gaussian import blurred, gaussian_blur, gaussian_margin
from threads import on_threads

SIGMAS = [0.4, 1.3, 2.9, 3.1, 5.0, 8.0, 21.0]


def direct(x: Tensor, sigma_x: float, sigma_y: float) -> Tensor:
    """The true Gaussian in float64 without truncation that matters, same size, zeros outside."""
    result = x.double()[:, None]
    for sigma, along_x in ((sigma_x, True), (sigma_y, False)):
        radius = int(8 * sigma) + 2
        t = torch.arange(-radius, radius + 1, dtype=torch.float64)
        taps = torch.exp(-0.5 * (t / sigma) ** 2)
        kernel = (taps / taps.sum()).view((1, 1, 1, -1) if along_x else (1, 1, -1, 1))
        result = F.conv2d(result, kernel, padding=(0, radius) if along_x else (radius, 0))
    return result[:, 0]


def whole(sigma: float) -> float:
    """The sum of a sampled Gaussian of height 1."""
    t = torch.arange(-int(8 * sigma) - 2, int(8 * sigma) + 3, dtype=torch.float64)
    return float(torch.exp(-0.5 * (t / sigma) ** 2).sum())


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_an_impulse_becomes_the_true_gaussian(sigma: float, shift: int, device: torch.device) -> None:
    m = gaussian_margin(sigma)
    size = 2 * m + 2 * m + 1
    x = torch.zeros(1, size, size)
    row, column = 2 * m + min(shift, m), 2 * m
    x[0, row, column] = 1
    y = gaussian_blur(x.to(device), sigma, sigma, origin=(-7, 12)).cpu()
    at = torch.arange(m, size - m, dtype=torch.float64)
    across, down = (torch.exp(-0.5 * ((at - middle) / sigma) ** 2) / whole(sigma) for middle in (column, row))
    reference = (down[:, None] * across)[None]
    assert (y - reference).abs().max() <= 1e-4 * reference.max()
    assert y.sum() == pytest.approx(float(reference.sum()), abs=1e-4)


@pytest.mark.parametrize(("sigma_x", "sigma_y"), [(8.0, 0.0), (0.0, 8.0), (1.5, 6.0), (6.0, 1.5), (4.0, 9.0)])
def test_the_axes_are_independent(sigma_x: float, sigma_y: float) -> None:
    mx, my = gaussian_margin(sigma_x), gaussian_margin(sigma_y)
    x = torch.randn(3, 40 + 2 * my, 50 + 2 * mx, generator=torch.Generator().manual_seed(1))
    y = gaussian_blur(x, sigma_x, sigma_y)
    far = F.pad(x, (64 - min(mx, 64),) * 2 + (64 - min(my, 64),) * 2)
    reference = direct(far, max(sigma_x, 1e-3), max(sigma_y, 1e-3))[:, 64:104, 64:114]
    assert y.shape == (3, 40, 50)
    assert y.is_contiguous()
    torch.testing.assert_close(y.double(), reference, atol=1e-4, rtol=0)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_a_constant_stays_itself(sigma: float) -> None:
    m = gaussian_margin(sigma)
    x = torch.full((1, 33 + 2 * m, 21 + 2 * m), 12345.0)
    torch.testing.assert_close(gaussian_blur(x, sigma, sigma), torch.full((1, 33, 21), 12345.0), rtol=1e-6, atol=0)


@pytest.mark.parametrize("sigma", [1.3, 8.0, 21.0])
def test_a_tile_equals_the_crop_of_the_whole(sigma: float) -> None:
    m = gaussian_margin(sigma)
    x = torch.rand(2, 120 + 2 * m, 130 + 2 * m, generator=torch.Generator().manual_seed(2))
    whole = gaussian_blur(x, sigma, sigma, origin=(-m, -m))
    for left, top, width, height in ((0, 0, 17, 23), (31, 50, 64, 1), (129, 119, 1, 1), (5, 7, 100, 90)):
        tile = x[:, top : top + height + 2 * m, left : left + width + 2 * m]
        y = gaussian_blur(tile, sigma, sigma, origin=(left - m, top - m))
        torch.testing.assert_close(y, whole[:, top : top + height, left : left + width], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.7, 2.5, 3.0, 8.0, 17.0])
@pytest.mark.parametrize("size", [(1, 1), (7, 13), (64, 64), (100, 333)])
def test_threads_do_not_change_a_bit(sigma: float, size: tuple[int, int]) -> None:
    m = gaussian_margin(sigma)
    x = torch.randn(2, size[0] + 2 * m, size[1] + 2 * m)
    assert torch.equal(*on_threads(lambda: gaussian_blur(x, sigma, sigma), 1, 2))


@pytest.mark.parametrize("sigma", [2.0, 12.0])
def test_a_highlight_leaves_nothing_behind(sigma: float) -> None:
    m = gaussian_margin(sigma)
    size = 8 * m + 1
    x = torch.zeros(1, size, size)
    x[0, 4 * m, 4 * m] = 5e4
    y = gaussian_blur(x, sigma, sigma)[0]
    assert y.min() == 0
    reach = torch.nonzero(y).sub(3 * m).abs().max()
    assert reach <= m


def test_zero_is_the_identity_and_the_input_is_kept() -> None:
    x = torch.randn(1, 5, 6)
    assert gaussian_margin(0.0) == 0
    assert torch.equal(gaussian_blur(x, 0.0, 0.0), x)
    m = gaussian_margin(4.0)
    x = torch.randn(1, 9 + 2 * m, 9 + 2 * m)
    kept = x.clone()
    gaussian_blur(x, 4.0, 4.0)
    assert torch.equal(x, kept)


def test_nan_does_not_spread() -> None:
    m = gaussian_margin(5.0)
    x = torch.ones(1, 40 + 2 * m, 40 + 2 * m)
    x[0, m + 20, m + 20] = torch.nan
    hole = x.nan_to_num(nan=0.0)
    assert torch.equal(gaussian_blur(x, 5.0, 5.0), gaussian_blur(hole, 5.0, 5.0))


def test_negatives_and_planes_of_any_stride_survive() -> None:
    m = gaussian_margin(3.0)
    x = torch.randn(20 + 2 * m, 30 + 2 * m, 4).permute(2, 0, 1)
    y = gaussian_blur(x, 3.0, 3.0)
    torch.testing.assert_close(gaussian_blur(-x.contiguous(), 3.0, 3.0), -y)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="sigma along x is -1"):
        gaussian_blur(torch.zeros(1, 9, 9), -1.0, 0.0)
    with pytest.raises(ValueError, match="margin along y"):
        gaussian_blur(torch.zeros(1, 9, 99), 0.0, 8.0)


@pytest.mark.parametrize("sigma", [0.0, 1.5, 12.0])
def test_a_whole_picture_keeps_its_size_and_what_is_around_it(sigma: float) -> None:
    x = torch.full((2, 9, 14), 3.0)
    assert torch.allclose(blurred(x, sigma), x)
    faded = blurred(x, sigma, "black")
    assert faded.shape == x.shape
    assert torch.equal(faded, x) if sigma == 0 else float(faded[0, 0, 0]) < 1.6 and float(faded.max()) <= 3.00001
