"""Texts that name the keys of commands, such as tips of buttons. The user may change the keys at any time."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


class _Keyed(QObject):
    """Follows the first key of every action, empty where it has none, and goes with its owner."""

    def __init__(self, owner: QObject, actions: Sequence[QAction]) -> None:
        super().__init__(owner)
        self._actions = tuple(actions)
        for action in self._actions:
            action.changed.connect(self._changed)

    def _changed(self) -> None:
        self.show_keys([action.shortcut().toString() for action in self._actions])

    def show_keys(self, keys: Sequence[str]) -> None:
        raise NotImplementedError


class Keyed(_Keyed):
    """Keeps any text. tell : is given the keys, at once and whenever one is another."""

    def __init__(self, owner: QObject, actions: Sequence[QAction], tell: Callable[[Sequence[str]], object]) -> None:
        super().__init__(owner, actions)
        self._tell = tell
        self._changed()

    def show_keys(self, keys: Sequence[str]) -> None:
        self._tell(keys)


class KeysTip(_Keyed):
    """Keeps the tip of a button that stands for several commands.

    title : what the tip says before the keys. parts : the actions, and what is said behind the key of each.
    """

    def __init__(self, button: QWidget, title: str, parts: Sequence[tuple[QAction, str]]) -> None:
        super().__init__(button, [action for action, _ in parts])
        self._button = button
        self._title = title
        self._whats = [what for _, what in parts]
        self._changed()

    def show_keys(self, keys: Sequence[str]) -> None:
        told = ", ".join(f"{key} {what}".rstrip() for key, what in zip(keys, self._whats, strict=True) if key)
        self._button.setToolTip(f"{self._title} ({told})" if told else self._title)


class KeyTip(KeysTip):
    """Keeps the tip of a button that does what a command does. title : default the action's."""

    def __init__(self, button: QWidget, action: QAction, title: str = "") -> None:
        super().__init__(button, title or action.toolTip(), [(action, "")])
