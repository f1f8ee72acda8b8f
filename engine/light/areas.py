"""Pictures made smaller by means over areas, in which every pixel counts by as much of it as lies in a cell.

The pooling of networks counts pixels on the edge between two cells wholly in both, so that a small bright disc gains or
loses some percent by where it lies.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

_CELLS = 256


def area_means(picture: Tensor, height: int, width: int) -> Tensor:
    """Pictures `[..., H, W]` of finite numbers in another size, each pixel the mean over its area. The mean over the
    whole picture stays.
    """
    *lead, h, w = picture.shape
    flat = picture.reshape(-1, h, w)
    if h % height == 0 and w % width == 0:
        return F.interpolate(flat[None], (height, width), mode="area")[0].reshape(*lead, height, width)
    rows, columns = (_edges(n) for n in (h, w))
    return means(flat, (rows, columns), (_edges(height), _edges(width))).reshape(*lead, height, width)


def means(picture: Tensor, edges: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """Pictures `[C, H, W]` whose rows and columns have these edges, `[H + 1]` and `[W + 1]`, as means between others.
    Edges rise, in any unit.
    """
    rows, columns = (list(_shares(*both, picture)) for both in zip(edges, wanted, strict=True))
    picture = torch.cat([share @ picture[:, part] for part, share in rows], 1)
    return torch.cat([picture[..., part] @ share.T for part, share in columns], 2)


def _edges(count: int) -> Tensor:
    return torch.linspace(0, 1, count + 1, dtype=torch.float64)


def _shares(edges: Tensor, wanted: Tensor, like: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Some cells between `wanted` edges after the others: which of those between `edges` they lie over, and the share
    `[wanted, cells]` of each in their means.
    """
    some = max(1, _CELLS * (len(wanted) - 1) // (len(edges) - 1))
    for start in range(0, len(wanted) - 1, some):
        outer = wanted[start : start + some + 1]
        low, high = outer[:-1, None], outer[1:, None]
        first = max(0, int(torch.searchsorted(edges, outer[:1], right=True)) - 1)
        part = slice(first, max(first + 1, int(torch.searchsorted(edges, outer[-1:]))))
        inner = edges[part.start : part.stop + 1]
        over = (torch.minimum(high, inner[1:]) - torch.maximum(low, inner[:-1])).clamp_min(0)
        yield part, (over / over.sum(1, keepdim=True)).to(like)
