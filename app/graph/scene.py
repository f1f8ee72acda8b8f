"""The canvas: items for the nodes of one level and lines for its wires, brought up to date with the script."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsPathItem, QGraphicsScene

from rimlight.engine import CLONE, Expr, Expression, ExpressionError, Graph, NodeState, is_clone

from .. import theme
from ..changes import LevelChange
from .dot import DotTile
from .items import Item
from .looks import Look, wire_pen
from .notes import Backdrop, Note
from .placing import Point, places
from .sockets import MASK, wire_type
from .tile import NodeTile

Wire = tuple[str, str]
"""The node that a wire enters, and the socket."""
_MARGIN = 4000.0
"""Empty canvas around the nodes, into which one can pan."""


class GraphScene(QGraphicsScene):
    """The items of one level by name, and its wires. at : where every node stands."""

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self.graph = Graph()
        self.at: dict[str, Point] = {}
        self.items_by_name: dict[str, Item] = {}
        self.wires: dict[Wire, QGraphicsLineItem] = {}
        self.fed: dict[str, set[Wire]] = {}
        self._drawn: dict[str, dict[str, str]] = {}
        self.files_shown = False
        self.arrows_shown = True
        self._arrows: dict[str, list[tuple[str, QGraphicsPathItem]]] = {}
        self._types: dict[str, str] = {}

    # -- following the script -------------------------------------------------------------------------------------

    def show_level(self, graph: Graph) -> None:
        """Show a level from scratch."""
        self.clear()
        self.items_by_name, self.wires, self.fed, self._drawn, self._arrows, self._types = {}, {}, {}, {}, {}, {}
        self.graph, self.at = graph, places(graph)
        for name, state in graph.items():
            self._add(name, state)
        for name in graph:
            self._wire(name)
            self._link(name)
        self.fit()

    def follow(self, graph: Graph, change: LevelChange) -> None:
        """Bring up to date what differs."""
        self.graph = graph
        self.at = places(graph, self.at)
        self._types = {}
        for name in change.removed:
            self._remove(name)
        for name in change.added:
            self._add(name, graph[name])
        stale = {*change.added, *change.changed}
        for name in change.changed:
            self._change(name, graph[name])
        for name in [*stale]:
            stale |= {consumer for consumer, _ in self._beyond(name)}
        for name in graph:
            if name in stale:
                self._wire(name)
        gone = set(change.removed)
        orphans = {n for n, arrows in self._arrows.items() if any(source in gone for source, _ in arrows)}
        for name in {*change.added, *change.changed, *orphans}:
            self._link(name)
        if change.added or change.removed or change.changed:
            self.fit()

    def fit(self) -> None:
        """Let one pan a good way beyond the nodes, but not lose them."""
        self.look.count(len(self.graph))
        if self.at:
            xs, ys = [x for x, _ in self.at.values()], [y for _, y in self.at.values()]
            area = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
        else:
            area = QRectF()
        self.setSceneRect(area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))

    def _add(self, name: str, state: NodeState) -> None:
        item = self._made(name, state)
        item.setPos(*self.at[name])
        self.items_by_name[name] = item
        self.addItem(item)

    def _made(self, name: str, state: NodeState) -> Item:
        if state.kind == "structure.backdrop":
            return Backdrop(name, state, self.look)
        if state.kind == "structure.sticky_note":
            return Note(name, state, self.look)
        if state.kind == "structure.dot":
            return DotTile(name, state, self.look)
        return NodeTile(name, state, self.look, self.files_shown)

    def _change(self, name: str, state: NodeState) -> None:
        item = self.items_by_name[name]
        if item.state.kind != state.kind:
            self._remove(name)
            self._add(name, state)
            return
        item.set_state(name, state)
        item.setPos(*self.at[name])

    def _remove(self, name: str) -> None:
        item = self.items_by_name.pop(name)
        for socket in list(self._drawn.get(name, ())):
            self._cut((name, socket))
        for wire in list(self.fed.get(name, ())):
            self._cut(wire)
        for _, arrow in self._arrows.pop(name, ()):
            self.removeItem(arrow)
        self.removeItem(item)

    # -- wires ----------------------------------------------------------------------------------------------------

    def _beyond(self, name: str) -> set[Wire]:
        """The wires whose looks depend on a node: those out of it, and past dots and the like those out of these."""
        found: set[Wire] = set()
        stack = [name]
        while stack:
            for wire in self.fed.get(stack.pop(), ()):
                if wire not in found:
                    found.add(wire)
                    state = self.graph.get(wire[0])
                    if state is not None and (state.cls is None or state.cls.result is object):
                        stack.append(wire[0])
        return found

    def _wire(self, name: str) -> None:
        """Make the wires into a node what the script says."""
        item = self.items_by_name[name]
        wanted = {k: source for k, source in self.graph[name].inputs.items() if source in self.items_by_name}
        drawn = self._drawn.setdefault(name, {})
        for socket in [socket for socket, source in drawn.items() if wanted.get(socket) != source]:
            self._cut((name, socket))
        for socket, source in wanted.items():
            wire = (name, socket)
            line = self.wires.get(wire)
            if line is None:
                line = self.wires[wire] = QGraphicsLineItem()
                line.setData(0, wire)
                self.addItem(line)
                drawn[socket] = source
                self.fed.setdefault(source, set()).add(wire)
            line.setPen(self._pen(wire, source))
            self._route(wire, source, item, line)

    def _pen(self, wire: Wire, source: str) -> QPen:
        carries = self._types.get(source)
        if carries is None:
            carries = self._types[source] = wire_type(self.graph, source)
        chosen = self.items_by_name[source].chosen or self.items_by_name[wire[0]].chosen
        return wire_pen(carries, wire[1] == MASK, chosen)

    def _route(self, wire: Wire, source: str, item: Item, line: QGraphicsLineItem) -> None:
        start = self.items_by_name[source].output
        line.setLine(QLineF(start, item.aim(wire[1], start, line.pen())))
        line.setVisible(not item.state.ui.get("hide_inputs") or item.chosen)

    def _cut(self, wire: Wire) -> None:
        source = self._drawn[wire[0]].pop(wire[1])
        self.fed[source].discard(wire)
        self.removeItem(self.wires.pop(wire))

    def source_of(self, wire: Wire) -> str:
        """The node that a wire starts at."""
        return self._drawn[wire[0]][wire[1]]

    # -- moving and selecting -------------------------------------------------------------------------------------

    def move(self, to: Mapping[str, Point]) -> None:
        """Show nodes at other places, without changing the script."""
        wires: set[Wire] = set()
        for name, place in to.items():
            self.at[name] = place
            item = self.items_by_name[name]
            item.setPos(*place)
            wires |= self.fed.get(name, set())
            wires |= {(name, socket) for socket in item.state.inputs}
        for wire in wires:
            line = self.wires.get(wire)
            if line is not None:
                self._route(wire, self.source_of(wire), self.items_by_name[wire[0]], line)
        for name in [n for n, arrows in self._arrows.items() if n in to or any(source in to for source, _ in arrows)]:
            self._link(name)

    def choose(self, names: Iterable[str]) -> None:
        """Show these nodes and no others as selected."""
        chosen = set(names)
        wires: set[Wire] = set()
        for name, item in self.items_by_name.items():
            if item.chosen != (name in chosen):
                item.choose(name in chosen)
                wires |= self.fed.get(name, set())
                wires |= {(name, socket) for socket in self._drawn[name]}
        for wire in wires:
            line, item = self.wires[wire], self.items_by_name[wire[0]]
            line.setPen(self._pen(wire, self.source_of(wire)))
            item.aim(wire[1], line.line().p1(), line.pen())
            line.setVisible(item.chosen or not item.state.ui.get("hide_inputs"))

    def show_files(self, on: bool) -> None:
        """Show the names of files on tiles, or not."""
        self.files_shown = on
        for item in self.items_by_name.values():
            if isinstance(item, NodeTile):
                item.files = on
                item.set_state(item.name, item.state)
        for name in self.graph:
            self._wire(name)

    # -- expression arrows ----------------------------------------------------------------------------------------

    def show_arrows(self, on: bool) -> None:
        """Show which nodes follow which by expressions or as clones, or not."""
        self.arrows_shown = on
        for name in self.graph:
            self._link(name)

    @property
    def links(self) -> dict[str, list[str]]:
        """What nodes follow by expressions or as clones, where arrows show it."""
        return {name: [source for source, _ in arrows] for name, arrows in self._arrows.items()}

    def _link(self, name: str) -> None:
        for _, arrow in self._arrows.pop(name, ()):
            self.removeItem(arrow)
        state = self.graph.get(name)
        if state is None or not self.arrows_shown:
            return
        sources = {source: "expression" for source in linked(state) if source in self.graph and source != name}
        if is_clone(state):
            first = next(n for n, s in self.graph.items() if s.ui.get(CLONE) == state.ui[CLONE])
            sources |= {first: "linked"} if first != name else {}
        if sources:
            self._arrows[name] = [(source, self._arrow(source, name, kind)) for source, kind in sources.items()]

    def _arrow(self, source: str, name: str, kind: str) -> QGraphicsPathItem:
        start, end = QPointF(*self.at[source]), QPointF(*self.at[name])
        bend = QPointF(end.y() - start.y(), start.x() - end.x()) * 0.12
        middle = (start + end) / 2 + bend
        path = QPainterPath(start)
        path.quadTo(middle, end)
        arrow = QGraphicsPathItem(path)
        pen = QPen(theme.color(f"value.{kind}", 0.8), 1.2, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        arrow.setPen(pen)
        arrow.setZValue(1.5)
        self.addItem(arrow)
        return arrow


def linked(state: NodeState) -> list[str]:
    """The names with which links in a node's expressions begin."""
    found: dict[str, None] = {}
    for value in state.values.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Expr):
                try:
                    names = Expression.parse(part.text).names
                except ExpressionError:
                    continue
                found |= dict.fromkeys(name.partition(".")[0] for name in names if "." in name)
    return list(found)
