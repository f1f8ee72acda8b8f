"""The buttons over the parameters of a node that can find some of them itself."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from rimlight.engine import CancelToken, RimlightError, solved_at, values_of

from .. import theme
from ..changes import has_node
from ..evaluating import VIEWER
from ..workspace import Workspace
from .rows import Shared


class SolveBar(QWidget):
    """A button for each thing that a node solves at the present frame: what it finds is one step of the history."""

    def __init__(
        self, shared: Shared, path: Callable[[], str], solves: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._shared = shared
        self._path = path
        self.buttons: dict[str, QPushButton] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.ROW, theme.SPACE, 0, theme.SPACE)
        line.setSpacing(theme.SPACE)
        for what, doc in solves.items():
            button = QPushButton(what.replace("_", " ").capitalize())
            button.setToolTip(doc[0].upper() + doc[1:])
            button.clicked.connect(partial(self.solve, what))
            self.buttons[what] = button
            line.addWidget(button)
        line.addStretch(1)

    def solve(self, what: str, *_: object) -> None:
        """Let the node find something, in a worker; the parameters get values, or keys where they have some."""
        workspace, path = self._shared.workspace, self._path()
        session, graph, frame = workspace.session, workspace.graph, float(workspace.frame)

        def work(token: CancelToken) -> Mapping[str, Any]:
            return solved_at(session, graph, path, what, frame, token)

        workspace.tell(f"{path}: {what} at frame {frame:g}; Esc stops")
        # The panel may be built anew meanwhile, so it is the workspace that waits.
        done, failed = partial(_done, workspace, path, what, frame), partial(_failed, workspace, path)
        workspace.evaluations.run(workspace, work, done, failed, channel="solve", urgency=VIEWER)


def _done(workspace: Workspace, path: str, what: str, frame: float, found: Mapping[str, Any]) -> None:
    if not has_node(workspace.graph, path):
        return
    try:
        values = values_of(workspace.graph.at(path), {frame: found})
    except RimlightError as error:
        _failed(workspace, path, error)
        return
    workspace.edit(lambda session: session.set(path, **values))
    workspace.tell(f"{path}: {what} is done at frame {frame:g}")


def _failed(workspace: Workspace, path: str, error: Exception) -> None:
    workspace.tell(str(error), "error", path)
