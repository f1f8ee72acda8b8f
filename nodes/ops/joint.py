"""Small maps brought to the size of a picture, their edges where the picture has its own."""

import torch
from torch import Tensor

_TINY = 1e-6


def joint_upsampled(x: Tensor, small: Tensor, guide: Tensor, edge: float) -> Tensor:
    """`x [C, h, w]` at the size of the guide `[G, H, W]`: between the neighbours that look like the pixel there.

    small : `[G, h, w]`, the guide at the size of `x`. edge : difference of the guide, over all channels, at which a
    neighbour counts about a third. Every value lies between those of four neighbours (Kopf et al. 2007), so that
    texture of the guide does not show in smooth maps.
    """
    if x.shape[1:] == guide.shape[1:]:
        return x
    height, width = guide.shape[1:]
    rows, row_share = _places(height, x.shape[1], x)
    columns, column_share = _places(width, x.shape[2], x)
    total = x.new_zeros(x.shape[0], height, width)
    weights = x.new_zeros(1, height, width)
    for down in (0, 1):
        for right in (0, 1):
            r = (rows + down).clamp_max(x.shape[1] - 1)[:, None]
            c = (columns + right).clamp_max(x.shape[2] - 1)[None]
            even = (row_share if down else 1 - row_share)[:, None] * (column_share if right else 1 - column_share)[None]
            off = (small[:, r, c] - guide).square().sum(0)
            weight = (even + _TINY) * (torch.exp(off / -(edge * edge)) + _TINY)
            total += x[:, r, c] * weight
            weights += weight
    return total / weights


def _places(count: int, cells: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """For every pixel the cell before it, and its share of the way to the next."""
    at = ((torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) * (cells / count) - 0.5).clamp(0, cells - 1)
    first = at.floor()
    return first.long(), at - first
