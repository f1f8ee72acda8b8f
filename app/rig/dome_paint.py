"""How the dome looks: the surroundings, a grid of directions, the balls, and every light with its size and name."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from rimlight.engine import Vec3, direction_of

from .. import theme
from .dome_names import RADIUS, around, font_of, name_boxes
from .lights import Handle
from .projection import Side, hidden, to_disc
from .swatch import light_color, through_color

if TYPE_CHECKING:
    from .dome import Dome

_STEPS = 48
_CIRCLE = tuple((math.cos(2 * math.pi * i / _STEPS), math.sin(2 * math.pi * i / _STEPS)) for i in range(_STEPS))
_LEAST_RING = 4.0
"""Degrees in radius of the ring that the selected light has at least."""
_GRID = 30
_LABEL = 18
"""Pixels from the rim inwards at which it is labelled."""
_LOW = -50.0
"""Elevation of the handles of lights from all around."""
_LABELS = {
    Side.FRONT: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top")),
    Side.BACK: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top")),
    Side.ALL: ((-90, 0, "left"), (90, 0, "right"), (0, 90, "top"), (0, -90, "below")),
}


def _ring(dome: "Dome", handle: Handle, degrees: float) -> QPolygonF:
    """The outline of a light that is `degrees` in radius, around its direction."""
    disc = dome.disc
    center, radius, side = disc.center(), disc.width() / 2, dome.side
    cx, cy = center.x(), center.y()
    x, y, z = direction(handle)
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
        px, py = to_disc((u * fx + v * sx + along * x, u * fy + v * sy + along * y, u * fz + v * sz + along * z), side)
        points.append(QPointF(cx + px * radius, cy - py * radius))
    return QPolygonF(points)


def paint(dome: "Dome", painter: QPainter) -> None:
    """Draw all of it."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    names = name_boxes(dome)
    _paint_disc(dome, painter, [*names.values(), *(around(dome.place_of(handle)) for handle in dome.handles)])
    _paint_balls(dome, painter)
    order: Iterable[Handle] = sorted(dome.handles, key=height)
    for handle in order:
        if handle.path != dome.current:
            _paint_handle(dome, painter, handle, names)
    if (current := dome.current_handle) is not None:
        _paint_handle(dome, painter, current, names)
    if not dome.handles:
        painter.setPen(theme.color("text.dim"))
        painter.drawText(dome.disc, Qt.AlignmentFlag.AlignCenter, "No lights")


def _paint_disc(dome: "Dome", painter: QPainter, taken: Sequence[QRectF]) -> None:
    """taken : where lights and their names are, under which no direction is named."""
    disc = dome.disc
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("surface.field"))
    painter.drawEllipse(disc)
    if dome.look is not None and dome.look.backdrop is not None:
        painter.setOpacity(0.75)
        painter.drawImage(disc, dome.look.backdrop)
        painter.setOpacity(1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("text.strong", 0.13), 1))
    painter.drawPath(_grid_path(dome, disc))
    painter.setPen(QPen(theme.color("accent" if dome.hasFocus() else "line.strong"), 1.5))
    painter.drawEllipse(disc)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color("text.dim"))
    for azimuth, elevation, text in _LABELS[dome.side]:
        at = dome.point(unit(azimuth, elevation))
        inwards = (disc.center() - at) * (1 - 2 * _LABEL / disc.width()) if disc.width() else QPointF()
        at = disc.center() - inwards
        half = painter.fontMetrics().horizontalAdvance(text) / 2
        box = QRectF(at.x() - half, at.y() - 8, 2 * half, 16)
        if not any(box.intersects(other) for other in taken):
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_balls(dome: "Dome", painter: QPainter) -> None:
    """The chrome ball in the left corner at the bottom, the grey one in the right."""
    if dome.look is None:
        return
    disc = dome.disc
    room = (2**0.5 - 1) / (2**0.5 + 1) * disc.width() + max(dome.width() - disc.width(), 0) / 3
    side = min(max(room, 40.0), 110.0)
    top = dome.height() - side - 4
    painter.drawImage(QRectF(4, top, side, side), dome.look.chrome)
    painter.drawImage(QRectF(dome.width() - side - 4, top, side, side), dome.look.grey)


def _grid_path(dome: "Dome", disc: QRectF) -> QPainterPath:
    key = (dome.side, disc.width() * 10000 + disc.x() + disc.y() / 10000)
    if dome.grid is None or dome.grid[0] != key:
        path = QPainterPath()
        for line in _lines(dome.side):
            path.addPolygon(QPolygonF([dome.point(direction) for direction in line]))
        dome.grid = (key, path)
    return dome.grid[1]


