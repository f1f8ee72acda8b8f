"""Points of a roto's shapes as plain data: made smooth or sharp, moved with all their handles, feathered."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .shapedata import Pair, pair_of, rounded_point

HANDLES = ("in", "out", "feather_in", "feather_out")
OPPOSITE = {"in": "out", "out": "in", "feather_in": "feather_out", "feather_out": "feather_in"}
Map = Callable[[float, float], Pair]
_STRAIGHT = 0.02
"""Sine of the angle between handles below which they are one line."""


def point_with(point: Any, **pairs: Pair | None) -> Any:
    """A point with other pairs of numbers, in thousandths of a pixel; None takes one away.

    Handles of the feather count also where they are nothing, all others do not.
    """
    found = {"at": pair_of(point, "at")} | (dict(point) if isinstance(point, Mapping) else {}) | pairs
    return rounded_point({name: pair for name, pair in found.items() if pair is not None})


def is_smooth(point: Any) -> bool:
    """Whether the outline goes through a point without a corner: its handles are one line."""
    return _one_line(pair_of(point, "in"), pair_of(point, "out"))


def _one_line(one: Pair, other: Pair) -> bool:
    lengths = math.hypot(*one) * math.hypot(*other)
    across, along = one[0] * other[1] - one[1] * other[0], one[0] * other[0] + one[1] * other[1]
    return lengths > 0 and along < 0 and abs(across) <= _STRAIGHT * lengths


def smoothed(points: Sequence[Any], number: int, closed: bool = True) -> Any:
    """A point with handles for a round outline: those of the circle through it and its neighbours.

    The handle of an arc of angle a and chord d is d / (3 cos^2(a / 4)); a / 2 is the angle between tangent and chord.
    """
    here = pair_of(points[number], "at")
    last = len(points) - 1
    before = pair_of(points[number - 1], "at") if closed or number > 0 else None
    behind = pair_of(points[(number + 1) % len(points)], "at") if closed or number < last else None
    if before is None or behind is None:
        other = behind or before or here
        third = (other[0] - here[0]) / 3, (other[1] - here[1]) / 3
        return point_with(points[number], **{"out" if before is None else "in": third})
    arrive, come = _unit(before, here)
    leave, go = _unit(here, behind)
    tangent = arrive[0] * go + leave[0] * come, arrive[1] * go + leave[1] * come
    size = math.hypot(*tangent)
    if size <= 1e-6 * (come + go):  # back the way it came
        tangent, size = (-arrive[1], arrive[0]), 1.0
    tangent = tangent[0] / size, tangent[1] / size

    def length(chord: Pair, distance: float) -> float:
        return 2 * distance / (3 * (1 + max(0.0, tangent[0] * chord[0] + tangent[1] * chord[1])))

    inwards, outwards = length(arrive, come), length(leave, go)
    return point_with(
        points[number],
        **{"in": (-tangent[0] * inwards, -tangent[1] * inwards), "out": (tangent[0] * outwards, tangent[1] * outwards)},
    )


def _unit(start: Pair, end: Pair) -> tuple[Pair, float]:
    x, y = end[0] - start[0], end[1] - start[1]
    length = math.hypot(x, y)
    return ((x / length, y / length) if length else (0.0, 0.0)), length


def cusped(point: Any) -> Any:
    """A point as a corner, without handles."""
    return point_with(point, **{"in": None, "out": None})


def with_handle(point: Any, part: str, end: Pair, alone: bool = False, alike: bool = False) -> Any:
    """A point with one of its handles pulled elsewhere. That of the other side turns along where they are one line.

    end : relative to where the handle starts. alone : the other stays. alike : it gets the same length.
    """
    other, pairs = OPPOSITE[part], {part: end}
    was, facing = pair_of(point, part), pair_of(point, other)
    size = math.hypot(*end)
    if not alone and size and (alike or _one_line(was, facing)):
        factor = 1.0 if alike else math.hypot(*facing) / size
        pairs[other] = (-end[0] * factor, -end[1] * factor)
    return point_with(point, **pairs)


def mapped(point: Any, move: Map) -> Any:
    """A point taken elsewhere, turned or scaled with its handles and feather. move : affine."""
    place = pair_of(point, "at")
    there = move(*place)

    def turned(start: Pair, way: Pair) -> Pair:
        (x0, y0), (x1, y1) = move(*start), move(start[0] + way[0], start[1] + way[1])
        return x1 - x0, y1 - y0

    parts = [name for name in point if name != "at"] if isinstance(point, Mapping) else []
    return point_with(point, at=there, **{name: turned(place, pair_of(point, name)) for name in parts})


def feathered(points: Sequence[Any], number: int, by: float, closed: bool = True) -> Any:
    """A point with its feather further out by so many pixels, square to the outline; negative: inwards."""
    nx, ny = outward(points, number, closed)
    fx, fy = pair_of(points[number], "feather")
    return point_with(points[number], feather=(fx + by * nx, fy + by * ny))


def with_feather_handles(point: Any) -> Any:
    """A point whose feather has handles of its own, at first those of the outline."""
    if isinstance(point, Mapping) and "feather_in" in point:
        return point
    return point_with(point, feather_in=pair_of(point, "in"), feather_out=pair_of(point, "out"))


def without_feather(point: Any) -> Any:
    """A point without feather of its own."""
    return point_with(point, feather=None, feather_in=None, feather_out=None)


def outward(points: Sequence[Any], number: int, closed: bool = True) -> Pair:
    """The direction out of a shape at one of its points, y up; of an open one to the right of its way."""
    smooth = points[number] if is_smooth(points[number]) else smoothed(points, number, closed)
    one, other = pair_of(smooth, "in"), pair_of(smooth, "out")
    x, y = other[0] - one[0], other[1] - one[1]
    size = math.hypot(x, y) or 1.0
    places = [pair_of(point, "at") for point in points]
    around = sum(p[0] * q[1] - p[1] * q[0] for p, q in zip(places, [*places[1:], places[0]], strict=True))
    side = -1.0 if closed and around < 0 else 1.0
    return side * y / size, -side * x / size
