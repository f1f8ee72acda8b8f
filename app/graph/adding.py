"""Nodes and toolsets found by a few letters and added: after what is selected, or at the loose end of a wire."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from rimlight.engine import Graph, Node, is_nuke, registry, text_of

from .. import theme
from ..dialogs import ask_name
from .copies import report_of, with_pasted
from .fuzzy import Entry
from .operations import create_on_wire
from .scene import Wire
from .sockets import PASSIVE, feeds, takes
from .toolsets import entries_of

if TYPE_CHECKING:
    from .panel import GraphPanel

_TOOLSET = "toolset:"
"""What keys of toolsets in the list begin with, before the name."""
_DOORS = ("structure.input", "structure.output")
_STAND_IN = "structure.foreign"
"""Stands for a node of another program: imports make it, nobody adds one."""


class Adding:
    """What the search for nodes does with what was chosen."""

    def __init__(self, panel: "GraphPanel") -> None:
        self.panel = panel
        self.editor = panel.editor
        panel.view.wire_dropped.connect(self.dropped)

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """By the id of the action."""
        return {
            "graph.add": self.choose_node,
            "graph.toolset.save": self.ask_toolset,
            "graph.toolset.remove": self.remove_toolset,
        }

    def choose_node(self) -> None:
        """Any node, after what is selected."""
        kinds, sets = self._entries(registry), self._toolsets(self.panel.toolsets.files)
        self.panel.choose([*kinds, *sets], self._add, "Add a node – Shift+Enter for a branch", self.panel.uses)
        self.panel.toolsets.refresh()

    def _add(self, entry: Entry, shift: bool) -> None:
        if entry.key.startswith(_TOOLSET):
            self.add_toolset(entry.key.removeprefix(_TOOLSET), branch=shift)
        else:
            self.editor.create(entry.key, branch=shift)

    # -- toolsets -------------------------------------------------------------------------------------------------

    def add_toolset(self, name: str, branch: bool = False) -> None:
        """The nodes of a toolset, after what is selected or under the mouse."""
        cursor, workspace = self.panel.view.cursor_place, self.panel.workspace
        holder = f"the toolset “{name}”"

        def put(text: str) -> None:
            selection, at, folder = self.editor.selection, self.panel.scene.at, workspace.document.project.folder
            made = self.editor.make(
                f"add {name}",
                lambda graph: with_pasted(graph, text, () if branch else selection, at, cursor, folder, holder),
            )
            if made:
                self.panel.usage.count(_TOOLSET + name)
                self.panel.view.show_item(made[0])
            if len(made) == 1 and self.editor.desktop.preferences().properties_new:
                self.editor.open_properties(made[0])  # such as a group: it is a node of the studio's own
            if made and is_nuke(text):
                workspace.imported.emit(report_of(text, made, workspace.path))

        self.panel.toolsets.read(name, put, partial(self._failed, f"{holder} cannot be read"))

    def ask_toolset(self) -> None:
        """Ask what the selected nodes are to be called as a toolset."""
        if not self.editor.selection:
            self.editor.refuse("select the nodes of the toolset first")
            return
        what = "Name of the toolset, such as Three Point, or Light/Three Point in a menu of its own:"
        ask_name(self.panel, "Save as toolset", what, self.save_toolset)

    def save_toolset(self, name: str) -> None:
        """Keep the selected nodes under a name; one of that name is replaced."""
        workspace = self.panel.workspace
        text = workspace.edit(
            lambda session: text_of(self.editor.graph, self.editor.nodes, workspace.document.project.folder)
        )
        if text is None or not name.strip():
            return
        failed = partial(self._failed, f"the toolset “{name}” cannot be written")

        def done(kept: str) -> None:
            workspace.tell(f"Saved the toolset “{kept}”: Tab and its name add it")

        workspace.edit(lambda session: self.panel.toolsets.save(name, text, done, failed))

    def remove_toolset(self) -> None:
        """One of the user's own toolsets, to be deleted."""
        mine = self.panel.toolsets.mine()
        if not mine:
            self.editor.refuse("there are no toolsets of yours; Save as Toolset makes one")
            return
        entries = self._toolsets({name: self.panel.toolsets.files[name] for name in mine})
        self.panel.choose(entries, self._remove, "Which toolset is to be deleted?")

    def _remove(self, entry: Entry, shift: bool) -> None:
        name, workspace = entry.key.removeprefix(_TOOLSET), self.panel.workspace

        def done() -> None:
            workspace.tell(f"Deleted the toolset “{name}”")

        self.panel.toolsets.remove(name, done, partial(self._failed, f"the toolset “{name}” cannot be deleted"))

    def _failed(self, what: str, error: Exception) -> None:
        self.panel.workspace.tell(f"{what[:1].upper()}{what[1:]}: {_said(error)}", "error")

    def _toolsets(self, files: Mapping[str, Path]) -> list[Entry]:
        tint = theme.category_color("structure.group").name()
        return [
            Entry(_TOOLSET + name, title, where, "toolset", tint, f"Nodes kept in {files[name]}")
            for name, title, where in entries_of(files)
        ]

    # -- at the end of a wire -------------------------------------------------------------------------------------

    def dropped(self, source: str | None, wire: Wire | None, at: QPointF) -> None:
        """A wire was let go of: of the nodes that fit its loose end, the one that is chosen gets it, and stands there.

        source : the node that it comes from. wire : else the input that it leads to.
        """
        graph = self.editor.graph
        if source is not None:
            fitting = [cls for cls in registry if takes(cls, graph, source)]
            hint = f"What {source} goes into"
        else:
            assert wire is not None
            fitting = [cls for cls in registry if feeds(cls, graph, *wire)]
            hint = f"What feeds {wire[1]} of {wire[0]}"
        entries = self._entries(cls for cls in fitting if cls.kind not in PASSIVE)
        self.panel.choose(entries, partial(self._create, source, wire, at), hint, self.panel.uses)

    def _create(self, source: str | None, wire: Wire | None, at: QPointF, entry: Entry, shift: bool) -> None:
        place = (round(at.x()), round(at.y()))

        def made(graph: Graph) -> tuple[Graph, str]:
            values = self.editor.first_values(entry.key, source)
            return create_on_wire(graph, entry.key, source, wire, place, values)

        self.editor.add(entry.key, made)

    def _entries(self, kinds: Iterable[type[Node]]) -> list[Entry]:
        """Those of menus within menus, which are looked for by name, come last."""
        return [
            Entry(
                cls.kind,
                cls.label,
                cls.menu.replace("/", " › "),
                cls.kind.replace(".", " ").replace("_", " "),
                theme.category_color(cls.kind, menu=cls.menu).name(),
                (cls.__doc__ or "").strip().partition("\n")[0],
                _short(cls),
            )
            for cls in sorted(kinds, key=lambda cls: cls.menu.count("/"))
            if cls.kind != _STAND_IN and (cls.kind not in _DOORS or self.panel.workspace.level)
        ]


def _short(cls: type[Node]) -> str:
    """The word that a kind is called by where its label says more: `environment` of EnvironmentLight."""
    own = cls.kind.rpartition(".")[2]
    return "" if "_" in own or own == cls.label.lower() else own


def _said(error: Exception) -> str:
    """Why a file was not read, written or deleted, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
