"""The shapes of a roto whose properties are open: outlines on the picture, points, handles and feather to drag."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QTransform

from ..drawnmoves import transform_of
from ..shapedata import pair_of, shape_values, with_point_after, without_points
from ..shapepoints import (
    cusped,
    feathered,
    is_smooth,
    point_with,
    smoothed,
    with_feather_handles,
    with_handle,
    without_feather,
)
from ..workspace import Workspace
from .lens import Lens
from .outlines import nearest, on_outline
from .shape_box import PointBox
from .shape_drawing import LEAST
from .shape_marks import Grip, Mark, Shown, grips_of, shown_shapes
from .shape_moves import Change, Moving, change_points, put_shapes
from .shape_paint import paint_grips, paint_outline
from .tools import Drag, Following, Press, Tool, near

FEATHER_STEP = 5.0
"""Pixels by which a key takes the feather of the chosen points further out."""
_CONTROL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


class ShapeHandles(Tool):
    """Draws the outlines at the current frame. Points, handles and feather are dragged, whole shapes by their outlines,
    and several chosen points by the box around them; of an animated shape that sets a key there.

    A click on a point chooses it, with Shift one more, and a box dragged beside all shapes those inside. Handles show
    at chosen points: that of the other side turns along where they are one line, with Shift at the same length, with
    Ctrl it stays. Ctrl and a drag of a point pull its feather out; Ctrl+Alt+click on an outline adds a point.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.visible = True
        self._chosen: frozenset[Mark] = frozenset()

    def shown(self) -> Iterator[Shown]:
        """All visible shapes."""
        return shown_shapes(self._workspace) if self.visible else iter(())

    def grips(self) -> Iterator[Grip]:
        """Everything that can be dragged now, the points of each shape first in their order."""
        for shown in self.shown():
            yield from grips_of(shown, self._chosen)

    # -- choosing -------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> frozenset[Mark]:
        """The chosen points that are there."""
        return self._chosen & {grip.mark for grip in self.grips()} if self._chosen else self._chosen

    def choose(self, marks: "frozenset[Mark] | set[Mark]") -> None:
        self._chosen = frozenset(marks)

    def choose_all(self) -> None:
        """All points of all shapes."""
        self.choose({grip.mark for grip in self.grips()})

    def choose_inside(self, rect: QRectF, lens: Lens, more: bool) -> None:
        """The points in a rectangle of the viewport. more : those that are chosen stay so."""
        inside = {g.mark for g in self.grips() if g.part == "at" and rect.contains(_on_screen(g.place, lens))}
        self.choose(self.chosen | inside if more else inside)

    def under(self, at: QPointF, lens: Lens) -> frozenset[Mark]:
        """What a menu at a place of the viewport is for: the chosen points when one of them, or the outline, is there,
        else the point that is, else all points of the shape whose outline is there.
        """
        grip = self._grip_at(at, lens)
        if grip is not None:
            return self.chosen if grip.mark in self.chosen else frozenset({grip.mark})
        found = self._outline_at(at, lens)
        if found is None:
            return frozenset()
        node, parameter, number, shape = found
        count = len(shape.get("points", ()))
        return frozenset((node, parameter, number, count, i) for i in range(count))

    # -- changing the chosen points -------------------------------------------------------------------------------

    def smooth_chosen(self) -> None:
        self._change(lambda points, i, shape: smoothed(points, i, shape.get("closed", True)))

    def cusp_chosen(self) -> None:
        self._change(lambda points, i, _: cusped(points[i]))

    def feather_chosen(self) -> None:
        self._change(lambda points, i, shape: feathered(points, i, FEATHER_STEP, shape.get("closed", True)))

    def unfeather_chosen(self) -> None:
        self._change(lambda points, i, _: without_feather(points[i]))

    def free_chosen(self) -> None:
        """Give the feather of the chosen points handles of its own."""
        self._change(lambda points, i, _: with_feather_handles(points[i]))

    def nudge_chosen(self, dx: float, dy: float) -> None:
        """Move the chosen points by pixels of the picture."""
        if self.chosen:
            Moving(self._workspace, self.chosen)(QTransform.fromTranslate(dx, dy))

    def delete_chosen(self) -> None:
        """Take the chosen points out of their shapes, at all keys; a shape with too few left goes as a whole."""
        workspace, chosen = self._workspace, self.chosen
        self._chosen = frozenset()
        for node, parameter in {mark[:2] for mark in chosen}:
            value = dict(shape_values(workspace.graph.at(node)))[parameter]
            kept = []
            for number, shape in enumerate(value.to_data()):
                marks = [mark for mark in chosen if mark[:3] == (node, parameter, number)]
                least = LEAST if shape.get("closed", True) else LEAST - 1
                if not marks:
                    kept.append(shape)
                elif marks[0][3] - len(marks) >= least:
                    kept.append(without_points(shape, {mark[4] for mark in marks}))
            put_shapes(workspace, node, parameter, kept)

    def _change(self, change: Change) -> None:
        if self.chosen:
            change_points(self._workspace, self.chosen, change)

    # -- the mouse ------------------------------------------------------------------------------------------------

    def grab(self, press: Press) -> Drag | None:
        left = press.button == Qt.MouseButton.LeftButton
        if left and press.held(_CONTROL | _ALT):
            return self._add_point(press)
        more = left and press.held(_SHIFT)
        if not press.plain_left and not more:
            return None
        grip = self._grip_at(press.at, press.lens)
        if more and grip is not None and grip.part == "at":
            self._chosen = self.chosen ^ {grip.mark}
            return Following(lambda at, _: None)
        if grip is None:
            return self._grab_beside(press)
        if grip.mark not in self._chosen:
            self._chosen = frozenset({grip.mark})
        return self._grab_grip(grip, press)

    def grab_with_control(self, press: Press) -> Drag | None:
        """Ctrl pulls feather out of a point, and breaks handles that are one line."""
        held = press.held(_CONTROL) and press.button == Qt.MouseButton.LeftButton
        grip = self._grip_at(press.at, press.lens) if held else None
        if grip is None:
            return None
        if grip.mark not in self._chosen:
            self._chosen = frozenset({grip.mark})
        return self._grab_part(grip, "feather", press) if grip.part == "at" else self._grab_grip(grip, press)

    def _grip_at(self, at: QPointF, lens: Lens) -> Grip | None:
        """Of several in one place a point, then what lies nearest."""
        found = [g for g in self.grips() if near(at, _on_screen(g.place, lens))]
        return min(found, key=lambda g: (g.part != "at", _away(_on_screen(g.place, lens), at)), default=None)

    def _outline_at(self, at: QPointF, lens: Lens) -> Shown | None:
        return next((shown for shown in self.shown() if on_outline(shown[3], lens, at)), None)

    def _add_point(self, press: Press) -> Drag | None:
        """A press on an outline sets a point there, which then follows the mouse, all as one step."""
        lens, workspace = press.lens, self._workspace
        found = self._outline_at(press.at, lens)
        if found is None:
            return None
        node, parameter, number, still = found
        before, t = nearest(still, lens, press.at)
        token, steps = object(), workspace.session.history.position
        stored = dict(shape_values(workspace.graph.at(node)))[parameter].to_data()
        stored[number] = with_point_after(stored[number], before, t)
        put_shapes(workspace, node, parameter, stored, token)
        made = (node, parameter, number, len(still["points"]) + 1, before + 1)
        self._chosen = frozenset({made})
        grip = next((grip for grip in self.grips() if grip.mark == made and grip.part == "at"), None)
        return None if grip is None else self._grab_part(grip, "at", press, token, steps)

    def _grab_grip(self, grip: Grip, press: Press) -> Drag:
        if grip.part != "at":
            return self._grab_part(grip, grip.part, press)
        moving = Moving(self._workspace, self.chosen)
        start, moved = QPointF(*press.lens.to_artist(press.at)), False

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            nonlocal moved
            moved = True
            way = QPointF(*press.lens.to_artist(at)) - start
            if held & _SHIFT:
                way = QPointF(way.x(), 0) if abs(way.x()) > abs(way.y()) else QPointF(0, way.y())
            moving(QTransform.fromTranslate(way.x(), way.y()))

        def done() -> None:
            if not moved:
                self._chosen = frozenset({grip.mark})

        return Following(follow, moving.undo, done)

    def _grab_part(self, grip: Grip, part: str, press: Press, token: object = None, steps: int | None = None) -> Drag:
        """A drag of one part of a point, a step of its own or one with that token, begun at `steps` of the history."""
        workspace, lens, mark = self._workspace, press.lens, grip.mark
        token = token or object()
        begun = workspace.session.history.position if steps is None else steps
        off, control = _on_screen(grip.place, lens) - press.at, press.modifiers & _CONTROL

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            x, y = lens.to_artist(at + off)
            change_points(workspace, [mark], _pulled(part, QPointF(x, y), held | control), token)

        return Following(follow, partial(workspace.undo_to, begun))

    def _grab_beside(self, press: Press) -> Drag | None:
        """A press away from points: on the box around the chosen ones, or on an outline, which moves the shape."""
        box = self._box(press.lens)
        drag = box.grab(press, lambda: Moving(self._workspace, self.chosen)) if box is not None else None
        if drag is not None:
            return drag
        if not press.held(_SHIFT):
            self._chosen = frozenset()
        found = self._outline_at(press.at, press.lens)
        if found is None or not press.plain_left:
            return None
        node, parameter, number, shape = found
        count = len(shape["points"])
        moving = Moving(self._workspace, {(node, parameter, number, count, i) for i in range(count)})
        start = QPointF(*press.lens.to_artist(press.at))

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            way = QPointF(*press.lens.to_artist(at)) - start
            moving(QTransform.fromTranslate(way.x(), way.y()))

        return Following(follow, moving.undo)

    def _box(self, lens: Lens) -> PointBox | None:
        """Around the chosen points, of two or more."""
        chosen = self.chosen
        places = [grip.place for grip in self.grips() if grip.part == "at" and grip.mark in chosen]
        return PointBox(places, lens) if len(places) > 1 else None

    # -- looks ----------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, lens: Lens) -> None:
        smooth: set[Mark] = set()
        for node, parameter, number, shape in self.shown():
            paint_outline(painter, shape, lens)
            points = shape.get("points", ())
            smooth |= {(node, parameter, number, len(points), i) for i, p in enumerate(points) if is_smooth(p)}
        box = self._box(lens)
        if box is not None:
            box.paint(painter)
        paint_grips(painter, lens, self.grips(), self.chosen, smooth)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self._grip_at(at, lens) is not None:
            return Qt.CursorShape.PointingHandCursor
        box = self._box(lens)
        shape = box.cursor(at) if box is not None else None
        if shape is not None:
            return shape
        return Qt.CursorShape.SizeAllCursor if self._outline_at(at, lens) is not None else None


def _pulled(part: str, place: QPointF, held: Qt.KeyboardModifier) -> Change:
    """A point with a part of it at a place, in artist's coordinates."""

    def change(points: Sequence[Any], number: int, shape: Mapping[str, Any]) -> Any:
        point = points[number]
        back, possible = transform_of(shape).inverted()
        if not possible:
            return point
        own, (x, y) = back.map(place), pair_of(point, "at")
        if part == "at":
            return point_with(point, at=(own.x(), own.y()))
        if part.startswith("feather_"):
            fx, fy = pair_of(point, "feather")
            x, y = x + fx, y + fy
        end = own.x() - x, own.y() - y
        if part == "feather":
            return point_with(point, feather=end)
        return with_handle(point, part, end, alone=bool(held & _CONTROL), alike=bool(held & _SHIFT))

    return change


def _on_screen(place: QPointF, lens: Lens) -> QPointF:
    return lens.from_artist(place.x(), place.y())


def _away(one: QPointF, other: QPointF) -> float:
    return (one - other).manhattanLength()
