"""Rays that differ from pixel to pixel, and means over neighbours on the same surface that take the difference away.

Pixels of a tile of 16 x 16 have rays of their own (interleaved sampling, Keller and Heidrich 2001), which together
cover a light evenly; so do those of every 4 x 4 within it. A mean of exactly the tile's width therefore leaves no
pattern, wherever it lies. Tiles are counted from the frame's corner: rays are the same in every run, and in a part of
the frame as in the whole.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check, unchecked
from ..region import Region
from .depthfield import DepthField
from .sampling import GOLDEN
from .values import dot

_ORDER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
"""Numbers of the pixels of 4 x 4: neighbours are far apart in it, and so are those of every 2 x 2."""


def spread(region: Region, rays: int, ray: int, like: Tensor) -> Tensor:
    """Points of the unit square `[2, h, w]`, one for each pixel of a region, for one of its rays.

    Each of the rays covers the whole square, if pixels around are taken together.
    """
    order = torch.tensor(_ORDER, dtype=torch.int64)
    reverse = torch.tensor([int(f"{n:04b}"[::-1], 2) for n in range(16)])
    y, x = torch.arange(16)[:, None], torch.arange(16)[None]
    fine, coarse = order[y % 4, x % 4], order[y // 4, x // 4]
    first = (fine + (coarse + 0.5) / 16) / 16
    second = (reverse[fine] + (reverse[coarse] + 0.5) / 16) / 16
    # Rays turn the tile's points on, by a little more than their share so that they fall between one another.
    turned = torch.stack(((first + ray * 17 / (16 * rays)) % 1.0, (second + ray * GOLDEN) % 1.0))
    tile = turned.to(dtype=like.dtype, device=like.device)
    rows = torch.arange(region.y0, region.y1, device=like.device) % 16
    columns = torch.arange(region.x0, region.x1, device=like.device) % 16
    return tile.index_select(2, columns).index_select(1, rows)


def varies(x: Tensor) -> Tensor:
    """Where `[1, h, w]` is not the same all around, over 9 x 9 pixels."""
    span = torch.cat((x, -x))[None]
    for size, gap in (((9, 1), (4, 0)), ((1, 9), (0, 4))):
        span = F.max_pool2d(span, size, 1, gap)
    return span[0, :1] + span[0, 1:] > 4e-3


class Smoother:
    """Means over pixels that see the same surface: what depth jumps or an edge of the normals parts is not mixed."""

    def __init__(self, field: DepthField, normal: Tensor) -> None:
        plain = normal.detach()
        self.tensors = []
        for dim, jump in ((2, field.across[1:-1, 1:-1]), (1, field.down[1:-1, 1:-1])):
            size = plain.shape[dim] - 1
            even = dot(plain.narrow(dim, 0, size), plain.narrow(dim, 1, size)) > 0.7
            self.tensors.append((even & ~jump).to(plain.dtype))

    def narrow(self, x: Tensor) -> Tensor:
        """Means of `[k, h, w]` over 3 x 3 with weights 1, 2, 1."""
        for dim, joined in zip((2, 1), self.tensors, strict=True):
            x = _mean(x, joined, dim, 1, (0.5,))
        return x

    def wide(self, x: Tensor, step: int, check: Check = unchecked) -> Tensor:
        """Means of `[k, h, w]` over every `step`-th of 4 * step x 4 * step."""
        for dim, joined in zip((2, 1), self.tensors, strict=True):
            x = _mean(x, _chained(joined, dim, step), dim, step, (1.0, 0.5))
            check()
        return x


def _chained(joined: Tensor, dim: int, step: int) -> Tensor:
    """1 where all of `step` links in a row are joined."""
    size = joined.shape[dim] - step + 1
    if size < 1:
        return joined.narrow(dim, 0, 0)
    out = joined.narrow(dim, 0, size)
    for k in range(1, step):
        out = out * joined.narrow(dim, k, size)
    return out


def _mean(x: Tensor, joined: Tensor, dim: int, step: int, weights: tuple[float, ...]) -> Tensor:
    """The mean of pixels and those up to `len(weights)` steps away on both sides that chains of `joined` reach."""
    size = x.shape[dim]
    total, weight = x.clone(), torch.ones_like(x[:1])
    link = joined
    for k, share in enumerate(weights, 1):
        left = size - k * step
        if left < 1:
            break
        if k > 1:
            link = link.narrow(dim, 0, left) * joined.narrow(dim, (k - 1) * step, left)
        part = link * share
        low, high = (0, left), (k * step, left)
        total.narrow(dim, *low).add_(part * x.narrow(dim, *high))
        total.narrow(dim, *high).add_(part * x.narrow(dim, *low))
        weight.narrow(dim, *low).add_(part)
        weight.narrow(dim, *high).add_(part)
    return total / weight
