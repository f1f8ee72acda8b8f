"""The region of interest: the only part of the picture that is computed while it is on."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from rimlight.engine import Region

from .. import theme
from .geometry import Box
from .lens import Lens
from .rectangles import Corners, dragged, hold_at, hold_cursor, in_order
from .settings import ViewerSettings
from .tools import Drag, Following, Press, Stand, Tool

_LEAST = 0.002
"""Width and height that are left of the region at least, as shares of the frame."""


def roi_region(settings: ViewerSettings, window: Region) -> Region:
    """The pixels of the region of interest."""
    x0, y0, x1, y1 = settings.roi
    left, top = window.from_artist(x0 * window.width, y1 * window.height)
    right, bottom = window.from_artist(x1 * window.width, y0 * window.height)
    return Box(left, top, right, bottom).outwards()


class RegionOfInterest(Tool):
    """Edges and corners of the region are dragged; after `draw` the next drag draws a new one."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.drawing = False

    def draw(self) -> None:
        """Let the next drag draw the region."""
        self.drawing = True

    @property
    def armed(self) -> bool:
        return self.drawing

    def disarm(self) -> None:
        self.drawing = False

    def grab(self, press: Press) -> Drag | None:
        stand, lens, before = self._stand, press.lens, self._stand.settings

        def undo() -> None:
            stand.change(roi=before.roi, roi_on=before.roi_on)

        if self.drawing and press.button == Qt.MouseButton.LeftButton:
            self.drawing = False
            start = press.at
            return Following(lambda at, _: self._set(_between(lens, start, at)), undo)
        if not self._visible or not press.plain_left:
            return None
        hold = hold_at(self._rect(lens), press.at)
        if hold is None:
            return None
        from_ = _fraction(lens, press.at)
        return Following(lambda at, _: self._set(dragged(before.roi, hold, from_, _fraction(lens, at))), undo)

    @property
    def _visible(self) -> bool:
        return self._stand.settings.roi_on and self._stand.settings.overlays

    def _set(self, roi: Corners) -> None:
        self._stand.change(roi=in_order(roi, _LEAST), roi_on=True)

    def _rect(self, lens: Lens) -> QRectF:
        return lens.rect(roi_region(self._stand.settings, lens.window))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self._visible:
            return
        rect = self._rect(lens)
        veil = QPainterPath()
        veil.addRect(lens.rect(lens.window))
        hole = QPainterPath()
        hole.addRect(rect)
        painter.fillPath(veil.subtracted(hole), theme.color("viewer.surround", 0.7))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((theme.color("surface.deep", 0.8), 3.0), (theme.color("channel.blue"), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawRect(rect)
        painter.setFont(theme.font("small"))
        painter.drawText(rect.topLeft() + QPointF(4, -5), "region of interest")
        middle = rect.center()
        painter.drawLine(middle - QPointF(5, 0), middle + QPointF(5, 0))
        painter.drawLine(middle - QPointF(0, 5), middle + QPointF(0, 5))

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self.drawing:
            return Qt.CursorShape.CrossCursor
        if not self._visible:
            return None
        hold = hold_at(self._rect(lens), at)
        return None if hold is None else hold_cursor(hold)


def _fraction(lens: Lens, at: QPointF) -> tuple[float, float]:
    x, y = lens.to_artist(at)
    return x / max(1, lens.window.width), y / max(1, lens.window.height)


def _between(lens: Lens, start: QPointF, at: QPointF) -> Corners:
    return (*_fraction(lens, start), *_fraction(lens, at))
