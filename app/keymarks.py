"""How keys are drawn where there may be thousands: by the pixel."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPolygonF

Floats = npt.NDArray[np.float64]

_REACH = 8
"""Pixels beyond the widget from which a key is still seen in part."""


def told_apart(places: Floats, width: float, height: float) -> Floats:
    """Those of some places [n, 2] that are seen in a widget, one of those that fall on one pixel."""
    x, y = places[:, 0], places[:, 1]
    seen = places[(x > -_REACH) & (x < width + _REACH) & (y > -_REACH) & (y < height + _REACH)]
    return seen[np.sort(np.unique(np.round(seen), axis=0, return_index=True)[1])]


def draw_diamonds(painter: QPainter, xs: Floats, y: float, side: float, width: float) -> None:
    """Draw keys in a row, at `xs` [n] and one height, as far as they are seen in a widget of that width."""
    places = np.stack((xs, np.zeros_like(xs)), axis=1)
    for x in told_apart(places, width, 0)[:, 0].tolist():
        corners = ((0.0, -side), (side, 0.0), (0.0, side), (-side, 0.0))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
