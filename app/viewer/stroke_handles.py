"""The strokes of a paint whose properties are open: chosen on the picture, moved, and where a clone copies from."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF, QTransform

from ..drawnmoves import moves_of, size_of
from ..shapedata import with_number
from ..strokedata import placement_of
from ..strokepoints import distance_to
from ..strokes import ChosenStrokes, Target, painted_on, strokes_of
from ..workspace import Workspace
from .lens import Lens
from .shape_box import PointBox
from .stroke_marks import Look, on_viewport, paint_line, paint_source, scale_of
from .stroke_moves import StrokeMoving
from .stroke_points import Bent, StrokePoints
from .tools import REACH, Drag, Following, Press, Tool, near

_SHIFT = Qt.KeyboardModifier.ShiftModifier


class _Line(NamedTuple):
    """A stroke, what moves its points and all of its node's, those points `[N, 2]` in artist's coordinates, as numbers
    and to be drawn, and how wide it is.
    """

    stroke: Any
    frame: float
    moves: QTransform
    points: np.ndarray[Any, np.dtype[np.float64]]
    line: QPolygonF
    width: float


class StrokeHandles(Tool):
    """Draws the lines of the strokes at the frame while nothing is painted; while something is, the chosen ones, and
    those that the picture does not show.

    A click on a stroke chooses it, with Shift one more, and a box dragged beside them those inside. A drag moves all
    that are chosen, with Shift along one axis; the box around them also scales and turns them. Of those with keys that
    sets one at the frame. Where only one is chosen, points along it bend it. Of a chosen clone the place it copies from
    is dragged as well.

    painting : whether strokes are painted now. changed : called when what is under the mouse is another.
    """

    def __init__(self, workspace: Workspace, painting: Callable[[], bool], changed: Callable[[], object]) -> None:
        self._workspace = workspace
        self._painting = painting
        self._changed = changed
        self._choice = workspace.the(ChosenStrokes)
        self._under: int | None = None
        self._lines: dict[int, _Line] = {}
        self.points = StrokePoints(workspace)
        self.visible = True

    @property
    def target(self) -> Target | None:
        """Node and parameter of the strokes."""
        return painted_on(self._workspace) if self.visible else None

    def shown(self) -> Iterator[tuple[int, Any]]:
        """Numbers of the strokes that are there at the frame, and the strokes."""
        target = self.target
        for number, stroke in enumerate(strokes_of(self._workspace, target) if target is not None else ()):
            if stroke.points and stroke.lives(self._workspace.frame):
                yield number, stroke

    # -- choosing -------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> frozenset[int]:
        """Numbers of the chosen strokes."""
        return self._choice.of(self.target)

    def choose_all(self) -> None:
        """All strokes at the frame."""
        if (target := self.target) is not None:
            self._choice.choose(target, {number for number, _ in self.shown()})

    def choose_inside(self, rect: QRectF, lens: Lens, more: bool) -> None:
        """The strokes that pass through a rectangle of the viewport. more : those that are chosen stay so."""
        target = self.target
        if target is None:
            return
        corners = np.sort([lens.to_artist(rect.topLeft()), lens.to_artist(rect.bottomRight())], axis=0)
        inside = set()
        for number, line in self._shown_lines():
            points = line.points
            if ((points >= corners[0]) & (points <= corners[1])).all(1).any():
                inside.add(number)
        self._choice.choose(target, self.chosen | inside if more else inside)

    def bent(self) -> Bent | None:
        """The stroke with points along it: the only chosen one, while nothing is painted."""
        target, chosen = self.target, self.chosen
        if target is None or len(chosen) != 1 or self._painting():
            return None
        node, frame = moves_of(self._workspace, target[0]), self._workspace.frame
        found = next(((n, stroke) for n, stroke in self.shown() if n in chosen), None)
        return found and Bent(target, *found, placement_of(found[1].resolved(frame)) * node)

    def delete_chosen(self) -> None:
        """Take the chosen point out of its stroke, or the chosen strokes away."""
        if (bent := self.bent()) is None or not self.points.delete(bent):
            self._choice.delete()

    def nudge_chosen(self, dx: float, dy: float) -> None:
        """Move the chosen point, or the chosen strokes, by pixels of the picture."""
        if (bent := self.bent()) is not None and self.points.nudge(bent, dx, dy):
            return
        if self.chosen:
            moving = self._moving()
            if moving is not None:
                moving(QTransform.fromTranslate(dx, dy))

    # -- the mouse ------------------------------------------------------------------------------------------------

    def at(self, place: QPointF, lens: Lens) -> int | None:
        """The stroke at a place of the viewport: whose line is nearest within reach, else the thinnest there."""
        x, y = lens.to_artist(place)
        across, up = scale_of(lens)
        lines, covers = [], []
        for number, line in self._shown_lines():
            away = distance_to(line.points, (x, y), (across, up))
            if away <= REACH:
                lines.append((away, -number))
            elif away <= line.width * across / 2:
                covers.append((line.width, -number))
        return -min(lines or covers)[1] if lines or covers else None

    def _shown_lines(self) -> Iterator[tuple[int, _Line]]:
        """Numbers of the strokes that are there at the frame, and where they are."""
        target = self.target
        node = moves_of(self._workspace, target[0]) if target is not None else QTransform()
        for number, stroke in self.shown():
            yield number, self._line(number, stroke, node)

    def _line(self, number: int, stroke: Any, node: QTransform) -> _Line:
        """Where a stroke is, kept while it is the same."""
        kept, frame = self._lines.get(number), self._workspace.frame
        same = kept is not None and kept.stroke is stroke and kept.moves == node
        if kept is not None and same and (kept.frame == frame or stroke.is_still):
            return kept
        still = stroke.resolved(frame)
        whole = placement_of(still) * node
        line = whole.map(QPolygonF([QPointF(*point[:2]) for point in still.points]))
        points = np.array([(point.x(), point.y()) for point in map(line.at, range(line.size()))])
        kept = _Line(stroke, frame, node, points, line, still.size * size_of(whole))
        self._lines[number] = kept
        return kept

    def _moving(self) -> StrokeMoving | None:
        """What moves the chosen strokes."""
        target = self.target
        return StrokeMoving(self._workspace, self._choice, target) if target is not None else None

    def box(self, lens: Lens) -> PointBox | None:
        """Around the chosen strokes that are there."""
        chosen = self.chosen
        places = [place for number, line in self._shown_lines() if number in chosen for place in _corners(line.points)]
        box = PointBox(places, lens) if places and not self._painting() else None
        return box if box is not None and (box.inner.width() > 1 or box.inner.height() > 1) else None

    def grab(self, press: Press) -> Drag | None:
        more = press.button == Qt.MouseButton.LeftButton and press.held(_SHIFT)
        target = self.target
        if target is None or self._painting() or not (press.plain_left or more):
            return None
        source = None if more else self._source_at(press.at, press.lens)
        if source is not None:
            return self._grab_source(target, source, press)
        bent = None if more else self.bent()
        if bent is not None and (drag := self.points.grab(bent, press)) is not None:
            return drag
        box = None if more else self.box(press.lens)
        if box is not None and (drag := box.grab(press, lambda: StrokeMoving(self._workspace, self._choice, target))):
            return drag
        number = self.at(press.at, press.lens)
        if more:
            if number is not None:
                self._choice.toggle(target, number)
            return None if number is None else Following(lambda at, _: None)
        if number is None:
            self._choice.choose(target, ())
            return None
        if number not in self.chosen:
            self._choice.choose(target, {number})
        return self._grab_chosen(target, number, press)

    def _grab_chosen(self, target: Target, number: int, press: Press) -> Drag:
        moving, went = StrokeMoving(self._workspace, self._choice, target), False
        start = press.lens.to_artist(press.at)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            nonlocal went
            if not went and near(at, press.at, 2.0):
                return  # a click of an unsteady hand
            went = True
            x, y = press.lens.to_artist(at)
            dx, dy = x - start[0], y - start[1]
            if held & _SHIFT:
                dx, dy = (dx, 0.0) if abs(dx) > abs(dy) else (0.0, dy)
            moving(QTransform.fromTranslate(dx, dy))

        def done() -> None:
            if not went:
                self._choice.choose(target, {number})

        return Following(follow, moving.undo, done)

    def _sources(self) -> Iterator[tuple[int, _Line, tuple[float, float]]]:
        """Of the chosen clones the places from which they copy their starts, in artist's coordinates."""
        chosen, frame = self.chosen, self._workspace.frame
        for number, line in self._shown_lines():
            if number in chosen and line.stroke.brush == "clone":
                still = line.stroke.resolved(frame)
                start, offset = QPointF(*still.points[0][:2]), QPointF(*still.offset)
                place = (placement_of(still) * line.moves).map(start + offset)
                yield number, line, (place.x(), place.y())

    def _source_at(self, at: QPointF, lens: Lens) -> int | None:
        return next((n for n, _, place in self._sources() if near(at, lens.from_artist(*place))), None)

    def _grab_source(self, target: Target, number: int, press: Press) -> Drag:
        """The place from which a clone copies follows the mouse."""
        workspace, token = self._workspace, object()
        steps, frame = workspace.session.history.position, workspace.frame
        strokes, start = strokes_of(workspace, target), press.lens.to_artist(press.at)
        still = strokes[number].resolved(frame)
        whole = placement_of(still) * moves_of(workspace, target[0])
        back, _ = QTransform(whole.m11(), whole.m12(), whole.m21(), whole.m22(), 0, 0).inverted()
        dx, dy = still.offset

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            x, y = press.lens.to_artist(at)
            way = back.map(QPointF(x - start[0], y - start[1]))
            offset = [round(dx + way.x(), 3), round(dy + way.y(), 3)]
            made = [
                *strokes[:number],
                with_number(strokes[number].to_data(), "offset", offset, frame),
                *strokes[number + 1 :],
            ]
            workspace.edit(lambda session: session.set(target[0], token, **{target[1]: made}))

        return Following(follow, partial(workspace.undo_to, steps))

    # -- looks ----------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, lens: Lens) -> None:
        chosen, painting = self.chosen, self._painting()
        for number, line in self._shown_lines():
            if painting and line.stroke.seen and number not in chosen:
                continue
            look = Look.CHOSEN if number in chosen else Look.UNDER if number == self._under else Look.FAINT
            paint_line(painter, on_viewport(line.line, lens), look, line.stroke.brush)
        box = self.box(lens)
        if box is not None:
            box.paint(painter)
        if (bent := self.bent()) is not None:
            self.points.paint(painter, bent, lens)
        for _, line, place in self._sources() if not painting else ():
            paint_source(painter, lens, place, line.line.at(0), line.width)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self.target is None or self._painting():
            return None
        under = self.at(at, lens)
        if under != self._under:
            self._under = under
            self._changed()
        if self._source_at(at, lens) is not None:
            return Qt.CursorShape.PointingHandCursor
        if (bent := self.bent()) is not None and self.points.under(bent, at, lens) is not None:
            return Qt.CursorShape.PointingHandCursor
        box = self.box(lens)
        shape = box.cursor(at) if box is not None else None
        if shape is not None:
            return shape
        return Qt.CursorShape.SizeAllCursor if under is not None else None


def _corners(points: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[QPointF, QPointF]:
    """Two corners of the box around points `[N, 2]`."""
    return QPointF(*points.min(0)), QPointF(*points.max(0))
