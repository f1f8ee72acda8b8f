"""The picture as a mesh in uv: where in the picture each texel of a chart comes from.

Pixels are the vertices, neighbours span triangles, and these are drawn into uv. So every texel gets a place in the
picture to a small part of a pixel, whatever the sizes of the two, and the picture can be filtered there once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..ops.triangles import rasterized

TEAR = 4.0
"""Steps of uv between pixels that are longer than this many times those beside them are seams or edges of things."""


@dataclass(frozen=True, eq=False)
class Chart:
    """Where texels come from.

    place : `[2, n, n]`, float64, absolute pixel coordinates x and y (y down), not a number where nothing was seen.
    square : `[1, n, n]`, float32, how squarely the surface was seen: the short over the long axis of a pixel in uv.
    """

    place: Tensor
    square: Tensor


def unwrapped(
    uv: Tensor, there: Tensor, corner: tuple[int, int], size: int, check: Callable[[], None] = lambda: None
) -> Chart:
    """The chart `[size, size]` of a uv layer.

    uv : `[2, h, w]`, 0 to 1 within the chart, v upwards. there : `[h, w]`, bool, which pixels count. corner : x and y
    of the first pixel. Where several places have the same uv, that with the smaller pixels in uv is taken.
    """
    height, width = there.shape
    if there.numel() == 0:
        return Chart(uv.new_full((2, size, size), torch.nan, dtype=torch.float64), uv.new_zeros((1, size, size)))
    there = there & torch.isfinite(uv).all(0)
    uv = torch.where(there, uv, 0.0).double()
    right, down = _steps(uv, there, 2), _steps(uv, there, 1)
    whole = right[:-1] & right[1:] & down[:, :-1] & down[:, 1:]
    number = torch.arange(height * width, device=uv.device).reshape(height, width)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    quads = torch.stack((a, b, d, c), -1)[whole]
    triangles = torch.cat((quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]))
    x, y = uv[0].flatten() * size, (1 - uv[1].flatten()) * size
    area, square = _shape(uv, right, down)
    hits = rasterized(torch.stack((x, y), 1), triangles, area.flatten(), (0, 0, size, size), check)
    rows, columns = number // width, number % width
    known = torch.stack((columns + corner[0] + 0.5, rows + corner[1] + 0.5, square), -1).reshape(-1, 3)
    found = hits.of(known.double())
    place = torch.where(hits.there, found[:2], torch.nan)
    return Chart(place, found[2:].float())


def _steps(uv: Tensor, there: Tensor, dim: int) -> Tensor:
    """Which steps between neighbours along `dim` (1 down, 2 right) join the same surface, bool."""
    size = uv.shape[dim]
    axis = dim - 1
    if size < 2:
        return there.narrow(axis, 0, 0)
    both = there.narrow(axis, 0, size - 1) & there.narrow(axis, 1, size - 1)
    length = torch.where(both, uv.diff(dim=dim).square().sum(0).sqrt(), torch.inf)
    far = torch.full_like(length.narrow(axis, 0, 1), torch.inf)
    beside = torch.minimum(
        torch.cat((far, length.narrow(axis, 0, size - 2)), axis),
        torch.cat((length.narrow(axis, 1, size - 2), far), axis),
    )
    known = length[both]
    usual = known.median() if known.numel() else length.new_zeros(())
    # A step with nothing beside it is measured by the usual one.
    beside = torch.where(torch.isfinite(beside), torch.maximum(beside, usual), usual)
    return both & (length <= TEAR * beside)


def _shape(uv: Tensor, right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Area of the pixels in uv, and their short over their long axis, `[h, w]` each."""
    across, along = _slope(uv, right, 2), _slope(uv, down, 1)
    area = (across[0] * along[1] - across[1] * along[0]).abs()
    size = across.square().sum(0) + along.square().sum(0)
    # Singular values of the two slopes: their product is the area, the sum of their squares the size.
    root = (size.square() - 4 * area.square()).clamp_min(0).sqrt()
    return area, 2 * area / (size + root).clamp_min(1e-30)


def _slope(uv: Tensor, joined: Tensor, dim: int) -> Tensor:
    """The mean of the joined steps on both sides, `[2, h, w]`."""
    step = torch.where(joined, uv.diff(dim=dim), 0.0)
    count = joined.to(uv.dtype)[None]
    none, zero = torch.zeros_like(uv.narrow(dim, 0, 1)), torch.zeros_like(uv[:1].narrow(dim, 0, 1))
    total = torch.cat((step, none), dim) + torch.cat((none, step), dim)
    return total / (torch.cat((count, zero), dim) + torch.cat((zero, count), dim)).clamp_min(1)
