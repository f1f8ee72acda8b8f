"""Where the names of lights stand in the dome, so that none lies on another, or on the handle of another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from .. import theme
from .lights import Handle

if TYPE_CHECKING:
    from .dome import Dome

RADIUS = 8
"""Of a handle, pixels."""
_HEIGHT, _GAP = 15.0, 3.0


def font_of(dome: "Dome", handle: Handle) -> QFont:
    return theme.font("small", bold=handle.path == dome.current)


def around(place: QPointF) -> QRectF:
    """The box of a handle."""
    return QRectF(place.x() - RADIUS, place.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)


def name_boxes(dome: "Dome") -> dict[str, QRectF]:
    """The boxes of names by the paths of their lights. One without room has none, unless it is selected or hovered."""
    found = _beside(dome, (dome.current,))
    return found if not dome.hovered or dome.hovered in found else _beside(dome, (dome.current, dome.hovered))


def _beside(dome: "Dome", kept: tuple[str, ...]) -> dict[str, QRectF]:
    """The boxes beside each other. kept : the paths of those that are there in any case, the first to be placed."""
    order = sorted(dome.handles, key=lambda h: kept.index(h.path) if h.path in kept else len(kept))
    places = {h.path: around(dome.place_of(h)) for h in dome.handles}
    found: dict[str, QRectF] = {}
    for handle in order:
        others = [box for path, box in places.items() if path != handle.path]
        boxes = list(_boxes(dome, handle))
        free = (b for b in boxes if not any(b.intersects(o) for o in (*others, *found.values())))
        box = next(free, boxes[0] if handle.path in kept else None)
        if box is not None:
            found[handle.path] = box
    return found


def _boxes(dome: "Dome", handle: Handle) -> Iterator[QRectF]:
    """Where a name may stand, the best first: below, above, to the right and to the left; all inside the dome."""
    place, off = dome.place_of(handle), RADIUS + _GAP
    width = QFontMetricsF(font_of(dome, handle)).horizontalAdvance(handle.title) + 6
    middle = min(max(place.x() - width / 2, 0.0), dome.width() - width)
    below, above = (QRectF(middle, y, width, _HEIGHT) for y in (place.y() + off, place.y() - off - _HEIGHT))
    sides = (QRectF(x, place.y() - _HEIGHT / 2, width, _HEIGHT) for x in (place.x() + off, place.x() - off - width))
    first = (above, below) if handle.is_flag else (below, above)  # a light often stands behind a flag
    whole = QRectF(dome.rect())
    inside = [box for box in (*first, *sides) if whole.contains(box)]
    yield from inside or [first[0]]
