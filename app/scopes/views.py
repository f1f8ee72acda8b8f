"""The scopes as they are drawn. Each names the space of its numbers."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from .computing import Kind, Scoped
from .counting import Space, spaced, ticks
from .light_plots import albedo_plot, area, illuminant, ratio_plot, square

TITLES = {
    Kind.HISTOGRAM: "Histogram", Kind.WAVEFORM: "Waveform", Kind.PARADE: "RGB Parade", Kind.VECTOR: "Vectorscope",
    Kind.RATIO: "Key to Fill", Kind.ILLUMINANT: "Illuminant", Kind.ALBEDO: "Albedo",
}  # fmt: skip
_HEAD = 18
_SIDE = 30
_LETTERS, _LINE = 28, 12
"""Pixels from one word of an axis to the next, along a line and down."""
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
        self.setMinimumSize(140, 48)
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
        with QPainter(self) as painter:
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
            words = painter.fontMetrics().elidedText(
                self.words, Qt.TextElideMode.ElideRight, int(self.width() - used - 4)
            )
            painter.drawText(
                QRectF(used, 0, self.width() - used - 4, _HEAD),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words,
            )  # fmt: skip
            empty = self.scoped is None or not self.draw(painter, box, self.scoped)
            if empty:
                painter.setPen(theme.color("text.dim"))
                painter.drawText(
                    box.adjusted(8, 8, -8, -8),
                    Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                    self.note or "–",
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
                return illuminant(painter, box, scoped)
            case Kind.ALBEDO:
                return albedo_plot(painter, box, scoped.albedo)
            case Kind.RATIO:
                return ratio_plot(painter, box, scoped)

    def _histogram(self, painter: QPainter, box: QRectF, scoped: Scoped) -> bool:
        found = scoped.histogram
        if found is None or not found.counts.any():
            return False
        graph = box.adjusted(6, 18, -6, -16)
        for share, text in spaced(ticks(self.space), graph.width(), _LETTERS):
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
            painter.drawPath(area(found.counts[channel], graph, top))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("text", 0.8), 1))
        painter.drawPath(area(found.counts[3], graph, top))
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
        marks = ticks(self.space)
        for (share, mark), (_, text) in zip(marks, spaced(marks, graph.height(), _LINE), strict=True):
            y = graph.bottom() - share * graph.height()
            strong = mark in ("18 %", "0", "1")
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
        graph = square(box)
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
