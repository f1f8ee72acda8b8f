"""The dome: every light of a rig as a handle over the surroundings, to be dragged."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Vec3, angles_of, direction_of

from .. import theme
from .lights import Handle
from .looking import Look
from .projection import Side, from_disc, hidden, to_disc
from .swatch import light_color

RADIUS = 8
"""Of a handle, pixels."""
_REACH = 12
_MARGIN = 10
_STEPS = 48
_CIRCLE = tuple((math.cos(2 * math.pi * i / _STEPS), math.sin(2 * math.pi * i / _STEPS)) for i in range(_STEPS))
_KNOB, _KNOB_REACH, _DIAGONAL = 17.0, 6.0, math.sqrt(0.5)
"""How far the knob for the size is from its light at least, how near the mouse must be to it, and where it is."""
_LEAST_RING = 4.0
"""Degrees in radius of the ring that the selected light has at least."""
_GRID = 30
_LABEL = 18
"""Pixels from the rim inwards at which it is labelled."""
_LOW = -50.0
"""Elevation of the handles of lights from all around."""
_WHEEL = 120


class Dome(QWidget):
    """A square that shows directions as lights stand in them: 0, 0, a light at the camera, is in the middle.

    selected : a path, empty for none. moved : path, azimuth, elevation, and the token of the gesture. sized : path,
    degrees, token. scrolled : path, steps, which of `size`, `distance` and `exposure`, token. opened : the path of a
    light that was double-clicked. menu_wanted : a path or nothing, and the place on the screen.
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
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Dome of lights")
        self.side = Side.FRONT
        self.handles: Sequence[Handle] = ()
        self.current = ""
        self.look: Look | None = None
        self._hovered = ""
        self._grabbed = ""
        self._sizing = False
        self._offset = QPointF()
        self._offset_degrees = 0.0
        self._token: object = None
        self._wheel: tuple[str, str, object] | None = None
        self._grid: tuple[tuple[Side, float], QPainterPath] | None = None

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
        return self._point(_direction(handle))

    def _point(self, direction: Vec3) -> QPointF:
        x, y = to_disc(direction, self.side)
        disc = self.disc
        return disc.center() + QPointF(x, -y) * (disc.width() / 2)

    def _direction_at(self, place: QPointF) -> Vec3:
        disc = self.disc
        at = (place - disc.center()) / (disc.width() / 2)
        return from_disc(at.x(), -at.y(), self.side)

    def _handle_at(self, place: QPointF) -> Handle | None:
        """The handle under a place: the selected one first, then the topmost."""
        near = [h for h in self.handles if _distance(self.place_of(h), place) <= _REACH]
        return next((h for h in near if h.path == self.current), near[-1] if near else None)

    @property
    def _current(self) -> Handle | None:
        return next((h for h in self.handles if h.path == self.current), None)

    def _knob(self, handle: Handle) -> QPointF | None:
        """Where the handle is by which the size of the selected light is dragged; None for lights without size."""
        if handle.around:
            return None
        away = max(math.radians(handle.size / 2) * self.disc.width() / 2, _KNOB)
        return self.place_of(handle) + QPointF(_DIAGONAL, -_DIAGONAL) * away

    def _ring(self, handle: Handle, degrees: float) -> QPolygonF:
        """The outline of a light that is `degrees` in radius, around its direction."""
        disc = self.disc
        center, radius, side = disc.center(), disc.width() / 2, self.side
        cx, cy = center.x(), center.y()
        x, y, z = _direction(handle)
        sign = 1.0 if z >= 0 else -1.0
        a = -1 / (sign + z)
        b = x * y * a
        fx, fy, fz = 1 + sign * x * x * a, sign * b, -sign * x
        sx, sy, sz = b, sign + y * y * a, -y
        r = math.radians(min(degrees, 89.0))
        across, along = math.sin(r), math.cos(r)
        points = []
        for cosine, sine in _CIRCLE:
            u, v = across * cosine, across * sine
            px, py = to_disc(
                (u * fx + v * sx + along * x, u * fy + v * sy + along * y, u * fz + v * sz + along * z), side
            )
            points.append(QPointF(cx + px * radius, cy - py * radius))
        return QPolygonF(points)

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place, current = event.position(), self._current
        knob = self._knob(current) if current is not None else None
        if current is not None and knob is not None and _distance(knob, place) <= _KNOB_REACH:
            self._grabbed, self._sizing, self._token = current.path, True, object()
            self._offset_degrees = current.size / 2 - self._degrees_from(current, place)
            return
        found = self._handle_at(place)
        self.selected.emit(found.path if found else "")
        if found is not None:
            self._grabbed, self._sizing, self._token = found.path, False, object()
            self._offset = self.place_of(found) - place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
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
        elif self._current is not None and _distance(event.position(), self.disc.center()) <= self.disc.width() / 2:
            self._move(self._current, *angles_of(self._direction_at(event.position())), object())

    def _move(self, handle: Handle, azimuth: float, elevation: float, token: object) -> None:
        """Ask for a light to be moved; its azimuth goes on beyond 180 where it has gone around."""
        azimuth += 360 * round((handle.azimuth - azimuth) / 360)
        self.moved.emit(handle.path, round(azimuth, 2), round(elevation, 2), token)

    def _degrees_from(self, handle: Handle, place: QPointF) -> float:
        there = self._direction_at(place)
        cosine = sum(a * b for a, b in zip(there, _direction(handle), strict=True))
        return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes the size of the light under the mouse, else of the selected one; Ctrl its distance, Alt its
        exposure.
        """
        found = self._handle_at(event.position()) or self._current
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
        if path != self._hovered:
            self._hovered = path
            found = next((h for h in self.handles if h.path == path), None)
            self.setToolTip(_tip(found) if found else "")
            self.update()

    def _let_go(self) -> None:
        self._grabbed, self._sizing, self._token = "", False, None
        self.unsetCursor()
        self.update()

    # -- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride and self._current is not None
        if override and isinstance(event, QKeyEvent) and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selected light by a degree, with Shift by ten."""
        current, key = self._current, Qt.Key(event.key())
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
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_disc(painter)
        self._paint_balls(painter)
        around = [h for h in self.handles if h.around]
        order: Iterable[Handle] = [*around, *(h for h in self.handles if not h.around and h.path != self.current)]
        for handle in order:
            self._paint_handle(painter, handle)
        if (current := self._current) is not None:
            self._paint_handle(painter, current)
        if not self.handles:
            painter.setPen(theme.color("text.dim"))
            painter.drawText(self.disc, Qt.AlignmentFlag.AlignCenter, "No lights")

    def _paint_disc(self, painter: QPainter) -> None:
        disc = self.disc
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface.field"))
        painter.drawEllipse(disc)
        if self.look is not None and self.look.backdrop is not None:
            painter.setOpacity(0.75)
            painter.drawImage(disc, self.look.backdrop)
            painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("text.strong", 0.13), 1))
        painter.drawPath(self._grid_path(disc))
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line.strong"), 1.5))
        painter.drawEllipse(disc)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text.dim"))
        for azimuth, elevation, text in _LABELS[self.side]:
            at = self._point(_unit(azimuth, elevation))
            inwards = (disc.center() - at) * (1 - 2 * _LABEL / disc.width()) if disc.width() else QPointF()
            at = disc.center() - inwards
            painter.drawText(QRectF(at.x() - 20, at.y() - 8, 40, 16), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_balls(self, painter: QPainter) -> None:
        """The chrome ball in the left corner at the bottom, the grey one in the right."""
        if self.look is None:
            return
        disc = self.disc
        room = (2**0.5 - 1) / (2**0.5 + 1) * disc.width() + max(self.width() - disc.width(), 0) / 3
        side = min(max(room, 40.0), 110.0)
        top = self.height() - side - 4
        painter.drawImage(QRectF(4, top, side, side), self.look.chrome)
        painter.drawImage(QRectF(self.width() - side - 4, top, side, side), self.look.grey)

    def _grid_path(self, disc: QRectF) -> QPainterPath:
        key = (self.side, disc.width() * 10000 + disc.x() + disc.y() / 10000)
        if self._grid is None or self._grid[0] != key:
            path = QPainterPath()
            for line in _lines(self.side):
                path.addPolygon(QPolygonF([self._point(direction) for direction in line]))
            self._grid = (key, path)
        return self._grid[1]

    def _paint_handle(self, painter: QPainter, handle: Handle) -> None:
        place, chosen = self.place_of(handle), handle.path == self.current
        away = hidden(_direction(handle), self.side)
        ink = light_color(handle.kelvin, handle.tint, handle.color)
        if not handle.shines:
            ink = theme.color("state.disabled")
        rim = theme.color("accent" if chosen else "text.strong" if handle.path == self._hovered else "surface.deep")
        if not handle.around and (handle.size > 0.5 or chosen):
            self._paint_size(painter, handle, ink, chosen)
        fill = QColor(ink)
        fill.setAlphaF(0.25 if away else 1.0)
        painter.setBrush(fill)
        painter.setPen(QPen(theme.color("surface.deep", 0.8), 5 if chosen else 3.5))
        shape = _shape(handle, place)
        painter.drawPath(shape)
        style = Qt.PenStyle.DotLine if away else Qt.PenStyle.DashLine if handle.foreign else Qt.PenStyle.SolidLine
        painter.setPen(QPen(ink if away and not chosen else rim, 2 if chosen else 1.5, style))
        painter.drawPath(shape)
        self._paint_name(painter, handle, place, chosen)

    def _paint_size(self, painter: QPainter, handle: Handle, ink: QColor, chosen: bool) -> None:
        soft = QColor(ink)
        soft.setAlphaF(0.22)
        painter.setBrush(soft)
        painter.setPen(QPen(theme.color("accent", 0.9), 1) if chosen else Qt.PenStyle.NoPen)
        painter.drawPolygon(self._ring(handle, max(handle.size / 2, _LEAST_RING if chosen else 0.0)))
        knob = self._knob(handle) if chosen else None
        if knob is not None:
            painter.setBrush(theme.color("accent"))
            painter.setPen(QPen(theme.color("surface.deep"), 1))
            painter.drawRect(QRectF(knob.x() - 3, knob.y() - 3, 6, 6))

    def _paint_name(self, painter: QPainter, handle: Handle, place: QPointF, chosen: bool) -> None:
        painter.setFont(theme.font("small", bold=chosen))
        width = painter.fontMetrics().horizontalAdvance(handle.name)
        below = place.y() + RADIUS + 18 < self.height()
        y = place.y() + RADIUS + 3 if below else place.y() - RADIUS - 18
        x = min(max(place.x() - width / 2, 2.0), self.width() - width - 2.0)
        box = QRectF(x - 3, y, width + 6, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface.deep", 0.6))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.color("accent" if chosen else "text" if handle.shines else "text.disabled"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, handle.name)


_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
_LABELS = {
    Side.FRONT: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top")),
    Side.BACK: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top")),
    Side.ALL: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top"), (0, -90, "below")),
}


@lru_cache(4096)
def _unit(azimuth: float, elevation: float) -> Vec3:
    x, y, z = direction_of(azimuth, elevation).tolist()
    return x, y, z


def _direction(handle: Handle) -> Vec3:
    """Where the handle of a light is: surroundings have theirs low, out of the way of lamps."""
    return _unit(handle.azimuth, _LOW if handle.around else handle.elevation)


def _distance(a: QPointF, b: QPointF) -> float:
    return math.hypot(a.x() - b.x(), a.y() - b.y())


def _lines(side: Side) -> list[list[Vec3]]:
    """The lines of equal azimuth and elevation on the side that is shown."""
    first, last = (-90, 90) if side is Side.FRONT else (90, 270) if side is Side.BACK else (-180, 180)
    inner = range(first + _GRID, last, _GRID)
    upright = [[_unit(azimuth, elevation) for elevation in range(-90, 91, 5)] for azimuth in inner]
    flat = [[_unit(azimuth, e) for azimuth in range(first, last + 1, 5)] for e in range(-60, 61, _GRID)]
    return upright + flat


def _shape(handle: Handle, place: QPointF) -> QPainterPath:
    """A round handle for the sun and lamps, a square for areas, a diamond for surroundings."""
    path = QPainterPath()
    r = RADIUS
    if handle.around:
        path.addPolygon(QPolygonF([place + QPointF(*p) * r for p in ((0, -1), (1, 0), (0, 1), (-1, 0))]))
        path.closeSubpath()
    elif handle.kind == "light.area":
        path.addRoundedRect(QRectF(place.x() - r * 0.9, place.y() - r * 0.9, 1.8 * r, 1.8 * r), 2, 2)
    elif handle.kind == "light.spot":
        path.addPolygon(QPolygonF([place + QPointF(*p) * r for p in ((0, -1.1), (1.1, 0.9), (-1.1, 0.9))]))
        path.closeSubpath()
    else:
        path.addEllipse(place, r, r)
    return path


def _tip(handle: Handle) -> str:
    where = f"turned by {handle.azimuth:.1f}°" if handle.around else (
        f"azimuth {handle.azimuth:.1f}°, elevation {handle.elevation:.1f}°"
    )  # fmt: skip
    far = f", {handle.distance:.0f} cm away" if handle.distance is not None else ""
    drag = "Drag to move, Shift along one axis; wheel: size, Ctrl distance, Alt exposure"
    foreign = "\nNo node makes it as it is: the first edit puts one in its place" if handle.foreign else ""
    return f"{handle.name}: {where}{far}, {handle.exposure:+.2f} stops, {handle.kelvin:.0f} K\n{drag}{foreign}"
