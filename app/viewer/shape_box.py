"""The box around several chosen points of shapes: it moves, scales and turns them."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QTransform

from .. import theme
from .lens import Lens
from .rectangles import Hold, hold_at, hold_cursor
from .shape_moves import box_of
from .tools import Drag, Following, Press, near

PAD, STICK, SNAP = 12.0, 20.0, 15.0
"""Of the box around the points, of the handle for turning above it, and degrees to which Shift turns."""
_GRIP = 3.0


class Carrying(Protocol):
    """Takes the points elsewhere, each time from where they were at the start. move : in artist's coordinates."""

    def __call__(self, move: QTransform) -> None: ...
    def undo(self) -> None: ...


class PointBox:
    """Of the points of a pane. places : in artist's coordinates."""

    def __init__(self, places: Sequence[QPointF], lens: Lens) -> None:
        self._lens = lens
        self.inner = box_of([lens.from_artist(p.x(), p.y()) for p in places])
        self.rect = self.inner.adjusted(-PAD, -PAD, PAD, PAD)
        self.knob = QPointF(self.rect.center().x(), self.rect.top() - STICK)

    def cursor(self, at: QPointF) -> Qt.CursorShape | None:
        if near(at, self.knob):
            return Qt.CursorShape.CrossCursor
        hold = hold_at(self.rect, at)
        return None if hold is None else hold_cursor(hold)

    def grab(self, press: Press, begin: Callable[[], Carrying]) -> Drag | None:
        """The drag of an edge, a corner, the middle or the handle for turning. begin : gives what moves the points."""
        turning = near(press.at, self.knob)
        hold = None if turning else hold_at(self.rect, press.at)
        if not turning and hold is None:
            return None
        move = begin()

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            even = bool(held & Qt.KeyboardModifier.ShiftModifier)
            move(self._turn(press.at, at, even) if hold is None else self._stretch(hold, press.at, at, even))

        return Following(follow, move.undo)

    def _turn(self, start: QPointF, at: QPointF, snapped: bool) -> QTransform:
        middle = QPointF(*self._lens.to_artist(self.rect.center()))
        one, other = (QPointF(*self._lens.to_artist(p)) - middle for p in (start, at))
        angle = math.degrees(math.atan2(other.y(), other.x()) - math.atan2(one.y(), one.x()))
        return turned(round(angle / SNAP) * SNAP if snapped else angle, middle)

    def _stretch(self, hold: Hold, start: QPointF, at: QPointF, even: bool) -> QTransform:
        across, up = hold
        way = QPointF(*self._lens.to_artist(at)) - QPointF(*self._lens.to_artist(start))
        if not (across or up):
            if even:
                way = QPointF(way.x(), 0) if abs(way.x()) > abs(way.y()) else QPointF(0, way.y())
            return QTransform.fromTranslate(way.x(), way.y())
        rect, off = self.inner, at - start
        still = QPointF(rect.right() if across < 0 else rect.left(), rect.top() if up < 0 else rect.bottom())
        sx = 1 + across * off.x() / rect.width() if across and rect.width() else 1.0
        sy = 1 - up * off.y() / rect.height() if up and rect.height() else 1.0
        if even and across and up:
            sx = sy = max(sx, sy, key=lambda factor: abs(factor - 1))
        x, y = self._lens.to_artist(still)
        return QTransform.fromTranslate(-x, -y) * QTransform.fromScale(sx, sy) * QTransform.fromTranslate(x, y)

    def paint(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        top = QPointF(self.rect.center().x(), self.rect.top())
        for color, width in ((theme.color("surface.deep", 0.7), 2.6), (theme.color("text.dim"), 1.0)):
            painter.setPen(QPen(color, width))
            painter.drawRect(self.rect)
            painter.drawLine(top, self.knob)
        painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
        painter.setBrush(theme.color("text"))
        painter.drawEllipse(self.knob, 4, 4)
        r, middle = self.rect, self.rect.center()
        for at in (
            r.topLeft(), top, r.topRight(), QPointF(r.left(), middle.y()), QPointF(r.right(), middle.y()),
            r.bottomLeft(), QPointF(middle.x(), r.bottom()), r.bottomRight(),
        ):  # fmt: skip
            painter.drawRect(QRectF(at.x() - _GRIP, at.y() - _GRIP, 2 * _GRIP, 2 * _GRIP))
        painter.drawLine(middle - QPointF(5, 0), middle + QPointF(5, 0))
        painter.drawLine(middle - QPointF(0, 5), middle + QPointF(0, 5))


def turned(degrees: float, about: QPointF) -> QTransform:
    """A turn about a point, counter-clockwise where y is up."""
    angle = math.radians(degrees)
    turn = QTransform(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0, 0)
    x, y = about.x(), about.y()
    return QTransform.fromTranslate(-x, -y) * turn * QTransform.fromTranslate(x, y)
