"""Where a pane's picture is in the coordinates of widgets, for whoever draws over it or follows the mouse there."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from rimlight.engine import Region

from .geometry import Box, View


@dataclass(frozen=True)
class Lens:
    """Of one pane. view : in screen pixels. ratio : of them per unit of widgets. pane : the pane, in units of widgets.

    window : the display window at scale 1. Points of widgets are QPointF; picture coordinates have y down.
    """

    view: View
    ratio: float
    pane: QRectF
    window: Region

    def point(self, x: float, y: float) -> QPointF:
        """Where a point of the picture is."""
        sx, sy = self.view.to_screen(x, y)
        return QPointF(sx / self.ratio, sy / self.ratio)

    def picture(self, point: QPointF) -> tuple[float, float]:
        """The point of the picture that is there."""
        return self.view.to_picture(point.x() * self.ratio, point.y() * self.ratio)

    def rect(self, box: "Region | Box") -> QRectF:
        return QRectF(self.point(box.x0, box.y0), self.point(box.x1, box.y1))

    def from_artist(self, x: float, y: float) -> QPointF:
        """Where a point in artist's coordinates is: y up from the bottom left of the display window."""
        return self.point(*self.window.from_artist(x, y))

    def to_artist(self, point: QPointF) -> tuple[float, float]:
        return self.window.to_artist(*self.picture(point))
