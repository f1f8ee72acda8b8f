"""Nodes found by a few letters and added: after what is selected, or at the loose end of a wire."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from rimlight.engine import Graph, Node, registry

from .. import theme
from .fuzzy import Entry
from .operations import create_on_wire
from .scene import Wire
from .sockets import PASSIVE, feeds, takes

if TYPE_CHECKING:
    from .panel import GraphPanel

_DOORS = ("structure.input", "structure.output")


class Adding:
    """What the search for nodes does with what was chosen."""

    def __init__(self, panel: "GraphPanel") -> None:
        self.panel = panel
        self.editor = panel.editor
        panel.view.wire_dropped.connect(self.dropped)

    def choose_node(self) -> None:
        """Any node, after what is selected."""
        self.panel.choose(
            self._entries(registry),
            lambda entry, shift: self.editor.create(entry.key, branch=shift),
            "Add a node – Shift+Enter for a branch",
            self.panel.uses,
        )

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
                theme.category_color(cls.kind).name(),
                (cls.__doc__ or "").strip().partition("\n")[0],
            )
            for cls in sorted(kinds, key=lambda cls: cls.menu.count("/"))
            if cls.kind not in _DOORS or self.panel.workspace.level
        ]
