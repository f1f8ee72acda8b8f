"""Bezier shapes as anti-aliased coverage.

The coverage of a pixel is the exact area of the polygon inside it, by accumulating signed areas along each row.
Geometry is computed in float64 on the CPU whatever the device of the result, so devices agree bit for bit. Coordinates
are pixels, y down, pixel i covers [i, i + 1); regions are plain half-open tuples (x0, y0, x1, y1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .resample import Box

_TOLERANCE = 0.004  # pixels between a curve and its chords: an area error far below 1/255
_QUANTUM = 1 << 24  # coverage is rounded to this fraction, which removes the dust of cancelling sums
_MAX_LEVELS = 512

Four = tuple[Tensor, Tensor, Tensor, Tensor]
"""Of each Bezier curve something at, or of, its four points."""


@dataclass(frozen=True)
class Shape:
    """A closed cubic spline.

    points : float64 `[N, 2]`, in pixels.
    tangent_in, tangent_out : float64 `[N, 2]`, handles relative to their point; None for corners.
    feather : float64 `[N, 2]`, from each point to its point on the feather outline, which turns with the curve between
        them; None for a hard shape.
    feather_in, feather_out : float64 `[N, 2]`, handles of the feather outline relative to its points; free : `[N]`, how
        much they count in place of the turning, 0 to 1. None for none.
    opacity : factor of the shape's coverage.
    falloff : exponent, above 0, of the fade from the outline (1) to the feather outline (0); 1 is linear.
    """

    points: Tensor
    tangent_in: Tensor | None = None
    tangent_out: Tensor | None = None
    feather: Tensor | None = None
    opacity: float = 1.0
    falloff: float = 1.0
    feather_in: Tensor | None = None
    feather_out: Tensor | None = None
    free: Tensor | None = None


def draw_shape(shape: Shape, region: Box, device: torch.device | str = "cpu") -> Tensor:
    """Coverage float32 `[1, H, W]` of a shape over a region, 0 to `opacity`.

    The fill rule is nonzero. Between outline and feather outline the coverage fades along the lines that join them; a
    feather outline inside the shape fades inwards. Where a feather outline folds over itself the fade is approximate.
    """
    width, height = max(0, region[2] - region[0]), max(0, region[3] - region[1])
    out = torch.zeros(1, height, width)
    if shape.points.shape[0] >= 2 and width and height:
        outline, offset = flatten(shape)
        weights = _levels(offset, shape.falloff)
        extent = outline if offset is None else torch.cat((outline, outline + offset))
        box = _clip(extent, region)
        if box[0] < box[2] and box[1] < box[3]:
            starts, ends, weight = [], [], []
            for position, share in weights:
                polygon = outline if offset is None else outline + position * offset
                starts.append(polygon)
                ends.append(polygon.roll(-1, 0))
                weight.append(torch.full((polygon.shape[0],), share, dtype=torch.float64))
            area = _accumulate(torch.cat(starts), torch.cat(ends), torch.cat(weight), box)
            rows = slice(box[1] - region[1], box[3] - region[1])
            out[0, rows, box[0] - region[0] : box[2] - region[0]] = area.abs().clamp(max=1.0).float() * shape.opacity
    return out.to(device)


def shape_bounds(shape: Shape, bounds: Box) -> Box:
    """The pixels that a shape with its feather can touch, cut to `bounds`."""
    if shape.points.shape[0] < 2:
        return (0, 0, 0, 0)
    outline, offset = flatten(shape)
    return _clip(outline if offset is None else torch.cat((outline, outline + offset)), bounds)


def outward(shape: Shape, distance: float) -> Tensor:
    """Offsets `[N, 2]` of length `distance` that point out of a shape at its points, for one feather all around."""
    points = shape.points
    after, before = points.roll(-1, 0) - points, points - points.roll(1, 0)
    leave = after if shape.tangent_out is None else _first_nonzero(shape.tangent_out, after)
    arrive = before if shape.tangent_in is None else _first_nonzero(-shape.tangent_in, before)
    along = torch.nn.functional.normalize(leave, dim=1) + torch.nn.functional.normalize(arrive, dim=1)
    along = torch.nn.functional.normalize(along, dim=1)
    following = points.roll(-1, 0)
    clockwise = (points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]).sum() >= 0
    normal = torch.stack((along[:, 1], -along[:, 0]), 1)
    return normal * (distance if clockwise else -distance)


def flatten(shape: Shape) -> tuple[Tensor, Tensor | None]:
    """The outline as a polygon `[M, 2]`, and the offset of each of its points to the feather outline."""
    p0 = shape.points
    p3 = p0.roll(-1, 0)
    p1 = p0 if shape.tangent_out is None else p0 + shape.tangent_out
    p2 = p3 if shape.tangent_in is None else p3 + shape.tangent_in.roll(-1, 0)
    curves = p0, p1, p2, p3
    count = _cuts(shape, curves)
    curve = torch.repeat_interleave(torch.arange(count.numel()), count)
    step = torch.arange(curve.numel()) - (count.cumsum(0) - count)[curve]
    t = (step / count[curve].double())[:, None]
    shares = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    b0, b1, b2, b3 = shares
    outline = b0 * p0[curve] + b1 * p1[curve] + b2 * p2[curve] + b3 * p3[curve]
    return outline, None if shape.feather is None else _offsets(shape, shape.feather, curves, curve, t, shares)


def _cuts(shape: Shape, curves: Four) -> Tensor:
    """Into how many straight pieces `[N]` each curve is cut. curves : the four points `[N, 2]` of each."""
    p0, p1, p2, p3 = curves
    f0 = shape.feather
    # The chord error of a curve is at most |second derivative| / (8 n^2); the feather outline is curved as well.
    bend = torch.stack(((p0 - 2 * p1 + p2).norm(dim=1), (p1 - 2 * p2 + p3).norm(dim=1))).amax(0)
    if f0 is not None:
        turn = (2 * bend / (p3 - p0).norm(dim=1).clamp(min=1e-9)).clamp(max=math.pi)
        length = f0.norm(dim=1)
        bend = bend + (f0.roll(-1, 0) - f0).norm(dim=1) + torch.maximum(length, length.roll(-1)) * turn
        if shape.feather_in is not None and shape.feather_out is not None:
            bend = bend + (shape.feather_out - (p1 - p0)).norm(dim=1)
            bend = bend + (shape.feather_in.roll(-1, 0) - (p2 - p3)).norm(dim=1)
    straight = ((p1 == p0).all(1)) & ((p2 == p3).all(1))
    count = torch.where(straight, 1.0, torch.ceil((6 * bend / (8 * _TOLERANCE)).sqrt()))
    return count.nan_to_num(nan=1.0).clamp(1, 4096).long()


def _offsets(shape: Shape, f0: Tensor, curves: Four, curve: Tensor, t: Tensor, shares: Four) -> Tensor:
    """From points of the outline to those of the feather outline, `[M, 2]`.

    f0 : `[N, 2]`, from the corners. curves : as in `_cuts`. curve, t : `[M]` and `[M, 1]`, on which curve the points
    are, and how far along. shares : `[M, 1]`, of the four points of the curve there.
    """
    (p0, p1, p2, p3), (b0, b1, b2, b3) = curves, shares
    # Offsets turn with the curve: their parts along and across it are blended between the ends.
    leave = _first_nonzero(p1 - p0, _first_nonzero(p2 - p0, p3 - p0))
    arrive = _first_nonzero(p3 - p2, _first_nonzero(p3 - p1, p3 - p0))
    start, end = _into_frame(f0, leave), _into_frame(f0.roll(-1, 0), arrive)
    slope = (1 - t) ** 2 * (p1 - p0)[curve] + 2 * t * (1 - t) * (p2 - p1)[curve] + t * t * (p3 - p2)[curve]
    slope = torch.where(t == 0, leave[curve], _first_nonzero(slope, (p3 - p0)[curve]))
    slope = torch.nn.functional.normalize(slope, dim=1)
    across = torch.stack((-slope[:, 1], slope[:, 0]), 1)

    def turned(part: Tensor) -> Tensor:
        return part[:, :1] * slope + part[:, 1:] * across

    before, behind = turned((b0 + b1) * start[curve]), turned((b2 + b3) * end[curve])
    if shape.free is not None and shape.feather_in is not None and shape.feather_out is not None:
        # A Bezier of its own, less that of the outline at the same parameter.
        f3, free = f0.roll(-1, 0), shape.free[:, None]
        own_before = (b0 + b1) * f0[curve] + b1 * (shape.feather_out - (p1 - p0))[curve]
        own_behind = (b2 + b3) * f3[curve] + b2 * (shape.feather_in.roll(-1, 0) - (p2 - p3))[curve]
        before = torch.lerp(before, own_before, free[curve])
        behind = torch.lerp(behind, own_behind, free.roll(-1, 0)[curve])
    return before + behind


def _into_frame(vector: Tensor, direction: Tensor) -> Tensor:
    """The parts `[N, 2]` of vectors along and across (a quarter turn from x to y) directions."""
    x, y = torch.nn.functional.normalize(direction, dim=1).T
    return torch.stack((vector[:, 0] * x + vector[:, 1] * y, vector[:, 1] * x - vector[:, 0] * y), 1)


def _first_nonzero(preferred: Tensor, otherwise: Tensor) -> Tensor:
    return torch.where(preferred.norm(dim=1, keepdim=True) > 1e-9, preferred, otherwise)


def _levels(offset: Tensor | None, falloff: float) -> list[tuple[float, float]]:
    """Where between outline (0) and feather outline (1) polygons are laid, and their shares of the coverage.

    Two polygons per pixel of feather: each is anti-aliased over a pixel, so the steps between them do not show.
    """
    widest = 0.0 if offset is None else float(offset.norm(dim=1).max())
    count = min(_MAX_LEVELS, math.ceil(2 * widest))
    if count < 1:
        return [(0.0, 1.0)]
    fade = [(1 - k / count) ** falloff for k in range(count + 1)]
    return [((k + 0.5) / count, fade[k] - fade[k + 1]) for k in range(count)]


def _clip(points: Tensor, bounds: Box) -> Box:
    if not bool(torch.isfinite(points).all()):
        return (0, 0, 0, 0)
    return box_about((*points.amin(0).tolist(), *points.amax(0).tolist()), 0.0, bounds)


def box_about(ends: Sequence[float], reach: float, limit: Box) -> Box:
    """The pixels about left, top, right and bottom with a reach around them, cut to `limit`; an empty box for none."""
    x0, y0 = max(math.floor(ends[0] - reach), limit[0]), max(math.floor(ends[1] - reach), limit[1])
    x1, y1 = min(math.ceil(ends[2] + reach), limit[2]), min(math.ceil(ends[3] + reach), limit[3])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else (0, 0, 0, 0)


def _accumulate(start: Tensor, end: Tensor, weight: Tensor, box: Box) -> Tensor:
    """The signed area `[H, W]`, float64, under weighted edges `[M, 2]` in each pixel of a box."""
    width, height = box[2] - box[0], box[3] - box[1]
    origin = torch.tensor([box[0], box[1]], dtype=torch.float64)
    (x0, y0), (x1, y1) = (start - origin).T, (end - origin).T
    # Edges above, below and right of the box do not matter; those left of it act on its first column.
    x0, y0, x1, y1, weight = _cut(x0, y0, x1, y1, weight, 0.0, float(height))
    for limit in (0.0, float(width)):
        y0, x0, y1, x1, weight = _split(y0, x0, y1, x1, weight, limit)
    x0, x1 = x0.clamp(0, width), x1.clamp(0, width)
    inside = (x0 < width) | (x1 < width)
    x0, y0, x1, y1, weight = (value[inside] for value in (x0, y0, x1, y1, weight))
    x0, y0, x1, y1, row, weight = _pieces(x0, y0, x1, y1, height, weight)
    y0, x0, y1, x1, column, row, weight = _pieces(y0, x0, y1, x1, width, row, weight)
    rise = (y1 - y0) * weight
    right = (x0 + x1) / 2 - column
    cell = row * (width + 1) + column
    size = height * (width + 1)
    total = torch.bincount(cell, rise * (1 - right), size) + torch.bincount(cell + 1, rise * right, size + 1)[:size]
    area = total.view(height, width + 1)[:, :width].cumsum(1)
    return (area * _QUANTUM).round() / _QUANTUM


def _cut(
    x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor, weight: Tensor, low: float, high: float
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The parts of edges with low < y < high, without horizontal ones."""
    keep = (y0 != y1) & (torch.maximum(y0, y1) > low) & (torch.minimum(y0, y1) < high)
    x0, y0, x1, y1, weight = (value[keep] for value in (x0, y0, x1, y1, weight))
    slope = (x1 - x0) / (y1 - y0)
    c0, c1 = y0.clamp(low, high), y1.clamp(low, high)
    return x0 + (c0 - y0) * slope, c0, x1 + (c1 - y1) * slope, c1, weight


