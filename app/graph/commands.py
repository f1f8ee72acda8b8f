"""What the commands of the node graph do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QCursor, QGuiApplication
from PySide6.QtWidgets import QColorDialog, QToolTip

from rimlight.engine import (
    CancelToken,
    Document,
    ExposureCheck,
    Graph,
    check_exposure,
    declone,
    delete,
    extract,
    is_nuke,
    nuke_text,
    swap_inputs,
    text_of,
)  # fmt: skip

from ..holding import HOLD
from . import copies, operations
from .actions import CREATED, PLACE_KEYS, SLOT_KEYS
from .adding import Adding
from .layout import layered
from .navigating import Navigating
from .placing import STEP_X, STEP_Y, Point, moved, snapped
from .sockets import PASSIVE
from .versions import files_of, latest, versioned, with_latest

if TYPE_CHECKING:
    from .panel import GraphPanel

Handler = Callable[[], object]
_BACKDROP, _NOTE = "structure.backdrop", "structure.sticky_note"


class Commands:
    """The handlers of `actions.ACTIONS` for one panel."""

    def __init__(self, panel: "GraphPanel") -> None:
        self.panel = panel
        self.editor = panel.editor
        self.scene = panel.scene
        self.view = panel.view
        self.workspace = panel.workspace
        self.navigating = Navigating(panel)
        self.adding = Adding(panel)

    def handlers(self) -> Mapping[str, Handler]:
        """By the id of the action."""
        found: dict[str, Handler] = {
            "graph.add.dot": self.add_dot,
            "graph.add.backdrop": self.add_backdrop,
            "graph.add.note": self.add_note,
            "graph.cut": self.cut,
            "graph.copy": self.copy,
            "graph.copy_nuke": self.copy_for_nuke,
            "graph.paste": self.paste,
            "graph.paste_values": self.paste_values,
            "graph.duplicate": self.duplicate,
            "graph.duplicate_branch": partial(self.duplicate, keep_inputs=True),
            "graph.clone": partial(self.duplicate, clones=True),
            "graph.copy_clone": self.copy_clone,
            "graph.declone": partial(self._edit, "make independent", declone),
            "graph.delete": self.delete,
            "graph.rename": self.panel.edit_text,
            "graph.group": self.group,
            "graph.ungroup": self.ungroup,
            "graph.toolset.save": self.adding.ask_toolset,
            "graph.toolset.remove": self.adding.remove_toolset,
            "graph.version_up": partial(self._edit, "version up", partial(versioned, step=1)),
            "graph.version_down": partial(self._edit, "version down", partial(versioned, step=-1)),
            "graph.version_latest": self.latest_version,
            "graph.connect": partial(self._edit, "connect", operations.chained),
            "graph.connect_backward": partial(self._edit, "connect", partial(operations.chained, backward=True)),
            "graph.connect_a": partial(self._edit, "connect to A", partial(operations.chained, side=True)),
            "graph.splay": partial(self._edit, "splay", operations.splayed),
            "graph.splay_last": partial(self._edit, "splay", partial(operations.splayed, last=True)),
            "graph.swap": partial(self._edit, "swap inputs", _swapped),
            "graph.disconnect": partial(self._edit, "remove inputs", operations.disconnected),
            "graph.extract": partial(self._edit, "extract", extract),
            "graph.layout": self.lay_out,
            "graph.align_column": partial(self.align, 0),
            "graph.align_row": partial(self.align, 1),
            "graph.snap": partial(self.snap, False),
            "graph.snap_all": partial(self.snap, True),
            "graph.color": self.choose_color,
            "graph.color_reset": partial(self._edit, "reset colour", partial(operations.with_looks, color=None)),
            "graph.thumbnail": partial(self._toggle_look, "thumbnail"),
            "graph.hide_inputs": partial(self._toggle_look, "hide_inputs"),
            "graph.bookmark": partial(self._toggle_look, "bookmark"),
            "graph.hold": partial(self._toggle_look, HOLD),
            "graph.script": partial(self.panel.desktop.show, "scripteditor"),
            "graph.properties": self.open_properties,
            "graph.info": self.info,
            "graph.exposure": self.check_exposure,
            "graph.help": self.help,
        }
        for kind, _ in CREATED.values():
            found[f"graph.add.{kind}"] = partial(self.editor.create, kind)
            found[f"graph.branch.{kind}"] = partial(self.editor.create, kind, branch=True)
        for slot, key in enumerate(SLOT_KEYS, 1):
            found[f"graph.view.{key}"] = partial(self.show_in, slot, "a")
            found[f"graph.compare.{key}"] = partial(self.show_in, slot, "b")
        for number in range(1, len(PLACE_KEYS) + 1):
            found[f"graph.place.save.{number}"] = partial(self.navigating.save_place, number)
            found[f"graph.place.go.{number}"] = partial(self.navigating.go_to_place, number)
        return {**found, **self.navigating.handlers(), "graph.add": self.adding.choose_node}

    def disable(self) -> None:
        """Turn the selected nodes off or on."""
        self._edit("disable", operations.toggled)

    def _edit(self, verb: str, change: Callable[[Graph, list[str]], Graph]) -> bool:
        """Do an edit of the selected nodes."""
        names = self.editor.selection

        def changed(graph: Graph) -> Graph:
            return change(graph, self.editor.nodes)

        return self.editor.do(f"{verb} {_listed(names)}", changed)

    def _toggle_look(self, look: str) -> None:
        self._edit(look.replace("_", " "), partial(operations.toggled_look, look=look))

    # -- making ---------------------------------------------------------------------------------------------------

    def add_dot(self) -> None:
        """A dot below the selected node, half a step away."""
        self.editor.create(operations.DOT_KIND)

    def add_backdrop(self) -> None:
        """A backdrop around the selected nodes, its title ready to be typed."""
        names = [n for n in self.editor.selection if n in self.scene.at]
        rects = [self.scene.items_by_name[n].rect for n in names]
        place, size = operations.around(rects) if rects else (self.view.cursor_place, None)

        def made(graph: Graph) -> tuple[Graph, str]:
            after, name = operations.create(graph, _BACKDROP, [], self.scene.at, place)
            looks = {"size": list(size)} if size is not None else {}
            return operations.with_looks(after, [name], **looks), name

        if self.editor.make("add a backdrop", made):
            self.panel.edit_text()

    def add_note(self) -> None:
        """A note under the mouse, its text ready to be typed."""
        cursor = self.view.cursor_place
        if self.editor.make("add a note", lambda graph: operations.create(graph, _NOTE, [], self.scene.at, cursor)):
            self.panel.edit_text()

    # -- copies and the clipboard ---------------------------------------------------------------------------------

    def copy(self) -> bool:
        """The selected nodes as text."""
        return self._to_clipboard(lambda: text_of(self.editor.graph, self.editor.nodes, self._folder))

    def copy_clone(self) -> None:
        """Clones of the selected nodes as text."""
        self._to_clipboard(lambda: copies.clone_text(self.editor.graph, self.editor.nodes, self._folder))

    def copy_for_nuke(self) -> None:
        """The selected nodes as text of Nuke; what cannot be written is told."""
        notes: list[str] = []

        def made() -> str:
            text, left = nuke_text(self.editor.graph, self.editor.nodes)
            notes.extend(left)
            return text

        if self._to_clipboard(made):
            what = "; ".join(notes)
            self.workspace.tell(what or "Copied: paste in Nuke", "warning" if notes else "information")

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
            self.delete()

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
        self._edit("paste values to", partial(copies.with_values_of, text=text))

    def duplicate(self, keep_inputs: bool = False, clones: bool = False) -> None:
        """Copies of the selected nodes beside them."""

        def made(graph: Graph) -> tuple[Graph, list[str]]:
            nodes = self.editor.nodes
            return copies.copies(graph, nodes, self.scene.at, keep_inputs=keep_inputs, clones=clones)

        self.editor.make(f"{'clone' if clones else 'duplicate'} {_listed(self.editor.selection)}", made)

    def delete(self) -> None:
        """Away with the selected nodes; the flow past them closes."""
        self._edit("delete", delete)

    # -- groups ---------------------------------------------------------------------------------------------------

    def group(self) -> None:
        """Put the selected nodes into a group."""
        paths = self.workspace.selection
        made = self.workspace.edit(lambda session: session.group(*paths))
        if made is not None:
            self.workspace.select([made])

    def ungroup(self) -> None:
        """Dissolve the selected groups."""
        for path in [path for path in self.workspace.selection if self.workspace.graph.at(path).graph is not None]:
            inside = path.rpartition("/")[0]
            names = self.workspace.edit(lambda session, path=path: session.ungroup(path))  # type: ignore[misc]
            if names is not None:
                self.workspace.select(f"{inside}/{name}" if inside else name for name in names.values())

    # -- files ----------------------------------------------------------------------------------------------------

    def latest_version(self) -> None:
        """The files of the selected nodes at the highest version that lies on the disk."""
        level, names = self.workspace.level, self.editor.selection
        files = self.workspace.edit(lambda session: {file for _, _, file in files_of(self.editor.graph, names)})
        if files is None:
            return
        folder, still_here = self.workspace.document.project.folder, self.workspace.same_script()

        def found(numbers: dict[str, int]) -> None:
            if still_here() and self.workspace.level == level:
                present = [name for name in names if name in self.editor.graph]
                self.editor.do("latest version", lambda graph: with_latest(graph, present, numbers))

        self.workspace.background.run(lambda: {file: latest(file, folder) for file in files}, found)

    # -- places ---------------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Lay out the selected nodes, or all, in rows; the middle of the first stays where it is."""
        names = [n for n in (self.editor.selection or self.editor.graph) if self.editor.state(n).kind not in PASSIVE]
        if len(names) < 2:
            names = [n for n in self.editor.graph if self.editor.state(n).kind not in PASSIVE]
        if not names:
            return
        heights = {name: self.scene.items_by_name[name].body.height() for name in names}
        made = layered(self.editor.graph, names, (STEP_X, STEP_Y), heights)
        at = self.scene.at
        x = round(min(at[n][0] for n in names) - min(p[0] for p in made.values()))
        y = round(min(at[n][1] for n in names) - min(p[1] for p in made.values()))
        to = {name: (p[0] + x, p[1] + y) for name, p in made.items()}
        self.editor.do("lay out", lambda graph: moved(graph, to))

    def align(self, axis: int) -> None:
        """Bring the selected nodes to the mean of one coordinate."""
        names, at = self.editor.selection, self.scene.at
        if len(names) > 1:
            middle = round(sum(at[n][axis] for n in names) / len(names))
            to: dict[str, Point] = {n: (middle, at[n][1]) if axis == 0 else (at[n][0], middle) for n in names}
            self.editor.do("align", lambda graph: moved(graph, to))

    def snap(self, everything: bool) -> None:
        """Bring nodes to the grid."""
        names = list(self.editor.graph) if everything else self.editor.selection
        to = {name: snapped(self.scene.at[name]) for name in names}
        self.editor.do("snap to the grid", lambda graph: moved(graph, to))

    # -- looks ----------------------------------------------------------------------------------------------------

    def choose_color(self) -> None:
        """Choose a colour for the selected nodes, who show it meanwhile; where none is chosen they are as before."""
        names = self.editor.selection
        if not names:
            self.editor.refuse("select a node first")
            return
        token, workspace = object(), self.workspace
        shown: list[Document] = []

        def show(color: QColor) -> None:
            present = [name for name in names if name in self.editor.graph]
            change = partial(operations.with_looks, names=present, color=color.name())
            self.editor.do(f"colour {_listed(present)}", change, token)
            shown[:] = [workspace.document]

        def give_up() -> None:
            if shown and shown[0] is workspace.document:
                workspace.session.undo()

        dialog = QColorDialog(self.scene.items_by_name[names[-1]].fill_color, self.panel)
        dialog.currentColorChanged.connect(show)
        dialog.rejected.connect(give_up)
        dialog.open()
        dialog.finished.connect(dialog.deleteLater)

    # -- one node -------------------------------------------------------------------------------------------------

    def open_properties(self) -> None:
        for name in self.editor.selection:
            self.editor.open_properties(name)

    def info(self) -> None:
        """What is known of the current node, beside it."""
        if self.editor.selection:
            QToolTip.showText(QCursor.pos(), self.editor.tooltip(self.editor.selection[-1]), self.view)

    def check_exposure(self) -> None:
        """Tell whether the current node follows the exposure of its pictures. It is evaluated with three of them."""
        if not self.editor.selection:
            return
        workspace, frame = self.workspace, self.workspace.frame
        node = workspace.path(self.editor.selection[-1])
        session = workspace.session.fork()
        workspace.tell(f"Trying {node} with brighter and darker pictures…")

        def found(check: ExposureCheck) -> None:
            workspace.tell(check.sentence(), "information" if check.follows() else "warning", node)

        def failed(error: Exception) -> None:
            workspace.tell(str(error), "error", node)

        def work(token: CancelToken) -> ExposureCheck:
            return check_exposure(session, node, frame, token=token)

        workspace.evaluations.run(self.panel, work, found, failed, channel="exposure")

    def help(self) -> None:
        """The manual page of the current node."""
        if self.editor.selection:
            self.workspace.help_requested.emit(self.editor.state(self.editor.selection[-1]).kind)
            self.panel.desktop.show("nodehelp")

    def show_in(self, slot: int, side: str) -> None:
        """Wire the current node to an input of the viewer and show that."""
        name = self.editor.selection[-1] if self.editor.selection else None
        if name is not None and self.editor.state(name).kind in PASSIVE:
            self.editor.refuse(f"{name} is only seen in the graph; there is no picture of it")
            return
        path = self.workspace.path(name) if name is not None else None
        self.workspace.view(path, slot, "b" if side == "b" else "a")


def _swapped(graph: Graph, names: list[str]) -> Graph:
    for name in names:
        graph = swap_inputs(graph, name)
    return graph


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) < 4 else f"{len(names)} nodes"
