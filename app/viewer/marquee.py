"""A box dragged over the picture, beside everything that can be taken hold of, chooses the points of shapes inside."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from .lens import Lens
from .shapes import ShapeHandles
from .tools import Drag, Press, Tool


class Marquee(Tool, Drag):
    """Asked after all others. With Shift the points that are chosen stay so."""

    def __init__(self, shapes: ShapeHandles) -> None:
        self._shapes = shapes
        self._lens: Lens | None = None
        self._rect = QRectF()
        self._more = False

    def grab(self, press: Press) -> Drag | None:
        more = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not (press.plain_left or more) or next(self._shapes.shown(), None) is None:
            return None
        self._lens, self._more = press.lens, more
        self._start = press.at
        self._rect = QRectF(press.at, press.at)
        return self

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._rect = QRectF(self._start, at).normalized()

    def finish(self) -> None:
        if self._lens is not None and not self._rect.isEmpty():
            self._shapes.choose_inside(self._rect, self._lens, self._more)
        self.cancel()

    def cancel(self) -> None:
        self._lens = None

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if self._lens is not None and self._lens.pane == lens.pane:
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(theme.color("accent", 0.12))
            painter.drawRect(self._rect)
