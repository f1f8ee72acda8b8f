"""Texts that name the keys of commands, such as tips of buttons. The user may change the keys at any time."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


class Keyed(QObject):
    """Keeps a text that names keys, and goes with its owner.

    tell : is given the first key of every action, empty where it has none, at once and whenever one is another.
    """

    def __init__(self, owner: QObject, actions: Sequence[QAction], tell: Callable[[Sequence[str]], object]) -> None:
        super().__init__(owner)
        self._actions = tuple(actions)
        self._tell = tell
        for action in self._actions:
            action.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self._tell([action.shortcut().toString() for action in self._actions])


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
        self._whats = [what for _, what in parts]
        self._keys = Keyed(self, [action for action, _ in parts], self._show)

    def _show(self, keys: Sequence[str]) -> None:
        told = ", ".join(f"{key} {what}".rstrip() for key, what in zip(keys, self._whats, strict=True) if key)
        self._button.setToolTip(f"{self._title} ({told})" if told else self._title)
