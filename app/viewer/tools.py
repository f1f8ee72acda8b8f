"""What the mouse does in the viewport: each tool takes hold of presses that are meant for it, and draws itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from .geometry import View
from .lens import Lens
from .settings import ViewerSettings

REACH = 7.0
"""How near a press has to be to a handle, in units of widgets."""
FINE = 0.1
"""How far a handle goes with Ctrl where the mouse goes one."""


@dataclass(frozen=True)
class Press:
    """A press of the mouse, in units of widgets, and the lens of the pane in which it was."""

    at: QPointF
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier
    lens: Lens

    def held(self, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether exactly these modifiers are held."""
        return (self.modifiers & ~Qt.KeyboardModifier.KeypadModifier) == modifiers

    @property
    def plain_left(self) -> bool:
        return self.button == Qt.MouseButton.LeftButton and self.held(Qt.KeyboardModifier.NoModifier)


class Drag:
    """What goes on between a press and the release of the button."""

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The mouse is at a point of the widget now."""

    def finish(self) -> None:
        """The button is released."""

    def cancel(self) -> None:
        """Esc: take back what the drag did."""


class Tool:
    """A tool. Tools are asked in turn; the first that takes a press gets the drag."""

    @property
    def armed(self) -> bool:
        """Whether it waits for the next press, whatever is under the mouse, so that Esc should call it off."""
        return False

    def disarm(self) -> None:
        """Wait no more."""

    def complete(self) -> bool:
        """Return was pressed while the tool is armed: end with what there is. False when that is nothing to it."""
        return False

    def grab(self, press: Press) -> Drag | None:
        """The drag that a press begins, or None when it is not for this tool."""
        return None

    def paint(self, painter: QPainter, lens: Lens) -> None:
        """Draw over the picture of a pane."""

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        """The shape of the mouse at a point where a press would take hold of something."""
        return None


class DrawingTool(Tool):
    """A tool that is turned on to draw: then it waits for presses anywhere, and draws what follows the mouse.

    changed : called when the mouse is elsewhere.
    """

    def __init__(self, changed: Callable[[], object]) -> None:
        self._changed = changed
        self._mouse: QPointF | None = None

    @property
    def on(self) -> bool:
        raise NotImplementedError

    @property
    def armed(self) -> bool:
        return self.on

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if not self.on:
            return None
        self._mouse = at
        self._changed()
        return Qt.CursorShape.CrossCursor


class ControlFirst(Tool):
    """What Ctrl does at handles, before it takes a sample. grabs : asked in turn."""

    def __init__(self, *grabs: Callable[[Press], Drag | None]) -> None:
        self._grabs = grabs

    def grab(self, press: Press) -> Drag | None:
        return next((drag for grab in self._grabs if (drag := grab(press)) is not None), None)


class Finely:
    """The way of a drag since it began, of which the parts with Ctrl held count a tenth."""

    def __init__(self, start: QPointF) -> None:
        self._last, self._way = start, QPointF()

    def way(self, at: QPointF, held: Qt.KeyboardModifier) -> QPointF:
        """Up to here, from the place before with these modifiers."""
        self._way += (at - self._last) * (FINE if held & Qt.KeyboardModifier.ControlModifier else 1.0)
        self._last = at
        return self._way


class Stand(Protocol):
    """What tools need of the viewer."""

    @property
    def view(self) -> View: ...
    @property
    def settings(self) -> ViewerSettings: ...
    def set_view(self, view: View) -> None: ...
    def change(self, **settings: object) -> None: ...
    def repaint_overlay(self) -> None: ...


def near(one: QPointF, other: QPointF, reach: float = REACH) -> bool:
    """Whether two points are within reach."""
    away = one - other
    return away.x() ** 2 + away.y() ** 2 <= reach * reach


class Look(Drag):
    """Shows another part of the picture."""

    def __init__(self, stand: Stand, press: Press) -> None:
        self._stand = stand
        self._from = press.at
        self._view = stand.view
        self._ratio = press.lens.ratio

    def cancel(self) -> None:
        self._stand.set_view(self._view)


class Pan(Look):
    """The picture follows the mouse."""

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        way = (at - self._from) * self._ratio
        self._stand.set_view(self._view.panned(way.x(), way.y()))


class Zoom(Look):
    """Right and up magnify, about the point that was pressed."""

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        way = at - self._from
        zoom = self._view.zoom * 2 ** ((way.x() - way.y()) / 100)
        self._stand.set_view(self._view.zoomed(zoom, self._from.x() * self._ratio, self._from.y() * self._ratio))


class Navigate(Tool):
    """Pan with the middle button or Alt and the left one; zoom with Alt and the middle one."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def grab(self, press: Press) -> Drag | None:
        alt = press.held(Qt.KeyboardModifier.AltModifier)
        if press.button == Qt.MouseButton.MiddleButton:
            return Zoom(self._stand, press) if alt else Pan(self._stand, press)
        return Pan(self._stand, press) if alt and press.button == Qt.MouseButton.LeftButton else None


class Following(Drag):
    """A drag that hands every position to a function, and something to do when it is given up."""

    def __init__(
        self,
        follow: Callable[[QPointF, Qt.KeyboardModifier], None],
        undo: Callable[[], None] = lambda: None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._follow = follow
        self._undo = undo
        self._done = done

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._follow(at, modifiers)

    def finish(self) -> None:
        self._done()

    def cancel(self) -> None:
        self._undo()
