"""What of the shapes on the picture can be taken hold of, and which points are chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF

from rimlight.engine import Animated

from ..drawnmoves import MOVED_BY, moves_of, transform_of
from ..paths import has_node
from ..shapedata import pair_of, shape_values
from ..shapepoints import HANDLES
from ..workspace import Workspace

Mark = tuple[str, str, int, int, int]
"""A chosen point: node, parameter, shape, how many points the shape has, and which. Of another shape it is none."""
Shown = tuple[str, str, int, dict[str, Any]]
"""A shape at the current frame: node, parameter, number, data."""


@dataclass(frozen=True)
class Grip:
    """Something of a shape that can be dragged. place : in artist's coordinates, the shape's own transform applied.

    part : `at`, `feather`, or one of the handles. start : where a handle starts. count : points of the shape.
    """

    node: str
    parameter: str
    shape: int
    point: int
    part: str
    place: QPointF
    start: QPointF
    count: int

    @property
    def mark(self) -> Mark:
        return self.node, self.parameter, self.shape, self.count, self.point


def still_shapes(workspace: Workspace, path: str, value: Animated) -> list[dict[str, Any]]:
    """The data of the shapes of a node at the current frame, with what moves all of them."""
    node = moves_of(workspace, path)
    return [{**shape, MOVED_BY: node} for shape in value.resolved(workspace.frame).to_data()]


def shown_shapes(workspace: Workspace) -> Iterator[Shown]:
    """The visible shapes of the nodes whose properties are open, at the current frame."""
    graph = workspace.graph
    for path in workspace.opened:
        if not has_node(graph, path):
            continue
        for name, value in shape_values(graph.at(path)):
            for number, shape in enumerate(still_shapes(workspace, path, value)):
                if shape.get("visible", True):
                    yield path, name, number, shape


def grips_of(shown: Shown, chosen: frozenset[Mark]) -> Iterator[Grip]:
    """Points, their feather where they have some, and the handles of the chosen ones."""
    path, name, number, shape = shown
    transform, points = transform_of(shape), shape.get("points", ())

    def place(x: float, y: float) -> QPointF:
        return transform.map(QPointF(x, y))

    for i, point in enumerate(points):
        (x, y), (fx, fy) = pair_of(point, "at"), pair_of(point, "feather")
        here, soft = place(x, y), place(x + fx, y + fy)
        grip = Grip(path, name, number, i, "at", here, here, len(points))
        yield grip
        if fx or fy:
            yield Grip(path, name, number, i, "feather", soft, here, len(points))
        for part in HANDLES if grip.mark in chosen else ():
            dx, dy = pair_of(point, part)
            if dx or dy:
                sx, sy = (x + fx, y + fy) if part.startswith("feather") else (x, y)
                yield Grip(path, name, number, i, part, place(sx + dx, sy + dy), place(sx, sy), len(points))
