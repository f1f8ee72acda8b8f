"""How the plane of curves is painted."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from rimlight.engine import Curve

from .. import theme
from ..keymarks import Floats, told_apart
from .plane import Plane, label, marks, round_step

if TYPE_CHECKING:
    from .curve_view import CurveView

RULER = 20
"""Height of the ruler with the frames."""
HANDLE = 46
"""Length of a tangent."""
_STEP = 2
"""Pixels from one computed point of a curve to the next."""
_DENSE = 8
"""Pixels from one key to the next below which a curve is drawn line by line."""


def paint_view(painter: QPainter, view: "CurveView") -> None:
    """The whole widget."""
    width, height = view.width(), view.height()
    painter.fillRect(view.rect(), theme.color("surface.base"))
    _paint_grid(painter, view)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(QRectF(0, RULER, width, height - RULER))
    for name, track in view.tracks.items():
        color = track.color()
        if track.curve is not None:
            active = not view.selection or name in view.selection
            _paint_curve(painter, view.plane, track.curve, color, width, 1.8 if active else 1.1)
        elif name in view.samples:
            points = QPolygonF([view.plane.point(frame, value) for frame, value in view.samples[name]])
            painter.setPen(QPen(color, 1.3, Qt.PenStyle.DashLine))
            painter.drawPolyline(points)
    _paint_keys(painter, view)
    _paint_box(painter, view)
    painter.setClipping(False)
    if view.frame is not None:
        paint_frame_line(painter, view.plane, view.frame, height)
    if not view.tracks:
        text = "Nothing is animated here.\nSet keys in the properties of a node to see its curves."
        paint_hint(painter, QRectF(0, RULER, width, height - RULER), text)
    if view.hasFocus():
        painter.setPen(QPen(theme.color("accent", 0.5), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(view.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


def paint_hint(painter: QPainter, area: QRectF, text: str) -> None:
    """What a new user reads where there is nothing yet, in lines as wide as there is room."""
    painter.setFont(theme.font())
    painter.setPen(theme.color("text.dim"))
    margin = 2 * theme.SPACE
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area.adjusted(margin, 0, -margin, 0), flags, text)


def paint_ruler(painter: QPainter, plane: Plane, left: float, width: float, whole: bool, offset: float = 0.0) -> None:
    """The ruler along the top: round frames, with numbers. offset : where the plane's pixel 0 is on the widget."""
    painter.fillRect(QRectF(left, 0, width - left, RULER), theme.color("surface.panel"))
    step = round_step(plane.across, 64, whole)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color("text.dim"))
    for frame in marks(plane.frame_at(left - offset), plane.frame_at(width - offset), step):
        x = plane.x(frame) + offset
        painter.drawLine(QPointF(x, RULER - 4), QPointF(x, RULER))
        painter.drawText(QRectF(x - 32, 0, 64, RULER - 4), Qt.AlignmentFlag.AlignCenter, label(frame))


def paint_frame_line(painter: QPainter, plane: Plane, frame: float, height: float, offset: float = 0.0) -> None:
    """The line of the current frame, with its number in the ruler."""
    x = plane.x(frame) + offset
    painter.setPen(QPen(theme.color("accent"), 1))
    painter.drawLine(QPointF(x, RULER), QPointF(x, height))
    text = label(frame)
    painter.setFont(theme.font("small", bold=True))
    wide = painter.fontMetrics().horizontalAdvance(text) + 10
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent"))
    painter.drawRoundedRect(QRectF(x - wide / 2, 2, wide, RULER - 4), 3, 3)
    painter.setPen(theme.color("text.on_accent"))
    painter.drawText(QRectF(x - wide / 2, 2, wide, RULER - 4), Qt.AlignmentFlag.AlignCenter, text)


def paint_outside(
    painter: QPainter, plane: Plane, frames: tuple[float, float], area: QRectF, offset: float = 0.0
) -> None:
    """Darken what lies outside the frames of the script."""
    first, last = plane.x(frames[0]) + offset, plane.x(frames[1]) + offset
    shade = theme.color("surface.deep", 0.45)
    if first > area.left():
        painter.fillRect(QRectF(area.left(), area.top(), min(first, area.right()) - area.left(), area.height()), shade)
    if last < area.right():
        left = max(last, area.left())
        painter.fillRect(QRectF(left, area.top(), area.right() - left, area.height()), shade)


