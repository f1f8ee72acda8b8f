"""A sentence that keeps its room, so that nothing below it moves when it comes and goes."""

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from .. import theme

_BETWEEN = "  ·  "


class MessageLine(QWidget):
    """One line, empty or not. What does not fit is cut; the mouse that rests on it, or a click, shows all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._kind = "", "text.dim"
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """All of it."""
        return self._text

    def show_message(self, text: str, kind: str) -> None:
        """Show sentences, each behind a line break. kind : the colour of the theme, such as `error` or `warning`."""
        if (text, kind) != (self._text, self._kind):
            self._text, self._kind = text, kind
            self.setToolTip(f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>" if text else "")
            self.setAccessibleName(text)
            self.update()

    def copy(self) -> None:
        """Put all of it on the clipboard."""
        QApplication.clipboard().setText(self._text)

    def sizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._text and event.button() == Qt.MouseButton.LeftButton:
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self.toolTip(), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(theme.color(self._kind))
            line = self._text.replace("\n", _BETWEEN)
            shown = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)
