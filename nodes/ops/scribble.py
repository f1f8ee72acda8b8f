"""What strokes say, carried over the surface that they are on."""

import torch
from torch import Tensor

from .progress import Progress, part, silent
from .smoothing import smoothed

_SOFT = 0.3  # share of the stroke's own weight at which its effect is half
_FAR = 0.04  # of a stroke's effect, below which there is none
_TINY = 1e-300


def scribbled(
    strokes: Tensor, guide: Tensor, size: float, edge: float, progress: Progress = silent, one: Tensor | None = None
) -> Tensor:
    """How much each of some kinds of strokes `[n, H, W]`, 0 to 1, counts at every pixel, the same shape.

    It is what was drawn on the strokes, falls off evenly from there over about `size` pixels, and is exactly 0 far
    away. Kinds share what lies between them.

    guide : `[G, H, W]`, of which the first three channels are light; edge : its difference between neighbours, over all
    channels, at which strokes go on by a third. one : `[1, H, W]`, how far a place is of one material, see
    `one_material`: there no difference of brightness stops strokes.
    """
    drawn = strokes.double()
    cover = drawn.sum(0, keepdim=True)
    own = drawn / cover.clamp_min(1)  # where kinds overlap they share
    if not bool((cover > 0).any()):
        return torch.zeros_like(strokes)
    across, along = (_weights(guide.double(), d, edge, one) for d in (2, 1))
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


def one_material(strokes: Tensor, guide: Tensor, size: float, edge: float) -> Tensor:
    """How far a place is of the material that strokes `[1, H, W]` lie on, `[1, H, W]`: up to where the colour changes.

    guide : `[3, H, W]`, logarithms of light. size, edge : see `scribbled`.
    """
    return scribbled(strokes, guide - guide.mean(0), size, edge)


def _weights(guide: Tensor, dim: int, edge: float, one: Tensor | None) -> Tensor:
    """Between neighbours along a dimension, 0 to 1."""
    change = guide.diff(dim=dim)
    if one is not None:
        count = one.shape[dim] - 1
        both = torch.minimum(one.narrow(dim, 0, count), one.narrow(dim, 1, count)).double()
        change = torch.cat((change[:3] - both * change[:3].mean(0), change[3:]))
    return torch.exp(change.square().sum(0).sqrt() / -edge)
