"""Asks, once all is quiet, whether the layers that viewed nodes get are what they take them for.

`rimlight check` tells the same of a whole script before a render. Here a network is never run for it, nor other frames
looked at, so that it costs a small look at layers that are mostly in memory.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from rimlight.engine import CancelToken, doubts_by_node

from .changes import Change
from .evaluating import HOUSEKEEPING
from .paths import has_node

if TYPE_CHECKING:
    from .workspace import Workspace

DELAY_MS = 700
"""After the last edit, view or evaluation."""


class Doubts(QObject):
    """Lets the facts of a workspace know what nodes doubt of the script as it is, at the frame at which it rested."""

    def __init__(self, workspace: "Workspace") -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)
        self._due = False
        workspace.document_changed.connect(self._changed)
        workspace.views_changed.connect(self._wait)
        workspace.evaluations.rested.connect(self._rested)
        workspace.closing.connect(self._timer.stop)

    def _changed(self, change: Change) -> None:
        if change.opened:
            self._nothing()
        if change.opened or change.pixels:
            self._wait()

    def _wait(self, *_: object) -> None:
        self._due = True
        self._timer.start()

    def _rested(self) -> None:
        if self._due:
            self._timer.start()

    def _ask(self) -> None:
        workspace = self._workspace
        if workspace.evaluations.busy:  # its end starts the timer
            return
        self._due = False
        session, frame = workspace.session, workspace.frame
        graph, project = session.graph, session.project
        views = [workspace.views(viewer) for viewer in workspace.viewers]
        shown = [path for view in views for path in (view.node_a, view.node_b) if path and has_node(graph, path)]
        if not shown:
            self._nothing()
            return

        def work(token: CancelToken) -> dict[str, tuple[str, ...]]:
            return doubts_by_node(session, graph, project, shown, frame, token, at_hand=True)

        workspace.evaluations.run(self, work, workspace.facts.set_doubts, urgency=HOUSEKEEPING)

    def _nothing(self) -> None:
        """There is nothing to doubt, whatever is still being found out."""
        self._workspace.evaluations.cancel(self)
        self._workspace.facts.set_doubts({})
