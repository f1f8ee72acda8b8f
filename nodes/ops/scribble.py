"""What strokes say, carried over the surface that they are on."""

import torch
from torch import Tensor

from .progress import Progress, part, silent
from .smoothing import smoothed

_SOFT = 0.3  # share of the stroke's own weight at which its effect is half
_FAR = 0.04  # of a stroke's effect, below which there is none
_TINY = 1e-300


def scribbled(strokes: Tensor, guide: Tensor, size: float, edge: float, progress: Progress = silent) -> Tensor:
    """How much each of some kinds of strokes `[n, H, W]`, 0 to 1, counts at every pixel, the same shape.

    It is what was drawn on the strokes, falls off evenly from there over about `size` pixels, and is exactly 0 far
    away. Kinds share what lies between them.

    guide : `[G, H, W]`; edge : its difference between neighbours, over all channels, at which strokes go on by a third.
    """
    drawn = strokes.double()
    cover = drawn.sum(0, keepdim=True)
    own = drawn / cover.clamp_min(1)  # where kinds overlap they share
    if not bool((cover > 0).any()):
        return torch.zeros_like(strokes)
    across, along = (torch.exp(guide.double().diff(dim=d).square().sum(0).sqrt() / -edge) for d in (2, 1))
    whole = own.sum(0, keepdim=True)
    even = smoothed(torch.cat((own, whole)), across, along, size, part(progress, 0, 2))
    kinds, weight = even[:-1] / even[-1:].clamp_min(_TINY), even[-1:]
    # Lines have less weight than patches, and ends less than middles: what counts is the share of what it is on the
    # stroke nearby.
    there = smoothed(torch.cat((weight * whole, whole)), across, along, size, part(progress, 1, 2))
    share = (weight * there[1:] / there[:1].clamp_min(_TINY)).clamp(0, 1)
    share = (1 + _SOFT) * share / (share + _SOFT)
    share = ((share - _FAR) / (1 - _FAR)).clamp_min(0)
    share = share * share * (3 - 2 * share)
    found = kinds.clamp(0, 1) * share
    return torch.lerp(found, own / whole.clamp_min(_TINY), whole.clamp(0, 1)).to(strokes.dtype)
