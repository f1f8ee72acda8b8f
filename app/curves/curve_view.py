"""Curves on a plane: keys are selected, moved and scaled, tangents bent, with mouse and keys.

The middle button or Alt pans, the wheel zooms (Ctrl only frames, Shift only values); a click selects, Shift adds; a
drag on nothing draws a box; Ctrl+Alt+click adds a key; the box around several selected keys moves and scales them; the
ruler scrubs. Every drag is one gesture: it starts from the curves as they were when the button went down.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from . import selection as many
from .curve_paint import HANDLE, RULER, paint_view
from .key_editor import KeyEditor
from .keys import keyed, keys_within, slopes, with_slope
from .plane import Plane, round_step
from .selection import Selection
from .tracks import Track, TrackId

REACH = 7
"""Pixels within which a key or a handle is hit."""
NEARER = 3
"""Pixels by which a key that is selected counts as nearer than others."""
Side = Literal["left", "right"]


class CurveView(KeyEditor):
    """The plane. plane_changed : another part of it is shown."""

    plane_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(160, 80)
        self.plane = Plane()
        self.samples: Mapping[TrackId, Sequence[tuple[float, float]]] = {}
        self.frame: float | None = 1.0
        self.frames = (1.0, 100.0)
        self._grip: tuple[int, int] = (0, 0)
        self._handle: tuple[TrackId, int, Side] | None = None

    def sizeHint(self) -> QSize:
        return QSize(640, 320)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        """Show these; what is selected stays so where it is still there. The first ones are framed, and the script's
        range once there is none.
        """
        before = set(self.tracks)
        self.take_tracks(tracks)
        if (before or self.tracks) and not before & set(self.tracks) and not self._mode:
            self.frame_all()
        self.update()

    def show_frame(self, frame: float | None, frames: tuple[float, float]) -> None:
        """Show the line of the current frame, None for axes that are no time, and the range of the script."""
        if (frame, frames) != (self.frame, self.frames):
            before, self.frame, self.frames = self.frames, frame, frames
            if before != frames and not self.tracks:
                self.frame_all()
            self.update()

    def frame_all(self) -> None:
        """Bring the selected keys into view, or all curves."""
        around = self.around if self.several else None
        if around is None:
            everything = {name: frozenset(range(len(curve.keys))) for name, curve in self.curves.items()}
            around = many.bounds(everything, self.curves)
        points = [point for name in self.tracks for point in self.samples.get(name, ())]
        if around is None and points:
            frames, values = zip(*points, strict=True)
            around = min(frames), max(frames), min(values), max(values)
        if around is None:
            around = (*self.frames, 0.0, 1.0)
        first, last, low, high = around
        plane = Plane.showing((first, last), (low, high), self.width(), max(self.height() - RULER, 10), 0.12)
        self.set_plane(plane.panned(0, RULER))
        self._untouched = True

    def set_plane(self, plane: Plane) -> None:
        """Show another part of the plane; from then on it stays when the widget gets another size."""
        self.plane = plane
        self._untouched = False
        self.plane_changed.emit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._untouched:
            self.frame_all()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_view(painter, self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- editing --------------------------------------------------------------------------------------------------

    def add_key(self, at: QPointF) -> None:
        """Add a key to the curve nearest to a point, at its value there."""
        frame = self.plane.frame_at(at.x())
        frame = float(round(frame)) if self.snap else frame
        near = [(abs(self.plane.y(curve.at(frame)) - at.y()), name, curve) for name, curve in self.curves.items()]
        if near:
            _, name, curve = min(near, key=lambda found: found[0])
            changed = keyed(curve, frame, curve.at(frame))
            self.token = None
            place = min(range(len(changed.keys)), key=lambda i: abs(changed.keys[i].frame - frame))
            self.edit({name: changed}, "add a key", {name: frozenset((place,))})

    # -- what lies under the pointer ------------------------------------------------------------------------------

    def key_under(self, at: QPointF) -> tuple[TrackId, int] | None:
        """The key at a point; one that is selected already before others."""
        best: tuple[float, TrackId, int] | None = None
        first, last = (self.plane.frame_at(at.x() + x) for x in (-REACH - NEARER, REACH + NEARER))
        for name, curve in self.curves.items():
            for i in keys_within(curve, first, last):
                key = curve.keys[i]
                away = self.plane.point(key.frame, key.value) - at
                distance = math.hypot(away.x(), away.y()) - (NEARER if i in self.selection.get(name, ()) else 0)
                if distance <= REACH and (best is None or distance < best[0]):
                    best = (distance, name, i)
        return None if best is None else best[1:]

    def handles(self) -> list[tuple[TrackId, int, Side, QPointF]]:
        """The ends of the tangents of selected keys; none where there are too many to be told apart."""
        curves = self.curves
        if sum(map(len, self.selection.values())) > 30:
            return []
        found: list[tuple[TrackId, int, Side, QPointF]] = []
        for name, chosen in self.selection.items():
            curve = curves[name]
            for i in chosen:
                key = curve.keys[i]
                left, right = slopes(curve, i)
                middle = self.plane.point(key.frame, key.value)
                if i > 0 and curve.keys[i - 1].interp != "constant":
                    found.append((name, i, "left", middle - self._along(left)))
                if i < len(curve.keys) - 1 and key.interp != "constant":
                    found.append((name, i, "right", middle + self._along(right)))
        return found

    def _along(self, slope: float) -> QPointF:
        x, y = self.plane.across, -slope * self.plane.up
        length = math.hypot(x, y) or 1.0
        return QPointF(x, y) * (HANDLE / length)

    def frame_box(self) -> QRectF | None:
        """The box around several selected keys, by which they are moved and scaled."""
        around = self.around
        if around is None or not self.several:
            return None
        first, last, low, high = around
        box = QRectF(self.plane.point(first, high), self.plane.point(last, low))
        return box.adjusted(-10, -10, 10, 10)

    def grips(self) -> list[tuple[int, int, QPointF]]:
        """The corners and edges of the box: -1, 0 or 1 across and up, and where they are."""
        box, around = self.frame_box(), self.around
        if box is None or around is None:
            return []
        first, last, low, high = around
        ways = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]
        return [
            (x, y, QPointF(box.center().x() + x * box.width() / 2, box.center().y() - y * box.height() / 2))
            for x, y in ways
            if (x == 0 or last > first) and (y == 0 or high > low)
        ]

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, modifiers, button = event.position(), event.modifiers(), event.button()
        self._press = at
        self.begin()
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if button == Qt.MouseButton.MiddleButton and alt:
            self._mode = "zoom"
        elif button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and alt and not control):
            self._mode = "pan"
        elif button != Qt.MouseButton.LeftButton:
            event.ignore()
        elif alt and control:
            self.add_key(at)
        elif at.y() <= RULER and self.frame is not None:
            self._mode = "scrub"
            self._scrub(at)
        else:
            self._press_on_plane(at, bool(modifiers & Qt.KeyboardModifier.ShiftModifier))

    def _press_on_plane(self, at: QPointF, add: bool) -> None:
        for name, i, side, end in self.handles():
            if math.hypot((end - at).x(), (end - at).y()) <= REACH:
                self._mode, self._handle = "tangent", (name, i, side)
                return
        found = self.key_under(at)
        if found is not None:
            self._press_on_key(*found, add)
            return
        for x, y, place in self.grips():
            if math.hypot((place - at).x(), (place - at).y()) <= REACH:
                self._mode, self._grip = "scale", (x, y)
                return
        box = self.frame_box()
        if box is not None and box.contains(at) and not add:
            self._mode = "move"
            return
        self._begin_band(at, add)

    def _press_on_key(self, name: TrackId, i: int, add: bool) -> None:
        chosen = self.selection.get(name, frozenset())
        if add:
            self.select({**self.selection, name: chosen ^ {i}})
        elif i not in chosen:
            self.select({name: frozenset((i,))})
        self._begin_move()

    def drag_to(self, at: QPointF, held: Qt.KeyboardModifier) -> None:
        moved = at - self._press
        if self._mode == "pan":
            self.set_plane(self.plane.panned(moved.x(), moved.y()))
            self._press = at
        elif self._mode == "zoom":
            self.set_plane(self.plane.zoomed(self._press, 1.01 ** moved.x(), 1.01 ** -moved.y()))
            self._press = at
        elif self._mode == "scrub":
            self._scrub(at)
        elif self._mode == "move":
            self._move(moved, bool(held & Qt.KeyboardModifier.ShiftModifier))
        elif self._mode == "scale":
            self._scale(at)
        elif self._mode == "tangent":
            self._bend(at, bool(held & Qt.KeyboardModifier.ControlModifier))
        elif self._mode == "band":
            self._stretch_band(at)
        else:
            self._show_cursor(at)

    def end(self) -> None:
        super().end()
        self._handle = None

    def _show_cursor(self, at: QPointF) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if at.y() <= RULER and self.frame is not None:
            shape = Qt.CursorShape.SplitHCursor
        elif self.key_under(at) is not None or any((end - at).manhattanLength() <= REACH for *_, end in self.handles()):
            shape = Qt.CursorShape.PointingHandCursor
        else:
            for x, y, place in self.grips():
                if (place - at).manhattanLength() <= REACH:
                    shape = _grip_cursor(x, y)
        self.setCursor(shape)

    def _scrub(self, at: QPointF) -> None:
        self.scrubbed.emit(float(round(self.plane.frame_at(at.x()))))

    def _move(self, moved: QPointF, straight: bool) -> None:
        x, y = moved.x(), moved.y()
        if straight:
            x, y = (x, 0.0) if abs(x) > abs(y) else (0.0, y)
        frames = x / self.plane.across
        if self.snap:
            frames = float(round(frames))
        changed, there = many.move(self.base_selection, self.base, frames, -y / self.plane.up, self.snap)
        self.edit(changed, "move keys", there)

    def _scale(self, at: QPointF) -> None:
        around = many.bounds(self.base_selection, self.base)
        if around is None:
            return
        first, last, low, high = around
        x, y = self._grip
        pivot = (first if x > 0 else last, low if y > 0 else high)
        ends = (last if x > 0 else first, high if y > 0 else low)
        frame = self.plane.frame_at(at.x() - 10 * x)
        value = self.plane.value_at(at.y() + 10 * y)
        across = (frame - pivot[0]) / (ends[0] - pivot[0]) if x else 1.0
        up = (value - pivot[1]) / (ends[1] - pivot[1]) if y else 1.0
        changed, there = many.scale(self.base_selection, self.base, pivot, (across, up), self.snap and bool(x))
        self.edit(changed, "scale keys", there)

    def _bend(self, at: QPointF, one_side: bool) -> None:
        if self._handle is None:
            return
        name, i, side = self._handle
        curve = self.base[name]
        key = curve.keys[i]
        frames = self.plane.frame_at(at.x()) - key.frame
        least = 0.5 / self.plane.across
        frames = max(frames, least) if side == "right" else min(frames, -least)
        slope = (self.plane.value_at(at.y()) - key.value) / frames
        self.edit({name: with_slope(curve, i, slope, side, key.broken or one_side)}, "bend a curve")

    def keys_inside(self, band: QRectF) -> Selection:
        first, last = self.plane.frame_at(band.left()), self.plane.frame_at(band.right())
        low, high = self.plane.value_at(band.bottom()), self.plane.value_at(band.top())
        return {
            name: frozenset(i for i in keys_within(curve, first, last) if low <= curve.keys[i].value <= high)
            for name, curve in self.curves.items()
        }

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        factor = 1.0015**turned
        modifiers = event.modifiers()
        across = 1.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else factor
        up = 1.0 if modifiers & Qt.KeyboardModifier.ControlModifier else factor
        self.set_plane(self.plane.zoomed(event.position(), across, up))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }  # fmt: skip
        way = ways.get(Qt.Key(event.key()))
        if way is None or not self.selection:
            super().keyPressEvent(event)
            return
        times = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.nudge(way[0] * times, way[1] * times * round_step(self.plane.up, 4))


def _grip_cursor(x: int, y: int) -> Qt.CursorShape:
    """The arrows over a corner or an edge of the box."""
    if x == 0:
        return Qt.CursorShape.SizeVerCursor
    if y == 0:
        return Qt.CursorShape.SizeHorCursor
    return Qt.CursorShape.SizeBDiagCursor if x == y else Qt.CursorShape.SizeFDiagCursor
