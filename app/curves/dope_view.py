"""Keys in rows: one for each animated parameter, one above them for each node, and bars for nodes with a range.

A click selects, Shift adds, a drag moves, with Ctrl all later keys of the row too; the strip above the rows spans what
is selected and scales it by its ends; the ruler scrubs. A key of a node's row stands for all its keys at that frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from .. import theme
from . import selection as many
from .curve_paint import RULER
from .dope_paint import NAMES, STRIP, paint_dope
from .key_editor import KeyEditor
from .keys import NEAR, keys_within
from .plane import Plane
from .ranges import Bar, shown_while_moved
from .selection import Selection
from .tracks import Track, TrackId

LINE = theme.ROW - 4
TOP = RULER + STRIP
REACH = 6


@dataclass(frozen=True)
class DopeRow:
    """A line. tracks : whose keys stand in it. bar : the range of the node, if it has one."""

    kind: Literal["node", "parameter"]
    label: str
    path: str
    tracks: tuple[TrackId, ...]
    bar: Bar | None = None


class DopeView(KeyEditor):
    """The sheet. bar_moved : the path of a node, its changed parameters, the token of the gesture. rows_changed."""

    bar_moved = Signal(str, object, object)
    rows_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(240, 80)
        self.plane = Plane(frame=0.0, across=8.0)
        self.rows: list[DopeRow] = []
        self.frame = 1.0
        self.frames = (1.0, 100.0)
        self.scrolled = 0
        self.pulled: Bar | None = None
        self._framed = False
        self._bar: tuple[Bar, int | None] | None = None
        self._end = 0

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_rows(self, nodes: Sequence[str], tracks: Sequence[Track], bars: Mapping[str, Bar]) -> None:
        """Show nodes with their tracks and bars."""
        self.take_tracks(tracks)
        rows: list[DopeRow] = []
        for path in nodes:
            mine = [t for t in tracks if t.parameter.path == path and t.curve is not None]
            if not mine and path not in bars:
                continue
            rows.append(DopeRow("node", path, path, tuple(t.id for t in mine), bars.get(path)))
            for address in dict.fromkeys(t.parameter.address for t in mine):
                same = [t for t in mine if t.parameter.address == address]
                rows.append(DopeRow("parameter", same[0].parameter.title, path, tuple(t.id for t in same)))
        if rows != self.rows:
            self.rows = rows
            self.rows_changed.emit()
        if rows and not self._framed:
            self.frame_all()
        self.update()

    def show_frame(self, frame: float, frames: tuple[float, float]) -> None:
        if (frame, frames) != (self.frame, self.frames):
            self.frame, self.frames = frame, frames
            self.update()

    def frame_all(self) -> None:
        """Bring the selected keys into view, or all keys and bars."""
        around = self.around[:2] if self.around is not None and self.several else None
        if around is None:
            ends = [f for curve in self.curves.values() for f in curve.range()]
            ends += [float(f) for row in self.rows if row.bar for f in (row.bar.first, row.bar.last + 1)]
            around = (min(ends), max(ends)) if ends else self.frames
        width = max(self.width() - NAMES, 20)
        self.plane = Plane.showing(around, (0, 1), width, 100, 0.06)
        self._framed = self._untouched = True
        self.update()

    def reset(self) -> None:
        """Another script: what comes next is framed anew."""
        self._framed = False

    @property
    def content_height(self) -> int:
        """Of all rows, in pixels."""
        return len(self.rows) * LINE

    def scroll_to(self, pixels: int) -> None:
        """How far the rows are scrolled."""
        self.scrolled = min(max(pixels, 0), max(self.content_height - (self.height() - TOP), 0))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._untouched and self.rows:
            self.frame_all()
        self.rows_changed.emit()

    def x_of(self, frame: float) -> float:
        return NAMES + self.plane.x(frame)

    def frame_at(self, x: float) -> float:
        return self.plane.frame_at(x - NAMES)

    def row_top(self, i: int) -> float:
        return TOP + i * LINE - self.scrolled

    def row_at(self, y: float) -> int | None:
        i = int((y - TOP + self.scrolled) // LINE)
        return i if y > TOP and 0 <= i < len(self.rows) else None

    def span(self) -> tuple[float, float] | None:
        """The first and the last selected frame where there are several."""
        around = self.around
        return around[:2] if around is not None and around[1] > around[0] else None

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_dope(painter, self)

    # -- what lies under the pointer ------------------------------------------------------------------------------

    def keys_under(self, at: QPointF) -> dict[TrackId, frozenset[int]]:
        """The keys of a row at a point: of all its tracks at the nearest frame."""
        i = self.row_at(at.y())
        if i is None or at.x() < NAMES:
            return {}
        curves = self.curves
        first, last = self.frame_at(at.x() - REACH), self.frame_at(at.x() + REACH)
        near = [
            (abs(self.x_of(curves[name].keys[j].frame) - at.x()), curves[name].keys[j].frame)
            for name in self.rows[i].tracks if name in curves
            for j in keys_within(curves[name], first, last)
        ]  # fmt: skip
        if not near:
            return {}
        return self.keys_at(self.rows[i].tracks, min(near)[1])

    def keys_at(self, tracks: Sequence[TrackId], frame: float) -> dict[TrackId, frozenset[int]]:
        """The keys of some tracks at a frame."""
        curves = self.curves
        found = {
            name: frozenset(keys_within(curves[name], frame - NEAR, frame + NEAR)) for name in tracks if name in curves
        }
        return {name: chosen for name, chosen in found.items() if chosen}

    def bar_under(self, at: QPointF) -> tuple[Bar, int | None] | None:
        """The bar at a point, and which end of it; None for its middle."""
        i = self.row_at(at.y())
        bar = self.rows[i].bar if i is not None else None
        if bar is None or at.x() < NAMES:
            return None
        left, right = self.x_of(bar.first), self.x_of(bar.last + 1)
        if bar.ends is not None:
            for end, x in ((0, left), (1, right)):
                if abs(at.x() - x) <= REACH:
                    return bar, end
        return (bar, None) if left <= at.x() <= right else None

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self._press = at
        self.begin()
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.button() == Qt.MouseButton.MiddleButton or (event.button() == Qt.MouseButton.LeftButton and alt):
            self._mode = "pan"
            self._untouched = False
        elif event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif at.x() < NAMES:
            self._press_on_name(at, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif at.y() < RULER:
            self._mode = "scrub"
            self.scrubbed.emit(float(round(self.frame_at(at.x()))))
        elif at.y() < TOP:
            self._press_on_strip(at)
        else:
            held = event.modifiers()
            shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
            self._press_on_rows(at, bool(held & shift), bool(held & control))

    def _press_on_name(self, at: QPointF, add: bool) -> None:
        """All keys of the row."""
        i = self.row_at(at.y())
        if i is not None:
            curves = self.curves
            row = {name: frozenset(range(len(curves[name].keys))) for name in self.rows[i].tracks if name in curves}
            self.select({**self.selection, **row} if add else row)

    def _press_on_strip(self, at: QPointF) -> None:
        span = self.span()
        if span is None:
            return
        ends = [abs(at.x() - self.x_of(frame)) for frame in span]
        if min(ends) <= REACH + 2:
            self._mode, self._end = "scale", ends.index(min(ends))
        elif self.x_of(span[0]) <= at.x() <= self.x_of(span[1]):
            self._mode = "move"

    def _press_on_rows(self, at: QPointF, add: bool, later: bool) -> None:
        """later : what is selected takes all keys after it along, so that gaps between keys stay."""
        found = self.keys_under(at)
        if found:
            held = all(chosen <= self.selection.get(name, frozenset()) for name, chosen in found.items())
            if add:
                merged = {name: set(chosen) for name, chosen in self.selection.items()}
                for name, chosen in found.items():
                    merged[name] = merged.get(name, set()) ^ chosen if held else merged.get(name, set()) | chosen
                self.select({name: frozenset(chosen) for name, chosen in merged.items()})
            elif not held:
                self.select(found)
            if later:
                self.select(many.onwards(self.selection, self.curves))
            self._begin_move()
            return
        self._bar = self.bar_under(at)
        if self._bar is not None:
            self._mode = "bar"
            return
        self._begin_band(at, add)

    def drag_to(self, at: QPointF, held: Qt.KeyboardModifier) -> None:
        moved = at - self._press
        if self._mode == "pan":
            self.plane = replace(self.plane, frame=self.plane.frame - moved.x() / self.plane.across)
            self.scroll_to(self.scrolled - round(moved.y()))
            self.rows_changed.emit()
            self._press = at
        elif self._mode == "scrub":
            self.scrubbed.emit(float(round(self.frame_at(at.x()))))
        elif self._mode == "move":
            frames = moved.x() / self.plane.across
            frames = float(round(frames)) if self.snap else frames
            changed, there = many.move(self.base_selection, self.base, frames, 0.0, self.snap)
            self.edit(changed, "move keys", there)
        elif self._mode == "scale":
            self._scale(at)
        elif self._mode == "bar":
            self._pull(round(moved.x() / self.plane.across))
        elif self._mode == "band":
            self._stretch_band(at)
        else:
            self._show_cursor(at)

    def _scale(self, at: QPointF) -> None:
        around = many.bounds(self.base_selection, self.base)
        if around is None:
            return
        pivot, end = (around[0], around[1]) if self._end == 1 else (around[1], around[0])
        by = (self.frame_at(at.x()) - pivot) / (end - pivot)
        if by <= 0:
            return
        changed, there = many.scale(self.base_selection, self.base, (pivot, 0.0), (by, 1.0), self.snap)
        self.edit(changed, "retime keys", there)

    def _pull(self, frames: int) -> None:
        if self._bar is None:
            return
        bar, end = self._bar
        values = bar.moved(frames) if end is None else bar.pulled(end, frames)
        self.pulled = shown_while_moved(bar, frames, end) if values else None
        if values:
            self.bar_moved.emit(bar.path, values, self.token)
        self.update()

    def keys_inside(self, band: QRectF) -> Selection:
        first, last = self.frame_at(band.left()), self.frame_at(band.right())
        curves = self.curves
        within = [row for i, row in enumerate(self.rows) if band.top() <= self.row_top(i) + LINE / 2 <= band.bottom()]
        return {
            name: frozenset(keys_within(curves[name], first, last))
            for row in within if row.kind == "parameter"
            for name in row.tracks if name in curves
        }  # fmt: skip

    def end(self) -> None:
        super().end()
        self._bar, self.pulled = None, None

    def _show_cursor(self, at: QPointF) -> None:
        shape = Qt.CursorShape.ArrowCursor
        span = self.span()
        bar = self.bar_under(at)
        if at.x() > NAMES and at.y() < RULER:
            shape = Qt.CursorShape.SplitHCursor
        elif RULER <= at.y() < TOP and span and min(abs(at.x() - self.x_of(f)) for f in span) <= REACH + 2:
            shape = Qt.CursorShape.SizeHorCursor
        elif self.keys_under(at):
            shape = Qt.CursorShape.PointingHandCursor
        elif bar is not None:
            shape = Qt.CursorShape.SizeHorCursor if bar[1] is not None else Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if event.position().x() < NAMES:
            self.scroll_to(self.scrolled - turned // 2)
            self.rows_changed.emit()
        else:
            at = QPointF(event.position().x() - NAMES, 0)
            self.plane = self.plane.zoomed(at, 1.0015**turned, 1.0)
            self._untouched = False
            self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if way is None or not self.selection:
            super().keyPressEvent(event)
            return
        self.nudge(way * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1), 0.0)
