"""The dome: every light of a rig as a handle over the surroundings, to be dragged."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Vec3, angles_of

from .dome_paint import direction, height, paint
from .lights import Handle
from .looking import Look
from .projection import Side, from_disc, to_disc

_REACH = 12
_MARGIN = 10
_KNOB, _KNOB_REACH, _DIAGONAL = 17.0, 6.0, math.sqrt(0.5)
"""How far the knob for the size is from its light at least, how near the mouse must be to it, and where it is."""
_WHEEL = 120


class Dome(QWidget):
    """A square that shows directions as lights stand in them: 0, 0, a light at the camera, is in the middle.

    selected : a path, empty for none, as a press beside the disc means. moved : path, azimuth, elevation, and the
    token of the gesture. sized : path, degrees, token. scrolled : path, steps, which of `size`, `distance` and
    `exposure`, token. opened : the path of a light that was double-clicked. menu_wanted : a path or nothing, and the
    place on the screen.
    """

    selected = Signal(str)
    moved = Signal(str, float, float, object)
    sized = Signal(str, float, object)
    scrolled = Signal(str, float, str, object)
    opened = Signal(str)
    menu_wanted = Signal(str, object)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setAccessibleName("Dome of lights")
        self.side = Side.FRONT
        self.handles: Sequence[Handle] = ()
        self.current = ""
        self.look: Look | None = None
        self.hovered = ""
        self._grabbed = ""
        self._sizing = False
        self._offset = QPointF()
        self._offset_degrees = 0.0
        self._token: object = None
        self._wheel: tuple[str, str, object] | None = None
        self.grid: tuple[tuple[Side, float], QPainterPath] | None = None

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def set_handles(self, handles: Sequence[Handle], current: str) -> None:
        """Show these lights; `current` is the path of the selected one."""
        if (handles, current) != (self.handles, self.current):
            self.handles, self.current = handles, current
            self.update()

    def set_look(self, look: Look | None) -> None:
        self.look = look
        self.update()

    def set_side(self, side: Side) -> None:
        if side != self.side:
            self.side = side
            self.update()

    def hand_over(self, old: str, new: str) -> None:
        """A light has another path now: a drag or a turn of the wheel goes on with it."""
        self._grabbed = new if self._grabbed == old else self._grabbed
        if self._wheel is not None and self._wheel[0] == old:
            self._wheel = (new, *self._wheel[1:])

    @property
    def dragging(self) -> bool:
        return bool(self._grabbed)

    @property
    def disc(self) -> QRectF:
        """The square around the disc."""
        side = min(self.width(), self.height()) - 2 * _MARGIN
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def place_of(self, handle: Handle) -> QPointF:
        """Where a handle is."""
        return self.point(direction(handle))

    def _inside(self, place: QPointF) -> bool:
        return QLineF(place, self.disc.center()).length() <= self.disc.width() / 2

    def point(self, direction: Vec3) -> QPointF:
        """Where a direction is."""
        x, y = to_disc(direction, self.side)
        disc = self.disc
        return disc.center() + QPointF(x, -y) * (disc.width() / 2)

    def _direction_at(self, place: QPointF) -> Vec3:
        disc = self.disc
        at = (place - disc.center()) / (disc.width() / 2)
        return from_disc(at.x(), -at.y(), self.side)

    def _handle_at(self, place: QPointF) -> Handle | None:
        """The handle under a place: the selected one first, then the topmost."""
        near = [h for h in self.handles if QLineF(self.place_of(h), place).length() <= _REACH]
        near.sort(key=height)
        return next((h for h in near if h.path == self.current), near[-1] if near else None)

    @property
    def current_handle(self) -> Handle | None:
        """The selected light."""
        return next((h for h in self.handles if h.path == self.current), None)

    def knob(self, handle: Handle) -> QPointF | None:
        """Where the handle is by which the size of the selected light is dragged; None for lights without size."""
        if handle.around:
            return None
        away = max(math.radians(handle.size / 2) * self.disc.width() / 2, _KNOB)
        return self.place_of(handle) + QPointF(_DIAGONAL, -_DIAGONAL) * away

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place, current = event.position(), self.current_handle
        knob = self.knob(current) if current is not None else None
        if current is not None and knob is not None and QLineF(knob, place).length() <= _KNOB_REACH:
            self._grabbed, self._sizing, self._token = current.path, True, object()
            self._offset_degrees = current.size / 2 - self._degrees_from(current, place)
            return
        found = self._handle_at(place)
        if found is not None or not self._inside(place):
            self.selected.emit(found.path if found else "")
        if found is not None:
            self._grabbed, self._sizing, self._token = found.path, False, object()
            self._offset = self.place_of(found) - place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed and not event.buttons():
            self._let_go()  # the release went elsewhere, as to a window that came up
        handle = next((h for h in self.handles if h.path == self._grabbed), None)
        if handle is None:
            self._hover(event.position())
            return
        if self._sizing:
            degrees = self._degrees_from(handle, event.position()) + self._offset_degrees
            self.sized.emit(handle.path, 2 * max(degrees, 0.0), self._token)
            return
        azimuth, elevation = angles_of(self._direction_at(event.position() + self._offset))
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            keep_elevation = abs(azimuth - handle.azimuth) > abs(elevation - handle.elevation)
            azimuth, elevation = (azimuth, handle.elevation) if keep_elevation else (handle.azimuth, elevation)
        self._move(handle, azimuth, elevation, self._token)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._let_go()
            self._hover(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a light: open its properties. Beside: the selected light comes here."""
        found = self._handle_at(event.position())
        if found is not None:
            self.opened.emit(found.path)
        elif (current := self.current_handle) is not None and self._inside(event.position()):
            self._move(current, *angles_of(self._direction_at(event.position())), object())

    def _move(self, handle: Handle, azimuth: float, elevation: float, token: object) -> None:
        """Ask for a light to be moved; its azimuth goes on beyond 180 where it has gone around."""
        azimuth += 360 * round((handle.azimuth - azimuth) / 360)
        self.moved.emit(handle.path, round(azimuth, 2), round(elevation, 2), token)

    def _degrees_from(self, handle: Handle, place: QPointF) -> float:
        there = self._direction_at(place)
        cosine = sum(a * b for a, b in zip(there, direction(handle), strict=True))
        return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes the size of the light under the mouse, else of the selected one; Ctrl its distance, Alt its
        exposure.
        """
        found = self._handle_at(event.position()) or self.current_handle
        steps = (event.angleDelta().y() or event.angleDelta().x()) / _WHEEL
        if found is None or not steps:
            event.ignore()
            return
        modifiers = event.modifiers()
        control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
        what = "distance" if modifiers & control else "exposure" if modifiers & alt else "size"
        if self._wheel is None or self._wheel[:2] != (found.path, what):
            self._wheel = (found.path, what, object())
        self.scrolled.emit(found.path, steps, what, self._wheel[2])
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        found = self._handle_at(QPointF(event.pos()))
        self.menu_wanted.emit(found.path if found else "", event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self._wheel = None
        self._set_hovered("")

    def _hover(self, place: QPointF) -> None:
        found = self._handle_at(place)
        self._set_hovered(found.path if found else "")
        if self._wheel is not None and found is not None and found.path != self._wheel[0]:
            self._wheel = None
        if found is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def _set_hovered(self, path: str) -> None:
        if path != self.hovered:
            self.hovered = path
            found = next((h for h in self.handles if h.path == path), None)
            self.setToolTip(_tip(found) if found else "")
            self.update()

    def _let_go(self) -> None:
        self._grabbed, self._sizing, self._token = "", False, None
        self.unsetCursor()
        self.update()

    # -- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride and self.current_handle is not None
        if override and isinstance(event, QKeyEvent) and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selected light by a degree, with Shift by ten."""
        current, key = self.current_handle, Qt.Key(event.key())
        if current is not None and key in _ARROWS:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            across, up = _ARROWS[key]
            if event.isAutoRepeat() and self._token is not None:
                token = self._token
            else:
                token = self._token = object()
            elevation = min(max(current.elevation + step * up, -90.0), 90.0)
            self._move(current, current.azimuth + step * across, elevation, token)
        else:
            super().keyPressEvent(event)

    # -- painting -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint(self, painter)


_FLAG_DRAG = "Drag to move it around that, Shift along one axis; wheel: size, Ctrl distance"
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


def _tip(handle: Handle) -> str:
    where = f"turned by {handle.azimuth:.1f}°" if handle.around else (
        f"azimuth {handle.azimuth:.1f}°, elevation {handle.elevation:.1f}°"
    )  # fmt: skip
    far = f", {handle.distance:.0f} cm away" if handle.distance is not None else ""
    if handle.is_flag:
        foreign = "\nNo node makes it as it is: the first edit puts one in its place" if handle.foreign else ""
        return f"{handle.title}: {where}{far} from what it looks at\n{_FLAG_DRAG}{foreign}"
    drag = "Drag to move, Shift along one axis; wheel: size, Ctrl distance, Alt exposure"
    foreign = "\nNo node makes it as it is: the first edit puts one in its place" if handle.foreign else ""
    return f"{handle.title}: {where}{far}, {handle.exposure:+.2f} stops, {handle.kelvin:.0f} K\n{drag}{foreign}"
