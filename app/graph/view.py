"""The view on the canvas: what is under the mouse, which gesture starts, tooltips, handles for dots."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from .. import theme
from .camera import Camera
from .gestures import Band, Gesture, Move, Pan, Resize, Zoom
from .hits import Hits
from .items import Item
from .looks import FAR, cosmetic
from .notes import Area, Backdrop
from .scene import GraphScene, Wire
from .sentence import Sentence
from .wiring import DrawDot, DrawWire

if TYPE_CHECKING:
    from .editor import Editor

DRAG = 4
"""Pixels that the mouse moves before a press is a drag."""
_PICKING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class GraphView(Camera):
    """The canvas under the mouse. editor : does the edits, set by the panel.

    wire_dropped : a wire was let go of on the empty canvas: its source or None, the input it is to feed or None, where.
    """

    menu_wanted = Signal(QPoint)
    wire_dropped = Signal(object, object, QPointF)

    editor: "Editor"
    _gesture: Gesture | None = None  # of the class as well: events come while the base is being made
    _waiting: Gesture | None = None

    def __init__(self, scene: GraphScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.hits = Hits(scene)
        self.mouse: QPointF | None = None
        self._pressed: QPoint | None = None
        self._hovered: Item | None = None
        self._marked: tuple[Wire, object] | None = None
        self._dot: QPointF | None = None
        self._handles = False
        self._sentence = Sentence(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().installEventFilter(self)
        self.setMouseTracking(True)
        self.setAcceptDrops(False)

    # -- the mouse ------------------------------------------------------------------------------------------------

    @property
    def cursor_place(self) -> tuple[float, float]:
        """Where new nodes go: under the mouse, or the middle when it is elsewhere."""
        at = self.mouse if self.mouse is not None and self.underMouse() else self.center
        return round(at.x()), round(at.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, point = self.mapToScene(event.position().toPoint()), event.position().toPoint()
        keys, button = event.modifiers(), event.button()
        alt = bool(keys & Qt.KeyboardModifier.AltModifier)
        self.mouse = at
        event.accept()
        if self._gesture is not None:
            return
        if button == Qt.MouseButton.MiddleButton:
            self._begin(Zoom(self, point) if alt else Pan(self, point))
        elif button == Qt.MouseButton.LeftButton and alt:
            self._begin(Pan(self, point))
        elif button == Qt.MouseButton.LeftButton:
            self._pressed = point
            self._waiting = self._press(at, keys)

    def _press(self, at: QPointF, keys: Qt.KeyboardModifier) -> Gesture | None:
        """What a drag from here would be; selects what is pressed."""
        control = bool(keys & Qt.KeyboardModifier.ControlModifier)
        shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        if control and not shift and (wire := self.hits.handle_at(at)) is not None:
            return DrawDot(self, wire)
        item = self.hits.item_at(at)
        if item is None:
            if (stub := self.hits.stub_at(at)) is not None:
                return DrawWire(self, None, stub)
            if (name := self.hits.output_at(at)) is not None:
                return DrawWire(self, name, None)
            if (found := self.hits.wire_at(at)) is not None:
                wire, along = found
                return DrawWire(self, self.graph_scene.source_of(wire) if along > 0.5 else None, wire)
            if not shift:
                self.editor.select([])
            return Band(self, at, shift)
        if isinstance(item, Area) and item.corner.contains(at):
            return Resize(self, item.name)
        return self._press_item(item, at, control, shift)

    def _press_item(self, item: Item, at: QPointF, control: bool, shift: bool) -> Gesture | None:
        selection = self.editor.selection
        if shift:
            chosen = [n for n in selection if n != item.name] if item.name in selection else [*selection, item.name]
            self.editor.select(chosen)
            return Move(self, self.with_contents(chosen), at, item.name) if item.name in chosen else None
        if control and not isinstance(item, Area):
            upstream = self.graph_scene.graph.upstream([item.name])
            names = [name for name in self.graph_scene.graph if name in upstream and name != item.name]
            self.editor.select([*names, item.name])
            return Move(self, [*names, item.name], at, item.name)
        if item.name not in selection:
            selection = [item.name]
        self.editor.select([*(n for n in selection if n != item.name), item.name])
        names = selection if control else self.with_contents(selection)
        return Move(self, names, at, item.name)

    def with_contents(self, names: list[str]) -> list[str]:
        """These nodes and what stands on the backdrops among them."""
        items = self.graph_scene.items_by_name
        areas = [items[n].rect for n in names if isinstance(items[n], Backdrop)]
        inside = [n for n, item in items.items() if any(area.contains(item.rect) for area in areas)]
        return list(dict.fromkeys([*names, *inside]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point, keys = event.position().toPoint(), event.modifiers()
        at = self.mapToScene(point)
        self.mouse = at
        if not event.buttons() and (self._gesture is not None or self._waiting is not None):
            self._let_go(at, keys)  # elsewhere: a window that came up in the middle had the release
        if self._waiting is not None and self._pressed is not None:
            if (point - self._pressed).manhattanLength() < DRAG:
                return
            self._begin(self._waiting)
            self._waiting = None
        if isinstance(self._gesture, (Pan, Zoom)):
            self._gesture.drag(point)
        elif self._gesture is not None:
            self._gesture.move(at, keys)
        else:
            self._show_handles(bool(keys & Qt.KeyboardModifier.ControlModifier))
            self._hover(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._let_go(self.mapToScene(event.position().toPoint()), event.modifiers())

    def _let_go(self, at: QPointF, keys: Qt.KeyboardModifier) -> None:
        """The button is up: what was dragged stays where it is, and a press that was no drag is a click."""
        gesture, waiting = self._gesture, self._waiting
        self._gesture = self._waiting = self._pressed = None
        self.viewport().unsetCursor()
        if gesture is not None:
            gesture.end(at, keys)
        elif isinstance(waiting, DrawDot):
            waiting.end(at, keys)
        elif isinstance(waiting, Move) and not keys & _PICKING:
            self.editor.select([waiting.grabbed])  # a click on one of several that are selected means that one
        elif waiting is not None:
            waiting.cancel()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.hits.item_at(self.mapToScene(event.position().toPoint()))
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self._waiting = self._gesture = None
            self.editor.open_properties(item.name)
        else:
            self.mousePressEvent(event)

    def _begin(self, gesture: Gesture) -> None:
        self._gesture = gesture
        self._hover(None)
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)

    def cancel_gesture(self) -> bool:
        """Take back what the mouse is doing. False when it does nothing."""
        gesture, self._gesture, self._waiting = self._gesture or self._waiting, None, None
        if gesture is None:
            return False
        self.viewport().unsetCursor()
        gesture.cancel()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(1.0015 ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.hits.item_at(self.mapToScene(event.pos()))
        if item is not None and item.name not in self.editor.selection:
            self.editor.select([item.name])
        self.menu_wanted.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self.mouse = None
        self._hover(None)
        self._show_handles(False)
        super().leaveEvent(event)

    def _hover(self, at: QPointF | None) -> None:
        item = self.hits.item_at(at, nodes=True) if at is not None else None
        if item is None and at is not None and self._hovered is not None:
            # The arrows of a tile stay while the mouse is on its way to one.
            item = self._hovered if self._hovered.rect.adjusted(-18, -18, 18, 12).contains(at) else None
        if item is not self._hovered:
            if self._hovered is not None and self._hovered.scene() is not None:
                self._hovered.hover(False)
            self._hovered = item
            if item is not None:
                item.hover(True)

    def forget_hover(self) -> None:
        """The items are others now."""
        self._hovered = None
        self._marked = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A filter, not viewportEvent: an error in a handler below a viewportEvent in Python ends the process.
        if watched is self.viewport() and event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            item = self.hits.item_at(self.mapToScene(event.pos()))
            QToolTip.showText(event.globalPos(), self.editor.tooltip(item.name) if item is not None else "", self)
            return True
        return super().eventFilter(watched, event)

    # -- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        busy = self._gesture is not None or self._waiting is not None
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and busy and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        if override and isinstance(event, QKeyEvent) and event.key() != Qt.Key.Key_Control:
            self._show_handles(False)  # Ctrl is for a shortcut, after which its release may never come here
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_handles(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Control:
            self._show_handles(self._gesture is None)
        elif event.key() == Qt.Key.Key_Escape and self.cancel_gesture():
            return
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Control:
            self._show_handles(False)
        event.ignore()

    # -- what is drawn on top -------------------------------------------------------------------------------------

    def say(self, sentence: str, at: QPointF) -> None:
        """Show a sentence beside a point of the scene; none hides it."""
        self._sentence.say(sentence, self.mapFromScene(at) + QPoint(16, 16))

    def mark_wire(self, wire: Wire | None) -> None:
        """Show a wire as the one into which a node would go."""
        if self._marked is not None:
            line = self.graph_scene.wires.get(self._marked[0])
            if line is not None:
                line.setPen(self._marked[1])  # type: ignore[arg-type]
            self._marked = None
        if wire is not None:
            line = self.graph_scene.wires[wire]
            self._marked = (wire, line.pen())
            line.setPen(cosmetic("accent", 3.0))

    def preview_dot(self, at: QPointF | None) -> None:
        """Show where a dot would go."""
        self._dot = at
        self.viewport().update()

    def _show_handles(self, on: bool) -> None:
        if on != self._handles:
            self._handles = on
            self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if not self._handles and self._dot is None:
            return
        side = 5.0 / self.zoom_level
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        if self._dot is not None:
            painter.drawEllipse(self._dot, side, side)
        if self._handles and self.zoom_level >= FAR:
            for line in self.hits.lines(QRectF(rect)):
                if line.isVisible():
                    painter.drawEllipse(line.line().center(), side, side)
