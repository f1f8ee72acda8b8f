"""The shapes of a roto as plain data: what the viewer and the panel change of them, at a frame.

A shape that stays as it is has `points`; one that moves has `keys`, each with a frame and all points. A number of a
shape is itself, or `{"keys": ...}` with the data of a curve.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rimlight.engine import Animated, Curve, NodeState

from .curves.keys import keyed

ROLE = "shapes"
ShapeData = Mapping[str, Any]


def shape_values(state: NodeState) -> Iterator[tuple[str, Animated]]:
    """The parameters of a node that are shapes, and their values."""
    for spec in state.cls.specs if state.cls is not None else ():
        if spec.role == ROLE and isinstance(value := state.value(spec.name), Animated):
            yield spec.name, value


def key_frames(shape: ShapeData) -> tuple[float, ...]:
    """The frames at which the points of a shape have keys, in order."""
    return tuple(float(key["frame"]) for key in shape.get("keys", ()))


def with_points(shape: ShapeData, points: Sequence[Any], frame: float) -> dict[str, Any]:
    """A shape with other points; where it is keyed, at a frame."""
    return with_key(shape, points, frame) if shape.get("keys") else {**shape, "points": list(points)}


def with_key(shape: ShapeData, points: Sequence[Any], frame: float) -> dict[str, Any]:
    """A shape with these points as its key at a frame; a new key goes on as the one before it."""
    given = shape.get("keys", [])
    keys = [key for key in given if key["frame"] != frame]
    before = [key for key in keys if key["frame"] < frame] or keys[:1] or given
    interp = {"interp": before[-1]["interp"]} if before and "interp" in before[-1] else {}
    keys = sorted([*keys, {"frame": frame, **interp, "points": list(points)}], key=lambda key: key["frame"])
    return {**{name: value for name, value in shape.items() if name != "points"}, "keys": keys}


def without_key(shape: ShapeData, points: Sequence[Any], frame: float) -> dict[str, Any]:
    """A shape without its key at a frame. points : what it keeps when that was the last one."""
    keys = [key for key in shape.get("keys", []) if key["frame"] != frame]
    others = {name: value for name, value in shape.items() if name not in ("points", "keys")}
    return {**others, "keys": keys} if keys else {**others, "points": list(points)}


def is_keyed(number: Any) -> bool:
    """Whether a number of a shape is animated."""
    return isinstance(number, Mapping)


def with_number(shape: ShapeData, name: str, value: float, frame: float) -> dict[str, Any]:
    """A shape with another number; where that is animated, at a frame."""
    number = shape.get(name)
    if isinstance(number, Mapping):
        return {**shape, name: {"keys": keyed(Curve.from_data(number["keys"]), frame, value).to_data()}}
    return {**shape, name: value}
