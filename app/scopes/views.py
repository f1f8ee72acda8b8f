"""The scopes as they are drawn. Each names the space of its numbers."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..rig.measuring import DARK, stops_of
from . import chromaticity
from .computing import Albedo, Kind, Scoped, Spot
from .counting import Counts, Space, ticks

TITLES = {
    Kind.HISTOGRAM: "Histogram", Kind.WAVEFORM: "Waveform", Kind.PARADE: "RGB Parade", Kind.VECTOR: "Vectorscope",
    Kind.RATIO: "Key to Fill", Kind.ILLUMINANT: "Illuminant", Kind.ALBEDO: "Albedo",
}  # fmt: skip
_HEAD = 18
_SIDE = 30
_CHANNELS = ("channel.red", "channel.green", "channel.blue")


class ScopeView(QWidget):
    """A scope: a heading with what its numbers are, and a graph below."""

    def __init__(self, kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.scoped: Scoped | None = None
        self.space: Space = "scene"
        self.note = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 110)
        self.setAccessibleName(TITLES[kind])

    def sizeHint(self) -> QSize:
        return QSize(260, 200)

    def show_scoped(self, scoped: Scoped | None, space: Space, note: str) -> None:
        """Show what was computed; note : why there is nothing, or of what part it is."""
        self.scoped, self.space, self.note = scoped, space, note
        self.setToolTip(f"{TITLES[self.kind]}: {self.words}" if self.words else "")
        self.update()

    @property
    def words(self) -> str:
        """The space that the heading names."""
        if self.kind is Kind.ILLUMINANT:
            return "CIE 1976 u′ v′, scene-linear"
        if self.kind is Kind.ALBEDO:
            return "albedo, scene-linear"
        if self.kind is Kind.RATIO:
            measured = self.scoped.measured if self.scoped is not None else None
            return measured.ratio.source if measured is not None and measured.ratio is not None else ""
        return self.scoped.space if self.scoped is not None else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect()).adjusted(0, _HEAD, 0, 0)
        painter.fillRect(box, theme.color("surface.deep"))
        painter.setFont(theme.font("small", bold=True))
        painter.setPen(theme.color("text"))
        title = TITLES[self.kind]
        painter.drawText(QRectF(4, 0, self.width(), _HEAD), Qt.AlignmentFlag.AlignVCenter, title)
        used = painter.fontMetrics().horizontalAdvance(title) + 12
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text.dim"))
        words = painter.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, int(self.width() - used - 4))
        painter.drawText(
            QRectF(used, 0, self.width() - used - 4, _HEAD),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words,
        )  # fmt: skip
        empty = self.scoped is None or not self.draw(painter, box, self.scoped)
        if empty:
            painter.setPen(theme.color("text.dim"))
            painter.drawText(
                box.adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.note or "–"
            )

    def draw(self, painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
        """Draw the graph; False where there is nothing."""
        match self.kind:
            case Kind.HISTOGRAM:
                return self._histogram(painter, box, scoped)
            case Kind.WAVEFORM:
                return self._trace(painter, box, scoped.waveform)
            case Kind.PARADE:
                return self._trace(painter, box, scoped.parade)
            case Kind.VECTOR:
                return self._vector(painter, box, scoped.vector)
            case Kind.ILLUMINANT:
                return _illuminant(painter, box, scoped)
            case Kind.ALBEDO:
                return _albedo(painter, box, scoped.albedo)
            case Kind.RATIO:
                return _ratio(painter, box, scoped)

    def _histogram(self, painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
        found = scoped.histogram
        if found is None or not found.counts.any():
            return False
        graph = box.adjusted(6, 18, -6, -16)
        for share, text in ticks(self.space):
            x = graph.x() + share * graph.width()
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(x, graph.top()), QPointF(x, graph.bottom()))
            painter.setPen(theme.color("text.dim"))
            painter.drawText(QRectF(x - 24, graph.bottom() + 1, 48, 14), Qt.AlignmentFlag.AlignHCenter, text)
        inner = found.counts[:, 1:-1]
        top = max(1.0, float(np.quantile(inner, 0.995)) * 1.3)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        for channel, name in enumerate(_CHANNELS):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(name, 0.5))
            painter.drawPath(_area(found.counts[channel], graph, top))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("text", 0.8), 1))
        painter.drawPath(_area(found.counts[3], graph, top))
        for share, x, way in ((found.below, graph.left(), Qt.AlignmentFlag.AlignLeft),
                              (found.above, graph.right() - 70, Qt.AlignmentFlag.AlignRight)):  # fmt: skip
            if share >= 0.0005:
                painter.setPen(theme.color("warning"))
                painter.drawText(QRectF(x, graph.top() - 16, 70, 14), way, f"{100 * share:.1f} %")
        return True

    def _trace(self, painter: QPainter, box: QRectF, image: QImage | None) -> bool:
        if image is None:
            return False
        graph = box.adjusted(_SIDE, 4, -4, -4)
        for share, text in ticks(self.space):
            y = graph.bottom() - share * graph.height()
            strong = text in ("18 %", "0", "1")
            painter.setPen(theme.color("line.strong" if strong else "line"))
            painter.drawLine(QPointF(graph.left(), y), QPointF(graph.right(), y))
            painter.setPen(theme.color("text.dim"))
            painter.drawText(
                QRectF(box.left(), y - 7, _SIDE - 4, 14),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text,
            )  # fmt: skip
        painter.drawImage(graph, image)
        return True

    def _vector(self, painter: QPainter, box: QRectF, image: QImage | None) -> bool:
        if image is None:
            return False
        graph = _square(box)
        center, radius = graph.center(), graph.width() / 2.2
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for share in (0.25, 0.5, 0.75, 1.0):
            painter.setPen(theme.color("line.strong" if share == 1 else "line"))
            painter.drawEllipse(center, radius * share, radius * share)
        painter.setPen(theme.color("line"))
        painter.drawLine(center - QPointF(radius, 0), center + QPointF(radius, 0))
        painter.drawLine(center - QPointF(0, radius), center + QPointF(0, radius))
        # Skin of every tone lies near this line: its melanin and blood colour light alike.
        painter.setPen(QPen(theme.color("accent", 0.6), 1, Qt.PenStyle.DashLine))
        angle = math.radians(123)
        painter.drawLine(center, center + QPointF(math.cos(angle), -math.sin(angle)) * radius)
        painter.drawImage(graph, image)
        for name, rgb in _TARGETS.items():
            blue, red = _target(rgb)
            at = center + QPointF(blue, -red) * radius * 0.75
            painter.setPen(QColor.fromRgbF(*(0.3 + 0.6 * v for v in rgb)))
            painter.drawRect(QRectF(at.x() - 4, at.y() - 4, 8, 8))
            painter.drawText(QRectF(at.x() + 5, at.y() - 8, 16, 14), Qt.AlignmentFlag.AlignLeft, name)
        return True


_TARGETS = {
    "R": (1.0, 0.0, 0.0), "Y": (1.0, 1.0, 0.0), "G": (0.0, 1.0, 0.0), "C": (0.0, 1.0, 1.0), "B": (0.0, 0.0, 1.0),
    "M": (1.0, 0.0, 1.0),
}  # fmt: skip


def _target(rgb: Sequence[float]) -> tuple[float, float]:
    """Where a colour lies in the vectorscope: blue and red difference."""
    y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    return (rgb[2] - y) / 0.9278, (rgb[0] - y) / 0.7874


def _square(box: QRectF) -> QRectF:
    side = min(box.width(), box.height()) - 8
    return QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)


def _area(counts: Counts, graph: QRectF, top: float) -> QPainterPath:
    """The outline of counts, the square root of them, so that few are seen too."""
    xs = np.linspace(graph.left(), graph.right(), len(counts))
    heights = np.minimum(np.sqrt(counts / top), 1.0) * graph.height()
    points = [QPointF(float(x), float(graph.bottom() - h)) for x, h in zip(xs, heights, strict=True)]
    path = QPainterPath()
    path.addPolygon(QPolygonF([graph.bottomLeft(), *points, graph.bottomRight()]))
    return path


def _illuminant(painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
    if scoped.illuminant is None or scoped.line is None:
        return False
    room, list_box = _beside_list(painter, box, scoped)
    graph = _square(room)
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
    painter.setPen(theme.color("text.dim"))
    taken: list[QRectF] = []
    for place, text in marks:
        x = max(place.x() - 48, room.left() - 2)
        label = QRectF(x, place.y() - 14, place.x() - 4 - x, 14)
        if label.width() >= painter.fontMetrics().horizontalAdvance(text) and not any(
            label.intersects(t) for t in taken
        ):
            painter.drawText(label, Qt.AlignmentFlag.AlignRight, text)
            taken.append(label)
    _spot_list(painter, list_box, scoped)
    return True


_LINE = 14.0


def _spots(scoped: Scoped) -> list[tuple[Spot, str]]:
    """Lights and estimates, each with its ink."""
    lines: list[tuple[Spot, str]] = [(spot, "wire.light") for spot in scoped.lights]
    return lines + [(spot, "information") for spot in scoped.estimates]


def _words(spot: Spot) -> str:
    return f"{spot.name}  {spot.white.text()}"


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
        painter.drawText(QRectF(box.left(), y, box.width() - 6, _LINE), Qt.AlignmentFlag.AlignRight, _words(spot))
        y += _LINE


def _albedo(painter: QPainter, box: QRectF, albedo: Albedo | None) -> bool:
    if albedo is None or not albedo.counts.any():
        return False
    graph = box.adjusted(6, 24, -6, -16)
    low, high = (graph.x() + v / 1.25 * graph.width() for v in (0.02, 0.9))
    painter.fillRect(QRectF(low, graph.top(), high - low, graph.height()), theme.color("success", 0.10))
    for value in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25):
        x = graph.x() + value / 1.25 * graph.width()
        painter.setPen(theme.color("line"))
        painter.drawLine(QPointF(x, graph.top()), QPointF(x, graph.bottom()))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(QRectF(x - 24, graph.bottom() + 1, 48, 14), Qt.AlignmentFlag.AlignHCenter, f"{value:g}")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text.dim", 0.7))
    painter.drawPath(_area(albedo.counts, graph, max(1.0, float(albedo.counts.max()))))
    painter.setPen(theme.color("success" if albedo.within > 0.95 else "warning"))
    text = f"{100 * albedo.within:.1f} % plausible (0.02 to 0.9)"
    if albedo.below or albedo.above:
        text += f"   {100 * albedo.below:.1f} % below, {100 * albedo.above:.1f} % above"
    painter.drawText(QRectF(box.left() + 6, box.top() + 4, box.width() - 12, 16), Qt.AlignmentFlag.AlignLeft, text)
    return True


def _ratio(painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
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
