"""The strokes of a paint whose properties are open: chosen on the picture, moved, and where a clone copies from."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from ..strokes import Target, chosen_strokes_of, painted_on, strokes_of
from ..workspace import Workspace
from .lens import Lens
from .stroke_marks import Look, on_viewport, paint_line, paint_source, scale_of, source_of
from .tools import REACH, Drag, Following, Press, Tool, near

_SHIFT = Qt.KeyboardModifier.ShiftModifier


class _Line(NamedTuple):
    """A stroke, and its points `[N, 2]` in artist's coordinates, as numbers and to be drawn."""

    stroke: Any
    points: np.ndarray[Any, np.dtype[np.float64]]
    line: QPolygonF


class StrokeHandles(Tool):
    """Draws the lines of the strokes at the frame while nothing is painted; while something is, the chosen ones.

    A click on a stroke chooses it, with Shift one more, and a box dragged beside them those inside. A drag moves all
    that are chosen, with Shift along one axis. Of a chosen clone the place it copies from is dragged as well.

    painting : whether strokes are painted now. changed : called when what is under the mouse is another.
    """

    def __init__(self, workspace: Workspace, painting: Callable[[], bool], changed: Callable[[], object]) -> None:
        self._workspace = workspace
        self._painting = painting
        self._changed = changed
        self._choice = chosen_strokes_of(workspace)
        self._under: int | None = None
        self._lines: dict[int, _Line] = {}
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
        for number, stroke in self.shown():
            points = self._line(number, stroke).points
            if ((points >= corners[0]) & (points <= corners[1])).all(1).any():
                inside.add(number)
        self._choice.choose(target, self.chosen | inside if more else inside)

    def delete_chosen(self) -> None:
        self._choice.delete()

    def nudge_chosen(self, dx: float, dy: float) -> None:
        """Move the chosen strokes by pixels of the picture."""
        if self.chosen:
            self._move(dx, dy)

    # -- the mouse ------------------------------------------------------------------------------------------------

    def at(self, place: QPointF, lens: Lens) -> int | None:
        """The stroke at a place of the viewport: whose line is nearest within reach, else the thinnest there."""
        x, y = lens.to_artist(place)
        across, up = scale_of(lens)
        lines, covers = [], []
        for number, stroke in self.shown():
            away = _distance(self._line(number, stroke).points, (x, y), (across, up))
            if away <= REACH:
                lines.append((away, -number))
            elif away <= stroke.size * across / 2:
                covers.append((stroke.size, -number))
        return -min(lines or covers)[1] if lines or covers else None

    def _line(self, number: int, stroke: Any) -> _Line:
        """The points of a stroke, kept while it is the same."""
        kept = self._lines.get(number)
        if kept is None or kept.stroke is not stroke:
            pairs = [point[:2] for point in stroke.points]
            kept = _Line(stroke, np.array(pairs), QPolygonF([QPointF(*pair) for pair in pairs]))
            self._lines[number] = kept
        return kept

    def grab(self, press: Press) -> Drag | None:
        more = press.button == Qt.MouseButton.LeftButton and press.held(_SHIFT)
        target = self.target
        if target is None or self._painting() or not (press.plain_left or more):
            return None
        source = None if more else self._source_at(press.at, press.lens)
        if source is not None:
            return self._grab_source(target, source, press)
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
        steps, token, moved = self._workspace.session.history.position, object(), False
        start, before = press.lens.to_artist(press.at), strokes_of(self._workspace, target)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            nonlocal moved
            if not moved and near(at, press.at, 2.0):
                return  # a click of an unsteady hand
            moved = True
            x, y = press.lens.to_artist(at)
            dx, dy = x - start[0], y - start[1]
            if held & _SHIFT:
                dx, dy = (dx, 0.0) if abs(dx) > abs(dy) else (0.0, dy)
            self._move(dx, dy, token, before)

        def done() -> None:
            if not moved:
                self._choice.choose(target, {number})

        return Following(follow, self._undo_to(steps), done)

    def _move(self, dx: float, dy: float, token: object = None, before: tuple[Any, ...] | None = None) -> None:
        """Move the chosen strokes. before : all strokes where they were at first, if not now."""
        target = self.target
        if target is None:
            return
        start = strokes_of(self._workspace, target) if before is None else before
        lines = iter([start[number].points for number in sorted(self.chosen)])

        def moved(stroke: Any) -> Any:
            line = [[round(x + dx, 3), round(y + dy, 3), *pressure] for x, y, *pressure in next(lines)]
            return {**stroke, "points": line}

        self._choice.edit(target, moved, token)

    def _undo_to(self, steps: int) -> Callable[[], None]:
        def undo() -> None:
            if self._workspace.session.history.position > steps:
                self._workspace.undo()

        return undo

    def _source_at(self, at: QPointF, lens: Lens) -> int | None:
        chosen = self.chosen
        sources = ((number, source_of(stroke)) for number, stroke in self.shown() if number in chosen)
        return next((n for n, place in sources if place is not None and near(at, lens.from_artist(*place))), None)

    def _grab_source(self, target: Target, number: int, press: Press) -> Drag:
        """The place from which a clone copies follows the mouse."""
        token, steps = object(), self._workspace.session.history.position
        strokes, start = strokes_of(self._workspace, target), press.lens.to_artist(press.at)
        dx, dy = strokes[number].offset

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            x, y = press.lens.to_artist(at)
            offset = [round(dx + x - start[0], 3), round(dy + y - start[1], 3)]
            made = [*strokes[:number], {**strokes[number].to_data(), "offset": offset}, *strokes[number + 1 :]]
            self._workspace.edit(lambda session: session.set(target[0], token, **{target[1]: made}))

        return Following(follow, self._undo_to(steps))

    # -- looks ----------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, lens: Lens) -> None:
        chosen, painting = self.chosen, self._painting()
        for number, stroke in self.shown():
            if painting and number not in chosen:
                continue
            look = Look.CHOSEN if number in chosen else Look.UNDER if number == self._under else Look.FAINT
            paint_line(painter, on_viewport(self._line(number, stroke).line, lens), look)
            if look is Look.CHOSEN and not painting:
                paint_source(painter, stroke, lens)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self.target is None or self._painting():
            return None
        under = self.at(at, lens)
        if under != self._under:
            self._under = under
            self._changed()
        if self._source_at(at, lens) is not None:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.SizeAllCursor if under is not None else None


def _distance(
    line: np.ndarray[Any, np.dtype[np.float64]], place: tuple[float, float], scale: tuple[float, float]
) -> float:
    """From a place to a line of points `[N, 2]`. scale : units of widgets per unit of theirs, across and up."""
    points = (line - place) * scale
    start, way = points[:-1], np.diff(points, axis=0)
    if not len(way):
        return float(np.hypot(*points[0]))
    t = np.clip(-(start * way).sum(1) / np.maximum((way * way).sum(1), 1e-12), 0.0, 1.0)
    return float(np.hypot(*(start + t[:, None] * way).T).min())
