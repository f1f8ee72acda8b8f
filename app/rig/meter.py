"""The meter of a light in the list."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from .. import theme
from .measuring import DARK, stops_of

_LOW, _HIGH = -8.0, 4.0
"""Stops that a meter spans."""


class Meter(QWidget):
    """The mean level of a light in stops from a grey card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(44, 18))
        self.stops: float | None = None

    def show_level(self, level: float | None, where: str) -> None:
        """level : linear, 0.18 is grey; None when it is not known. where : what it was measured on."""
        stops = None if level is None else stops_of(level)
        if stops != self.stops:
            self.stops = stops
            self.update()
        known = (
            "no light" if stops is not None and stops <= DARK else f"{stops:+.1f} stops" if stops is not None else ""
        )
        self.setToolTip(f"Mean light on the {where}: {known} from a grey card" if known else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            box = QRectF(0, self.height() - 4, self.width(), 3)
            painter.fillRect(box, theme.color("surface.field"))
            if self.stops is None or self.stops <= DARK:
                return
            share = min(max((self.stops - _LOW) / (_HIGH - _LOW), 0.0), 1.0)
            hot = self.stops > 2.5
            painter.fillRect(
                QRectF(box.x(), box.y(), box.width() * share, box.height()),
                theme.color("warning" if hot else "success"),
            )
            grey = -_LOW / (_HIGH - _LOW) * box.width()
            painter.fillRect(QRectF(grey, box.y() - 1, 1, box.height() + 1), theme.color("text.dim"))
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text.dim"))
            painter.drawText(
                QRectF(0, 0, self.width(), self.height() - 4), Qt.AlignmentFlag.AlignRight, f"{self.stops:+.1f}"
            )
