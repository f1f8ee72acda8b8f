"""What lies under a point of the canvas: nodes, wires, the arrows of inputs, outputs, handles."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsLineItem

from .items import Item
from .notes import Area
from .scene import GraphScene, Wire
from .sockets import has_output

CATCH = 7.0
"""Pixels around a wire or a handle in which it is caught."""


class Hits:
    """Finds things of a scene, at the scale at which it is seen."""

    def __init__(self, scene: GraphScene) -> None:
        self._scene = scene

    def item_at(self, at: QPointF, nodes: bool = False) -> Item | None:
        """The topmost node under a point of the scene, else the backdrop or note by whose handle it is."""
        found = [i for i in self._scene.items(at) if isinstance(i, Item)]
        for item in found:
            if not isinstance(item, Area) and item.rect.adjusted(-2, -2, 2, 2).contains(at):
                return item
        if nodes:
            return None
        return next(
            (i for i in found if isinstance(i, Area) and (i.header.contains(at) or i.corner.contains(at))), None
        )

    def wire_at(self, at: QPointF) -> tuple[Wire, float] | None:
        """The wire under a point of the scene, and where along it, 0 at its source and 1 at its end."""
        reach = CATCH / self._scene.look.lod
        best: tuple[float, Wire, float] | None = None
        for line in self.lines(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)):
            distance, along = _distance(line, at)
            if distance <= reach and line.isVisible() and (best is None or distance < best[0]):
                best = (distance, _wire(line), along)
        return (best[1], best[2]) if best is not None else None

    def lines(self, rect: QRectF) -> list[QGraphicsLineItem]:
        """The wires whose boxes touch a rectangle of the scene."""
        found = self._scene.items(rect, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        return [item for item in found if isinstance(item, QGraphicsLineItem) and item.data(0)]

    def wire_across(self, rect: QRectF, apart: str) -> Wire | None:
        """A wire that runs through a rectangle and does not belong to the node `apart`, the nearest to its middle."""
        found = []
        for line in self.lines(rect):
            wire = _wire(line)
            distance, along = _distance(line, rect.center())
            if 0.02 < along < 0.98 and distance < rect.height() and apart not in (wire[0], self._scene.source_of(wire)):
                found.append((distance, wire))
        return min(found)[1] if found else None

    def stub_at(self, at: QPointF) -> Wire | None:
        """The unwired input whose name is under a point of the scene, else whose arrow is nearest, within reach."""
        named = self.named_at(at)
        if named is not None and named[1] in self._scene.items_by_name[named[0]].stubs():
            return named
        reach = CATCH / self._scene.look.lod
        found: list[tuple[float, Wire]] = []
        for item in self._scene.items(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, Item) and not item.rect.contains(at):
                for socket, (tip, outer) in item.stubs().items():
                    found.append((_segment(tip, outer, at)[0], (item.name, socket)))
        distance, wire = min(found, default=(math.inf, None))
        return wire if distance <= reach else None

    def named_at(self, at: QPointF) -> Wire | None:
        """The input whose name, as it is shown, is under a point of the scene."""
        items = [item for item in self._scene.items(at) if isinstance(item, Item)]
        return next(((item.name, socket) for item in items if (socket := item.named_at(at)) is not None), None)

    def socket_near(self, name: str, at: QPointF) -> str | None:
        """The input of a node whose name is under a point, else that is nearest to it, when it is near at all, and
        nearer than the tile's middle.
        """
        item = self._scene.items_by_name[name]
        if (named := item.named_at(at)) is not None:
            return named
        near = [((item.tip_of(s.name, at) - at).manhattanLength(), s.name) for s in item.sockets]
        distance, socket = min(near, default=(math.inf, None))
        middle = (item.pos() - at).manhattanLength()
        return socket if distance < min(24 / self._scene.look.lod, middle) else None

    def output_at(self, at: QPointF) -> str | None:
        """The node whose output, below its tile, is under a point of the scene."""
        reach = CATCH / self._scene.look.lod
        for item in self._scene.items(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, Item) and has_output(item.state) and not isinstance(item, Area):
                across, below = at.x() - item.x(), at.y() - item.rect.bottom()
                if abs(across) <= reach * 1.5 and -2 <= below <= reach * 1.6:
                    return item.name
        return None

    def handle_at(self, at: QPointF) -> Wire | None:
        """The wire whose handle, in its middle, is under a point."""
        reach = (CATCH + 3) / self._scene.look.lod
        for line in self.lines(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)):
            if line.isVisible() and (line.line().center() - at).manhattanLength() <= reach * 1.5:
                return _wire(line)
        return None


def _wire(line: QGraphicsLineItem) -> Wire:
    """Which wire a line shows; Qt hands tuples back as lists."""
    name, socket = line.data(0)
    return name, socket


def _distance(line: QGraphicsLineItem, at: QPointF) -> tuple[float, float]:
    return _segment(line.line().p1(), line.line().p2(), at)


def _segment(start: QPointF, end: QPointF, at: QPointF) -> tuple[float, float]:
    """The distance of a point from a line, and where along it is nearest, 0 to 1."""
    way = end - start
    square = way.x() ** 2 + way.y() ** 2
    along = QPointF.dotProduct(at - start, way) / square if square else 0.0
    along = min(max(along, 0.0), 1.0)
    gap = at - (start + way * along)
    return math.hypot(gap.x(), gap.y()), along
