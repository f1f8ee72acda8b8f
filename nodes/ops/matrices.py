"""Matrices of transforms, and the regions they need.

A matrix is 3x3 float64 on the CPU and acts on columns (x, y, 1). Artist matrices are y-up; pixel matrices are y-down,
with pixel centres at +0.5 in both. Regions are plain half-open tuples (x0, y0, x1, y1), y down.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from .footprint import axis_reach, footprint, mip_level
from .resample import Box, Edges, get_filter

Point = tuple[float, float]

_FAR = 1e6  # beyond the horizon of a perspective; regions never reach further
_HORIZON = 1e-6


def affine_matrix(
    translate: Point = (0.0, 0.0),
    rotate: float = 0.0,
    scale: Point = (1.0, 1.0),
    skew_x: float = 0.0,
    skew_y: float = 0.0,
    skew_order: Literal["XY", "YX"] = "XY",
    center: Point = (0.0, 0.0),
) -> Tensor:
    """T(center) T(translate) R(rotate) Skew S(scale) T(-center): where the points of the input go.

    rotate : degrees, counter-clockwise with y up.
    skew_x, skew_y : shear factors; `XY` multiplies SkewX by SkewY in this order.
    """
    angle = math.radians(rotate)
    quarter = rotate % 90 == 0  # exact for quarter turns, which are then copied pixel by pixel
    cos, sin = (round(math.cos(angle)), round(math.sin(angle))) if quarter else (math.cos(angle), math.sin(angle))
    sx = _matrix([[1, skew_x, 0], [0, 1, 0], [0, 0, 1]])
    sy = _matrix([[1, 0, 0], [skew_y, 1, 0], [0, 0, 1]])
    skew = sx @ sy if skew_order == "XY" else sy @ sx
    return (
        translate_matrix(center[0] + translate[0], center[1] + translate[1])
        @ _matrix([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        @ skew
        @ _matrix([[scale[0], 0, 0], [0, scale[1], 0], [0, 0, 1]])
        @ translate_matrix(-center[0], -center[1])
    )


def translate_matrix(x: float, y: float) -> Tensor:
    """The matrix that moves points by x and y, in their own unit and direction."""
    return _matrix([[1, 0, x], [0, 1, y], [0, 0, 1]])


def inverse_matrix(matrix: Tensor) -> Tensor:
    """The inverse. Raises ValueError with a sentence when the matrix flattens the picture."""
    size = matrix[:2, :2].abs().max().item()
    if not bool(torch.isfinite(matrix).all()) or abs(torch.linalg.det(matrix).item()) <= 1e-12 * min(size * size, 1.0):
        raise ValueError("the transform cannot be inverted: it flattens the picture to a line or a point")
    inverse: Tensor = torch.linalg.inv(matrix)
    return inverse


def corner_pin_matrix(source: Sequence[Point], target: Sequence[Point]) -> Tensor:
    """The projective matrix that takes four source points to four target points, in the same order around the quad.

    Its third row is positive over the source quad. Raises ValueError with a sentence when three corners are in one line
    or a quad is not convex.
    """
    for name, quad in (("source", source), ("target", target)):
        _check_quad(name, quad)
    return _square_to(target) @ inverse_matrix(_square_to(source))


def transformed_bounds(matrix: Tensor, region: Box, bounds: Box | None = None) -> Box:
    """The pixels that a region covers after `matrix` (pixel coordinates), rounded outwards, cut to `bounds`.

    What lies behind the horizon of a perspective is left out; without bounds the result reaches at most 1e6 pixels.
    """
    x0, y0, x1, y1 = region
    if x0 >= x1 or y0 >= y1:
        return (0, 0, 0, 0)
    polygon = _before_horizon(matrix, _matrix([[x0, y0, 1], [x1, y0, 1], [x1, y1, 1], [x0, y1, 1]]))
    if polygon.shape[0] == 0:
        return (0, 0, 0, 0)
    image = polygon @ matrix.T
    return _outward(image[:, :2] / image[:, 2:], torch.zeros(2, dtype=torch.float64), bounds)


def needed_region(
    matrix: Tensor, out_region: Box, filter: str = "cubic", bounds: Box | None = None, edges: Edges = "black"
) -> Box:
    """The input pixels that `warp_matrix` may read for `out_region`, cut to `bounds` (the data window plus a pixel).

    matrix : output pixels to input pixels, as `warp_matrix` takes it. edges : with `repeat` the bounds are the data
    window, and what lies beyond them reads its edge, as deep as the kernel does.
    """
    x0, y0, x1, y1 = out_region
    if x0 >= x1 or y0 >= y1:
        return (0, 0, 0, 0)
    a, b, c, d = x0 + 0.5, y0 + 0.5, x1 - 0.5, y1 - 0.5
    polygon = _before_horizon(matrix, _matrix([[a, b, 1], [c, b, 1], [c, d, 1], [a, d, 1]]))
    if polygon.shape[0] == 0:
        return (0, 0, 0, 0)
    image = polygon @ matrix.T
    points = image[:, :2] / image[:, 2:]
    kernel = get_filter(filter)
    p = footprint(*jacobian(matrix, points[:, 0], points[:, 1], image[:, 2]))
    reach = torch.stack(axis_reach(p, kernel.support), -1) if kernel.antialias else torch.full_like(points, 0.5)
    # A kernel that reads from a reduced picture also reads whole blocks of it.
    level = mip_level(p, kernel.support).max().item() if kernel.antialias else 0.0
    block = 2.0 * 2.0**level if level > 0 else 0.0
    if edges == "repeat" and bounds is not None:
        low, high = _matrix([bounds[:2], bounds[2:]])
        points = points.clamp(low, high)
    return _outward(points, reach.clamp(max=_FAR).amax(0) + block + 1.0, bounds)


def jacobian(matrix: Tensor, u: Tensor, v: Tensor, w: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """du/dX, du/dY, dv/dX, dv/dY of a projective matrix where it gives (u, v) with the divisor w."""
    (m00, m01, _), (m10, m11, _), (m20, m21, _) = matrix.tolist()
    return (m00 - u * m20) / w, (m01 - u * m21) / w, (m10 - v * m20) / w, (m11 - v * m21) / w


def _matrix(rows: Sequence[Sequence[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _check_quad(name: str, quad: Sequence[Point]) -> None:
    if len(quad) != 4:
        raise ValueError(f"the {name} quad has {len(quad)} corners: expected 4")
    spread = max(math.dist(p, q) for p in quad for q in quad)
    turns = []
    for i in range(4):
        (ax, ay), (bx, by), (cx, cy) = quad[i], quad[(i + 1) % 4], quad[(i + 2) % 4]
        turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    if not math.isfinite(spread) or min(abs(turn) for turn in turns) <= 1e-9 * spread * spread:
        raise ValueError(f"the {name} corners {_listed(quad)} do not span a quad: three of them are in one line")
    if min(turns) < 0 < max(turns):
        raise ValueError(f"the {name} corners {_listed(quad)} are crossed or dented: expected a convex quad")


def _listed(quad: Sequence[Point]) -> str:
    return ", ".join(f"({x:g}, {y:g})" for x, y in quad)


def _square_to(quad: Sequence[Point]) -> Tensor:
    """The unit square (0,0), (1,0), (1,1), (0,1) to a quad; closed form after Heckbert (1989)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    det = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det
    return _matrix([
        [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
        [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
        [g, h, 1.0],
    ])  # fmt: skip


def _before_horizon(matrix: Tensor, polygon: Tensor) -> Tensor:
    """The part of a convex polygon `[n, 3]` whose divisor under `matrix` is positive."""
    divisor = polygon @ matrix[2]
    limit = max(_HORIZON * divisor.abs().max().item(), 1e-300)
    kept: list[Tensor] = []
    for i in range(polygon.shape[0]):
        j = (i + 1) % polygon.shape[0]
        a, b = divisor[i] - limit, divisor[j] - limit
        if a >= 0:
            kept.append(polygon[i])
        if (a >= 0) != (b >= 0):
            kept.append(polygon[i] + (polygon[j] - polygon[i]) * (a / (a - b)))
    return torch.stack(kept) if kept else polygon[:0]


def _outward(points: Tensor, margin: Tensor, bounds: Box | None) -> Box:
    low = (points.amin(0) - margin).clamp(-_FAR, _FAR)
    high = (points.amax(0) + margin).clamp(-_FAR, _FAR)
    # A hair is taken off, so that corners that should be whole numbers do not grow the region by a pixel.
    x0, y0 = (math.floor(value + 1e-6) for value in low.tolist())
    x1, y1 = (math.ceil(value - 1e-6) for value in high.tolist())
    if bounds is not None:
        x0, y0, x1, y1 = max(x0, bounds[0]), max(y0, bounds[1]), min(x1, bounds[2]), min(y1, bounds[3])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else (0, 0, 0, 0)
