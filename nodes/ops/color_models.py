"""Hue, saturation and brightness of unbounded colours `[3, H, W]`, there and back.

Every finite colour comes back, negative and far above one included. Hue is that of `hue.hue`, 0 to 6.
"""

import torch
from torch import Tensor

from .hue import HUES, hue

_LEAST = 1e-20  # stands in for a brightness of zero under a colour that is not black


def rgb_to_hsv(x: Tensor) -> Tensor:
    """Hue, saturation and value (the largest channel) of `x`. Saturation is chroma (largest less smallest) over value.

    Saturation is 0 to 1 where no channel is negative, above 1 where one is, and negative where all are.
    """
    high, chroma = _extent(x)
    value = torch.where((high == 0) & (chroma > 0), _LEAST, high)
    return torch.cat([hue(x)[0], _ratio(chroma, value), value])


def hsv_to_rgb(x: Tensor) -> Tensor:
    """The inverse of `rgb_to_hsv`; hue is taken modulo 6."""
    turn, saturation, value = x
    return _from_hue(turn, saturation * value, value)


def _extent(x: Tensor) -> tuple[Tensor, Tensor]:
    high = x.amax(0, keepdim=True)
    return high, high - x.amin(0, keepdim=True)


def _ratio(chroma: Tensor, brightness: Tensor) -> Tensor:
    return torch.where(chroma == 0, 0.0, chroma / brightness)


def _from_hue(turn: Tensor, chroma: Tensor, high: Tensor) -> Tensor:
    planes = []
    for shift in (5, 3, 1):
        k = (turn + shift).remainder_(HUES)
        planes.append(torch.addcmul(high, chroma, torch.minimum(k, 4 - k).clamp_(0, 1), value=-1))
    return torch.stack(planes)
