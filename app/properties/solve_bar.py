"""The buttons over the parameters of a node that can find some of them itself."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from rimlight.engine import CancelToken, RimlightError, solved_at, values_of

from .. import theme
from ..evaluating import VIEWER
from ..paths import has_node
from ..timeline.ranges import worked_on
from ..workspace import Workspace
from .frame_run import FrameRun
from .rows import Shared
from .run_progress import RunProgress

ABREAST = 3
"""Buttons in a line: as many as a panel of a narrow screen has room for."""


class SolveBar(QWidget):
    """A button for each thing that a node solves at the present frame, or over a range: what it finds is one step of
    the history. What follows the picture from frame to frame (`follows`) goes over the range at once.
    """

    def __init__(
        self,
        shared: Shared,
        path: Callable[[], str],
        solves: Mapping[str, str],
        follows: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shared = shared
        self._path = path
        self.buttons: dict[str, QPushButton] = {}
        lines = QVBoxLayout(self)
        lines.setContentsMargins(theme.ROW, theme.SPACE, 0, theme.SPACE)
        lines.setSpacing(theme.SPACE)
        for number, (what, doc) in enumerate(solves.items()):
            if number % ABREAST == 0:
                line = QHBoxLayout()
                line.setSpacing(theme.SPACE)
                lines.addLayout(line)
            button = QPushButton(_titled(what, doc))
            button.setToolTip(doc[0].upper() + doc[1:])
            button.clicked.connect(partial(self.solve_over if what in follows else self.solve, what))
            self.buttons[what] = button
            line.addWidget(button)
        self.over = shared.labelled("chevron-down", "Range", "Find it at every frame of the range, as keys")
        self.over.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.over)
        menu.aboutToShow.connect(self._fill)
        self.over.setMenu(menu)
        line.addWidget(self.over)
        line.addWidget(RunProgress(shared, path, shared.workspace.the(FrameRun)))
        for each in lines.findChildren(QHBoxLayout):
            each.addStretch(1)

    def _fill(self) -> None:
        menu = self.over.menu()
        menu.clear()
        first, last = worked_on(self._shared.workspace.document)
        for what, button in self.buttons.items():
            menu.addAction(f"{button.text()} Frames {first}–{last}", partial(self.solve_over, what))

    def solve_over(self, what: str, *_: object) -> None:
        """Let the node find something at every frame from in to out, or of the project: keys, as one step."""
        workspace, path = self._shared.workspace, self._path()
        session, graph = workspace.session, workspace.graph
        first, last = worked_on(workspace.document)

        memory: dict[str, Any] = {}

        def find(frame: float, token: CancelToken) -> Mapping[str, Any]:
            return solved_at(session, graph, path, what, frame, token, memory)

        workspace.the(FrameRun).start(
            path, what.replace("_", " "), [float(f) for f in range(first, last + 1)], find, values_of
        )

    def solve(self, what: str, *_: object) -> None:
        """Let the node find something, in a worker; the parameters get values, or keys where they have some."""
        workspace, path = self._shared.workspace, self._path()
        session, graph, frame = workspace.session, workspace.graph, float(workspace.frame)

        def work(token: CancelToken) -> Mapping[str, Any]:
            return solved_at(session, graph, path, what, frame, token)

        workspace.tell(f"{path}: {what} at frame {frame:.12g}{workspace.stops}")
        # The panel may be built anew meanwhile, so it is the workspace that waits.
        still_here, failed = workspace.same_script(), partial(workspace.tell_error, node=path)
        done = partial(_done, workspace, still_here, path, what, frame)
        workspace.evaluations.run(workspace, work, done, failed, channel="solve", urgency=VIEWER)


def _titled(what: str, doc: str) -> str:
    """What a button says: the name of what is solved, its words in the capitals of the sentence, such as USD."""
    written = {word.lower(): word for word in re.findall(r"\w+", doc)}
    words = " ".join(written.get(word, word) for word in what.split("_"))
    return words[:1].upper() + words[1:]


def _done(
    workspace: Workspace, still_here: Callable[[], bool], path: str, what: str, frame: float, found: Mapping[str, Any]
) -> None:
    if not still_here() or not has_node(workspace.graph, path):
        return
    try:
        values = values_of(workspace.graph.at(path), {frame: found})
    except RimlightError as error:
        workspace.tell_error(error, path)
        return
    workspace.edit(lambda session: session.set(path, **values))
    workspace.tell(f"{path}: {what} is done at frame {frame:.12g}")
