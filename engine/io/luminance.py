"""Luminance and chroma to red, green and blue.

OpenEXR stores luminance Y at every pixel and the chroma RY = (R - Y) / Y, BY = (B - Y) / Y at every second pixel of
every second row, at the even coordinates. The missing samples are interpolated by the polynomial through eight
neighbours; the stored ones stay exact.
"""

import math

import torch
from torch import Tensor

from .metadata import Chromaticities

_REACH = 4


def to_rgb(y: Tensor, ry: Tensor, by: Tensor, chromaticities: Chromaticities) -> Tensor:
    """`[3, h, w]` from Y, RY and BY, each `[h, w]`, with the luminance weights of `chromaticities`."""
    wr, wg, wb = chromaticities.luminance()
    red, blue = (ry + 1) * y, (by + 1) * y
    return torch.stack((red, (y - wr * red - wb * blue) / wg, blue))


def upsample(x: Tensor, step: tuple[int, int]) -> Tensor:
    """`[h, w]` with samples at every `step` = (x, y)-th pixel to `[h * y, w * x]`; edge samples are repeated
    outside.
    """
    across = _along_rows(x, step[0])
    return _along_rows(across.T.contiguous(), step[1]).T.contiguous()


def _along_rows(x: Tensor, step: int) -> Tensor:
    if step == 1:
        return x
    weights = torch.tensor([_lagrange(phase / step) for phase in range(step)], dtype=torch.float64).to(x)
    padded = torch.nn.functional.pad(x[:, None], (_REACH - 1, _REACH), mode="replicate")
    out = torch.nn.functional.conv1d(padded, weights[:, None])
    out[:, 0] = x
    return out.transpose(1, 2).reshape(x.shape[0], x.shape[1] * step)


def _lagrange(at: float) -> list[float]:
    """Weights of the samples around 0 for the value of their polynomial at `at`, between 0 and 1."""
    taps = range(1 - _REACH, _REACH + 1)
    return [math.prod((at - j) / (k - j) for j in taps if j != k) for k in taps]
