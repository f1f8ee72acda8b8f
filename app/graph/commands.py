"""What the commands of the node graph do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QCursor
from PySide6.QtWidgets import QColorDialog, QToolTip

from rimlight.engine import (
    CancelToken,
    Document,
    ExposureCheck,
    Graph,
    check_exposure,
    delete,
    extract,
    swap_inputs,
)  # fmt: skip

from ..holding import HOLD
from ..paths import path_at
from . import operations
from .actions import CREATED, SLOT_KEYS
from .adding import Adding
from .arranging import Arranging
from .clipboard import Clipboard
from .editor import listed
from .navigating import Navigating
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
        self.clipboard = Clipboard(panel, self.delete)
        self.arranging = Arranging(panel)

    def handlers(self) -> Mapping[str, Handler]:
        """By the id of the action."""
        return {
            **self._making(),
            **self._wiring(),
            **self._versions(),
            **self._looks(),
            **self._showing(),
            **self.clipboard.handlers(),
            **self.arranging.handlers(),
            **self.navigating.handlers(),
            **self.adding.handlers(),
        }

    def _making(self) -> dict[str, Handler]:
        """Nodes come and go."""
        found: dict[str, Handler] = {
            "graph.add.dot": self.add_dot,
            "graph.add.backdrop": self.add_backdrop,
            "graph.add.note": self.add_note,
            "graph.delete": self.delete,
            "graph.rename": self.panel.edit_text,
            "graph.group": self.group,
            "graph.ungroup": self.ungroup,
        }
        for kind, _ in CREATED.values():
            found[f"graph.add.{kind}"] = partial(self.editor.create, kind)
            found[f"graph.branch.{kind}"] = partial(self.editor.create, kind, branch=True)
        return found

    def _wiring(self) -> dict[str, Handler]:
        do, ops = self.editor.do_selected, operations
        return {
            "graph.connect": partial(do, "connect", ops.chained),
            "graph.connect_backward": partial(do, "connect", partial(ops.chained, backward=True)),
            "graph.connect_a": partial(do, "connect to A", partial(ops.chained, side=True)),
            "graph.splay": partial(do, "splay", ops.splayed),
            "graph.splay_last": partial(do, "splay", partial(ops.splayed, last=True)),
            "graph.swap": partial(do, "swap inputs", _swapped),
            "graph.disconnect": partial(do, "remove inputs", ops.disconnected),
            "graph.extract": partial(do, "extract", extract),
        }

    def _versions(self) -> dict[str, Handler]:
        """Versions of files."""
        do = self.editor.do_selected
        return {
            "graph.version_up": partial(do, "version up", partial(versioned, step=1)),
            "graph.version_down": partial(do, "version down", partial(versioned, step=-1)),
            "graph.version_latest": self.latest_version,
        }

    def _looks(self) -> dict[str, Handler]:
        """How nodes look in the graph, and whether their results are kept."""
        looks = {"thumbnail": "thumbnail", "hide_inputs": "hide_inputs", "bookmark": "bookmark", "hold": HOLD}
        reset = partial(operations.with_looks, color=None)
        return {
            "graph.color": self.choose_color,
            "graph.color_reset": partial(self.editor.do_selected, "reset colour", reset),
            **{f"graph.{name}": partial(self._toggle_look, look) for name, look in looks.items()},
        }

    def _showing(self) -> dict[str, Handler]:
        """What is shown of nodes elsewhere."""
        found: dict[str, Handler] = {
            "graph.script": partial(self.panel.desktop.show, "scripteditor"),
            "graph.properties": self.open_properties,
            "graph.info": self.info,
            "graph.exposure": self.check_exposure,
            "graph.help": self.help,
        }
        for slot, key in enumerate(SLOT_KEYS, 1):
            found[f"graph.view.{key}"] = partial(self.show_in, slot, "a")
            found[f"graph.compare.{key}"] = partial(self.show_in, slot, "b")
        return found

    def disable(self) -> None:
        """Turn the selected nodes off or on."""
        self.editor.do_selected("disable", operations.toggled)

    def _toggle_look(self, look: str) -> None:
        self.editor.do_selected(look.replace("_", " "), partial(operations.toggled_look, look=look))

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

    def delete(self) -> None:
        """Away with the selected nodes; the flow past them closes."""
        self.editor.do_selected("delete", delete)

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
                self.workspace.select(path_at(inside, name) for name in names.values())

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
            self.editor.do(f"colour {listed(present)}", change, token)
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

        def work(token: CancelToken) -> ExposureCheck:
            return check_exposure(session, node, frame, token=token)

        failed = partial(workspace.tell_error, node=node)
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
