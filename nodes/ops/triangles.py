"""Triangles to pixels: which triangle each pixel's centre shows, and where in it, or how much of a pixel is covered.

All triangles are treated at once, some at a time: each lists the pixels of its bounding box, those outside it are
dropped, and of the rest every pixel keeps the nearest. Ties go to the triangle with the lower number, so results depend
neither on the device nor on the number of threads. Everything is float64.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .resample import Box

_AT_ONCE = 1 << 20  # pixels of bounding boxes that are looked at together
_SLACK = 1e-9  # of a triangle's area: neighbours both hold the edge between them, so that no pixel falls through
_LEVELS = (1 << 30) - 1  # of depth
_NONE = torch.iinfo(torch.int64).max
_SIDE = 4  # samples across and down a pixel, for coverage


@dataclass(frozen=True, eq=False)
class Hits:
    """What the pixels of a region show.

    size : height and width of the region. pixel : `[N]`, those that show something, counted row by row. corners :
    `[N, 3]`, vertex numbers of the triangles there. weight : `[3, N]`, the shares of these, as they are in the picture.
    """

    size: tuple[int, int]
    pixel: Tensor
    corners: Tensor
    weight: Tensor

    @property
    def there(self) -> Tensor:
        """`[h, w]`, bool."""
        out = torch.zeros(self.size[0] * self.size[1], dtype=torch.bool, device=self.pixel.device)
        out[self.pixel] = True
        return out.reshape(self.size)

    def of(self, values: Tensor) -> Tensor:
        """Values of vertices `[V, C]` over the region, `[C, h, w]`, 0 where no triangle is."""
        out = values.new_zeros((values.shape[1], self.size[0] * self.size[1]), dtype=self.weight.dtype)
        for c in range(values.shape[1]):
            found = values[:, c].to(self.weight.dtype)[self.corners]
            out[c, self.pixel] = (
                found[:, 0] * self.weight[0] + found[:, 1] * self.weight[1] + found[:, 2] * self.weight[2]
            )
        return out.reshape(values.shape[1], *self.size)

    def weighted(self, by: Tensor) -> "Hits":
        """The same with the shares of vertices multiplied by `by [V]`, and again adding up to one."""
        weight = self.weight * by[self.corners].T
        return replace(self, weight=weight / (weight[0] + weight[1] + weight[2]))


def rasterized(
    xy: Tensor, triangles: Tensor, order: Tensor, region: Box, check: Callable[[], None] = lambda: None
) -> Hits:
    """What the pixel centres of a region show of triangles.

    xy : `[V, 2]`, pixel coordinates of the vertices, y down, finite. triangles : `[T, 3]` vertex numbers, either way
    round; those without area show nothing. order : `[V]`, linear over a triangle in the picture; the least is shown.
    check : called between parts of the work.
    """
    x0, y0, x1, y1 = region
    width, height = max(0, x1 - x0), max(0, y1 - y0)
    xy, order = xy.double(), order.double()
    best = torch.full((height * width,), _NONE, dtype=torch.int64, device=xy.device)
    if best.numel() and triangles.shape[0]:
        low, high = order.min(), order.max()
        level = (order - low) * (_LEVELS / (high - low).clamp_min(1e-300))
        for number, x, y in _candidates(xy, triangles, region, 0.0):
            check()
            weight = _shares(xy, triangles[number], x + 0.5, y + 0.5)
            inside = (weight >= -_SLACK).all(0)
            number, x, y, weight = number[inside], x[inside], y[inside], weight[:, inside]
            depth = (level[triangles[number]] * weight.T).sum(1).clamp(0, _LEVELS).long()
            best.scatter_reduce_(0, (y - y0) * width + (x - x0), (depth << 32) | number, "amin")
    pixel = (best != _NONE).nonzero().flatten()
    corners = triangles[best[pixel] & 0xFFFFFFFF]
    x, y = pixel % max(1, width) + (x0 + 0.5), pixel // max(1, width) + (y0 + 0.5)
    return Hits((height, width), pixel, corners, _shares(xy, corners, x, y))


def covered(
    xy: Tensor, triangles: Tensor, region: Box, there: Tensor, check: Callable[[], None] = lambda: None
) -> Tensor:
    """How much of each pixel triangles cover, `[1, h, w]`, float32, in sixteenths.

    there : `[h, w]`, bool, which pixel centres they cover, as `rasterized` finds: only near its outline is more looked
    at.
    """
    x0, y0, x1, y1 = region
    width, height = x1 - x0, y1 - y0
    inside = there[None, None].float()
    near = torch.nn.functional.max_pool2d(inside, 3, 1, 1) != -torch.nn.functional.max_pool2d(-inside, 3, 1, 1)
    near = near[0, 0]
    place = torch.full((height * width,), -1, dtype=torch.int64, device=xy.device)
    count = int(near.sum())
    place[near.flatten()] = torch.arange(count, device=xy.device)
    samples = torch.zeros(count * _SIDE * _SIDE, dtype=torch.bool, device=xy.device)
    for number, x, y in _candidates(xy.double(), triangles, region, 0.5):
        check()
        spot = place[(y - y0) * width + (x - x0)]
        wanted = spot >= 0
        number, x, y, spot = number[wanted], x[wanted], y[wanted], spot[wanted]
        for k in range(_SIDE * _SIDE):
            dx, dy = (k % _SIDE + 0.5) / _SIDE, (k // _SIDE + 0.5) / _SIDE
            hit = (_shares(xy.double(), triangles[number], x + dx, y + dy) >= -_SLACK).all(0)
            samples[spot[hit] * (_SIDE * _SIDE) + k] = True
    out = there.to(torch.float32)
    out[near] = samples.reshape(count, _SIDE * _SIDE).float().mean(1)
    return out[None]


def _candidates(xy: Tensor, triangles: Tensor, region: Box, reach: float) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Triangles and the pixels whose centre is in their bounding box grown by `reach`: number, x and y, in parts."""
    x0, y0, x1, y1 = region
    corners = xy[triangles]
    low, high = corners.amin(1), corners.amax(1)
    first = torch.ceil(low - 0.5 - reach).clamp(min=xy.new_tensor([x0, y0]), max=xy.new_tensor([x1, y1]))
    last = torch.floor(high - 0.5 + reach).clamp(min=xy.new_tensor([x0, y0]) - 1, max=xy.new_tensor([x1, y1]) - 1)
    size = (last - first + 1).clamp_min(0).long()
    count = size[:, 0] * size[:, 1]
    kept = (count > 0).nonzero().flatten()
    first, size, count = first[kept].long(), size[kept], count[kept]
    end = count.cumsum(0)
    total = int(end[-1]) if end.numel() else 0
    start = 0
    while start < kept.numel():
        done = int(end[start - 1]) if start else 0
        stop = max(start + 1, int(torch.searchsorted(end, done + _AT_ONCE, right=True))) if done < total else start + 1
        part = slice(start, stop)
        number = torch.repeat_interleave(torch.arange(start, stop, device=xy.device), count[part])
        step = torch.arange(number.numel(), device=xy.device) - (end[number] - count[number] - done)
        across = size[number, 0]
        yield kept[number], first[number, 0] + step % across, first[number, 1] + step // across
        start = stop


def _shares(xy: Tensor, corners: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Shares `[3, N]` of the corners `[N, 3]` at points; minus one where a triangle has no area."""
    across, along = xy[:, 0], xy[:, 1]
    ax, bx, cx = (across[corners[:, k]] for k in range(3))
    ay, by, cy = (along[corners[:, k]] for k in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    flat = area.abs() < 1e-12
    scale = 1 / torch.where(flat, 1.0, area)
    a = ((bx - x) * (cy - y) - (by - y) * (cx - x)) * scale
    b = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) * scale
    shares = torch.stack((a, b, 1 - a - b))
    return torch.where(flat, -1.0, shares)
