"""How strokes look on the picture: their lines, and where a clone copies from."""

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QTransform

from .. import theme
from .lens import Lens


class Look(Enum):
    """Of a line: its colour, its opacity and its width."""

    FAINT = ("text", 0.8, 1.0)
    UNDER = ("text.strong", 1.0, 1.4)
    CHOSEN = ("accent", 1.0, 1.8)


def scale_of(lens: Lens) -> tuple[float, float]:
    """Units of widgets per full-size pixel, across and up; pixels may be wider than high."""
    way = lens.from_artist(1, 1) - lens.from_artist(0, 0)
    return abs(way.x()), abs(way.y())


def on_viewport(line: QPolygonF, lens: Lens) -> QPolygonF:
    """A line in artist's coordinates on the viewport."""
    origin, across, up = (lens.from_artist(*place) for place in ((0, 0), (1, 0), (0, 1)))
    across, up = across - origin, up - origin
    return QTransform(across.x(), across.y(), up.x(), up.y(), origin.x(), origin.y()).map(line)


def color_of(brush: str) -> str:
    """The name of the colour in which the line and the ring of a brush are drawn."""
    name = f"stroke.{brush}"
    return name if name in theme.colors() else "text"


def paint_line(painter: QPainter, line: QPolygonF, look: Look, brush: str) -> None:
    """The middle of a stroke on the viewport; its start is marked where it is chosen, and where it is a dot."""
    color, opacity, width = look.value
    if look is not Look.CHOSEN and (own := color_of(brush)) != "text":
        color = own
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # Thin lines are drawn fast, so that of hundreds that are faint the dark one lies beside it, not all around.
    dark = (line.translated(1, 1), 1.0) if look is Look.FAINT else (line, width + 1.8)
    for shade, (drawn, thick) in (
        (theme.color("surface.deep", 0.7 * opacity), dark),
        (theme.color(color, opacity), (line, width)),
    ):
        pen = QPen(shade, thick)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(drawn)
    if look is Look.CHOSEN or line.size() == 1:
        painter.setPen(QPen(theme.color("surface.deep", 0.85 * opacity), 1))
        painter.setBrush(theme.color(color, opacity))
        painter.drawEllipse(line.at(0), 3.0, 3.0)


def paint_ring(painter: QPainter, at: QPointF, radius: float, color: str) -> None:
    """A circle as wide as a brush. radius : in units of widgets. color : its name."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    for shade, width in ((theme.color("surface.deep", 0.8), 3.0), (theme.color(color), 1.2)):
        painter.setPen(QPen(shade, width))
        painter.drawEllipse(box)


def paint_cross(painter: QPainter, at: QPointF) -> None:
    """The middle of a source, in the pen that is set."""
    painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
    painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))


def paint_source(painter: QPainter, lens: Lens, source: tuple[float, float], start: QPointF, width: float) -> None:
    """Where a clone copies from, and the way from there to its start, in artist's coordinates. width : of the brush."""
    at = lens.from_artist(*source)
    painter.setPen(QPen(theme.color("accent", 0.8), 1, Qt.PenStyle.DashLine))
    painter.drawLine(at, lens.from_artist(start.x(), start.y()))
    paint_ring(painter, at, width * scale_of(lens)[0] / 2, "accent")
    paint_cross(painter, at)
