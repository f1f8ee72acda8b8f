"""Keys go to the panel under the mouse, as in Nuke: `R` over the viewer is its red channel, whatever had the focus."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

DONE = "entered"
"""Property of a field whose text was ended with Return, and which waits for no more."""


class HoverFocus(QObject):
    """Filters the events of panels: one with `keys_follow_mouse` gets the focus when the mouse comes in.

    Whoever writes into a field goes on writing: fields keep the focus until Return, or a click elsewhere.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Enter and isinstance(watched, QWidget) and self._may(watched):
            watched.setFocus(Qt.FocusReason.MouseFocusReason)
        return False

    def _may(self, panel: QWidget) -> bool:
        focus = QApplication.focusWidget()
        if not getattr(panel, "keys_follow_mouse", False) or (focus is not None and panel.isAncestorOf(focus)):
            return False
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton or not panel.window().isActiveWindow():
            return False
        if QApplication.activePopupWidget() is not None or QApplication.activeModalWidget() is not None:
            return False
        if isinstance(focus, QLineEdit):
            return bool(focus.property(DONE)) and not focus.isModified()
        if isinstance(focus, QComboBox):
            return not focus.isEditable()
        return not isinstance(focus, (QTextEdit, QPlainTextEdit, QAbstractSpinBox))