def _paint_grid(painter: QPainter, view: "CurveView") -> None:
    plane, width, height = view.plane, view.width(), view.height()
    if view.frame is not None:
        paint_outside(painter, plane, view.frames, QRectF(0, 0, width, height))
    painter.setPen(QPen(theme.color("line", 0.45), 1))
    for frame in marks(plane.frame_at(0), plane.frame_at(width), round_step(plane.across, 64, view.frame is not None)):
        x = round(plane.x(frame)) + 0.5
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
    painter.setFont(theme.font("small"))
    for value in marks(plane.value_at(height), plane.value_at(RULER), round_step(plane.up, 40)):
        y = round(plane.y(value)) + 0.5
        painter.setPen(QPen(theme.color("line.strong" if abs(value) < 1e-12 else "line", 0.7 if value else 1.0), 1))
        painter.drawLine(QPointF(0, y), QPointF(width, y))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(QPointF(4, y - 3), label(value))
    paint_ruler(painter, plane, 0, width, view.frame is not None)


def _paint_curve(painter: QPainter, plane: Plane, curve: Curve, color: QColor, width: int, thick: float) -> None:
    """Between its keys in full, outside of them faint. Keys and steps are met exactly."""
    first, last = curve.range()
    low, high = plane.frame_at(-2), plane.frame_at(width + 2)
    frames = curve.pieces()[0]
    faint = QColor(color)
    faint.setAlphaF(0.45)
    pieces = ((low, min(first, high), faint), (max(first, low), min(last, high), color), (max(last, low), high, faint))
    for start, end, ink in pieces:
        if end <= start:
            continue
        xs = np.linspace(start, end, max(int((end - start) * plane.across / _STEP), 2))
        inner = frames[(start <= frames) & (frames <= end)]
        xs = np.unique(np.concatenate((xs, inner, np.nextafter(inner[inner > start], -np.inf))))
        ys = np.clip(curve.sample(xs), plane.value - 1e5 / plane.up, plane.value + 1e5 / plane.up)
        seen = outline((xs - plane.frame) * plane.across, (plane.value - ys) * plane.up)
        points = [QPointF(x, y) for x, y in seen.tolist()]
        painter.setPen(QPen(ink, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        if len(inner) <= width / _DENSE:
            painter.drawPolyline(QPolygonF(points))
        else:  # of a wide polyline Qt looks where it crosses itself, which takes seconds for thousands of points
            painter.drawLines([QLineF(one, two) for one, two in pairwise(points)])


def outline(xs: Floats, ys: Floats) -> Floats:
    """The points [n, 2], of those of a curve from left to right, that are seen: of each column of pixels the first, the
    lowest, the highest and the last.
    """
    columns = np.floor(xs)
    starts = np.flatnonzero(np.diff(columns, prepend=-np.inf))
    ends = np.append(starts[1:], len(xs)) - 1
    by_height = np.lexsort((ys, columns))
    seen = np.unique(np.concatenate((starts, ends, by_height[starts], by_height[ends])))
    return np.stack((xs[seen], ys[seen]), axis=1)


def _paint_keys(painter: QPainter, view: "CurveView") -> None:
    for name, i, _, end in view.handles():
        curve = view.tracks[name].curve
        if curve is not None:
            key = curve.keys[i]
            painter.setPen(QPen(theme.color("text.dim"), 1))
            painter.drawLine(view.plane.point(key.frame, key.value), end)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("text"))
            painter.drawEllipse(end, 3, 3)
    painter.setPen(QPen(theme.color("surface.deep"), 1))
    for name, curve in view.curves.items():
        chosen = np.zeros(len(curve.keys), dtype=bool)
        chosen[list(view.selection.get(name, ()))] = True
        places = key_places(curve, view.plane)
        for which, side, color in (
            (~chosen, 3.0, view.tracks[name].color()),
            (chosen, 4.0, theme.color("text.strong")),
        ):
            painter.setBrush(color)
            there = told_apart(places[which], view.width(), view.height())
            painter.drawRects([QRectF(x - side, y - side, 2 * side, 2 * side) for x, y in there.tolist()])


def key_places(curve: Curve, plane: Plane) -> Floats:
    """Where the keys of a curve are on the screen, [n, 2]."""
    return np.array([(plane.x(key.frame), plane.y(key.value)) for key in curve.keys])


def _paint_box(painter: QPainter, view: "CurveView") -> None:
    box = view.frame_box()
    if box is not None:
        painter.setPen(QPen(theme.color("text.dim"), 1, Qt.PenStyle.DotLine))
        painter.setBrush(theme.color("accent", 0.05))
        painter.drawRect(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text.dim"))
        for _, _, at in view.grips():
            painter.drawRect(QRectF(at.x() - 2.5, at.y() - 2.5, 5, 5))
    if view.band is not None:
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.setBrush(theme.color("accent", 0.12))
        painter.drawRect(view.band)
