"""Dragging a link from one parameter to another: a line that follows the pointer, and what lies under it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from .. import theme
from .field import Field

if TYPE_CHECKING:
    from .rows import Row


class LinkLine(QWidget):
    """Lies over the panel while a link is dragged, and lets all events through."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._from = QPointF()
        self._to = QPointF()
        self._target = QRectF()
        self.hide()

    def drag(self, source: "Row", at: QPoint) -> None:
        """The pointer is at a point of the screen."""
        panel = self._panel
        self.setGeometry(panel.rect())
        label = source.label
        self._from = QPointF(label.mapTo(panel, QPoint(label.width() - 4, label.height() // 2)))
        self._to = QPointF(self.mapFromGlobal(at))
        found = self._widget(at)
        row, component = self._row(found)
        self._target = QRectF()
        if row is not None and row is not source:
            shown: QWidget = row if component is None or found is None else found
            self._target = QRectF(QPointF(shown.mapTo(panel, QPoint(0, 0))), shown.size().toSizeF())
        self.show()
        self.raise_()
        self.update()

    def drop(self, at: QPoint) -> tuple["Row", int | None] | None:
        """The row under a point, and its component; None where there is none."""
        self.hide()
        row, component = self._row(self._widget(at))
        return None if row is None else (row, component)

    def _widget(self, at: QPoint) -> QWidget | None:
        found: QWidget | None = QApplication.widgetAt(at)
        return found

    @staticmethod
    def _row(widget: QWidget | None) -> tuple["Row | None", int | None]:
        from .rows import Row

        component = widget.component if isinstance(widget, Field) else None
        while widget is not None and not isinstance(widget, Row):
            widget = widget.parentWidget()
        return widget, component

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("value.linked"), 1.6))
            painter.drawLine(self._from, self._to)
            painter.setBrush(theme.color("value.linked"))
            painter.drawEllipse(self._from, 3, 3)
            if not self._target.isEmpty():
                painter.setBrush(theme.color("value.linked", 0.15))
                painter.drawRoundedRect(self._target.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
