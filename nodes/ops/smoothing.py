"""Smoothing by weighted least squares over whole pictures, and values spread from strokes to what belongs to them."""

import torch
from torch import Tensor

from .progress import Progress, part, silent

_PASSES = 3
_CERTAIN = 0.05
_ROUNDS = 3


def smoothed(x: Tensor, across: Tensor, along: Tensor, size: float, progress: Progress = silent) -> Tensor:
    """`x [C, H, W]`, float64, evened out over `size` pixels where the weights between neighbours are 1.

    across : `[H, W - 1]`, along : `[H - 1, W]`, weights between neighbours, 0 to 1. Solved by alternating exact passes
    along rows and columns (fast global smoothing, Min et al. 2014).
    """
    total = (size / 2) ** 2
    for i in range(_PASSES):
        strength = 1.5 * 4.0 ** (_PASSES - 1 - i) / (4.0**_PASSES - 1) * total
        x = _solve_rows(x, across * strength, part(progress, 2 * i, 2 * _PASSES))
        x = _solve_rows(x.mT, along.t() * strength, part(progress, 2 * i + 1, 2 * _PASSES)).mT
    return x


def spread(
    values: Tensor, strokes: Tensor, guide: Tensor, size: float, edge: float, progress: Progress = silent
) -> tuple[Tensor, Tensor]:
    """Values given on strokes, spread to what belongs to them: `[C, H, W]`, and how much they count there `[1, H, W]`.

    Parameters
    ----------
    values : `[C, H, W]`, taken where `strokes [1, H, W]`, 0 to 1, covers.
    guide : `[G, H, W]`, whose edges the values do not cross. size : pixels that they go where there is no edge.
    edge : difference of the guide between neighbours, over all channels, at which they go a third as far.

    The values are those of the strokes on the strokes, as near as they are smooth within edges.
    """
    across, along = (torch.exp(guide.double().diff(dim=d).square().sum(0) / -(edge**2)) for d in (2, 1))
    cover = strokes.double()
    left = torch.where(cover > 0, values.double(), 0.0)
    found = torch.zeros_like(left)
    counts = torch.zeros_like(cover)
    for i in range(_ROUNDS):
        even = smoothed(torch.cat((left * cover, cover)), across, along, size / 2**i, part(progress, i, _ROUNDS))
        near, weight = even[:-1], even[-1:]
        share = (1 + _CERTAIN) * weight / (weight + _CERTAIN * weight.max().clamp_min(1e-300))
        if i == 0:
            counts = share.clamp_max(1)
        # Later rounds put right what the first one smeared between strokes of different values, and only there.
        found = found + near / weight.clamp_min(1e-300) * (share.clamp_max(1) if i else 1.0)
        left = torch.where(cover > 0, values.double() - found, 0.0)
    return found.to(values.dtype), torch.maximum(counts, cover).to(values.dtype)


def _solve_rows(x: Tensor, weights: Tensor, progress: Progress) -> Tensor:
    """Every row of `x [C, H, W]` smoothed: `(1 + w left + w right) u - w left u_left - w right u_right = x`.

    weights : `[H, W - 1]`, between neighbours. Elimination along all rows at once, in place column by column: a large
    picture is there once more, and no oftener.
    """
    width = x.shape[2]
    found = x.permute(2, 0, 1).clone(memory_format=torch.contiguous_format)
    columns = found.unbind(0)
    # A weight gives way to the ratio of its column to the next once it is known.
    ratios = weights.t().clone(memory_format=torch.contiguous_format).unbind(0)
    left, none = (torch.zeros_like(columns[0][0]) for _ in range(2))
    scale = torch.empty_like(left)
    for i, column in enumerate(columns):
        if i % 64 == 0:
            progress(i / (2 * width))
        right = ratios[i] if i < width - 1 else none
        torch.add(left, right, out=scale).add_(1)
        if i:
            scale.addcmul_(left, ratios[i - 1], value=-1)
            column.addcmul_(left, columns[i - 1])
        column.mul_(scale.reciprocal_())
        left.copy_(right)
        right.mul_(scale)
    for i in range(width - 2, -1, -1):
        if i % 64 == 0:
            progress(1 - i / (2 * width))
        columns[i].addcmul_(ratios[i], columns[i + 1])
    return found.permute(1, 2, 0)
