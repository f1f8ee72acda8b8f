"""Files dropped on the graph: a Read for each picture or sequence, a ReadRig for each rig, where it was let go of."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from rimlight.engine import Graph, rig_formats

from ..firstread import READ_KIND
from ..scriptfiles import is_script
from .dropped import Dropped, answers, dropped
from .operations import create
from .placing import STEP_X, places, snapped

if TYPE_CHECKING:
    from .panel import GraphPanel

READ_RIG_KIND = "light.read_rig"


def pictures_in(data: QMimeData) -> list[Path]:
    """The files of this machine that a drop brings, without scripts, which are for the window."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if not is_script(path)]


def reader_of(file: str) -> str:
    """The kind of node that reads a file."""
    return READ_RIG_KIND if file.lower().endswith(rig_formats()) else READ_KIND


class Dropping:
    """What the panel does with files that are dropped on it."""

    def __init__(self, panel: "GraphPanel") -> None:
        self._panel = panel

    def drop(self, paths: Sequence[Path], at: QPointF) -> None:
        """Make nodes that read them around a point of the scene, as one step, looking at folders in the background."""
        workspace, place, mouse = self._panel.workspace, snapped((at.x(), at.y())), QCursor.pos()
        level, still_here = workspace.level, workspace.same_script()

        def make(found: Sequence[Dropped], whole: bool) -> None:
            if not (still_here() and workspace.level == level):
                self._panel.editor.refuse("what was dropped was not read in, as something else is shown here by now")
                return
            self._make([name for one in found for name in one.names(whole)], place)
            for told in filter(None, (one.told for one in found)):
                workspace.tell(told)

        def found(them: Sequence[Dropped]) -> None:
            if any(one.asks for one in them):
                self._ask(answers(them), mouse, lambda whole: make(them, whole))
            else:
                make(them, whole=True)

        workspace.background.run(lambda: dropped(paths), found, self._failed)

    def _ask(self, texts: tuple[str, str], at: QPoint, answer: Callable[[bool], None]) -> None:
        """Let the user say whether photographs are read alone or with those beside them."""
        menu = QMenu(self._panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, whole in zip(texts, (False, True), strict=True):
            menu.addAction(text, partial(answer, whole))
        menu.addSeparator()
        menu.addAction("Read Nothing")
        menu.popup(at)
        menu.setActiveAction(menu.actions()[0])

    def _make(self, files: Sequence[str], place: tuple[float, float]) -> None:
        editor, presets = self._panel.editor, self._panel.workspace.presets
        if not files:
            editor.refuse("there is no file to read in what was dropped; folders are not looked into")
            return

        def made(graph: Graph) -> tuple[Graph, list[str]]:
            names = []
            for number, file in enumerate(files):
                kind = reader_of(file)
                values = {**presets.defaults(kind), "file": file}
                at = {**places(graph), **self._panel.scene.at}
                graph, name = create(graph, kind, (), at, (place[0] + number * STEP_X, place[1]), values=values)
                names.append(name)
            return graph, names

        what = "1 file" if len(files) == 1 else f"{len(files)} files"
        names = editor.make(f"read {what}", made)
        if names and self._panel.desktop.preferences().properties_new:
            editor.open_properties(names[-1])

    def _failed(self, error: Exception) -> None:
        self._panel.editor.refuse(str(error))
