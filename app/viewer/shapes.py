"""The shapes of a roto whose properties are open: outlines on the picture, with points and tangents to drag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from ..changes import has_node
from ..shapedata import pair_of, shape_values, with_point_after, with_points, without_points
from ..workspace import Workspace
from .lens import Lens
from .outlines import nearest, on_outline, path_of, transform_of
from .shape_drawing import LEAST
from .tools import Drag, Following, Press, Tool, near

PARTS = ("at", "in", "out")
"""Of a point: its place, and the ends of its two tangents, relative to it."""
Mark = tuple[str, str, int, int, int]
"""A chosen point: node, parameter, shape, how many points the shape has, and which. Of another shape it is none."""


@dataclass(frozen=True)
class Grip:
    """Something of a shape that can be dragged. place : in artist's coordinates, the shape's own transform applied.

    count : points of the shape.
    """

    node: str
    parameter: str
    shape: int
    point: int
    part: str
    place: QPointF
    count: int

    @property
    def mark(self) -> Mark:
        return self.node, self.parameter, self.shape, self.count, self.point


class ShapeHandles(Tool):
    """Draws the outlines at the current frame. Points and the ends of their tangents are dragged, and whole shapes by
    their outlines; of an animated shape that sets a key there. Ctrl+Alt+click on an outline adds a point. A click on a
    point chooses it, with Shift one more.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.visible = True
        self._chosen: frozenset[Mark] = frozenset()

    def _shapes(self) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
        """Node, parameter, number and the data at the current frame of all visible shapes."""
        graph = self._workspace.graph
        for path in self._workspace.opened if self.visible else ():
            if not has_node(graph, path):
                continue
            for name, value in shape_values(graph.at(path)):
                still = value.resolved(self._workspace.frame).to_data()
                for number, shape in enumerate(still):
                    if shape.get("visible", True):
                        yield path, name, number, shape

    def grips(self) -> Iterator[Grip]:
        """Everything that can be dragged now, points before the ends of their tangents."""
        for path, name, number, shape in self._shapes():
            transform, points = transform_of(shape), shape.get("points", ())
            for i, point in enumerate(points):
                x, y = pair_of(point, "at")
                for part in PARTS:
                    dx, dy = (0.0, 0.0) if part == "at" else pair_of(point, part)
                    if part == "at" or dx or dy:
                        yield Grip(path, name, number, i, part, transform.map(QPointF(x + dx, y + dy)), len(points))

    @property
    def chosen(self) -> frozenset[Mark]:
        """The chosen points that are there."""
        return self._chosen & {grip.mark for grip in self.grips()} if self._chosen else self._chosen

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
            self._put(node, parameter, kept)

    def grab(self, press: Press) -> Drag | None:
        lens, left = press.lens, press.button == Qt.MouseButton.LeftButton
        if left and press.held(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return self._add_point(press)
        more = left and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not press.plain_left and not more:
            return None
        grip = next((g for g in self.grips() if near(press.at, lens.from_artist(g.place.x(), g.place.y()))), None)
        if more:
            if grip is None:
                return None
            self._chosen = self.chosen ^ {grip.mark}
            return Following(lambda at, _: None)
        if grip is None:
            self._chosen = frozenset()
            return self._grab_outline(press)
        if grip.mark not in self._chosen:
            self._chosen = frozenset({grip.mark})
        return self._grab_grip(grip, press, object(), self._workspace.session.history.position)

    def _add_point(self, press: Press) -> Drag | None:
        """A press on an outline sets a point there, which then follows the mouse, all as one step."""
        lens, workspace = press.lens, self._workspace
        found = next(((n, p, i, s) for n, p, i, s in self._shapes() if on_outline(s, lens, press.at)), None)
        if found is None:
            return None
        node, parameter, number, still = found
        before, t = nearest(still, lens, press.at)
        token, steps = object(), workspace.session.history.position
        stored = dict(shape_values(workspace.graph.at(node)))[parameter].to_data()
        stored[number] = with_point_after(stored[number], before, t)
        self._put(node, parameter, stored, token)
        made = (node, parameter, number, len(still["points"]) + 1, before + 1)
        grip = next((grip for grip in self.grips() if grip.mark == made and grip.part == "at"), None)
        if grip is None:
            return None
        self._chosen = frozenset({made})
        return self._grab_grip(grip, press, token, steps)

    def _grab_grip(self, grip: Grip, press: Press, token: object, steps: int) -> Drag:
        """A drag of a grip, a part of the step with that token; given up, the history is back at `steps`."""
        lens = press.lens
        off = lens.from_artist(grip.place.x(), grip.place.y()) - press.at

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            self._move(grip, QPointF(*lens.to_artist(at + off)), token)

        def undo() -> None:
            if self._workspace.session.history.position > steps:
                self._workspace.undo()

        return Following(follow, undo)

    def _grab_outline(self, press: Press) -> Drag | None:
        """A press on an outline, away from its points, moves all of the shape."""
        lens, workspace = press.lens, self._workspace
        found = next(((n, p, i, s) for n, p, i, s in self._shapes() if on_outline(s, lens, press.at)), None)
        if found is None:
            return None
        node, parameter, number, still = found
        token, steps = object(), workspace.session.history.position
        inverse, possible = transform_of(still).inverted()
        if not possible:
            return None
        start = inverse.map(QPointF(*lens.to_artist(press.at)))

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            if not has_node(workspace.graph, node):
                return
            value = dict(shape_values(workspace.graph.at(node))).get(parameter)
            stored = value.to_data() if value is not None else []
            if number < len(stored):
                away = inverse.map(QPointF(*lens.to_artist(at))) - start
                points = [
                    _moved(p, "at", pair_of(p, "at")[0] + away.x(), pair_of(p, "at")[1] + away.y())
                    for p in still["points"]
                ]
                stored[number] = with_points(stored[number], points, workspace.frame)
                self._put(node, parameter, stored, token)

        def undo() -> None:
            if workspace.session.history.position > steps:
                workspace.undo()

        return Following(follow, undo)

    def _move(self, grip: Grip, place: QPointF, token: object) -> None:
        workspace = self._workspace
        if not has_node(workspace.graph, grip.node):
            return
        value = dict(shape_values(workspace.graph.at(grip.node))).get(grip.parameter)
        if value is None:
            return
        stored, still = value.to_data(), value.resolved(workspace.frame).to_data()
        if grip.shape >= len(still):
            return
        inverse, possible = transform_of(still[grip.shape]).inverted()
        if not possible:
            return
        own = inverse.map(place)
        points = list(still[grip.shape]["points"])
        points[grip.point] = _moved(points[grip.point], grip.part, own.x(), own.y())
        stored[grip.shape] = with_points(stored[grip.shape], points, workspace.frame)
        self._put(grip.node, grip.parameter, stored, token)

    def _put(self, node: str, parameter: str, shapes: list[Any], token: object = None) -> None:
        self._workspace.edit(lambda session: session.set(node, token, **{parameter: shapes}))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        for _, _, _, shape in self._shapes():
            path = path_of(shape, lens)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in ((theme.color("surface.deep", 0.7), 3.0), (theme.color("accent"), 1.2)):
                painter.setPen(QPen(color, width))
                painter.drawPath(path)
        places, chosen = {}, self.chosen
        for grip in self.grips():
            at = lens.from_artist(grip.place.x(), grip.place.y())
            painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
            plain = grip.part == "at" and grip.mark not in chosen
            painter.setBrush(theme.color("accent" if plain else "text.strong" if grip.part == "at" else "text"))
            if grip.part == "at":
                places[grip.node, grip.shape, grip.point] = at
                painter.drawRect(QRectF(at.x() - 3.5, at.y() - 3.5, 7, 7))
            else:
                painter.drawEllipse(at, 3, 3)
                painter.setPen(QPen(theme.color("text.dim"), 1))
                painter.drawLine(places[grip.node, grip.shape, grip.point], at)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if any(near(at, lens.from_artist(g.place.x(), g.place.y())) for g in self.grips()):
            return Qt.CursorShape.PointingHandCursor
        over = any(on_outline(shape, lens, at) for _, _, _, shape in self._shapes())
        return Qt.CursorShape.SizeAllCursor if over else None


def _moved(point: Any, part: str, x: float, y: float) -> Any:
    """A point with its place, or the end of a tangent, elsewhere."""
    x, y = round(x, 3), round(y, 3)
    if part == "at":
        return {**point, "at": [x, y]} if isinstance(point, Mapping) else [x, y]
    px, py = pair_of(point, "at")
    return {**point, part: [round(x - px, 3), round(y - py, 3)]}
