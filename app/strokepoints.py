"""Points along a stroke of a paint, few of the hundreds it may have: pulled, softly, and taken out.

A line is float64 `[N, 3]`: x, y and pressure in the stroke's own coordinates. Places are lengths along it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Line = npt.NDArray[np.float64]
Span = tuple[float, float, float]
"""The point before one, the point itself and the one behind, along the line; at an end two are the same."""

_LEAST, _MOST = 3, 200
"""Points of a line."""
_STEPS = 16
"""Into which what lies between two points is divided at least where it bends."""


def line_of(points: Any) -> Line:
    """The line of a stroke's points, each its x, y and pressure."""
    return np.array(points, dtype=np.float64).reshape(-1, 3)


def places_of(line: Line, apart: float) -> list[float]:
    """Points about as far apart as asked for, both ends among them; none on a line that is not as long as that."""
    length = float(_along(line)[-1])
    if length < apart or length <= 0:
        return []
    count = int(min(max(round(length / apart) + 1, _LEAST), _MOST))
    return [float(place) for place in np.linspace(0.0, length, count)]


def at(line: Line, place: float) -> tuple[float, float]:
    """Where a place along the line is."""
    x, y, _ = _between(line, np.array([place]))[0]
    return float(x), float(y)


def pulled(line: Line, places: Sequence[float], number: int, way: tuple[float, float]) -> tuple[Line, list[float]]:
    """With a point moved: what lies between its neighbours and it goes along, less the further away, and these stay.

    Returns where all points are on the new line, too.
    """
    first, middle, last = span = _span(places, number)
    step = max(middle - first, last - middle) / _STEPS
    # Where points are few, a straight piece needs more of them to bend; what stays and what goes has to be one.
    there = _along(line)
    between = np.arange(first + step, last, step)
    between = between[np.abs(between[:, None] - there[None]).min(1) > step / 2]
    there = np.unique(np.concatenate((there, between, span)))
    made = _between(line, there)
    made[:, :2] += _share(there, span)[:, None] * np.array(way)
    now = float(_along(made)[np.searchsorted(there, middle)])
    return made, [*places[:number], now, *_later(line, made, places[number + 1 :])]


def without(line: Line, places: Sequence[float], number: int) -> tuple[Line, list[float]]:
    """Without a point: a smooth curve joins its neighbours, or the line ends at the one that an end has.

    Returns where the others are on the new line, too.
    """
    made = _joined(line, _span(places, number))
    return made, [*places[:number], *_later(line, made, places[number + 1 :])]


def _joined(line: Line, span: Span) -> Line:
    first, middle, last = span
    places = _along(line)
    before, after = line[places < first], line[places > last]
    (start,), (end,) = _between(line, np.array([first])), _between(line, np.array([last]))
    if middle == first:
        return np.concatenate((end[None], after))
    if middle == last:
        return np.concatenate((before, start[None]))
    chord = end - start
    arriving = _direction(before[-1] if len(before) else start, start, chord)
    leaving = _direction(end, after[0] if len(after) else end, chord)
    t = np.linspace(0.0, 1.0, _STEPS + 1)[:, None]
    length = float(np.hypot(*chord[:2]))
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start + (3 * t**2 - 2 * t**3) * end
        + length * ((t**3 - 2 * t**2 + t) * arriving + (t**3 - t**2) * leaving)
    )  # fmt: skip
    curve[:, 2] = start[2] + t[:, 0] * chord[2]
    return np.concatenate((before, curve, after))


def distance_to(line: Line, place: tuple[float, float], scale: tuple[float, float]) -> float:
    """From a place to a line of points `[N, 2]`. scale : units of the result per unit of theirs, across and up."""
    points = (line - place) * scale
    start, way = points[:-1], np.diff(points, axis=0)
    if not len(way):
        return float(np.hypot(*points[0]))
    t = np.clip(-(start * way).sum(1) / np.maximum((way * way).sum(1), 1e-12), 0.0, 1.0)
    return float(np.hypot(*(start + t[:, None] * way).T).min())


def points_of(line: Line) -> list[list[float]]:
    """A line as the data of a stroke has it, in thousandths of a pixel."""
    return [[round(x, 3), round(y, 3), *([round(p, 4)] if p != 1 else [])] for x, y, p in line.tolist()]


def _span(places: Sequence[float], number: int) -> Span:
    return places[max(number - 1, 0)], places[number], places[min(number + 1, len(places) - 1)]


def _later(before: Line, after: Line, places: Sequence[float]) -> list[float]:
    """Places behind what was changed, on the line that is longer or shorter since."""
    longer = float(_along(after)[-1] - _along(before)[-1])
    return [place + longer for place in places]


def _along(line: Line) -> Line:
    """The length up to each point."""
    return np.append(0.0, np.cumsum(np.hypot(*np.diff(line[:, :2], axis=0).T)))


def _between(line: Line, places: Line) -> Line:
    """The line at places along it."""
    along = _along(line)
    return np.stack([np.interp(places, along, column) for column in line.T], 1)


def _share(places: Line, span: Span) -> Line:
    """How much of the way of a point the places around it go, 0 to 1."""
    first, middle, last = span
    near = np.where(places <= middle, places - first, last - places)
    reach = np.where(places <= middle, middle - first, last - middle)
    # An end has nothing beyond it, and goes the whole way.
    t: Line = np.clip(np.where(reach > 0, near / np.where(reach > 0, reach, 1.0), near >= 0), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _direction(one: Line, other: Line, else_along: Line) -> Line:
    """From a point towards another, of length 1; where they are one, along something else."""
    way = np.append((other - one)[:2], 0.0)
    length = float(np.hypot(*way[:2]))
    if length < 1e-9:
        way = np.append(else_along[:2], 0.0)
        length = float(np.hypot(*way[:2])) or 1.0
    return way / length
