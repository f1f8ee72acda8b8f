"""Luminance and chroma to red, green and blue.

OpenEXR stores luminance Y at every pixel and the chroma RY = (R - Y) / Y, BY = (B - Y) / Y at every second pixel of
every second row, at the even coordinates. The missing samples are interpolated with a windowed sinc; the stored ones
stay exact.
"""

import math

import torch
from torch import Tensor

from .metadata import Chromaticities

_REACH = 6


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
    taps = torch.arange(1 - _REACH, _REACH + 1, dtype=torch.float64)
    phases = torch.arange(step, dtype=torch.float64)[:, None] / step
    distance = taps[None, :] - phases
    weights = torch.sinc(distance) * torch.cos(math.pi / 2 * distance / _REACH).clamp_min(0) ** 2
    weights = (weights / weights.sum(1, keepdim=True)).to(x)
    padded = torch.nn.functional.pad(x[:, None], (_REACH - 1, _REACH), mode="replicate")
    out = torch.nn.functional.conv1d(padded, weights[:, None])
    out[:, 0] = x
    return out.transpose(1, 2).reshape(x.shape[0], x.shape[1] * step)
