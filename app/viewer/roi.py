"""The region of interest: the only part of the picture that is computed while it is on."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from rimlight.engine import Region

from .. import theme
from .geometry import Box
from .lens import Lens
from .settings import ViewerSettings
from .tools import REACH, Drag, Following, Press, Stand, Tool, near

Corners = tuple[float, float, float, float]


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
        rect = self._rect(lens)
        x_edge = _edge(press.at.x(), rect.left(), rect.right())
        y_edge = _edge(press.at.y(), rect.bottom(), rect.top())
        near_rect = rect.adjusted(-REACH, -REACH, REACH, REACH).contains(press.at)
        if near_rect and (x_edge or y_edge):
            return Following(lambda at, _: self._set(_resized(lens, before.roi, x_edge, y_edge, at)), undo)
        if near(press.at, rect.center()):
            return Following(lambda at, _: self._set(_moved(lens, before.roi, press.at, at)), undo)
        return None

    @property
    def _visible(self) -> bool:
        return self._stand.settings.roi_on and self._stand.settings.overlays

    def _set(self, roi: Corners) -> None:
        x0, y0, x1, y1 = roi
        least = 0.002
        corners = (min(x0, x1), min(y0, y1), max(x0, x1, min(x0, x1) + least), max(y0, y1, min(y0, y1) + least))
        self._stand.change(roi=corners, roi_on=True)

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
        rect = self._rect(lens)
        if not rect.adjusted(-REACH, -REACH, REACH, REACH).contains(at):
            return None
        x_edge, y_edge = _edge(at.x(), rect.left(), rect.right()), _edge(at.y(), rect.bottom(), rect.top())
        if x_edge and y_edge:
            return Qt.CursorShape.SizeBDiagCursor if x_edge == y_edge else Qt.CursorShape.SizeFDiagCursor
        if x_edge or y_edge:
            return Qt.CursorShape.SizeHorCursor if x_edge else Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.SizeAllCursor if near(at, rect.center()) else None


def _edge(at: float, first: float, second: float) -> int:
    """-1 near the first edge, 1 near the second, 0 near none."""
    to_first, to_second = abs(at - first), abs(at - second)
    if min(to_first, to_second) > REACH:
        return 0
    return -1 if to_first <= to_second else 1


def _fraction(lens: Lens, at: QPointF) -> tuple[float, float]:
    x, y = lens.to_artist(at)
    return x / max(1, lens.window.width), y / max(1, lens.window.height)


def _between(lens: Lens, start: QPointF, at: QPointF) -> Corners:
    return (*_fraction(lens, start), *_fraction(lens, at))


def _resized(lens: Lens, roi: Corners, x_edge: int, y_edge: int, at: QPointF) -> Corners:
    x, y = _fraction(lens, at)
    x0, y0, x1, y1 = roi
    return (x if x_edge < 0 else x0, y if y_edge < 0 else y0, x if x_edge > 0 else x1, y if y_edge > 0 else y1)


def _moved(lens: Lens, roi: Corners, start: QPointF, at: QPointF) -> Corners:
    (x, y), (sx, sy) = _fraction(lens, at), _fraction(lens, start)
    return roi[0] + x - sx, roi[1] + y - sy, roi[2] + x - sx, roi[3] + y - sy
