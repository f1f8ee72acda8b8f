"""Small maps brought to the size of a picture, their edges where the picture has its own."""

import torch
from torch import Tensor

from .progress import Progress, silent

_TINY = 1e-6
_STRIP = 32  # rows that are made at once, so that a processor keeps them in its cache


def joint_upsampled(x: Tensor, small: Tensor, guide: Tensor, edge: float, progress: Progress = silent) -> Tensor:
    """`x [C, h, w]` at the size of the guide `[G, H, W]`: between the neighbours that look like the pixel there.

    small : `[G, h, w]`, the guide at the size of `x`. edge : difference of the guide, over all channels, at which a
    neighbour counts about a third. Every value lies between those of four neighbours (Kopf et al. 2007), so that
    texture of the guide does not show in smooth maps. progress : called with the share done.
    """
    if x.shape[1:] == guide.shape[1:]:
        return x
    height, width = guide.shape[1:]
    rows, row_share = _places(height, x.shape[1], x)
    columns, column_share = _places(width, x.shape[2], x)
    total = x.new_empty(x.shape[0], height, width)
    wide = [[m.index_select(2, (columns + right).clamp_max(x.shape[2] - 1)) for m in (small, x)] for right in (0, 1)]
    strip = _STRIP if x.device.type == "cpu" else height
    for top in range(0, height, strip):
        progress(top / height)
        part = slice(top, min(top + strip, height))
        weights, sums = _weighted(wide, guide[:, part], rows[part], row_share[part], column_share, -(edge * edge))
        torch.div(sums, weights, out=total[:, part])
    return total


def _weighted(
    wide: list[list[Tensor]], guide: Tensor, rows: Tensor, row_share: Tensor, column_share: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """The weights `[1, n, W]` of the four neighbours of some rows, added up, and what they weigh `[C, n, W]`.

    wide : of the neighbours to the left and to the right the guide `[G, h, W]` and the map `[C, h, W]`.
    """
    weights, sums = torch.zeros_like(guide[:1]), torch.zeros_like(guide[:1])
    for down in (0, 1):
        for right, (small, x) in enumerate(wide):
            at = (rows + down).clamp_max(x.shape[1] - 1)
            even = (row_share if down else 1 - row_share)[:, None] * (column_share if right else 1 - column_share)[None]
            off = small.index_select(1, at).sub_(guide).square_().sum(0, keepdim=True)
            weight = off.div_(scale).exp_().add_(_TINY).mul_(even + _TINY)
            sums = x.index_select(1, at).mul_(weight).add_(sums)
            weights.add_(weight)
    return weights, sums


def _places(count: int, cells: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """For every pixel the cell before it, and its share of the way to the next."""
    at = ((torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) * (cells / count) - 0.5).clamp(0, cells - 1)
    first = at.floor()
    return first.long(), at - first
