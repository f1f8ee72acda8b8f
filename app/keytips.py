"""Tips of buttons that do what a command does: what it is, and its key, which the user may change at any time."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


class KeyTip(QObject):
    """Keeps the tip of a button, and goes with it. title : what the tip says before the key; default the action's."""

    def __init__(self, button: QWidget, action: QAction, title: str = "") -> None:
        super().__init__(button)
        self._button = button
        self._action = action
        self._title = title or action.toolTip()
        action.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        keys = self._action.shortcut().toString()
        self._button.setToolTip(f"{self._title} ({keys})" if keys else self._title)
