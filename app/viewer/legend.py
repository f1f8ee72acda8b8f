"""The legend of false colour at the right edge of the viewport."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from .. import theme
from .bands import BANDS

TITLE = "stops"
_ROW, _LEAST = 17.0, 4.0
"""Height of a band's row, in units of widgets, and below which there is no legend."""
_SWATCH = 18.0
_TOP = 40.0
"""Room for the badges above it."""


def draw_legend(painter: QPainter, area: QRectF, marked: int | None) -> None:
    """The bands, the brightest at the top, with what they stand for. marked : the number of the one under the mouse."""
    painter.setFont(theme.font("small"))
    metrics = QFontMetricsF(painter.font())
    around = metrics.height() + 3 * theme.SPACE
    row = min(_ROW, (area.height() - _TOP - around - 2 * theme.SPACE) / len(BANDS))
    if row < _LEAST:
        return
    words = max(metrics.horizontalAdvance(band.name) for band in BANDS)
    width = words + _SWATCH + 5 * theme.SPACE
    height = row * len(BANDS) + around
    top = max(area.top() + _TOP, area.center().y() - height / 2)
    veil = QRectF(area.right() - width - 2 * theme.SPACE, top, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("surface.deep", 0.8))
    painter.drawRoundedRect(veil, theme.RADIUS, theme.RADIUS)
    painter.setPen(theme.color("text.dim"))
    head = QRectF(veil.left(), veil.top() + theme.SPACE, veil.width(), metrics.height())
    painter.drawText(head, Qt.AlignmentFlag.AlignCenter, TITLE)
    left, each = veil.right() - 2 * theme.SPACE - _SWATCH, math.ceil(0.8 * metrics.height() / row)
    places = [QRectF(left, head.bottom() + theme.SPACE + i * row, _SWATCH, row) for i in range(len(BANDS))]
    grey = next(number for number, band in enumerate(BANDS) if band.name == "0")
    for number, (band, place) in enumerate(zip(BANDS, reversed(places), strict=True)):
        painter.fillRect(place, QColor.fromRgbF(*band.color))
        free = marked is None or abs(number - marked) >= each
        if number == marked or (free and (number - grey) % each == 0):
            _name(painter, place, band.name, number == marked)
    if marked is not None:
        _mark(painter, list(reversed(places))[marked])


def _name(painter: QPainter, swatch: QRectF, name: str, marked: bool) -> None:
    height = QFontMetricsF(painter.font()).height()
    box = QRectF(swatch.left() - 100 - 2 * theme.SPACE, swatch.center().y() - height / 2, 100, height)
    painter.setFont(theme.font("small", bold=marked))
    painter.setPen(theme.color("text.strong" if marked else "text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)


def _mark(painter: QPainter, swatch: QRectF) -> None:
    """A frame around a band that is seen on any colour, and an arrow towards it."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, grown in (("surface.deep", 0.5), ("text.strong", 1.5)):
        painter.setPen(QPen(theme.color(color), 1.2))
        painter.drawRect(swatch.adjusted(-grown, -grown, grown, grown))
    tip = QPointF(swatch.right() + 2.5, swatch.center().y())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text.strong"))
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(4.5, -4), tip + QPointF(4.5, 4)]))
