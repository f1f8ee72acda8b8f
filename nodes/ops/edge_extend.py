"""Colour pushed outwards from a matte: a pyramid of weighted means, each put under the finer one (pull and push, after
Gortler, Grzeszczuk, Szeliski and Cohen, 1996). The cost does not depend on how far the colour has to go."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .membrane import doubled

_LEAST = 1e-6


def extend(color: Tensor, weight: Tensor) -> Tensor:
    """`color [C, H, W]`, not multiplied by its coverage, where `weight [1, H, W]` is 1; elsewhere what is near there.

    weight : 0 to 1, how much a pixel's own colour is to be trusted; between, it is mixed with what comes from around.
    Where nothing has any weight, the result is 0.
    """
    if min(color.shape) == 0:
        return color
    return _pushed(torch.where(weight > 0, color, 0.0) * weight, weight)


def _pushed(sums: Tensor, weight: Tensor) -> Tensor:
    """The filled colour of weighted sums: mean colour times weight, with the weight beside it."""
    height, width = sums.shape[1:]
    if bool((weight >= 1).all()) or max(height, width) == 1:
        return torch.where(weight > _LEAST, sums / weight.clamp_min(_LEAST), 0.0)
    padded = F.pad(torch.cat((sums, weight)), (0, width % 2, 0, height % 2))
    small = F.avg_pool2d(padded[None], 2)[0] * 4
    coarse = small[:-1], small[-1:]
    # A coarse pixel that is half covered has a colour as good as one that is wholly: its weight counts as 1 at most.
    scale = coarse[1].clamp_min(1)
    below = doubled(_pushed(coarse[0] / scale, coarse[1] / scale))[:, :height, :width]
    return torch.addcmul(sums, below, 1 - weight)
