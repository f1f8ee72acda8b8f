"""Files dropped on the graph: a Read for each picture or sequence, a ReadRig for each rig, where it was let go of."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF

from rimlight.engine import Graph, rig_formats

from ..firstread import READ_KIND
from ..properties.files import as_pattern
from ..scriptfiles import is_script
from .operations import create
from .placing import STEP_X, places, snapped

if TYPE_CHECKING:
    from .panel import GraphPanel

READ_RIG_KIND = "light.read_rig"


def pictures_in(data: QMimeData) -> list[Path]:
    """The files of this machine that a drop brings, without scripts, which are for the window."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if not is_script(path)]


def patterns_of(paths: Sequence[Path]) -> list[str]:
    """What files are read as: `a.####.exr` once for all frames of a sequence. Reads folders."""
    names: dict[Path, list[str]] = {}
    for path in paths:
        if path.parent not in names:
            names[path.parent] = [p.name for p in path.parent.iterdir()]
    return list(dict.fromkeys(as_pattern(path, names[path.parent]) for path in paths if path.is_file()))


def reader_of(file: str) -> str:
    """The kind of node that reads a file."""
    return READ_RIG_KIND if file.lower().endswith(rig_formats()) else READ_KIND


class Dropping:
    """What the panel does with files that are dropped on it."""

    def __init__(self, panel: "GraphPanel") -> None:
        self._panel = panel

    def drop(self, paths: Sequence[Path], at: QPointF) -> None:
        """Make nodes that read them around a point of the scene, as one step, looking at folders in the background."""
        workspace, place = self._panel.workspace, snapped((at.x(), at.y()))
        level, still_here = workspace.level, workspace.same_script()

        def found(files: Sequence[str]) -> None:
            if still_here() and workspace.level == level:
                self._make(files, place)
            else:
                self._panel.editor.refuse("what was dropped was not read in, as something else is shown here by now")

        workspace.background.run(lambda: patterns_of(paths), found, self._failed)

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
