"""What a run of a plan tells whoever watches: which node begins, moves on, is done or fails."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .plan import Task

State = Literal["start", "progress", "done", "error"]


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """What happens to a node while a plan runs.

    path : of the node, also inside groups. fraction : how far it is, 0 to 1. seconds : the node's own time, given with
    `done` and `error`.
    """

    path: str
    frame: float
    state: State
    fraction: float = 0.0
    seconds: float = 0.0


Watch = Callable[[NodeEvent], None]


class Timed:
    """Sends the events of one task's run to `watch`, if its node is in the script; gives the progress callback."""

    def __init__(self, task: Task, watch: Watch | None) -> None:
        self._id = task.id
        self._watch = None if task.vertex.inserted else watch
        self._begin = 0.0

    def report(self, fraction: float) -> None:
        if self._watch is not None:
            self._watch(NodeEvent(*self._id, "progress", fraction))

    def __enter__(self) -> "Timed":
        self._begin = time.perf_counter()
        if self._watch is not None:
            self._watch(NodeEvent(*self._id, "start"))
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._watch is not None:
            seconds = time.perf_counter() - self._begin
            self._watch(NodeEvent(*self._id, "done" if kind is None else "error", 1.0, seconds))
