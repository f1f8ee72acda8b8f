"""The frame ruler: where we are, where in and out are, what is cached, where the selected node has keys; a curve."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..keymarks import draw_diamonds
from .ranges import Range

_EDGE = 12
_REACH = 6
_TICKS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
_TICK_SPACE = 7
_LABEL_SPACE = 46
_STRIPE = 3
_ZOOM = 1.2
_HEIGHT = 38
CURVE = 34
"""Height that the curves take besides."""
_CURVE_LEAST = 10.0
"""What a curve reaches at least, so that a quiet shot looks quiet."""
_COLORS = {"device": "state.cached_device", "host": "state.cached_host", "disk": "state.cached_disk"}


class Ruler(QWidget):
    """Drag to scrub; drag the marks to move in and out; wheel to zoom, middle button to pan, double-click to see all.

    scrubbed : a frame. span_moved : in and out, as (first, last).
    """

    scrubbed = Signal(float)
    span_moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Frames")
        self.whole: Range = (1, 100)
        self.in_out: Range | None = None
        self.frame = 1.0
        self.keys: Sequence[float] = ()
        self.cached: Mapping[int, str] = {}
        self.curves: Mapping[str, Mapping[int, float]] | None = None
        self.progress = ""
        self._view: tuple[float, float] | None = None
        self._drag = ""
        self._press = QPointF()
        self._press_view = (1.0, 100.0)

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT + (CURVE if self.curves is not None else 0))

    def show_curves(self, curves: Mapping[str, Mapping[int, float]] | None, progress: str = "") -> None:
        """Draw numbers of frames, by the name of a colour of the theme, in a strip of their own; None: no strip.

        progress : what is said there of how far they are.
        """
        self.curves, self.progress = curves, progress
        self.updateGeometry()
        self.update()

    def show_state(
        self, *, whole: Range, marks: Range | None, frame: float, keys: Sequence[float], cached: Mapping[int, str]
    ) -> None:
        """Show all of this. whole : the range that is played, or scrubbed in at least."""
        state = (whole, marks, frame, keys, cached)
        if state == (self.whole, self.in_out, self.frame, self.keys, self.cached):
            return
        if whole != self.whole:
            self._view = None
        self.whole, self.in_out, self.frame, self.keys, self.cached = state
        self.update()

    # -- frames and places ----------------------------------------------------------------------------------------

    @property
    def view(self) -> tuple[float, float]:
        """The first and last frame that are visible."""
        if self._view is not None:
            return self._view
        first, last = self.whole
        return float(first), float(max(last, first + 1))

    def x_of(self, frame: float) -> float:
        """Where a frame is."""
        first, last = self.view
        return _EDGE + (frame - first) / (last - first) * (self.width() - 2 * _EDGE)

    def frame_of(self, x: float) -> float:
        """The frame, not rounded, at a place."""
        first, last = self.view
        return first + (x - _EDGE) / max(1, self.width() - 2 * _EDGE) * (last - first)

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.button() == Qt.MouseButton.MiddleButton or (alt and event.button() == Qt.MouseButton.LeftButton):
            self._drag, self._press, self._press_view = "pan", place, self.view
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = self._mark_at(place) or "scrub"
            self._follow(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if not event.buttons():
            self._drag = ""  # the release went elsewhere, as to a window that came up
        if not self._drag:
            self.setCursor(Qt.CursorShape.SizeHorCursor if self._mark_at(place) else Qt.CursorShape.ArrowCursor)
        elif self._drag == "pan":
            first, last = self._press_view
            by = (place.x() - self._press.x()) / max(1, self.width() - 2 * _EDGE) * (last - first)
            self._view = (first - by, last - by)
            self.update()
        else:
            self._follow(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._view = None
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        first, last = self.view
        at = self.frame_of(event.position().x())
        factor = _ZOOM ** (-event.angleDelta().y() / 120)
        span = min(max((last - first) * factor, 2.0), 1e6)
        share = (at - first) / (last - first)
        self._view = (at - share * span, at + (1 - share) * span)
        self.update()

    def _mark_at(self, place: QPointF) -> str:
        """The mark under a place: `in`, `out` or nothing. They are in the upper half."""
        if self.in_out is None or place.y() > self.height() / 2:
            return ""
        first, last = self.in_out
        near = {"in": abs(self.x_of(first) - place.x()), "out": abs(self.x_of(last) - place.x())}
        name = min(near, key=near.__getitem__)
        return name if near[name] <= _REACH else ""

    def _follow(self, place: QPointF) -> None:
        frame = round(self.frame_of(place.x()))
        if self._drag == "scrub":
            self.scrubbed.emit(float(frame))
        elif self.in_out is not None:
            first, last = self.in_out
            moved = (min(frame, last), last) if self._drag == "in" else (first, max(frame, first))
            if moved != self.in_out:
                self.span_moved.emit(moved)

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("surface.base"))
            height = self.height()
            first, last = self.in_out or self.whole
            left, right = self.x_of(first), self.x_of(last)
            painter.fillRect(QRectF(left, 0, right - left, height), theme.color("surface.raised"))
            self._paint_ticks(painter)
            self._paint_cached(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_keys(painter)
            if self.curves is not None:
                self._paint_curves(painter, self.curves)
            if self.in_out is not None:
                for x, way in ((left, 1), (right, -1)):
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(theme.color("information"))
                    painter.drawPolygon(QPolygonF([QPointF(x, 0), QPointF(x + 7 * way, 0), QPointF(x, 9)]))
                    painter.fillRect(QRectF(x - 0.5, 0, 1, height), theme.color("information", 0.6))
            self._paint_playhead(painter)

    def _paint_ticks(self, painter: QPainter) -> None:
        first, last = self.view
        per_frame = (self.width() - 2 * _EDGE) / (last - first)
        small = next((t for t in _TICKS if t * per_frame >= _TICK_SPACE), _TICKS[-1])
        large = next((t for t in _TICKS if t * per_frame >= _LABEL_SPACE and t % small == 0), _TICKS[-1])
        height = self.height()
        painter.setFont(theme.font("small"))
        start, end = math.ceil(self.frame_of(0) / small), math.floor(self.frame_of(self.width()) / small)
        for number in range(start, end + 1):
            frame = number * small
            x = self.x_of(frame)
            labelled = frame % large == 0
            inside = self.whole[0] <= frame <= self.whole[1]
            painter.setPen(theme.color("line.strong" if labelled else "line"))
            painter.drawLine(QPointF(x, height - (17 if labelled else 11)), QPointF(x, height - 7))
            if labelled and 0 <= x <= self.width():
                painter.setPen(theme.color("text.dim" if inside else "text.disabled"))
                width = painter.fontMetrics().horizontalAdvance(str(frame))
                box = QRectF(label_left(x, width, self.width()), 2, width + 1, 16)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, str(frame))

    def _paint_cached(self, painter: QPainter) -> None:
        """A stripe for each run of frames that lie in the same place."""
        y = self.height() - _STRIPE - 1
        begin: int | None = None
        frames = sorted(self.cached)
        for i, frame in enumerate(frames):
            begin = frame if begin is None else begin
            following = frames[i + 1] if i + 1 < len(frames) else None
            if following == frame + 1 and self.cached[following] == self.cached[frame]:
                continue
            left, right = self.x_of(begin - 0.5), self.x_of(frame + 0.5)
            painter.fillRect(QRectF(left, y, max(right - left, 1), _STRIPE), theme.color(_COLORS[self.cached[frame]]))
            begin = None

    def _paint_keys(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("value.keyframe"))
        first, last = self.view
        per_frame = (self.width() - 2 * _EDGE) / (last - first)
        xs = _EDGE + (np.array(self.keys) - first) * per_frame
        draw_diamonds(painter, xs, self.height() - 12, 4.0, self.width())

    def _paint_curves(self, painter: QPainter, curves: Mapping[str, Mapping[int, float]]) -> None:
        """Curves between the numbers of the frames and their ticks, with what the highest line means."""
        top, bottom = 19.0, float(self.height() - 19)
        most = max([_CURVE_LEAST, *(value for curve in curves.values() for value in curve.values())])
        painter.setPen(QPen(theme.color("line"), 1))
        for y in (top, bottom):
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        for color, curve in curves.items():
            pen = QPen(theme.color(color), 1.5)
            painter.setPen(pen)
            before: tuple[int, QPointF] | None = None
            for frame in sorted(curve):
                place = QPointF(self.x_of(frame), bottom - (bottom - top) * curve[frame] / most)
                if before is not None and before[0] == frame - 1:
                    painter.drawLine(before[1], place)
                else:
                    painter.drawPoint(place)
                before = frame, place
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text.dim"))
        painter.drawText(QPointF(4, top + 12), f"{most:.0f} ΔE/s")
        strip = QRectF(0, top + 2, self.width() - 4, bottom - top)
        painter.drawText(strip, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self.progress)

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self.x_of(self.frame)
        accent = theme.color("accent")
        painter.setPen(QPen(accent, 1.5))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setFont(theme.font("small", bold=True))
        text = f"{self.frame:.12g}"
        width = painter.fontMetrics().horizontalAdvance(text) + 10
        box = QRectF(label_left(x, width, self.width()), 1, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.color("text.on_accent"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def label_left(x: float, width: float, whole: float) -> float:
    """Where a label begins that stands about x, or at the end of the ruler where it would be cut off."""
    return min(max(x - width / 2, 0.0), whole - width)
