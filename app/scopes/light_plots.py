"""How the scopes of the light are drawn: its colour, albedo, the ratio of key to fill."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen, QPolygonF

from .. import theme
from ..rig.measuring import DARK, stops_of
from . import chromaticity
from .computing import Albedo, Scoped, Spot
from .counting import PLAUSIBLE, Counts


def square(box: QRectF) -> QRectF:
    """The largest square in the middle of a box, with a margin."""
    side = min(box.width(), box.height()) - 8
    return QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)


def area(counts: Counts, graph: QRectF, top: float) -> QPainterPath:
    """The outline of counts, the square root of them, so that few are seen too."""
    xs = np.linspace(graph.left(), graph.right(), len(counts))
    heights = np.minimum(np.sqrt(counts / top), 1.0) * graph.height()
    points = [QPointF(float(x), float(graph.bottom() - h)) for x, h in zip(xs, heights, strict=True)]
    path = QPainterPath()
    path.addPolygon(QPolygonF([graph.bottomLeft(), *points, graph.bottomRight()]))
    return path


def illuminant(painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
    """Chromaticities beside the line of whites, with lights and estimates in words; False where there is nothing."""
    if scoped.illuminant is None or scoped.line is None:
        return False
    room, list_box = _beside_list(painter, box, scoped)
    graph = square(room)
    (u0, v0), (u1, v1) = chromaticity.LOW, chromaticity.HIGH

    def at(uv: Sequence[float]) -> QPointF:
        return QPointF(
            graph.left() + (uv[0] - u0) / (u1 - u0) * graph.width(),
            graph.bottom() - (uv[1] - v0) / (v1 - v0) * graph.height(),
        )

    painter.save()
    painter.setClipRect(graph)
    painter.drawImage(graph, scoped.illuminant)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if scoped.gamut is not None:
        painter.setPen(QPen(theme.color("line.strong"), 1, Qt.PenStyle.DashLine))
        painter.drawPolygon(QPolygonF([at(uv) for uv in scoped.gamut.tolist()]))
    kelvins, line = scoped.line
    painter.setPen(QPen(theme.color("accent"), 1.5))
    painter.drawPolyline(QPolygonF([at(uv) for uv in line.tolist()]))
    marks: list[tuple[QPointF, str]] = []
    for kelvin in (2000, 3200, 5600, 10000):
        i = min(range(len(kelvins)), key=lambda n: abs(kelvins[n] - kelvin))
        place = at(line[i].tolist())
        painter.setPen(theme.color("accent"))
        painter.drawEllipse(place, 1.5, 1.5)
        marks.append((place, f"{kelvin}"))
    for spots, ink in ((scoped.lights, "wire.light"), (scoped.estimates, "information")):
        painter.setPen(QPen(theme.color("surface.deep"), 1))
        painter.setBrush(theme.color(ink))
        for spot in spots:
            place = at(spot.uv)
            if spots is scoped.lights:
                painter.drawEllipse(place, 4, 4)
            else:
                painter.drawRect(QRectF(place.x() - 3.5, place.y() - 3.5, 7, 7))
    painter.restore()
    _write_marks(painter, marks, room.left() - 2)
    _spot_list(painter, list_box, scoped)
    return True


def _write_marks(painter: QPainter, marks: Sequence[tuple[QPointF, str]], left: float) -> None:
    """Temperatures to the left of their places, on a veil, as the picture may be as bright as they are; those that
    would lie on another, or beyond `left`, are left out.
    """
    taken: list[QRectF] = []
    for place, text in marks:
        width = painter.fontMetrics().horizontalAdvance(text)
        label = QRectF(place.x() - 4 - width, place.y() - 14, width, 14)
        if label.left() < left or any(label.intersects(other) for other in taken):
            continue
        taken.append(label)
        painter.fillRect(label.adjusted(-2, 1, 2, -1), theme.color("surface.deep", 0.75))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(label, Qt.AlignmentFlag.AlignRight, text)


_LINE = 14.0


def _spots(scoped: Scoped) -> list[tuple[Spot, str]]:
    """Lights and estimates, each with its ink."""
    lines: list[tuple[Spot, str]] = [(spot, "wire.light") for spot in scoped.lights]
    return lines + [(spot, "information") for spot in scoped.estimates]


def _words(spot: Spot) -> str:
    return f"{spot.name}  {spot.white.text()}"


def words_in(spot: Spot, metrics: QFontMetrics, width: float) -> str:
    """The words of a light in so much room: its name is cut, never its numbers."""
    numbers = _words(spot).removeprefix(spot.name)
    room = int(width) - metrics.horizontalAdvance(numbers)
    return metrics.elidedText(spot.name, Qt.TextElideMode.ElideRight, max(room, 0)) + numbers


def _beside_list(painter: QPainter, box: QRectF, scoped: Scoped) -> tuple[QRectF, QRectF]:
    """The room for the plot, and beside or below it that for the list of lights, whichever leaves a larger plot."""
    spots = _spots(scoped)
    if not spots:
        return box, QRectF()
    width = max(painter.fontMetrics().horizontalAdvance(_words(spot)) for spot, _ in spots) + 12.0
    height = min(_LINE * len(spots) + 6, box.height() / 2)
    if min(box.width() - width, box.height()) >= min(box.width(), box.height() - height):
        return box.adjusted(0, 0, -width, 0), QRectF(box.right() - width, box.top(), width, box.height())
    return box.adjusted(0, 0, 0, -height), QRectF(box.left(), box.bottom() - height, box.width(), height)


def _spot_list(painter: QPainter, box: QRectF, scoped: Scoped) -> None:
    """Lights and estimates in words, as many as there is room for."""
    lines = _spots(scoped)
    y = max(box.bottom() - 4 - _LINE * len(lines), box.top())
    for spot, ink in lines:
        if y > box.bottom() - _LINE:
            return
        painter.setPen(theme.color(ink))
        place = QRectF(box.left(), y, box.width() - 6, _LINE)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, words_in(spot, painter.fontMetrics(), place.width()))
        y += _LINE


def albedo_plot(painter: QPainter, box: QRectF, albedo: Albedo | None) -> bool:
    """How often which albedo occurs, and how much of it surfaces could have; False where there is nothing."""
    if albedo is None or not albedo.counts.any():
        return False
    graph = box.adjusted(6, 24, -6, -16)
    low, high = (graph.x() + v / 1.25 * graph.width() for v in PLAUSIBLE)
    painter.fillRect(QRectF(low, graph.top(), high - low, graph.height()), theme.color("success", 0.10))
    for value in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25):
        x = graph.x() + value / 1.25 * graph.width()
        painter.setPen(theme.color("line"))
        painter.drawLine(QPointF(x, graph.top()), QPointF(x, graph.bottom()))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(QRectF(x - 24, graph.bottom() + 1, 48, 14), Qt.AlignmentFlag.AlignHCenter, f"{value:g}")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text.dim", 0.7))
    painter.drawPath(area(albedo.counts, graph, max(1.0, float(albedo.counts.max()))))
    painter.setPen(theme.color("success" if albedo.within > 0.95 else "warning"))
    text = f"{100 * albedo.within:.1f} % plausible ({PLAUSIBLE[0]:g} to {PLAUSIBLE[1]:g})"
    if albedo.below or albedo.above:
        text += f"   {100 * albedo.below:.1f} % below, {100 * albedo.above:.1f} % above"
    painter.drawText(QRectF(box.left() + 6, box.top() + 4, box.width() - 12, 16), Qt.AlignmentFlag.AlignLeft, text)
    return True


def ratio_plot(painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
    """Key to fill as a gauge, and the level of each light; False where there is nothing."""
    measured = scoped.measured
    if measured is None or measured.ratio is None:
        return False
    ratio = measured.ratio
    head = QRectF(box.left() + 8, box.top() + 4, box.width() - 16, 24)
    painter.setFont(theme.font("title", bold=True))
    painter.setPen(theme.color("text.strong"))
    painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, ratio.text())
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color("text.dim"))
    stops = "" if math.isinf(ratio.value) else f"{ratio.stops:.1f} stops, "
    below = head.translated(0, 20)
    painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, f"{stops}(key + fill) : fill where {ratio.key} shines")
    gauge = QRectF(box.left() + 10, box.top() + 52, box.width() - 20, 6)
    painter.fillRect(gauge, theme.color("surface.raised"))
    share = min(max((ratio.stops if not math.isinf(ratio.value) else 5.0) / 5.0, 0.0), 1.0)
    painter.fillRect(QRectF(gauge.x(), gauge.y(), gauge.width() * share, gauge.height()), theme.color("accent"))
    for mark in range(6):
        x = gauge.x() + gauge.width() * mark / 5
        painter.setPen(theme.color("line.strong"))
        painter.drawLine(QPointF(x, gauge.top() - 2), QPointF(x, gauge.bottom() + 3))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(QRectF(x - 20, gauge.bottom() + 3, 40, 14), Qt.AlignmentFlag.AlignHCenter, f"{2**mark}:1")
    y = gauge.bottom() + 24
    for name, level in sorted(measured.levels.items(), key=lambda pair: -pair[1]):
        if y > box.bottom() - 16:
            break
        stops_here = stops_of(level)
        bar = QRectF(box.left() + 80, y + 4, box.width() - 140, 6)
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(box.left() + 8, y, 70, 14), Qt.AlignmentFlag.AlignLeft, name)
        painter.fillRect(bar, theme.color("surface.raised"))
        part = min(max((stops_here + 8) / 12, 0.0), 1.0)
        painter.fillRect(QRectF(bar.x(), bar.y(), bar.width() * part, bar.height()), theme.color("success"))
        painter.setPen(theme.color("text.dim"))
        words = "none" if stops_here <= DARK else f"{stops_here:+.1f}"
        painter.drawText(QRectF(bar.right() + 6, y, 50, 14), Qt.AlignmentFlag.AlignLeft, words)
        y += 18
    return True