def _split(
    a0: Tensor, b0: Tensor, a1: Tensor, b1: Tensor, weight: Tensor, limit: float
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Edges that cross b = limit made two."""
    cross = (b0 - limit) * (b1 - limit) < 0
    t = (limit - b0[cross]) / (b1[cross] - b0[cross])
    middle_a = a0[cross] + t * (a1[cross] - a0[cross])
    middle_b = torch.full_like(middle_a, limit)
    first_end_a, first_end_b = a1.clone(), b1.clone()
    first_end_a[cross], first_end_b[cross] = middle_a, middle_b
    return (
        torch.cat((a0, middle_a)),
        torch.cat((b0, middle_b)),
        torch.cat((first_end_a, a1[cross])),
        torch.cat((first_end_b, b1[cross])),
        torch.cat((weight, weight[cross])),
    )


def _pieces(a0: Tensor, b0: Tensor, a1: Tensor, b1: Tensor, cells: int, *carried: Tensor) -> tuple[Tensor, ...]:
    """Edges cut at whole numbers of b, the cell (floor of b) of each piece, and what its edge carried."""
    edge, t0, t1, cell = _cells(b0, b1, cells)
    da, db = (a1 - a0)[edge], (b1 - b0)[edge]
    ends = (a0[edge] + t0 * da, b0[edge] + t0 * db, a0[edge] + t1 * da, b0[edge] + t1 * db)
    return (*ends, cell, *(value[edge] for value in carried))


def _cells(b0: Tensor, b1: Tensor, cells: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """For each cell that an edge from b0 to b1 passes: the edge, where it enters and leaves (0 to 1), and the cell."""
    low, high = torch.minimum(b0, b1), torch.maximum(b0, b1)
    first = torch.floor(low).clamp(0, cells - 1)
    last = torch.maximum(torch.ceil(high) - 1, first).clamp(0, cells - 1)
    count = (last - first + 1).long()
    edge = torch.repeat_interleave(torch.arange(count.numel()), count)
    cell = first[edge] + (torch.arange(edge.numel()) - (count.cumsum(0) - count)[edge])
    length = b1 - b0
    inverse = torch.where(length == 0, 0.0, 1.0 / torch.where(length == 0, 1.0, length))[edge]
    enter = ((cell - b0[edge]) * inverse).clamp(0, 1)
    leave = ((cell + 1 - b0[edge]) * inverse).clamp(0, 1)
    flat = (length == 0)[edge]
    leave = torch.where(flat, 1.0, leave)
    back = (length < 0)[edge]
    # The end pieces reach the ends of the edge whatever the rounding, so that no area is lost.
    t0, t1 = torch.where(back, leave, enter), torch.where(back, enter, leave)
    from_start, to_end = torch.where(back, last[edge], first[edge]), torch.where(back, first[edge], last[edge])
    return edge, torch.where(cell == from_start, 0.0, t0), torch.where(cell == to_end, 1.0, t1), cell.long()
