"""Nodes copied, pasted and duplicated, as text that other windows and Nuke understand too."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication

from rimlight.engine import CancelToken, Graph, declone, is_nuke, nuke_text, text_of

from ..paths import path_at
from . import copies
from .editor import listed

if TYPE_CHECKING:
    from .panel import GraphPanel


class Clipboard:
    """The commands for copies of nodes. delete : takes the selected ones away, which cutting does after copying."""

    def __init__(self, panel: "GraphPanel", delete: Callable[[], object]) -> None:
        self.editor = panel.editor
        self.scene = panel.scene
        self.view = panel.view
        self.workspace = panel.workspace
        self._delete = delete

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """By the id of the action."""
        return {
            "graph.cut": self.cut,
            "graph.copy": self.copy,
            "graph.copy_nuke": self.copy_for_nuke,
            "graph.paste": self.paste,
            "graph.paste_values": self.paste_values,
            "graph.duplicate": self.duplicate,
            "graph.duplicate_branch": partial(self.duplicate, keep_inputs=True),
            "graph.clone": partial(self.duplicate, clones=True),
            "graph.copy_clone": self.copy_clone,
            "graph.declone": partial(self.editor.do_selected, "make independent", declone),
        }

    def copy(self) -> bool:
        """The selected nodes as text."""
        return self._to_clipboard(lambda: text_of(self.editor.graph, self.editor.nodes, self._folder))

    def copy_clone(self) -> None:
        """Clones of the selected nodes as text."""
        self._to_clipboard(lambda: copies.clone_text(self.editor.graph, self.editor.nodes, self._folder))

    def copy_for_nuke(self) -> None:
        """The selected nodes as text of Nuke, what follows others with keys at all frames of the script; what cannot be
        written is told. In the background, as there may be many frames.
        """
        graph, level = self.editor.graph, self.workspace.level
        names = self.workspace.edit(lambda session: self.editor.nodes)
        if names is None:
            return
        session, frames = self.workspace.session.fork(), self.workspace.session.project.frames

        def made(token: CancelToken) -> tuple[str, list[str]]:
            def value(name: str, parameter: str, frame: float) -> Any:
                token.check()
                return session.value(path_at(level, name), parameter, frame)

            return nuke_text(graph, names, value, frames)

        def done(found: tuple[str, list[str]]) -> None:
            text, notes = found
            QGuiApplication.clipboard().setText(text)
            self.workspace.tell("; ".join(notes) or "Copied: paste in Nuke", "warning" if notes else "information")

        self.workspace.evaluations.run(self.view, made, done, self.workspace.tell_error, channel="nuke")

    @property
    def _folder(self) -> str:
        """Where relative file names start."""
        return self.workspace.document.project.folder

    def _to_clipboard(self, make: Callable[[], str]) -> bool:
        text = self.workspace.edit(lambda session: make())
        if text is None:
            return False
        QGuiApplication.clipboard().setText(text)
        return True

    def cut(self) -> None:
        """Copy, then delete."""
        if self.copy():
            self._delete()

    def paste(self) -> None:
        """The nodes in the clipboard, after the selected node or under the mouse."""
        text, selection = QGuiApplication.clipboard().text(), self.editor.selection
        cursor, at, folder = self.view.cursor_place, self.scene.at, self._folder
        made = self.editor.make("paste", lambda graph: copies.with_pasted(graph, text, selection, at, cursor, folder))
        if made and is_nuke(text):
            self.workspace.imported.emit(copies.report_of(text, made, self.workspace.path))

    def paste_values(self) -> None:
        """The values of the nodes in the clipboard, to selected nodes of the same kind."""
        text = QGuiApplication.clipboard().text()
        self.editor.do_selected("paste values to", partial(copies.with_values_of, text=text))

    def duplicate(self, keep_inputs: bool = False, clones: bool = False) -> None:
        """Copies of the selected nodes beside them."""

        def made(graph: Graph) -> tuple[Graph, list[str]]:
            nodes = self.editor.nodes
            return copies.copies(graph, nodes, self.scene.at, keep_inputs=keep_inputs, clones=clones)

        self.editor.make(f"{'clone' if clones else 'duplicate'} {listed(self.editor.selection)}", made)
