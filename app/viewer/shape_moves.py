"""Changes of the chosen points of shapes: of all nodes and shapes they belong to, at the frame, as one step."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from ..drawnmoves import transform_of
from ..paths import has_node
from ..shapedata import shape_values, with_points
from ..shapepoints import mapped
from ..workspace import Workspace
from .shape_marks import Mark, still_shapes

Change = Callable[[Sequence[Any], int, Mapping[str, Any]], Any]
"""Makes a point anew, from all points of the shape at the frame, its number, and the shape."""


def change_points(workspace: Workspace, marks: Collection[Mark], change: Change, token: object = None) -> None:
    """Make points anew; of shapes that are keyed, at the frame."""
    for node, parameter in sorted({mark[:2] for mark in marks}):
        value = dict(shape_values(workspace.graph.at(node))).get(parameter) if has_node(workspace.graph, node) else None
        if value is None:
            continue
        stored, still = value.to_data(), still_shapes(workspace, node, value)
        for number in sorted({mark[2] for mark in marks if mark[:2] == (node, parameter)}):
            if number >= len(still):
                continue
            points = list(still[number].get("points", ()))
            wanted = {m[4] for m in marks if m[:3] == (node, parameter, number) and m[3] == len(points)}
            made = [change(points, i, still[number]) if i in wanted else point for i, point in enumerate(points)]
            stored[number] = with_points(stored[number], made, workspace.frame)
        put_shapes(workspace, node, parameter, stored, token)


def put_shapes(workspace: Workspace, node: str, parameter: str, shapes: list[Any], token: object = None) -> None:
    """Set the shapes of a node."""
    workspace.edit(lambda session: session.set(node, token, **{parameter: shapes}))


class Moving:
    """Chosen points on their way: each call moves them anew from where they were at the start.

    marks : of which points. Each shape has a transform of its own, through which the points go.
    """

    def __init__(self, workspace: Workspace, marks: Collection[Mark]) -> None:
        self._workspace = workspace
        self._marks = frozenset(marks)
        self._token = object()
        self._steps = workspace.session.history.position
        self._start: dict[tuple[str, str, int], list[Any]] = {}
        for node, parameter, number, *_ in self._marks:
            value = dict(shape_values(workspace.graph.at(node)))[parameter]
            still = value.resolved(workspace.frame).to_data()
            self._start[node, parameter, number] = list(still[number].get("points", ()))

    def __call__(self, move: QTransform) -> None:
        """move : in artist's coordinates."""
        by_shape = {key: [m for m in self._marks if m[:3] == key] for key in self._start}
        for (node, parameter, number), marks in by_shape.items():
            start = self._start[node, parameter, number]

            def moved(points: Sequence[Any], i: int, shape: Mapping[str, Any], start: Sequence[Any] = start) -> Any:
                own = transform_of(shape)
                back, possible = own.inverted()
                if not possible or i >= len(start):
                    return points[i]
                through = own * move * back

                def place(x: float, y: float) -> tuple[float, float]:
                    at = through.map(QPointF(x, y))
                    return at.x(), at.y()

                return mapped(start[i], place)

            change_points(self._workspace, marks, moved, self._token)

    def undo(self) -> None:
        """Back to the start."""
        self._workspace.undo_to(self._steps)


def box_of(places: Collection[QPointF]) -> QRectF:
    """The rectangle around some points."""
    xs, ys = [p.x() for p in places], [p.y() for p in places]
    return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
