"""Which edges and corners of a rectangle the mouse takes hold of, and where they go."""

from PySide6.QtCore import QPointF, QRectF, Qt

from .tools import REACH, near

Corners = tuple[float, float, float, float]
"""Left, bottom, right, top, y up."""
Hold = tuple[int, int]
"""-1 for the left or bottom edge, 1 for the right or top one, 0 for neither: across, then up. (0, 0) is the middle."""


def hold_at(rect: QRectF, at: QPointF) -> Hold | None:
    """What of a rectangle of the widget is within reach: a corner, an edge or the middle."""
    rect = rect.normalized()
    if not rect.adjusted(-REACH, -REACH, REACH, REACH).contains(at):
        return None
    hold = _edge(at.x(), rect.left(), rect.right()), _edge(at.y(), rect.bottom(), rect.top())
    return hold if any(hold) or near(at, rect.center()) else None


def hold_cursor(hold: Hold) -> Qt.CursorShape:
    """What the mouse looks like there."""
    across, up = hold
    if across and up:
        return Qt.CursorShape.SizeBDiagCursor if across == up else Qt.CursorShape.SizeFDiagCursor
    if across or up:
        return Qt.CursorShape.SizeHorCursor if across else Qt.CursorShape.SizeVerCursor
    return Qt.CursorShape.SizeAllCursor


def dragged(corners: Corners, hold: Hold, start: tuple[float, float], at: tuple[float, float]) -> Corners:
    """A rectangle after a drag of what is held: edges go to `at`, the middle takes all along."""
    (x, y), (x0, y0, x1, y1), (across, up) = at, corners, hold
    if not (across or up):
        dx, dy = x - start[0], y - start[1]
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy
    return (x if across < 0 else x0, y if up < 0 else y0, x if across > 0 else x1, y if up > 0 else y1)


def kept(corners: Corners, hold: Hold, start: tuple[float, float], at: tuple[float, float]) -> tuple[float, float]:
    """Where a constrained drag is: along one axis where the middle is held, at a corner so that proportions stay."""
    (x, y), (x0, y0, x1, y1), (across, up) = at, corners, hold
    if not (across or up):
        return (x, start[1]) if abs(x - start[0]) > abs(y - start[1]) else (start[0], y)
    if not (across and up and x1 > x0 and y1 > y0):
        return at
    still_x, still_y = (x1 if across < 0 else x0), (y1 if up < 0 else y0)
    factor = max(across * (x - still_x) / (x1 - x0), up * (y - still_y) / (y1 - y0))
    return still_x + across * factor * (x1 - x0), still_y + up * factor * (y1 - y0)


def in_order(corners: Corners, least: float = 0.0) -> Corners:
    """The same rectangle with left before right and bottom before top, and at least so wide and high."""
    x0, y0, x1, y1 = corners
    left, bottom = min(x0, x1), min(y0, y1)
    return left, bottom, max(x0, x1, left + least), max(y0, y1, bottom + least)


def _edge(at: float, first: float, second: float) -> int:
    """-1 near the first edge, 1 near the second, 0 near none."""
    to_first, to_second = abs(at - first), abs(at - second)
    if min(to_first, to_second) > REACH:
        return 0
    return -1 if to_first <= to_second else 1
