"""How what is drawn on the picture is moved: strokes and shapes each for themselves, and all of a node with it."""

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from .paths import has_node
from .rig.values import value_at
from .workspace import Workspace

MEMBERS = ("translate", "rotate", "scale", "center")
"""What moves a stroke, a shape, or a node with such."""
Pair = tuple[float, float]
MOVED_BY = "moved_by"
"""Where the data of a shape that is shown has the transform of its node; it is never stored."""


def transform_of(drawn: Mapping[str, Any]) -> QTransform:
    """From the coordinates of the points of a stroke or shape to the picture: its translation, rotation and scale about
    its centre, and what moves all of its node.
    """
    (cx, cy), (tx, ty) = drawn.get("center", (0.0, 0.0)), drawn.get("translate", (0.0, 0.0))
    sx, sy = drawn.get("scale", (1.0, 1.0))
    angle = math.radians(drawn.get("rotate", 0.0))
    made = QTransform.fromTranslate(-cx, -cy) * QTransform.fromScale(sx, sy)
    turned = QTransform(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0, 0)
    made = made * turned * QTransform.fromTranslate(cx + tx, cy + ty)
    return made * drawn[MOVED_BY] if MOVED_BY in drawn else made


def moves_of(workspace: Workspace, path: str) -> QTransform:
    """From where things are drawn on a node to where they are at the frame, in artist's coordinates."""
    state = workspace.graph.at(path) if has_node(workspace.graph, path) else None
    names = {spec.name for spec in state.cls.specs} if state is not None and state.cls is not None else set()
    # What no script has set needs no arithmetic, as strokes and shapes are drawn at every move of the mouse.
    if state is None or not names.issuperset(MEMBERS) or not state.values.keys() & set(MEMBERS):
        return QTransform()
    session, frame = workspace.session, workspace.frame
    return transform_of({name: value_at(session, path, state, name, frame) for name in MEMBERS})


def carried(transform: QTransform, place: Pair) -> Pair:
    """A place after a transform."""
    at = transform.map(QPointF(*place))
    return at.x(), at.y()


def size_of(transform: QTransform) -> float:
    """How much larger things are after a transform: the root of what it does to areas."""
    return math.sqrt(abs(transform.determinant()))
