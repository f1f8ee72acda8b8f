"""How shapes look on the picture: outline and feather, points, handles."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from .lens import Lens
from .outlines import feather_path, path_of
from .shape_marks import Grip, Mark

_HALF = 3.5


def paint_outline(painter: QPainter, shape: Mapping[str, Any], lens: Lens) -> None:
    """The outline, and dashed where the feather of its points ends."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for path, color, width, style in (
        (feather_path(shape, lens), "text", 1.0, Qt.PenStyle.DashLine),
        (path_of(shape, lens), "accent", 1.2, Qt.PenStyle.SolidLine),
    ):
        painter.setPen(QPen(theme.color("surface.deep", 0.7), width + 1.8))
        painter.drawPath(path)
        painter.setPen(QPen(theme.color(color), width, style))
        painter.drawPath(path)


def paint_grips(
    painter: QPainter, lens: Lens, grips: Iterable[Grip], chosen: Collection[Mark], smooth: Collection[Mark]
) -> None:
    """Points, square where the outline has a corner and round where it has none, and what starts at them."""
    points: list[Grip] = []
    for grip in grips:
        if grip.part == "at":
            points.append(grip)
            continue
        at, start = (lens.from_artist(place.x(), place.y()) for place in (grip.place, grip.start))
        painter.setPen(QPen(theme.color("surface.deep", 0.7), 2.4))
        painter.drawLine(start, at)
        painter.setPen(QPen(theme.color("text.dim"), 1))
        painter.drawLine(start, at)
        painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
        painter.setBrush(theme.color("surface.deep" if grip.part == "feather" else "text"))
        if grip.part == "feather":
            painter.setPen(QPen(theme.color("text"), 1.2))
        painter.drawEllipse(at, 3, 3)
    for grip in points:
        at = lens.from_artist(grip.place.x(), grip.place.y())
        painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
        painter.setBrush(theme.color("text.strong" if grip.mark in chosen else "accent"))
        box = QRectF(at - QPointF(_HALF, _HALF), at + QPointF(_HALF, _HALF))
        if grip.mark in smooth:
            painter.drawEllipse(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        else:
            painter.drawRect(box)
