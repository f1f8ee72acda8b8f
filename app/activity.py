"""What nodes are doing: computing and how far, how long they took, what failed; told at most thirty times a second."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import NodeError, NodeEvent

from .workers import Courier

INTERVAL_MS = 33


@dataclass(frozen=True)
class NodeActivity:
    """Of one node. computing : how far it is, 0 to 1, None while it rests. seconds : what its last result took."""

    computing: float | None = None
    seconds: float | None = None


class Activity(QObject):
    """The state of nodes under evaluation.

    nodes_changed : a frozenset of paths, whose `node` or `error` differ. errors_changed : the list of errors differs.
    """

    nodes_changed = Signal(object)
    errors_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._news: dict[str, NodeEvent | None] = {}
        """Of nodes, the last events that were not told yet."""
        self._waking = False
        self._nodes: dict[str, NodeActivity] = {}
        self._errors: dict[Hashable, NodeError] = {}
        self._courier = Courier(self)
        self._timer = QTimer(self, singleShot=True, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._tell)

    def node(self, path: str) -> NodeActivity:
        """What a node does now."""
        return self._nodes.get(path, NodeActivity())

    @property
    def computing(self) -> list[str]:
        """The nodes that compute now."""
        return [path for path, node in self._nodes.items() if node.computing is not None]

    @property
    def errors(self) -> list[NodeError]:
        """What fails now, of everything that panels look at; each node and reason once."""
        return list({(e.path, e.reason): e for e in self._errors.values()}.values())

    def error(self, path: str) -> NodeError | None:
        """What fails now at a node."""
        return next((e for e in self._errors.values() if e.path == path), None)

    def set_error(self, key: Hashable, error: NodeError) -> None:
        """The request `key` fails with `error` until it is made again."""
        self._errors[key] = error
        self.nodes_changed.emit(frozenset((error.path,)))
        self.errors_changed.emit()

    def clear_error(self, key: Hashable) -> None:
        error = self._errors.pop(key, None)
        if error is not None:
            self.nodes_changed.emit(frozenset((error.path,)))
            self.errors_changed.emit()

    def drop_errors(self, affected: Callable[[str], bool]) -> None:
        """Forget what fails at nodes that may do better now. affected : says that of a path."""
        gone = {key: error for key, error in self._errors.items() if affected(error.path)}
        if gone:
            self._errors = {key: error for key, error in self._errors.items() if key not in gone}
            self.nodes_changed.emit(frozenset(error.path for error in gone.values()))
            self.errors_changed.emit()

    def forget(self) -> None:
        """Another script is open: times and errors of the old one say nothing."""
        paths = frozenset((*self._nodes, *(error.path for error in self._errors.values())))
        self._nodes.clear()
        self._errors.clear()
        self.nodes_changed.emit(paths)
        self.errors_changed.emit()

    def close(self) -> None:
        self._timer.stop()
        self._errors.clear()

    def record(self, path: str, event: NodeEvent | None) -> None:
        """From any thread: what happened to a node, None when it rests without a result."""
        with self._lock:
            self._news[path] = event
            wake, self._waking = not self._waking, True
        if wake:
            self._courier.post(self._timer.start)

    def _tell(self) -> None:
        with self._lock:
            news, self._news = self._news, {}
            self._waking = False
        for path, event in news.items():
            known = self.node(path)
            computing = event.fraction if event is not None and event.state in ("start", "progress") else None
            seconds = event.seconds if event is not None and event.state == "done" else known.seconds
            self._nodes[path] = NodeActivity(computing, seconds)
        self.nodes_changed.emit(frozenset(news))


class Watching:
    """Takes the events of one request in the thread that evaluates it."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._working: set[str] = set()

    def __call__(self, event: NodeEvent) -> None:
        if event.state in ("start", "progress"):
            self._working.add(event.path)
        else:
            self._working.discard(event.path)
        self._activity.record(event.path, event)

    def finish(self) -> None:
        """The request ended, perhaps in the middle of a node."""
        for path in self._working:
            self._activity.record(path, None)
