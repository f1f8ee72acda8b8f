"""Nodes between scripts by files: those of another script put into this one, chosen ones written as a script."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from rimlight.engine import Document, Graph, GraphError, Loaded, load_script, read_nodes, save_script, text_of

from ..actions import Handler
from ..dialogs import file_dialog, show_dialog
from ..scriptfiles import FILTER, OPENED_FILTER, SUFFIX
from . import copies
from .placing import STEP_X, Point, places

if TYPE_CHECKING:
    from .panel import GraphPanel


class Exchange:
    """What the panel does with scripts that are not opened."""

    def __init__(self, panel: "GraphPanel") -> None:
        self._panel = panel

    def handlers(self) -> Mapping[str, Handler]:
        """By the id of the action."""
        return {"graph.insert": self.browse, "graph.export": self.choose_file}

    def browse(self) -> None:
        """Choose a script whose nodes are put into this one."""
        dialog = self._dialog("Insert the nodes of a script", OPENED_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.insert(Path(name)))
        show_dialog(dialog)

    def insert(self, path: Path) -> None:
        """Put the nodes of a script beside those of this one, as one step. They are read in the background."""
        workspace = self._panel.workspace
        level, still_here = workspace.level, workspace.same_script()

        def loaded(script: Loaded) -> None:
            if still_here() and workspace.level == level:
                self._inserted(path, script)
            else:
                self._panel.editor.refuse(
                    f"the nodes of {path.name} were not put in, as something else is shown here by now"
                )

        workspace.background.run(lambda: load_script(path), loaded, self._failed)

    def choose_file(self) -> None:
        """Choose a file that the selected nodes are written to."""
        if not self._panel.editor.selection:
            self._panel.editor.refuse("select the nodes to export")
            return
        dialog = self._dialog("Export the selected nodes as a script", FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.fileSelected.connect(lambda name: self.export(Path(name)))
        show_dialog(dialog)

    def export(self, path: Path) -> None:
        """Write the selected nodes as a script of their own, with the project of this one. In the background."""
        panel = self._panel
        editor, workspace, project = panel.editor, panel.workspace, panel.workspace.document.project
        graph, names, folder = editor.graph, workspace.edit(lambda session: editor.nodes), project.folder
        if names is None:
            return
        path = path if path.suffix else path.with_suffix(SUFFIX)

        def work() -> None:
            nodes = read_nodes(text_of(graph, names, folder), str(path.resolve().parent))
            save_script(Document(nodes, project), path)

        def written(_: None) -> None:
            what = "1 node" if len(names) == 1 else f"{len(names)} nodes"
            workspace.tell(f"Wrote {what} to {path.name}")

        workspace.background.run(work, written, self._failed)

    def _inserted(self, path: Path, loaded: Loaded) -> None:
        panel = self._panel
        graph, folder = loaded.document.graph, panel.workspace.document.project.folder
        at = panel.scene.at

        def made(mine: Graph) -> tuple[Graph, list[str]]:
            if not graph:
                raise GraphError(f"there are no nodes in {path.name}")
            text = text_of(graph, graph, str(path.resolve().parent))
            return copies.with_pasted(mine, text, (), at, _beside(at, places(graph)), folder)

        names = panel.editor.make(f"insert {path.name}", made)
        if names:
            panel.view.frame(names)
            for warning in loaded.warnings:
                panel.workspace.tell(warning, "warning")

    def _dialog(self, title: str, kinds: str) -> QFileDialog:
        known = self._panel.workspace.session.path
        dialog = file_dialog(self._panel, title, known.parent if known is not None else None, kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        return dialog

    def _failed(self, error: Exception) -> None:
        self._panel.editor.refuse(str(error))


def _beside(mine: Mapping[str, Point], theirs: Mapping[str, Point]) -> Point:
    """Where the middle of other nodes goes so that they stand to the right of ours."""
    if not mine:
        return 0.0, 0.0
    across = [x for x, _ in theirs.values()]
    up = [y for _, y in mine.values()]
    right = max(x for x, _ in mine.values()) + 3 * STEP_X
    return right + (max(across) - min(across)) / 2, (min(up) + max(up)) / 2
