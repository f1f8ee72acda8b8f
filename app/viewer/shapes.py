"""The shapes of a roto whose properties are open: outlines on the picture, with points and tangents to drag."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen, QTransform

from .. import theme
from ..changes import has_node
from ..shapedata import shape_values, with_points
from ..workspace import Workspace
from .lens import Lens
from .tools import REACH, Drag, Following, Press, Tool, near

PARTS = ("at", "in", "out")
"""Of a point: its place, and the ends of its two tangents, relative to it."""


@dataclass(frozen=True)
class Grip:
    """Something of a shape that can be dragged. place : in artist's coordinates, the shape's own transform applied."""

    node: str
    parameter: str
    shape: int
    point: int
    part: str
    place: QPointF


class ShapeHandles(Tool):
    """Draws the outlines at the current frame. Points and the ends of their tangents are dragged, and whole shapes by
    their outlines; of an animated shape that sets a key there.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.visible = True

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
            transform = _transform(shape)
            for i, point in enumerate(shape.get("points", ())):
                x, y = _at(point)
                for part in PARTS:
                    dx, dy = (0.0, 0.0) if part == "at" else _offset(point, part)
                    if part == "at" or dx or dy:
                        yield Grip(path, name, number, i, part, transform.map(QPointF(x + dx, y + dy)))

    def grab(self, press: Press) -> Drag | None:
        if not press.plain_left:
            return None
        lens = press.lens
        grip = next((g for g in self.grips() if near(press.at, lens.from_artist(g.place.x(), g.place.y()))), None)
        if grip is None:
            return self._grab_outline(press)
        token, steps = object(), self._workspace.session.history.position
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
        found = next(((n, p, i, s) for n, p, i, s in self._shapes() if _on_outline(s, lens, press.at)), None)
        if found is None:
            return None
        node, parameter, number, still = found
        token, steps = object(), workspace.session.history.position
        inverse, possible = _transform(still).inverted()
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
                points = [_moved(p, "at", _at(p)[0] + away.x(), _at(p)[1] + away.y()) for p in still["points"]]
                stored[number] = with_points(stored[number], points, workspace.frame)
                workspace.edit(lambda session: session.set(node, token, **{parameter: stored}))

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
        inverse, possible = _transform(still[grip.shape]).inverted()
        if not possible:
            return
        own = inverse.map(place)
        points = list(still[grip.shape]["points"])
        points[grip.point] = _moved(points[grip.point], grip.part, own.x(), own.y())
        stored[grip.shape] = with_points(stored[grip.shape], points, workspace.frame)
        workspace.edit(lambda session: session.set(grip.node, token, **{grip.parameter: stored}))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        for _, _, _, shape in self._shapes():
            path = _path(shape, lens)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in ((theme.color("surface.deep", 0.7), 3.0), (theme.color("accent"), 1.2)):
                painter.setPen(QPen(color, width))
                painter.drawPath(path)
        places = {}
        for grip in self.grips():
            at = lens.from_artist(grip.place.x(), grip.place.y())
            painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
            painter.setBrush(theme.color("accent" if grip.part == "at" else "text"))
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
        over = any(_on_outline(shape, lens, at) for _, _, _, shape in self._shapes())
        return Qt.CursorShape.SizeAllCursor if over else None


def _at(point: Any) -> tuple[float, float]:
    x, y = point["at"] if isinstance(point, Mapping) else point
    return float(x), float(y)


def _offset(point: Any, part: str) -> tuple[float, float]:
    x, y = point.get(part, (0.0, 0.0)) if isinstance(point, Mapping) else (0.0, 0.0)
    return float(x), float(y)


def _transform(shape: Mapping[str, Any]) -> QTransform:
    """From the coordinates of a shape's points to the picture: its translation, rotation and scale about its centre."""
    (cx, cy), (tx, ty) = shape.get("center", (0.0, 0.0)), shape.get("translate", (0.0, 0.0))
    sx, sy = shape.get("scale", (1.0, 1.0))
    angle = math.radians(shape.get("rotate", 0.0))
    made = QTransform.fromTranslate(-cx, -cy) * QTransform.fromScale(sx, sy)
    turned = QTransform(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0, 0)
    return made * turned * QTransform.fromTranslate(cx + tx, cy + ty)


def _path(shape: Mapping[str, Any], lens: Lens) -> QPainterPath:
    """The outline on the viewport: cubic Beziers from the `out` of a point to the `in` of the next."""
    transform, points = _transform(shape), list(shape.get("points", ()))

    def on_screen(point: Any, part: str) -> QPointF:
        (x, y), (dx, dy) = _at(point), (0.0, 0.0) if part == "at" else _offset(point, part)
        place = transform.map(QPointF(x + dx, y + dy))
        return lens.from_artist(place.x(), place.y())

    path = QPainterPath()
    if not points:
        return path
    path.moveTo(on_screen(points[0], "at"))
    following = [*points[1:], points[0]] if shape.get("closed", True) else points[1:]
    for before, after in zip(points, following, strict=False):
        path.cubicTo(on_screen(before, "out"), on_screen(after, "in"), on_screen(after, "at"))
    return path


def _on_outline(shape: Mapping[str, Any], lens: Lens, at: QPointF) -> bool:
    """Whether a point of the viewport is on the outline of a shape."""
    stroke = QPainterPathStroker()
    stroke.setWidth(REACH)
    return stroke.createStroke(_path(shape, lens)).contains(at)


def _moved(point: Any, part: str, x: float, y: float) -> Any:
    """A point with its place, or the end of a tangent, elsewhere."""
    x, y = round(x, 3), round(y, 3)
    if part == "at":
        return {**point, "at": [x, y]} if isinstance(point, Mapping) else [x, y]
    px, py = _at(point)
    return {**point, part: [round(x - px, 3), round(y - py, 3)]}
