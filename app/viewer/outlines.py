"""Outlines of roto shapes on the viewport: where they run, and what of them is near a point."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from ..drawnmoves import transform_of
from ..shapedata import pair_of
from .lens import Lens
from .tools import REACH

_SAMPLES, _FEATHER_SAMPLES = 64, 16


def _stretches(shape: Mapping[str, Any], lens: Lens) -> Iterator[tuple[QPointF, QPointF, QPointF, QPointF]]:
    """The outline on the viewport: cubic Beziers from the `out` of a point to the `in` of the next."""
    transform, points = transform_of(shape), list(shape.get("points", ()))

    def on_screen(point: Any, part: str) -> QPointF:
        (x, y), (dx, dy) = pair_of(point, "at"), (0.0, 0.0) if part == "at" else pair_of(point, part)
        place = transform.map(QPointF(x + dx, y + dy))
        return lens.from_artist(place.x(), place.y())

    following = [*points[1:], *points[:1]] if shape.get("closed", True) else points[1:]
    for before, after in zip(points, following, strict=False):
        yield on_screen(before, "at"), on_screen(before, "out"), on_screen(after, "in"), on_screen(after, "at")


def path_of(shape: Mapping[str, Any], lens: Lens) -> QPainterPath:
    """The outline on the viewport."""
    path = QPainterPath()
    for start, out, into, end in _stretches(shape, lens):
        if path.isEmpty():
            path.moveTo(start)
        path.cubicTo(out, into, end)
    return path


def feather_path(shape: Mapping[str, Any], lens: Lens) -> QPainterPath:
    """The outline to which the feather of the points reaches, on the viewport; empty where none has any."""
    points, path, transform = list(shape.get("points", ())), QPainterPath(), transform_of(shape)
    if not any(any(pair_of(point, "feather")) for point in points):
        return path
    closed = shape.get("closed", True)
    ends = [*points[1:], *points[:1]] if closed else points[1:]
    for before, after in zip(points, ends, strict=False):
        for i in range(_FEATHER_SAMPLES + 1):
            place = transform.map(QPointF(*_soft_place(before, after, i / _FEATHER_SAMPLES)))
            at = lens.from_artist(place.x(), place.y())
            path.lineTo(at) if path.elementCount() else path.moveTo(at)
    return path


def _soft_place(before: Any, after: Any, t: float) -> tuple[float, float]:
    """Where the feather ends beside a stretch of the outline: the offsets of its ends turn with it from one to the
    other, those with handles of their own go as a Bezier.
    """
    u = 1 - t
    b0, b1, b2, b3 = u**3, 3 * u * u * t, 3 * u * t * t, t**3
    p, s = (QPointF(*pair_of(point, "at")) for point in (before, after))
    out, into = QPointF(*pair_of(before, "out")), QPointF(*pair_of(after, "in"))
    q, r = p + out, s + into
    leave, arrive = _unit(q - p, r - p, s - p), _unit(s - r, s - q, s - p)
    slope = _unit((q - p) * u * u + (r - q) * (2 * u * t) + (s - r) * t * t, s - p) if t > 0 else leave
    place = p * b0 + q * b1 + r * b2 + s * b3
    for point, part, own, way, whole, far in (
        (before, "feather_out", out, leave, b0 + b1, b1), (after, "feather_in", into, arrive, b2 + b3, b2),
    ):  # fmt: skip
        feather = QPointF(*pair_of(point, "feather"))
        if isinstance(point, Mapping) and part in point:
            place += feather * whole + (QPointF(*point[part]) - own) * far
        else:
            along = QPointF.dotProduct(feather, way)
            across = feather.y() * way.x() - feather.x() * way.y()
            place += (slope * along + QPointF(-slope.y(), slope.x()) * across) * whole
    return place.x(), place.y()


def _unit(*ways: QPointF) -> QPointF:
    """The direction of the first that has one."""
    found = next((way for way in ways if math.hypot(way.x(), way.y()) > 1e-9), QPointF(1, 0))
    return found / math.hypot(found.x(), found.y())


def nearest(shape: Mapping[str, Any], lens: Lens, at: QPointF) -> tuple[int, float]:
    """The place of an outline that is nearest to a point of the viewport: the point before it, and how far from there
    to the next, as the parameter of the Bezier.
    """

    def away(number: int, t: float) -> float:
        start, out, into, end = stretches[number]
        u = 1 - t
        off = start * u**3 + out * (3 * u * u * t) + into * (3 * u * t * t) + end * t**3 - at
        return off.x() ** 2 + off.y() ** 2

    stretches = list(_stretches(shape, lens))
    coarse = ((number, i / _SAMPLES) for number in range(len(stretches)) for i in range(1, _SAMPLES))
    number, t = min(coarse, key=lambda place: away(*place))
    fine = (t + i / _SAMPLES**2 for i in range(1 - _SAMPLES, _SAMPLES))
    return number, min(fine, key=lambda value: away(number, value))


def on_outline(shape: Mapping[str, Any], lens: Lens, at: QPointF) -> bool:
    """Whether a point of the viewport is on the outline of a shape."""
    stroke = QPainterPathStroker()
    stroke.setWidth(REACH)
    return stroke.createStroke(path_of(shape, lens)).contains(at)
