"""A field on the canvas in which a name, a title or a note is typed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

if TYPE_CHECKING:
    from .view import GraphView

_SMALLEST = (160, 28)


class InlineText(QPlainTextEdit):
    """Enter or a click elsewhere takes the text, Esc leaves the old one; in notes Shift+Enter makes a new line."""

    def __init__(self, view: "GraphView") -> None:
        super().__init__(view)
        self._view = view
        self._done: Callable[[str], object] | None = None
        self._lines = False
        self.setTabChangesFocus(True)
        self.hide()

    def ask(self, over: QRectF, text: str, done: Callable[[str], object], lines: bool = False) -> None:
        """Edit a text over an area of the scene. done : called with the new text, unless it is given up."""
        shown = self._view.mapFromScene(over).boundingRect()
        width, height = max(shown.width(), _SMALLEST[0]), shown.height() if lines else _SMALLEST[1]
        area = QRect(0, 0, width, max(height, _SMALLEST[1]))
        area.moveCenter(shown.center())
        if not lines:
            area.moveTop(shown.top())
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self._done, self._lines = done, lines
        self.setPlainText(text)
        self.selectAll()
        self.setGeometry(area)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_it(self, take: bool = False) -> None:
        """Put the field away. take : with what was typed."""
        done, self._done = self._done, None
        if done is None:
            return
        text = self.toPlainText()
        self.hide()
        self._view.setFocus()
        if take:
            done(text if self._lines else text.strip())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not (shift and self._lines):
            self.close_it(take=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.close_it(take=True)
