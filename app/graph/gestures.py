"""What the mouse does on the canvas while a button is held: each gesture is an object that follows the mouse.

While it lasts only the canvas changes; the script changes once, when the button is let go, so a gesture is one step of
the history and Esc takes it back.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QRubberBand

from .items import Item
from .notes import Area
from .operations import with_looks
from .placing import Point, moved
from .scene import Wire
from .sockets import has_output

if TYPE_CHECKING:
    from .view import GraphView

Modifiers = Qt.KeyboardModifier
SNAP = 8.0
"""Pixels of the screen within which a dragged node aligns with what it is wired to."""
_SMALLEST = (80.0, 50.0)


class Gesture:
    """Base of all: does nothing."""

    cursor: Qt.CursorShape | None = None

    def move(self, at: QPointF, keys: Modifiers) -> None:
        """The mouse is at a point of the scene."""

    def end(self, at: QPointF, keys: Modifiers) -> None:
        """The button was let go."""

    def cancel(self) -> None:
        """Esc: everything as it was."""


class Pan(Gesture):
    """Moves the canvas under the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: "GraphView", at: QPoint) -> None:
        self.view, self.last = view, at

    def drag(self, at: QPoint) -> None:
        """In pixels of the viewport, as the scene moves along."""
        self.view.pan(at - self.last)
        self.last = at


class Zoom(Gesture):
    """Zooms about where the button was pressed, by moving sideways."""

    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, view: "GraphView", at: QPoint) -> None:
        self.view, self.start, self.last = view, at, at

    def drag(self, at: QPoint) -> None:
        self.view.zoom(1.01 ** (at.x() - self.last.x()), self.start)
        self.last = at


class Band(Gesture):
    """Selects what a rectangle touches; with Shift beside what is selected already."""

    def __init__(self, view: "GraphView", at: QPointF, add: bool) -> None:
        self.view, self.start, self.add = view, at, add
        self.before = view.editor.selection
        self.band = QRubberBand(QRubberBand.Shape.Rectangle, view)
        self.inside: list[str] = []

    def move(self, at: QPointF, keys: Modifiers) -> None:
        rect = QRectF(self.start, at).normalized()
        shown = self.view.mapFromScene(rect).boundingRect()
        self.band.setGeometry(shown.translated(self.view.viewport().pos()))
        self.band.show()
        inside = [item.name for item in self.view.graph_scene.items_by_name.values() if _touches(rect, item)]
        self.view.graph_scene.choose([*(self.before if self.add else ()), *inside])
        self.inside = inside

    def end(self, at: QPointF, keys: Modifiers) -> None:
        self._close()
        kept = self.before if self.add else []
        self.view.editor.select([*kept, *(name for name in self.inside if name not in kept)])

    def cancel(self) -> None:
        self._close()
        self.view.graph_scene.choose(self.before)

    def _close(self) -> None:
        self.band.hide()
        self.band.deleteLater()


def _touches(rect: QRectF, item: Item) -> bool:
    """Backdrops and notes are selected when they are all inside, nodes when they are touched."""
    return rect.contains(item.rect) if isinstance(item, Area) else rect.intersects(item.rect)


class Move(Gesture):
    """Moves nodes. One that is not wired yet goes into a wire that it is dropped on."""

    def __init__(self, view: "GraphView", names: Iterable[str], at: QPointF, grabbed: str) -> None:
        self.view, self.scene, self.start, self.grabbed = view, view.graph_scene, at, grabbed
        self.before = {name: self.scene.at[name] for name in names}
        self.target: Wire | None = None
        self.loose = self._is_loose()
        self.moving = False

    def _is_loose(self) -> bool:
        item = self.scene.items_by_name[self.grabbed]
        if len(self.before) != 1 or not item.sockets or self.scene.fed.get(self.grabbed):
            return False
        return item.sockets[0].source is None and has_output(item.state)

    def move(self, at: QPointF, keys: Modifiers) -> None:
        self.moving = True
        shift = self._snapped(at - self.start)
        self.scene.move({name: (x + shift.x(), y + shift.y()) for name, (x, y) in self.before.items()})
        if self.loose:
            self._aim()

    def _snapped(self, shift: QPointF) -> QPointF:
        """The way, corrected so that the grabbed node stands straight below or beside what it is wired to."""
        x, y = self.before[self.grabbed]
        x, y = x + shift.x(), y + shift.y()
        reach = SNAP / self.view.zoom_level
        item = self.scene.items_by_name[self.grabbed]
        others = [*item.state.inputs.values(), *(wire[0] for wire in self.scene.fed.get(self.grabbed, ()))]
        fixed = [self.scene.at[name] for name in others if name in self.scene.at and name not in self.before]
        dx = min((px - x for px, _ in fixed), key=abs, default=reach)
        dy = min((py - y for _, py in fixed), key=abs, default=reach)
        return QPointF(shift.x() + (dx if abs(dx) < reach else 0.0), shift.y() + (dy if abs(dy) < reach else 0.0))

    def _aim(self) -> None:
        rect = self.scene.items_by_name[self.grabbed].rect
        self.target = self.view.hits.wire_across(rect, self.grabbed)
        self.view.mark_wire(self.target)

    def end(self, at: QPointF, keys: Modifiers) -> None:
        self.view.mark_wire(None)
        to = {name: (round(self.scene.at[name][0]), round(self.scene.at[name][1])) for name in self.before}
        if to == self.before or not self.moving:
            self.scene.move(self.before)
            return
        names, target = list(self.before), self.target
        if target is not None and self.view.editor.insert(self.grabbed, target, to):
            return
        what = names[0] if len(names) == 1 else f"{len(names)} nodes"
        self.view.editor.do(f"move {what}", lambda graph: moved(graph, to))

    def cancel(self) -> None:
        self.view.mark_wire(None)
        self.scene.move(self.before)


class Resize(Gesture):
    """Resizes a backdrop or a note by its lower right corner."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, view: "GraphView", name: str) -> None:
        self.view, self.name = view, name
        item = view.graph_scene.items_by_name[name]
        assert isinstance(item, Area)
        self.item, self.state, self.corner = item, item.state, item.rect.topLeft()
        self.size: Point | None = None

    def move(self, at: QPointF, keys: Modifiers) -> None:
        width = max(_SMALLEST[0], at.x() - self.corner.x())
        height = max(_SMALLEST[1], at.y() - self.corner.y())
        self.size = (round(width), round(height))
        self._show(self.size)

    def _show(self, size: Point) -> None:
        self.item.set_state(self.name, self.state.with_(ui={**self.state.ui, "size": list(size)}))
        self.item.setPos(self.corner.x() + size[0] / 2, self.corner.y() + size[1] / 2)

    def end(self, at: QPointF, keys: Modifiers) -> None:
        if self.size is None:
            return
        size, name = self.size, self.name
        center = (self.corner.x() + size[0] / 2, self.corner.y() + size[1] / 2)
        self.view.editor.do(
            f"resize {name}", lambda graph: moved(with_looks(graph, [name], size=list(size)), {name: center})
        )

    def cancel(self) -> None:
        self.item.set_state(self.name, self.state)
        self.item.setPos(*self.view.graph_scene.at[self.name])
