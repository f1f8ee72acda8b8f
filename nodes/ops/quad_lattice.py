"""Lattices of flat quads in a picture, as of a colour chart: brighter than the gaps between them.

Coordinates are pixels, y down, with pixel centres at +0.5. Cells of a lattice are counted in whole numbers, column and
row, from any one of them, and turn clockwise from columns to rows as seen in the picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]

_WINDOWS = (9, 15, 25, 41, 69, 115)  # pixels around a place, of which the darkest is its gap
_STEPS = (0.4, 0.9, 1.8)  # stops that a quad is above its gap
_EDGES = (0.12, 0.25, 0.5)  # stops from pixel to pixel, up to which a quad is flat
_EDGE = 2.5  # pixels of each side that are no longer flat
_BLUR = 0.7  # pixels
_LOCAL, _DARK = 0.2, -4.0  # of the picture's longer side, around; stops to what is there, below which all is one
_NOTHING = 1e-5  # of what is bright in the picture, which is black
_LEAST = 4.0  # pixels of a side
_LARGEST = 0.25  # of the picture's shorter side
_CONVEX, _FULL = 0.88, (0.8, 1.25)  # area over that of the hull, over that of the quad
_STRETCH = 3.0  # the longest side over the shortest
_SAME = 0.3  # of a side, within which two quads are one
_PITCH = (1.02, 1.55)  # of a side, from one quad to the next
_ASIDE = 0.25  # of a side, across that
_CROOKED = 0.4  # of a side, that it may differ from that of its neighbour
_ALIKE = 2.2  # times as large may a neighbour be
_OFF = 0.15  # of a cell, that a quad may be off its place
_SHARE = (0.35, 0.95)  # of a cell, that a quad is of it
_WAYS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # along the first side, the second, and against them
_MOST, _FITS, _LATTICES = (
    1500,
    24,
    12,
)  # quads, the largest; lattices, the straightest and largest; of those, the largest
_REACH = 7  # cells from the first one, as far as a lattice goes
_TRUE = 0.6  # of neighbours, that have to lie in one plane
_STEEP = 3.0  # times as far away may one end of a lattice be as the other


@dataclass(frozen=True)
class Quad:
    """middle : `[2]`. sides : `[2, 2]`, the vectors along its first and its second side, clockwise."""

    middle: Floats
    sides: Floats
    area: float


class _Quads:
    """All quads, with what is asked of all of them at once: middles `[n, 2]`, areas `[n]`, sides `[n, 2, 2]`.

    beside : for each quad its neighbours, by index, along its first side, its second, and against them; -1 for none.
    """

    def __init__(self, quads: list[Quad]) -> None:
        self.middles = np.array([q.middle for q in quads]).reshape(-1, 2)
        self.areas = np.array([q.area for q in quads])
        self.sides = np.array([q.sides for q in quads]).reshape(-1, 2, 2)
        self.beside = np.full((len(quads), 4), -1)
        for index in range(len(quads)):
            away = (self.middles - self.middles[index]) @ np.linalg.inv(self.sides[index])
            share = self.areas / self.areas[index]
            close = (np.abs(away).max(1) < _PITCH[1]) & (share < _ALIKE) & (share > 1 / _ALIKE)
            for near in np.nonzero(close)[0].tolist():
                if _unlike(self.sides[near], self.sides[index]) > _CROOKED:
                    continue
                for axis in (0, 1):
                    along, across = float(away[near, axis]), abs(float(away[near, 1 - axis]))
                    if abs(along) > _PITCH[0] and across < _ASIDE:
                        self.beside[index, axis if along > 0 else axis + 2] = near


@dataclass(frozen=True)
class Lattice:
    """cells : `[n, 2]`, whole numbers, of quads. matrix : 3x3, from cells to pixels."""

    cells: Floats
    matrix: Floats

    def to_picture(self, cells: Floats) -> Floats:
        """Pixels `[n, 2]` of places `[n, 2]` in cells."""
        return _moved(self.matrix, cells)


def lattices(light: Plane, least: int, check: Callable[[], None]) -> list[Lattice]:
    """The lattices of `least` quads or more in a picture `[H, W, 3]` of light from 0, the largest first.

    check : is called now and then, to cancel.
    """
    quads = _Quads(_quads(_stops(light), check))
    grown: list[dict[int, tuple[int, int]]] = []
    taken: set[int] = set()
    for seed in range(len(quads.areas)):
        if seed not in taken:
            cells = _grown(quads, seed)
            if len(cells) >= least:
                taken |= set(cells)
                grown.append(cells)
    check()
    found = []
    for cells in sorted(grown, key=lambda cells: _bent(quads, cells))[:_FITS]:
        check()
        lattice = _fitted(quads, cells)
        if lattice is not None and len(lattice.cells) >= least:
            found.append(lattice)
    return sorted(found, key=lambda lattice: -len(lattice.cells))[:_LATTICES]


def _stops(light: Plane) -> Plane:
    """The channels `[H, W, 3]` in stops, brought to one level.

    What is far darker than what is around it is all one, as noise is large there in stops.
    """
    means = np.maximum(light.reshape(-1, light.shape[2]).mean(0), 1e-20)
    plane = cv2.GaussianBlur(light / means, (0, 0), _BLUR)
    logs = np.log2(plane + np.float32(_NOTHING * max(float(np.quantile(plane[::3, ::3], 0.99)), 1e-20)))
    window = (int(_LOCAL * max(logs.shape)),) * 2
    stops: Plane = np.logaddexp2(logs, cv2.blur(logs, window) + np.float32(_DARK))
    return stops


def _quads(stops: Plane, check: Callable[[], None]) -> list[Quad]:
    """Quads of two kinds: what is brighter than the darkest around it, and what is flat within edges."""
    found: list[Quad] = []
    brightest = stops.max(2)
    for window in _WINDOWS:
        if window > 0.5 * min(brightest.shape):
            break
        check()
        above = brightest - cv2.erode(brightest, np.ones((window, window), np.uint8))
        for step in _STEPS:
            found += _outlined(above > step, 1.2 * window, 0.0)
    kernel = np.ones((3, 3), np.uint8)
    edges = (cv2.dilate(stops, kernel) - cv2.erode(stops, kernel)).max(2)
    for step in _EDGES:
        check()
        found += _outlined(edges < step, math.inf, _EDGE)
    return _single(found)[:_MOST]


def _outlined(mask: npt.NDArray[np.bool_], largest: float, edge: float) -> list[Quad]:
    """The pieces of a mask that are quads, of sides up to `largest`, with as much of their edges as is left out."""
    outlines, levels = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if levels is None:
        return []
    outer = levels[0, :, 3] < 0
    side = min(largest, _LARGEST * min(mask.shape))
    return [
        quad
        for outline, is_outer in zip(outlines, outer, strict=True)
        if is_outer and len(outline) <= 4 * side and (quad := _quad(outline, edge)) is not None
    ]


def _quad(outline: npt.NDArray[Any], edge: float) -> Quad | None:
    """What an outline of pixels is a quad of, if it is. edge : pixels of each side that are left out of it."""
    if len(outline) < 4 * (_LEAST - edge - 1):
        return None
    # The outline runs through the middles of pixels: half a pixel of the area is outside of it.
    area = cv2.contourArea(outline) + len(outline) / 2 + 1
    hull = cv2.convexHull(outline)
    around = cv2.contourArea(hull) + len(outline) / 2 + 1
    if area < (_LEAST - edge) ** 2 or area < _CONVEX * around:
        return None
    length = cv2.arcLength(hull, True)
    for share in (0.04, 0.07, 0.1):
        corners = cv2.approxPolyDP(hull, share * length, True).reshape(-1, 2).astype(np.float64)
        if len(corners) <= 4:
            break
    if len(corners) != 4:
        corners = cv2.boxPoints(cv2.minAreaRect(outline)).astype(np.float64)
    edges = np.roll(corners, -1, 0) - corners
    if edges[0, 0] * edges[1, 1] - edges[0, 1] * edges[1, 0] < 0:
        corners = corners[::-1]
        edges = np.roll(corners, -1, 0) - corners
    sides = np.stack(((edges[0] - edges[2]) / 2, (edges[1] - edges[3]) / 2))
    lengths = np.linalg.norm(sides, axis=1)
    sides *= ((lengths + 1) / np.maximum(lengths, 1e-9))[:, None]
    full = area / max(abs(np.linalg.det(sides)), 1e-9)
    if not _FULL[0] < full < _FULL[1] or lengths.max() > _STRETCH * max(lengths.min(), 1):
        return None
    moments = cv2.moments(outline)
    if moments["m00"] <= 0:
        return None
    middle = np.array([moments["m10"], moments["m01"]]) / moments["m00"] + 0.5
    grown = (lengths + 1 + edge) / (lengths + 1)
    return Quad(middle, sides * grown[:, None], area * float(grown.prod()))


def _single(quads: list[Quad]) -> list[Quad]:
    """Without those that are one: of several that which fills its place best, which is the largest."""
    kept: list[Quad] = []
    places: dict[tuple[int, int], list[Quad]] = {}
    for quad in sorted(quads, key=lambda q: -q.area):
        reach = _SAME * quad.area**0.5
        x, y = (int(v // 16) for v in quad.middle)
        near = [q for i in (-1, 0, 1) for j in (-1, 0, 1) for q in places.get((x + i, y + j), ())]
        if all(
            np.abs(q.middle - quad.middle).max() > reach or not 1 / _ALIKE < q.area / quad.area < _ALIKE for q in near
        ):
            kept.append(quad)
            places.setdefault((x, y), []).append(quad)
    return kept


def _grown(quads: _Quads, seed: int) -> dict[int, tuple[int, int]]:
    """The quads, by index, that are neighbours of each other from one on, with their cells."""
    cells, taken = {seed: (0, 0)}, {(0, 0)}
    waiting = [(seed, 0)]
    while waiting:
        index, turn = waiting.pop(0)
        for way, (x, y) in enumerate(_WAYS):
            found = int(quads.beside[index, (way - turn) % 4])
            cell = (cells[index][0] + x, cells[index][1] + y)
            if found < 0 or found in cells or cell in taken or max(map(abs, cell)) > _REACH:
                continue
            cells[found] = cell
            taken.add(cell)
            waiting.append((found, (turn + _turned(quads.sides[found], quads.sides[index])) % 4))
    return cells


def _turned(sides: Floats, like: Floats) -> int:
    """By how many quarters the sides of a quad are named ahead of those of its neighbour."""
    return max(range(4), key=lambda turn: float((_named(sides, turn) * like).sum()))


def _named(sides: Floats, turn: int) -> Floats:
    """The sides of a quad as they are named a number of quarters back."""
    first, second = sides
    turns = ((first, second), (-second, first), (-first, -second), (second, -first))
    return np.array(turns[turn])


def _unlike(sides: Floats, like: Floats) -> float:
    """How far the sides of a quad are from those of another, over their length."""
    off = _named(sides, _turned(sides, like)) - like
    return float(np.linalg.norm(off, axis=1).max() / np.linalg.norm(like, axis=1).mean())


def _bent(quads: _Quads, cells: dict[int, tuple[int, int]]) -> float:
    """How far quads are from a lattice of parallels, in their sides, over these: noise makes small and crooked ones."""
    places = np.array([(*cell, 1) for cell in cells.values()], np.float64)
    middles, area = quads.middles[list(cells)], float(quads.areas[list(cells)].mean())
    off = middles - places @ np.linalg.lstsq(places, middles, rcond=None)[0]
    return float(np.sqrt(np.square(off).sum(1).mean())) / area


def _fitted(quads: _Quads, cells: dict[int, tuple[int, int]]) -> Lattice | None:
    """The homography of most of the quads, with all that lie in it, one to a cell."""
    middles, areas = quads.middles, quads.areas
    chosen = list(cells)
    places = np.array([cells[i] for i in chosen], np.float64)
    side = float(np.median(areas[chosen])) ** 0.5
    for _ in range(3):
        if len(places) < 5 or np.ptp(places, axis=0).min() < 1:
            return None
        homography, inside = cv2.findHomography(places, middles[chosen], cv2.RANSAC, _OFF * side)
        if homography is None or inside.mean() < _TRUE:
            return None
        matrix = np.asarray(homography, np.float64)
        if abs(np.linalg.det(matrix)) < 1e-12:
            return None
        away = places @ matrix[2, :2] + matrix[2, 2]
        if away.min() <= 0 or away.max() > _STEEP * away.min():
            return None
        at = _moved(np.asarray(np.linalg.inv(matrix), np.float64), middles)
        whole = np.round(at)
        off = np.abs(at - whole).max(1)
        corners = [_moved(matrix, whole + step) for step in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
        a, b = corners[2] - corners[0], corners[3] - corners[1]
        share = areas / np.maximum(0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]), 1e-9)
        fits = (off < _OFF) & (share > _SHARE[0]) & (share < _SHARE[1]) & (np.abs(whole) <= _REACH).all(1)
        best: dict[tuple[float, float], int] = {}
        for i in sorted(np.nonzero(fits)[0].tolist(), key=lambda i: float(off[i])):
            best.setdefault((whole[i, 0], whole[i, 1]), i)
        chosen = list(best.values())
        places = whole[chosen]
    if len(places) < 5 or np.ptp(places, axis=0).min() < 1:
        return None
    return Lattice(places, matrix)


def _moved(matrix: Floats, places: Floats) -> Floats:
    """Points `[n, 2]` under a 3x3 matrix."""
    seen = np.concatenate((places, np.ones((len(places), 1))), 1) @ matrix.T
    moved: Floats = seen[:, :2] / np.where(np.abs(seen[:, 2:]) < 1e-12, 1e-12, seen[:, 2:])
    return moved
