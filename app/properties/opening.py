"""Nodes whose properties are asked for together, opened one by one, so that the window goes on meanwhile."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal


class Opening(QObject):
    """The first is opened at once, and those that follow in the same turn from the top down, one a turn.

    open_at : shows a node at a place from the top. limit : how many are open at most. ended : none waits any more.
    """

    ended = Signal()

    def __init__(self, open_at: Callable[[str, int], object], limit: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self._open_at = open_at
        self._limit = limit
        self._waiting: list[str] = []
        self._done = 0
        self._turn = QTimer(self, singleShot=True)
        self._turn.timeout.connect(self._go_on)

    @property
    def under_way(self) -> bool:
        """Whether nodes wait."""
        return bool(self._waiting)

    def ask(self, path: str) -> None:
        """Open a node on top, now or soon."""
        if self._turn.isActive() and not self._done:
            self._waiting.append(path)
            return
        self._open_at(path, 0)
        self._done += bool(self._waiting)  # those that wait go below it
        self._turn.start()

    def forget(self) -> None:
        """Open no more of those that wait."""
        self._waiting.clear()

    def _go_on(self) -> None:
        if self._waiting and self._done < self._limit():
            self._open_at(self._waiting.pop(), self._done)
            self._done += 1
            self._turn.start()
        else:
            self._waiting.clear()
            self._done = 0
            self.ended.emit()
