"""Tips of buttons that do what commands do: what it is, and their keys, which the user may change at any time."""

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


class KeyTip(QObject):
    """Keeps the tip of a button, and goes with it. title : what the tip says before the key; default the action's."""

    def __init__(self, button: QWidget, action: QAction, title: str = "") -> None:
        super().__init__(button)
        self._keys = KeysTip(button, title or action.toolTip(), [(action, "")])


class KeysTip(QObject):
    """Keeps the tip of a button that stands for several commands, and goes with it.

    title : what the tip says before the keys. parts : the actions, and what is said behind the key of each.
    """

    def __init__(self, button: QWidget, title: str, parts: Sequence[tuple[QAction, str]]) -> None:
        super().__init__(button)
        self._button = button
        self._title = title
        self._parts = tuple(parts)
        for action, _ in self._parts:
            action.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        keys = ((action.shortcut().toString(), what) for action, what in self._parts)
        told = ", ".join(f"{key} {what}".rstrip() for key, what in keys if key)
        self._button.setToolTip(f"{self._title} ({told})" if told else self._title)
