"""The legend of false colour at the right edge of the viewport, or lying at its foot where that is too low."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from .. import theme
from .bands import BANDS

TITLE = "stops"
_ROW, _LOWEST = 17.0, 7.0
"""Height of a band's row, in units of widgets, and below which the legend lies."""
_SWATCH = 18.0
_TOP = 40.0
"""Room for the badges above it."""
_COLUMN, _NARROWEST, _STRIP = 15.0, 4.0, 9.0
"""Width of a band that lies, below which there is no legend, and its height."""


def draw_legend(painter: QPainter, area: QRectF, marked: int | None) -> None:
    """The bands, the brightest at the top or on the right, with what they stand for. marked : the number of the one
    under the mouse.
    """
    painter.setFont(theme.font("small"))
    around = QFontMetricsF(painter.font()).height() + 3 * theme.SPACE
    row = min(_ROW, (area.height() - _TOP - around - 2 * theme.SPACE) / len(BANDS))
    if row < _LOWEST:
        _draw_lying(painter, area, marked)
    else:
        _draw_standing(painter, area, marked, row)


def _draw_standing(painter: QPainter, area: QRectF, marked: int | None, row: float) -> None:
    metrics = QFontMetricsF(painter.font())
    words = max(metrics.horizontalAdvance(band.name) for band in BANDS)
    width = words + _SWATCH + 5 * theme.SPACE
    height = row * len(BANDS) + metrics.height() + 3 * theme.SPACE
    top = max(area.top() + _TOP, area.center().y() - height / 2)
    veil = QRectF(area.right() - width - 2 * theme.SPACE, top, width, height)
    _draw_veil(painter, veil)
    painter.setPen(theme.color("text.dim"))
    head = QRectF(veil.left(), veil.top() + theme.SPACE, veil.width(), metrics.height())
    painter.drawText(head, Qt.AlignmentFlag.AlignCenter, TITLE)
    left = veil.right() - 2 * theme.SPACE - _SWATCH
    bottom = head.bottom() + theme.SPACE + row * len(BANDS)
    swatches = [QRectF(left, bottom - (i + 1) * row, _SWATCH, row) for i in range(len(BANDS))]
    for number in _draw_bands(painter, swatches, marked, math.ceil(0.8 * metrics.height() / row)):
        swatch = swatches[number]
        place = QRectF(swatch.left() - 100 - 2 * theme.SPACE, swatch.center().y() - metrics.height() / 2, 100,
                       metrics.height())  # fmt: skip
        _name(painter, place, Qt.AlignmentFlag.AlignRight, number, number == marked)
    if marked is not None:
        _point_at(painter, swatches[marked])


def _draw_lying(painter: QPainter, area: QRectF, marked: int | None) -> None:
    metrics = QFontMetricsF(painter.font())
    column = min(_COLUMN, (area.width() - 8 * theme.SPACE) / len(BANDS))
    height = metrics.height() + _STRIP + 2 * theme.SPACE
    if column < _NARROWEST or area.height() < height + 2 * theme.SPACE:
        return
    width = column * len(BANDS) + 4 * theme.SPACE
    veil = QRectF(area.right() - width - 2 * theme.SPACE, area.bottom() - height - theme.SPACE, width, height)
    _draw_veil(painter, veil)
    left, top = veil.left() + 2 * theme.SPACE, veil.bottom() - theme.SPACE - _STRIP
    swatches = [QRectF(left + i * column, top, column, _STRIP) for i in range(len(BANDS))]
    wide = max(metrics.horizontalAdvance(band.name) for band in BANDS[1:-1]) + theme.SPACE
    for number in _draw_bands(painter, swatches, marked, math.ceil(wide / column)):
        if number in (0, len(BANDS) - 1) and number != marked:
            continue  # what is below and above the others speaks for itself
        half = metrics.horizontalAdvance(BANDS[number].name) / 2 + theme.SPACE
        middle = min(max(swatches[number].center().x(), veil.left() + half), veil.right() - half)
        place = QRectF(middle - half, veil.top() + theme.SPACE / 2, 2 * half, metrics.height())
        _name(painter, place, Qt.AlignmentFlag.AlignHCenter, number, number == marked)


def _draw_veil(painter: QPainter, veil: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("surface.deep", 0.8))
    painter.drawRoundedRect(veil, theme.RADIUS, theme.RADIUS)


def _draw_bands(painter: QPainter, swatches: Sequence[QRectF], marked: int | None, each: int) -> list[int]:
    """Draw the colours; the numbers of those that are named: grey and each so many from it, and the marked one."""
    grey = next(number for number, band in enumerate(BANDS) if band.name == "0")
    for band, swatch in zip(BANDS, swatches, strict=True):
        painter.fillRect(swatch, QColor.fromRgbF(*band.color))
    if marked is not None:
        _frame(painter, swatches[marked])
    return [
        number
        for number in range(len(BANDS))
        if number == marked or ((marked is None or abs(number - marked) >= each) and (number - grey) % each == 0)
    ]


def _name(painter: QPainter, place: QRectF, side: Qt.AlignmentFlag, number: int, marked: bool) -> None:
    painter.setFont(theme.font("small", bold=marked))
    painter.setPen(theme.color("text.strong" if marked else "text"))
    painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, BANDS[number].name)


def _frame(painter: QPainter, swatch: QRectF) -> None:
    """Around a band, so that it is seen on any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, grown in (("surface.deep", 0.5), ("text.strong", 1.5)):
        painter.setPen(QPen(theme.color(color), 1.2))
        painter.drawRect(swatch.adjusted(-grown, -grown, grown, grown))


def _point_at(painter: QPainter, swatch: QRectF) -> None:
    """An arrow towards a band."""
    tip = QPointF(swatch.right() + 2.5, swatch.center().y())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text.strong"))
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(4.5, -4), tip + QPointF(4.5, 4)]))
