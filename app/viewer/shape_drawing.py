"""Drawing a new shape for a roto whose properties are open, point by point."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from rimlight.engine import Session

from .. import theme
from ..drawnmoves import carried, moves_of
from ..paths import has_node
from ..shapedata import shape_values
from ..shapepoints import mapped
from ..workspace import Workspace
from .lens import Lens
from .tools import Drag, DrawingTool, Following, Press, near

LEAST = 3
"""Points of a closed shape."""


class ShapeDrawing(DrawingTool):
    """While it is on, a click adds a corner, and a drag a smooth point. A click on the first point or Return
    closes the shape, which then is one step of the history.

    changed : called when the stretch that follows the mouse is elsewhere.
    """

    def __init__(self, workspace: Workspace, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        self._workspace = workspace
        self._points: list[dict[str, Any]] | None = None
        self._same_script: Callable[[], bool] = lambda: True

    @property
    def on(self) -> bool:
        """Whether points are set, for a node that is there and of the script in which that began."""
        return self._points is not None and self._same_script() and self.target() is not None

    def disarm(self) -> None:
        """Drop the points that were set."""
        self._points = None

    def drop_last(self) -> None:
        """Take the last point back."""
        if self._points:
            self._points.pop()

    def complete(self) -> bool:
        """Return closes the shape."""
        self.finish()
        return True

    def target(self) -> tuple[str, str] | None:
        """Node and parameter that a new shape goes to: the topmost open node that has shapes."""
        graph = self._workspace.graph
        for path in self._workspace.opened:
            if has_node(graph, path):
                for name, _ in shape_values(graph.at(path)):
                    return path, name
        return None

    def toggle(self) -> None:
        """Begin a shape; a second time, end it."""
        if self.on:
            self.finish()
        elif self.target() is None:
            self._workspace.tell("Open the properties of a Roto to draw a shape", "warning")
        else:
            self._points, self._mouse = [], None
            self._same_script = self._workspace.same_script()
            self._workspace.tell(
                "Click corners or drag smooth points; Return or a click on the first closes the shape, "
                "Backspace takes one back"
            )

    def finish(self) -> None:
        """Close the shape, where it has enough points, and stop drawing."""
        points, self._points = self._points or [], None
        target = self.target() if self._same_script() else None
        if target is None or len(points) < LEAST:
            return
        node, name = target
        value = dict(shape_values(self._workspace.graph.at(node)))[name]
        shapes = value.to_data()
        names = {shape.get("name") for shape in shapes}
        free = next(f"shape{i}" for i in range(1, len(shapes) + 2) if f"shape{i}" not in names)
        back, possible = moves_of(self._workspace, node).inverted()
        if possible:
            points = [mapped(point, lambda x, y: carried(back, (x, y))) for point in points]
        shapes.append({"name": free, "points": points})

        def put(session: Session) -> None:
            session.set(node, **{name: shapes})
            self._workspace.tell(f"Drew {free} with {len(points)} points")  # in place of how to draw, which is over

        self._workspace.edit(put)

    def grab(self, press: Press) -> Drag | None:
        points, lens = self._points, press.lens
        if points is None or not self.on or not press.plain_left:
            return None
        if len(points) >= LEAST and near(press.at, lens.from_artist(*points[0]["at"])):
            self.finish()
            return Following(lambda at, _: None)
        x, y = lens.to_artist(press.at)
        point: dict[str, Any] = {"at": [round(x, 3), round(y, 3)]}
        points.append(point)
        self._mouse = None
        start = press.at

        def pull(at: QPointF, _: Qt.KeyboardModifier) -> None:
            if not near(at, start):
                ex, ey = lens.to_artist(at)
                point["out"] = [round(ex - x, 3), round(ey - y, 3)]
                point["in"] = [round(x - ex, 3), round(y - ey, 3)]

        def undo() -> None:
            if point in points:  # else Backspace took it back already
                points.remove(point)

        return Following(pull, undo)

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self._points or not self.on:
            return
        path = QPainterPath()
        path.moveTo(lens.from_artist(*self._points[0]["at"]))
        for before, after in zip(self._points, self._points[1:], strict=False):
            path.cubicTo(_end(before, "out", lens), _end(after, "in", lens), lens.from_artist(*after["at"]))
        last, first = self._points[-1], lens.from_artist(*self._points[0]["at"])
        self._draw(painter, path, Qt.PenStyle.SolidLine)
        closing = len(self._points) >= LEAST and self._mouse is not None and near(self._mouse, first)
        if self._mouse is not None:
            path = QPainterPath(lens.from_artist(*last["at"]))
            end = first if closing else self._mouse
            path.cubicTo(_end(last, "out", lens), _end(self._points[0], "in", lens) if closing else end, end)
            self._draw(painter, path, Qt.PenStyle.DashLine)
        painter.setPen(QPen(theme.color("text.dim"), 1))
        painter.setBrush(theme.color("text"))
        for part in ("in", "out") if "out" in last else ():
            painter.drawLine(lens.from_artist(*last["at"]), _end(last, part, lens))
            painter.drawEllipse(_end(last, part, lens), 3, 3)
        painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
        for i, point in enumerate(self._points):
            painter.setBrush(theme.color("text.strong" if closing and i == 0 else "accent"))
            size = 5 if closing and i == 0 else 3.5
            painter.drawEllipse(lens.from_artist(*point["at"]), size, size)

    def _draw(self, painter: QPainter, path: QPainterPath, style: Qt.PenStyle) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("surface.deep", 0.7), 3))
        painter.drawPath(path)
        painter.setPen(QPen(theme.color("accent"), 1.4, style))
        painter.drawPath(path)


def _end(point: dict[str, Any], part: str, lens: Lens) -> QPointF:
    (x, y), (dx, dy) = point["at"], point.get(part, (0.0, 0.0))
    return lens.from_artist(x + dx, y + dy)
