"""A stroke of a paint as plain data: moved, turned and scaled, and the keys of that.

A stroke that stays where it is has its place in its points. One that moves has `translate`, `rotate` and `scale` with
keys, about its `center`.
"""

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from rimlight.engine import Curve

from .curves.keys import without
from .drawnmoves import MEMBERS, size_of, transform_of
from .shapedata import is_keyed, with_number

StrokeData = Mapping[str, Any]
KEYED = ("translate", "rotate", "scale")
"""What of a stroke a key at a frame holds."""


def placement_of(still: Any) -> QTransform:
    """From the points of a stroke, as it is at a frame, to where they are on its node."""
    return transform_of({name: getattr(still, name) for name in MEMBERS})


def key_frames(stroke: StrokeData) -> tuple[float, ...]:
    """The frames at which the place of a stroke has keys, in order."""
    curves = (Curve.from_data(part["keys"]) for part in _moving(stroke))
    return tuple(sorted({key.frame for curve in curves for key in curve.keys}))


def _moving(stroke: StrokeData) -> list[Mapping[str, Any]]:
    values = (stroke.get(name) for name in KEYED)
    parts = (part for value in values for part in (value if isinstance(value, (list, tuple)) else (value,)))
    return [part for part in parts if is_keyed(part)]


def with_key(stroke: StrokeData, still: Any, frame: float) -> dict[str, Any]:
    """A stroke with a key of its place at a frame. still : what it is there. The first key fixes its centre."""
    made = dict(stroke)
    if not _moving(stroke):
        if all(name not in stroke for name in MEMBERS):
            made["center"] = list(_middle(still.points))
        for name in KEYED:
            value = getattr(still, name)
            parts = [{"keys": [[frame, part, "smooth"]]} for part in (value if isinstance(value, tuple) else (value,))]
            made[name] = parts if isinstance(value, tuple) else parts[0]
        return made
    for name in KEYED:
        value = getattr(still, name)
        made = with_number(made, name, list(value) if isinstance(value, tuple) else value, frame)
    return made


def without_key(stroke: StrokeData, still: Any, frame: float) -> dict[str, Any]:
    """A stroke without the keys of its place at a frame; without any it stays where it is there."""
    made = dict(stroke)
    for name in KEYED:
        value, now = stroke.get(name), getattr(still, name)
        if isinstance(value, (list, tuple)):
            made[name] = [_unkeyed(part, at, frame) for part, at in zip(value, now, strict=True)]
        elif value is not None:
            made[name] = _unkeyed(value, now, frame)
    return made


def _unkeyed(part: Any, now: float, frame: float) -> Any:
    if not is_keyed(part):
        return part
    curve = Curve.from_data(part["keys"])
    kept = without(curve, [i for i, key in enumerate(curve.keys) if key.frame == frame])
    return {**part, "keys": kept.to_data()} if kept is not None else now


def moved(stroke: Any, node: QTransform, move: QTransform, frame: float) -> dict[str, Any]:
    """The data of a stroke taken elsewhere on the picture at a frame: of one with keys, by a key there.

    node : what moves all strokes. move : affine, in artist's coordinates.
    """
    data, still = dict(stroke.to_data()), stroke.resolved(frame)
    back, possible = node.inverted()
    if not possible:
        return data
    own, carried = placement_of(still), node * move * back
    if _moving(data):
        return _placed(data, still, own * carried, frame)
    outside, possible = own.inverted()
    through = own * carried * outside if possible else carried
    lines = [(through.map(QPointF(x, y)), pressure) for x, y, *pressure in stroke.points]
    data["points"] = [[round(at.x(), 3), round(at.y(), 3), *(p for p in pressure if p != 1)] for at, pressure in lines]
    size = size_of(through)
    if abs(size - 1) > 1e-6:
        data = with_number(data, "size", round(still.size * size, 3), frame)
    return data


def _placed(data: dict[str, Any], still: Any, whole: QTransform, frame: float) -> dict[str, Any]:
    """With the numbers that make a transform; what it skews is left out."""
    a, b, c, d = whole.m11(), whole.m12(), whole.m21(), whole.m22()
    across = math.hypot(a, b) or 1e-6
    turn = math.degrees(math.atan2(b, a))
    if still.scale[0] < 0:
        across, turn = -across, turn + 180
    turn += 360 * round((still.rotate - turn) / 360)
    up = (a * d - b * c) / across
    at = whole.map(QPointF(*still.center))
    found = {
        "translate": [round(at.x() - still.center[0], 3), round(at.y() - still.center[1], 3)],
        "rotate": round(turn, 4), "scale": [round(across, 5), round(up, 5)],
    }  # fmt: skip
    for name, value in found.items():
        data = with_number(data, name, value, frame)
    return data


def _middle(points: Any) -> tuple[float, float]:
    """Of the box around some points."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return round((min(xs) + max(xs)) / 2, 3), round((min(ys) + max(ys)) / 2, 3)
