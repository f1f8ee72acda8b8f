"""How flags look on the picture: their card, the line to what they look at, their grips, and where those are that are
not seen.
"""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from .. import theme
from ..viewer.handles import write_label
from .flag_view import CORNERS, MIDDLE, NEARER, SIDES, TARGET, TURN, Eye, FlagView, triple
from .swatch import through_color

_INK = (("surface.deep", 0.85, 3.2), ("accent", 1.0, 1.4))
_MARGIN = 16.0


def paint_flag(painter: QPainter, flag: FlagView, eye: Eye) -> None:
    """Draw a flag, or where it is when it cannot be seen."""
    outline, pane = flag.outline(eye), eye.lens.pane
    seen = outline.boundingRect().intersects(pane)
    if seen:
        _paint_card(painter, flag, outline)
    grips = flag.grips(eye)
    if seen or any(pane.contains(at) for at in grips.values()):
        _paint_grips(painter, grips)
    if seen:
        corner = outline.boundingRect().intersected(pane).bottomLeft()
        write_label(painter, QPointF(corner.x(), min(corner.y() + 4, pane.bottom() - 18)), flag.flag.name)
    else:
        _paint_away(painter, flag, eye, outline)


def _paint_card(painter: QPainter, flag: FlagView, outline: QPolygonF) -> None:
    """The edge, and inside how much comes through; of an opening, that is all of it, nothing."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if flag.flag.enabled and not flag.flag.opening:
        fill = through_color(triple(flag.flag.transmission))
        fill.setAlphaF(0.3)
        painter.setBrush(fill)
        painter.drawPolygon(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.SolidLine if flag.flag.enabled else Qt.PenStyle.DashLine
    for ink, alpha, width in _INK:
        painter.setPen(QPen(theme.color(ink, alpha), width, style))
        painter.drawPolygon(outline)


def _paint_grips(painter: QPainter, grips: dict[str, QPointF]) -> None:
    middle = grips.get(MIDDLE)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, alpha, width in _INK:
        painter.setPen(QPen(theme.color(ink, alpha), width))
        if middle is not None:
            if TARGET in grips:
                painter.setPen(QPen(theme.color(ink, 0.6 * alpha), width, Qt.PenStyle.DashLine))
                painter.drawLine(middle, grips[TARGET])
                painter.setPen(QPen(theme.color(ink, alpha), width))
                painter.drawEllipse(grips[TARGET], 6, 6)
                painter.drawPoint(grips[TARGET])
            if TURN in grips:
                painter.drawLine(_towards(grips[TURN], middle, 26.0), grips[TURN])
            for off in (QPointF(8, 0), QPointF(0, 8)):
                painter.drawLine(middle - off, middle + off)
    painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
    painter.setBrush(theme.color("accent"))
    for name in (*CORNERS, *SIDES):
        if name in grips:
            painter.drawRect(QRectF(grips[name].x() - 3.5, grips[name].y() - 3.5, 7, 7))
    if TURN in grips:
        painter.drawEllipse(grips[TURN], 4.5, 4.5)
    if NEARER in grips:
        painter.drawPolygon([grips[NEARER] + QPointF(*off) for off in ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0))])


def _paint_away(painter: QPainter, flag: FlagView, eye: Eye, outline: QPolygonF) -> None:
    """An arrow at the rim of the pane, and the name with where the card is."""
    pane = eye.lens.pane.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    behind = outline.isEmpty()
    off = QPointF(flag.middle[0], -flag.middle[1]) if behind else outline.boundingRect().center() - pane.center()
    far = math.hypot(off.x(), off.y())
    way = off / far if far > 1e-6 else QPointF(0, 1)
    reach = min(
        pane.width() / 2 / abs(way.x()) if way.x() else math.inf,
        pane.height() / 2 / abs(way.y()) if way.y() else math.inf,
    )
    tip = pane.center() + way * reach
    side = QPointF(-way.y(), way.x())
    painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
    painter.setBrush(theme.color("accent"))
    painter.drawPolygon([tip + way * 8, tip - way * 4 + side * 6, tip - way * 4 - side * 6])
    text = f"{flag.flag.name}, behind the camera" if behind else f"{flag.flag.name}, out of view"
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 2, metrics.height()
    at = tip - way * 14
    left = at.x() - width if way.x() > 0.5 else at.x() if way.x() < -0.5 else at.x() - width / 2
    top = at.y() - height if way.y() > 0.5 else at.y() if way.y() < -0.5 else at.y() - height / 2
    left = min(max(left, pane.left()), pane.right() - width)
    write_label(painter, QPointF(left, top), text)


def _towards(start: QPointF, end: QPointF, by: float) -> QPointF:
    far = QLineF(start, end).length()
    return start + (end - start) * (by / far) if far > by else end