def _paint_handle(dome: "Dome", painter: QPainter, handle: Handle, names: Mapping[str, QRectF]) -> None:
    place, chosen = dome.place_of(handle), handle.path == dome.current
    away = hidden(direction(handle), dome.side)
    ink = through_color(handle.color) if handle.is_flag else light_color(handle.kelvin, handle.tint, handle.color)
    if not handle.shines:
        ink = theme.color("state.disabled")
    rim = theme.color("accent" if chosen else "text.strong" if handle.path == dome.hovered else "surface.deep")
    if not handle.around and (handle.size > 0.5 or chosen):
        _paint_size(dome, painter, handle, ink, chosen)
    fill = QColor(ink)
    fill.setAlphaF(0.25 if away else 0.4 if handle.is_flag else 1.0)  # the light behind a flag is seen through it
    painter.setBrush(fill)
    painter.setPen(QPen(theme.color("surface.deep", 0.8), 5 if chosen else 3.5))
    shape = _shape(handle, place)
    painter.drawPath(shape)
    style = Qt.PenStyle.DotLine if away else Qt.PenStyle.DashLine if handle.foreign else Qt.PenStyle.SolidLine
    painter.setPen(QPen(ink if away and not chosen else rim, 2 if chosen else 1.5, style))
    painter.drawPath(shape)
    if handle.path in names:
        _paint_name(dome, painter, handle, names[handle.path])


def _paint_size(dome: "Dome", painter: QPainter, handle: Handle, ink: QColor, chosen: bool) -> None:
    soft = QColor(ink)
    soft.setAlphaF(0.45 if handle.is_flag else 0.22)
    painter.setBrush(soft)
    painter.setPen(QPen(theme.color("accent", 0.9), 1) if chosen else Qt.PenStyle.NoPen)
    painter.drawPolygon(_ring(dome, handle, max(handle.size / 2, _LEAST_RING if chosen else 0.0)))
    knob = dome.knob(handle) if chosen else None
    if knob is not None:
        painter.setBrush(theme.color("accent"))
        painter.setPen(QPen(theme.color("surface.deep"), 1))
        painter.drawRect(QRectF(knob.x() - 3, knob.y() - 3, 6, 6))


def _paint_name(dome: "Dome", painter: QPainter, handle: Handle, box: QRectF) -> None:
    painter.setFont(font_of(dome, handle))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("surface.deep", 0.6))
    painter.drawRoundedRect(box, 3, 3)
    chosen = handle.path == dome.current
    painter.setPen(theme.color("accent" if chosen else "text" if handle.shines else "text.disabled"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, handle.title)


@lru_cache(4096)
def unit(azimuth: float, elevation: float) -> Vec3:
    """The direction of two angles."""
    x, y, z = direction_of(azimuth, elevation).tolist()
    return x, y, z


def direction(handle: Handle) -> Vec3:
    """Where the handle of a light is: surroundings have theirs low, out of the way of lamps."""
    return unit(handle.azimuth, _LOW if handle.around else handle.elevation)


def height(handle: Handle) -> int:
    """Surroundings lie lowest, then flags, which often stand before lights, then lights."""
    return 0 if handle.around else 1 if handle.is_flag else 2


def _lines(side: Side) -> list[list[Vec3]]:
    """The lines of equal azimuth and elevation on the side that is shown."""
    first, last = (-90, 90) if side is Side.FRONT else (90, 270) if side is Side.BACK else (-180, 180)
    inner = range(first + _GRID, last, _GRID)
    upright = [[unit(azimuth, elevation) for elevation in range(-90, 91, 5)] for azimuth in inner]
    flat = [[unit(azimuth, e) for azimuth in range(first, last + 1, 5)] for e in range(-60, 61, _GRID)]
    return upright + flat


def _shape(handle: Handle, place: QPointF) -> QPainterPath:
    """A round handle for the sun and lamps, a square for areas, a diamond for surroundings, a card for flags."""
    path = QPainterPath()
    r = RADIUS
    if handle.around:
        path.addPolygon(QPolygonF([place + QPointF(*p) * r for p in ((0, -1), (1, 0), (0, 1), (-1, 0))]))
        path.closeSubpath()
    elif handle.is_flag:
        path.addRect(QRectF(place.x() - 1.6 * r, place.y() - 1.1 * r, 3.2 * r, 2.2 * r))
    elif handle.kind == "light.area":
        path.addRoundedRect(QRectF(place.x() - r * 0.9, place.y() - r * 0.9, 1.8 * r, 1.8 * r), 2, 2)
    elif handle.kind == "light.spot":
        path.addPolygon(QPolygonF([place + QPointF(*p) * r for p in ((0, -1.1), (1.1, 0.9), (-1.1, 0.9))]))
        path.closeSubpath()
    else:
        path.addEllipse(place, r, r)
    return path
