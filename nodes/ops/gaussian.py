"""Gaussian blur with a floating sigma per axis: finite, exact to 1e-4 of the peak, cost independent of sigma.

Wide blurs run multirate: a Gaussian of sigma / sqrt(2) is evaluated at every d-th pixel only, and a second one of the
same width interpolates back to every pixel. Their cascade is the wanted Gaussian; what sampling adds is about
exp(-pi**2 sigma**2 / (2 d**2)), below 2e-5 for d <= sigma / 1.52 (Poisson summation). The samples sit at absolute
multiples of d, so that a tile equals the crop of the whole picture.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from .fir import Stage, finite, fir_stage, run_separable, toeplitz

_TRUNCATE = 4.4  # exp(-4.4**2 / 2) = 6e-5 of the peak
_TRUNCATE_CASCADE = 4.4  # the second pass smooths the first one's cut
_SIGMA_PER_STEP = 1.52
_LEAST_SIGMA = 0.1  # the neighbour's tap would be exp(-50)
_LOW_BLOCK = 8


def gaussian_margin(sigma: float) -> int:
    """Pixels of margin that a blur of standard deviation `sigma` pixels needs on each side."""
    if sigma < _LEAST_SIGMA:
        return 0
    if _decimation(sigma) == 1:
        return math.ceil(_TRUNCATE * sigma)
    return 2 * _half_radius(sigma)


def gaussian_blur(x: Tensor, sigma_x: float, sigma_y: float, origin: tuple[int, int] = (0, 0)) -> Tensor:
    """Blur `x [C, H, W]`, float32 or float64, by a Gaussian with standard deviations in pixels.

    Parameters
    ----------
    x : the picture with `gaussian_margin(sigma_x)` extra pixels left and right, `gaussian_margin(sigma_y)` above and
        below. NaN counts as 0.
    sigma_x, sigma_y : at or above 0; below 0.1 is the identity along that axis.
    origin : absolute (x, y) of the input's first pixel, so that tiles of one picture agree.

    Returns `x` blurred, without the margins.
    """
    down_x, up_x = _stages(sigma_x, x.shape[2], origin[0], "x")
    down_y, up_y = _stages(sigma_y, x.shape[1], origin[1], "y")
    if up_x is None and up_y is None:
        return x
    return run_separable(finite(x), down_y, down_x, up_x, up_y)


def blurred(x: Tensor, sigma: float, edges: Literal["repeat", "black"] = "repeat") -> Tensor:
    """A whole picture `[C, H, W]` blurred by `sigma` pixels, of the same size. edges : what is around it."""
    margin = gaussian_margin(sigma)
    if margin == 0:
        return x
    mode = "replicate" if edges == "repeat" else "constant"
    return gaussian_blur(F.pad(x[None], (margin,) * 4, mode=mode)[0], sigma, sigma)


def _decimation(sigma: float) -> int:
    return max(1, int(sigma / _SIGMA_PER_STEP))


def _half_radius(sigma: float) -> int:
    return math.ceil(_TRUNCATE_CASCADE * sigma / math.sqrt(2))


def _sampled(sigma: float, radius: int) -> Tensor:
    t = torch.arange(-radius, radius + 1, dtype=torch.float64)
    taps = torch.exp(-0.5 * (t / sigma) ** 2)
    return taps / taps.sum()


def _stages(sigma: float, length: int, origin: int, axis: str) -> tuple[Stage | None, Stage | None]:
    if sigma < 0:
        raise ValueError(f"gaussian blur: sigma along {axis} is {sigma}, expected 0 or more")
    margin = gaussian_margin(sigma)
    if margin == 0:
        return None, None
    count = length - 2 * margin
    if count < 1:
        raise ValueError(
            f"gaussian blur: sigma {sigma} needs {margin} pixels of margin along {axis}, found {length} in all"
        )
    step = _decimation(sigma)
    if step == 1:
        return None, fir_stage(_sampled(sigma, margin), length)
    half_sigma, radius = sigma / math.sqrt(2), _half_radius(sigma)
    first = origin + margin
    low_first = -((radius - first) // step)
    low_last = (first + count - 1 + radius) // step
    taps = _sampled(half_sigma, radius)
    down = Stage(
        toeplitz(taps, _LOW_BLOCK, step),
        low_first * step - radius - origin,
        _LOW_BLOCK * step,
        low_last - low_first + 1,
    )
    low_per_block = max(1, min(_LOW_BLOCK, 128 // step))
    outputs = low_per_block * step
    low_count = (first + outputs - 1 + radius) // step - low_first + 1
    position = torch.arange(first, first + outputs, dtype=torch.float64)
    low_position = step * torch.arange(low_first, low_first + low_count, dtype=torch.float64)
    distance = position[:, None] - low_position[None, :]
    weight = torch.exp(-0.5 * (distance / half_sigma) ** 2) * (distance.abs() <= radius)
    # Each phase of the interpolation sums to 1, so that a constant stays a constant.
    return down, Stage(weight / weight.sum(dim=1, keepdim=True), 0, low_per_block, count)
