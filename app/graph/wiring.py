"""Gestures that make, move and part wires."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtWidgets import QGraphicsLineItem

from .gestures import Gesture, Modifiers
from .looks import cosmetic
from .operations import with_dot
from .placing import Point
from .scene import Wire
from .sockets import free_socket, refusal

if TYPE_CHECKING:
    from .view import GraphView

_SHORT = 40.0
"""Pixels of the screen below which a wire that is let go of was not meant to lead anywhere."""


class DrawDot(Gesture):
    """Puts a dot into a wire, at its middle or where the mouse takes it."""

    def __init__(self, view: "GraphView", wire: Wire) -> None:
        self.view, self.wire = view, wire
        line = view.graph_scene.wires[wire].line()
        self.place: QPointF = line.center()

    def move(self, at: QPointF, keys: Modifiers) -> None:
        self.place = at
        self.view.preview_dot(at)

    def end(self, at: QPointF, keys: Modifiers) -> None:
        self.view.preview_dot(None)
        place: Point = (round(self.place.x()), round(self.place.y()))
        wire = self.wire
        self.view.editor.make("add a dot", lambda graph: with_dot(graph, *wire, place))

    def cancel(self) -> None:
        self.view.preview_dot(None)


class DrawWire(Gesture):
    """Draws a wire from an output to whatever takes it, or from an input to what may feed it.

    source : the fixed end, or None when `wire` is what is to be fed. wire : an input; with a source, the one that the
    wire entered before and leaves.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: "GraphView", source: str | None, wire: Wire | None) -> None:
        self.view, self.scene, self.source, self.wire = view, view.graph_scene, source, wire
        self.line = QGraphicsLineItem()
        self.line.setZValue(5)
        self.scene.addItem(self.line)
        self.target: Wire | None = None
        self.feeder = ""
        self.why = ""
        self.hidden = wire if wire is not None and wire in self.scene.wires else None
        if self.hidden is not None:
            self.scene.wires[self.hidden].hide()

    def move(self, at: QPointF, keys: Modifiers) -> None:
        item = self.view.hits.item_at(at, nodes=True)
        named = self.view.hits.named_at(at) if item is None and self.source is not None else None
        name = item.name if item is not None else named[0] if named is not None else ""
        self.target, self.why, self.feeder = None, "", ""
        if self.source is not None:
            if name and name != self.source:
                self._aim_at_input(name, at)
            start, end = self.scene.items_by_name[self.source].output, at
            if self.target is not None:
                end = self.scene.items_by_name[name].tip_of(self.target[1], start)
        else:
            assert self.wire is not None
            if name and name != self.wire[0]:
                self.why = refusal(self.scene.graph, *self.wire, name) or ""
                self.feeder = "" if self.why else name
            start = self.scene.items_by_name[self.feeder].output if self.feeder else at
            end = self.scene.items_by_name[self.wire[0]].tip_of(self.wire[1], start)
        self.line.setLine(QLineF(start, end))
        good = self.target is not None or self.feeder
        self.line.setPen(cosmetic("state.error" if self.why else "accent" if good else "text.dim", 2.0))
        self.view.say(self.why, at)

    def _aim_at_input(self, name: str, at: QPointF) -> None:
        assert self.source is not None
        graph = self.scene.graph
        left = self.wire[1] if self.wire is not None and self.wire[0] == name else None
        wanted = self.view.hits.socket_near(name, at) or left
        socket = free_socket(graph, name, self.source, wanted)
        if socket is not None:
            self.target = (name, socket)
            return
        sockets = self.scene.items_by_name[name].sockets
        reasons = [refusal(graph, name, s.name, self.source) for s in sockets]
        self.why = next((why for why in reasons if why), f"{name} takes no input")

    def end(self, at: QPointF, keys: Modifiers) -> None:
        source, wire, target, feeder = self.source, self.wire, self.target, self.feeder
        why = self.why
        self._close()
        if why:
            self.view.editor.refuse(why)
        elif source is not None and target is not None:
            self.view.editor.rewire(source, wire, target)
        elif source is None and wire is not None and feeder:
            self.view.editor.rewire(feeder, None, wire)
        elif self.hidden is not None and wire is not None:
            self.view.editor.unwire(wire)
        elif self.view.hits.item_at(at, nodes=True) is None and self._length() > _SHORT / self.view.zoom_level:
            self.view.wire_dropped.emit(source, wire, at)

    def _length(self) -> float:
        return self.line.line().length()

    def cancel(self) -> None:
        self._close()

    def _close(self) -> None:
        self.view.say("", QPointF())
        self.scene.removeItem(self.line)
        if self.hidden is not None and self.hidden in self.scene.wires:
            self.scene.wires[self.hidden].show()
