"""What is painted over the picture: windows, labels, lights, the legend, what is missing, that the picture is old."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QTimer
from PySide6.QtGui import QPainter

from . import drawing, reading
from .legend import draw_legend
from .lens import Lens

if TYPE_CHECKING:
    from .panel import ViewerPanel

STALE_MS = 150
"""For how long an old picture may stand before it is marked as old."""


class Overlay(QObject):
    """Paints over the picture of a panel. stale : whether the picture is marked as old. band : the number of the band
    of false colour under the mouse. spot : what is metered there, in widgets, where that is more than a pixel.
    """

    def __init__(self, panel: "ViewerPanel") -> None:
        super().__init__(panel)
        self.stale = False
        self.band: int | None = None
        self.spot: QRectF | None = None
        self._panel = panel
        self._timer = QTimer(self, singleShot=True, interval=STALE_MS)
        self._timer.timeout.connect(self._mark)

    def wait(self) -> None:
        """A newer picture is being made: mark what is shown as old if that lasts."""
        if not self.stale and not self._timer.isActive():
            self._timer.start()

    def arrived(self) -> None:
        """The picture is that of the script as it is."""
        self.stale = False
        self._timer.stop()

    def point(self, band: int | None, spot: QRectF | None) -> None:
        """The mouse is elsewhere, or nowhere."""
        if (band, spot) != (self.band, self.spot):
            self.band, self.spot = band, spot
            self._panel.repaint_overlay()

    def _mark(self) -> None:
        self.stale = True
        self._panel.telling.about()
        self._panel.repaint_overlay()

    def paint(self, painter: QPainter, lenses: Sequence[Lens]) -> None:
        """lenses : how each side of the picture lies in the viewport."""
        panel = self._panel
        area = QRectF(panel.stage.rect())
        pictures, settings = panel.pictures, panel.settings
        if settings.overlays:
            for lens, plane in zip(lenses, reading.planes(pictures, settings), strict=False):
                painter.save()
                painter.setClipRect(lens.pane)
                drawing.draw_windows(painter, lens, plane)
                painter.restore()
        if len(lenses) > 1:
            drawing.draw_side_labels(painter, lenses, reading.side_names(panel.inputs))
        if settings.overlays and pictures.a.rig_lines:
            drawing.draw_lines(painter, area, "Lights", pictures.a.rig_lines)
        if not lenses and not panel.notice.isVisible():
            drawing.draw_hint(painter, area, reading.hint(panel.workspace.views(panel.viewer)))
        if self.spot is not None:
            drawing.draw_spot(painter, self.spot)
        frame = panel.stage.frame
        if frame is not None and any(plane is not None and frame.banded(plane) for plane in (frame.a, frame.b)):
            draw_legend(painter, area, self.band)
        if self.stale:
            drawing.draw_progress(painter, area)
        drawing.draw_badges(painter, area, reading.badges(pictures, settings, self.stale))
