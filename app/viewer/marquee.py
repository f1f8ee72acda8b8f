"""A box dragged over the picture, beside everything that can be taken hold of, chooses points and strokes inside."""

from collections.abc import Iterator
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from .lens import Lens
from .tools import Drag, Press, Tool


class Choosing(Protocol):
    """A tool with things to choose. shown : those that are there."""

    def shown(self) -> Iterator[object]: ...
    def choose_inside(self, rect: QRectF, lens: Lens, more: bool) -> None: ...


class Marquee(Tool, Drag):
    """Asked after all others. With Shift what is chosen stays so."""

    def __init__(self, *tools: Choosing) -> None:
        self._tools = tools
        self._lens: Lens | None = None
        self._rect = QRectF()
        self._more = False

    def grab(self, press: Press) -> Drag | None:
        more = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not (press.plain_left or more) or all(next(tool.shown(), None) is None for tool in self._tools):
            return None
        self._lens, self._more = press.lens, more
        self._start = press.at
        self._rect = QRectF(press.at, press.at)
        return self

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._rect = QRectF(self._start, at).normalized()

    def finish(self) -> None:
        if self._lens is not None and not self._rect.isEmpty():
            for tool in self._tools:
                tool.choose_inside(self._rect, self._lens, self._more)
        self.cancel()

    def cancel(self) -> None:
        self._lens = None

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if self._lens is not None and self._lens.pane == lens.pane:
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(theme.color("accent", 0.12))
            painter.drawRect(self._rect)
