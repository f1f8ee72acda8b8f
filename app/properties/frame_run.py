"""What a node finds frame by frame, over a range: in a worker, told as it goes, one step of the history in the end.

Esc, the stop button and closing end it; what was found by then stays.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import CancelToken, NodeState, RimlightError

from ..changes import Change
from ..evaluating import VIEWER, Ticket
from ..paths import has_node
from ..workers import Courier
from ..workspace import Workspace

Row = Mapping[str, Any]
Find = Callable[[float, CancelToken], Row]
"""What is found at a frame, by name; called in a worker."""
Values = Callable[[NodeState, Mapping[float, Row]], Mapping[str, Any]]
"""What becomes of it: values of the node's parameters. Raises RimlightError where they cannot be set."""


class FrameRun(QObject):
    """The run of a workspace, one at a time. changed : it began, found another frame, or ended."""

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.node, self.what = "", ""
        self.rows: dict[float, Row] = {}
        self.total = 0
        self._workspace = workspace
        self._courier = Courier(self)
        self._ticket: Ticket | None = None
        self._token: object = None
        self._values: Values = lambda state, rows: {}
        workspace.evaluations.busy_changed.connect(self._look_after)
        workspace.document_changed.connect(self._document_changed)

    @property
    def running(self) -> bool:
        return self._ticket is not None

    def start(self, node: str, what: str, frames: Sequence[float], find: Find, values: Values) -> None:
        """Find something at frames of a node. what : in words, `measure`."""
        self.stop()
        self.node, self.what, self.total = node, what, len(frames)
        self.rows, self._values, self._token = {}, values, object()
        courier, heard = self._courier, partial(self._heard, self._token)

        def work(cancel: CancelToken) -> None:
            for frame in frames:
                cancel.check()
                courier.post(partial(heard, frame, find(frame, cancel)))

        done, failed = partial(self._done, self._token), partial(self._failed, self._token)
        self._ticket = self._workspace.evaluations.run(self, work, done, failed, channel="frames", urgency=VIEWER)
        self._workspace.tell(f"{node}: {what} over {_frames(self.total)}{self._workspace.stops}")
        self.changed.emit()

    def stop(self) -> None:
        """End the run; what was found stays."""
        if self.running:
            self._finish(f"stopped after {len(self.rows)} of {_frames(self.total)}")
            self._workspace.evaluations.cancel(self, "frames")

    def _heard(self, token: object, frame: float, row: Row) -> None:
        if token is self._token and self.running:
            self.rows[frame] = row
            self.changed.emit()

    def _done(self, token: object, _: object) -> None:
        if token is self._token:
            self._finish(f"done over {_frames(self.total)}")

    def _failed(self, token: object, error: Exception) -> None:
        if token is self._token:
            self._finish("")
            self._workspace.tell_error(error, self.node)

    def _finish(self, told: str) -> None:
        """Put what was found into the script."""
        self._ticket, self._token = None, None
        workspace, rows = self._workspace, self.rows
        if rows and has_node(workspace.graph, self.node):
            try:
                values = self._values(workspace.graph.at(self.node), rows)
            except RimlightError as error:
                values, told = {}, ""
                workspace.tell_error(error, self.node)
            if values:
                workspace.edit(lambda session: session.set(self.node, **values))
        if told:
            workspace.tell(f"{self.node}: {self.what} {told}")
        self.changed.emit()

    def _look_after(self, busy: bool) -> None:
        """Esc has cancelled everything: take note."""
        if self._ticket is not None and self._ticket.token.cancelled:
            self._finish(f"stopped after {len(self.rows)} of {_frames(self.total)}")

    def _document_changed(self, change: Change) -> None:
        """Of a node that is gone, or of another script, nothing is kept; one that is renamed gets what was found."""
        if (renamed := change.renamed.get(self.node)) is not None:
            self.node = renamed
            self.changed.emit()
        if self.running and (change.opened or not has_node(self._workspace.graph, self.node)):
            self.rows = {}
            self.stop()


def _frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"
