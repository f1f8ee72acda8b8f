"""The shapes of a roto as plain data: what the viewer and the panel change of them, at a frame.

A shape that stays as it is has `points`; one that moves has `keys`, each with a frame and all points. A number of a
shape is itself, or `{"keys": ...}` with the data of a curve.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from rimlight.engine import Animated, Curve, NodeState

from .curves.keys import keyed

ROLE = "shapes"
ShapeData = Mapping[str, Any]
Pair = tuple[float, float]


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


def pair_of(point: Any, name: str) -> tuple[float, float]:
    """A pair of numbers of a point: `at`, its place, `in`, `out` and `feather`, relative to that, or `feather_in` and
    `feather_out`, relative to the point of the feather.
    """
    x, y = point.get(name, (0.0, 0.0)) if isinstance(point, Mapping) else point if name == "at" else (0.0, 0.0)
    return float(x), float(y)


def with_point_after(shape: ShapeData, number: int, t: float) -> dict[str, Any]:
    """A shape with a point more on its outline, at every key: the outline stays as it is.

    number : of the point where that stretch of the outline begins. t : how far along, 0 to 1 of the Bezier's parameter.
    """
    poses = [key["points"] for key in shape["keys"]] if shape.get("keys") else [shape["points"]]
    following = (number + 1) % len(poses[0])
    straight = not any(any(pair_of(p[number], "out") + pair_of(p[following], "in")) for p in poses)

    def split(points: Sequence[Any]) -> list[Any]:
        made = list(points)
        made[number], between, made[following] = _split(points[number], points[following], t, straight)
        return [*made[: number + 1], between, *made[number + 1 :]]

    return _reposed(shape, split)


def without_points(shape: ShapeData, numbers: Collection[int]) -> dict[str, Any]:
    """A shape without some of its points, at every key."""
    return _reposed(shape, lambda points: [point for i, point in enumerate(points) if i not in numbers])


def _reposed(shape: ShapeData, change: Callable[[Sequence[Any]], list[Any]]) -> dict[str, Any]:
    """A shape with its points changed alike at all of its keys."""
    if shape.get("keys"):
        return {**shape, "keys": [{**key, "points": change(key["points"])} for key in shape["keys"]]}
    return {**shape, "points": change(shape["points"])}


def _split(before: Any, after: Any, t: float, straight: bool) -> tuple[Any, Any, Any]:
    """Two points that follow each other, and one between them, by de Casteljau; corners remain corners."""
    at, own_before, own_between, own_after = _split_curve(before, after, t)
    # The outline of the feather turns with the other, so that its offsets are blended; or it is a Bezier of its own.
    feather = _mixed(pair_of(before, "feather"), pair_of(after, "feather"), t * t * (3 - 2 * t))
    between = {"at": at, "feather": feather} if straight else {"at": at, **own_between, "feather": feather}
    parts = (
        dict(_members(before)) | ({} if straight else own_before),
        dict(_members(after)) | ({} if straight else own_after),
    )
    free = any("feather_in" in _members(point) for point in (before, after))
    if straight and not free:
        return before, rounded_point(between), after
    if free:
        soft, *found = _split_curve(_soft(before), _soft(after), t)
        between["feather"] = _difference(soft, at)
        for member, made in zip((parts[0], between, parts[1]), found, strict=True):
            if member is between or "feather_in" in member:
                member |= {f"feather_{name}": pair for name, pair in made.items()}
    return rounded_point(parts[0]), rounded_point(between), rounded_point(parts[1])


def _soft(point: Any) -> dict[str, Any]:
    """The point of the feather outline that belongs to a point, with its handles."""
    free, at = "feather_in" in _members(point), _sum(pair_of(point, "at"), pair_of(point, "feather"))
    return {"at": at, **{name: pair_of(point, f"feather_{name}" if free else name) for name in ("in", "out")}}


def _split_curve(before: Any, after: Any, t: float) -> tuple[Pair, dict[str, Pair], dict[str, Pair], dict[str, Pair]]:
    """The point of a Bezier at t, and the handles of its first, new and last point."""
    p, s = pair_of(before, "at"), pair_of(after, "at")
    q, r = _sum(p, pair_of(before, "out")), _sum(s, pair_of(after, "in"))
    pq, qr, rs = _mixed(p, q, t), _mixed(q, r, t), _mixed(r, s, t)
    left, right = _mixed(pq, qr, t), _mixed(qr, rs, t)
    middle = _mixed(left, right, t)
    return (
        middle, {"out": _difference(pq, p)}, {"in": _difference(left, middle), "out": _difference(right, middle)},
        {"in": _difference(rs, s)},
    )  # fmt: skip


def _mixed(p: Pair, q: Pair, weight: float) -> Pair:
    return p[0] + (q[0] - p[0]) * weight, p[1] + (q[1] - p[1]) * weight


def _members(point: Any) -> Mapping[str, Any]:
    return point if isinstance(point, Mapping) else {"at": point}


def rounded_point(point: Mapping[str, Any]) -> Any:
    """A point in thousandths of a pixel, without what is nothing."""
    found = {name: [round(x, 3), round(y, 3)] for name, (x, y) in point.items()}
    found = {name: pair for name, pair in found.items() if name in ("at", "feather_in", "feather_out") or any(pair)}
    return found if len(found) > 1 else found["at"]


def _sum(p: Pair, q: Pair) -> Pair:
    return p[0] + q[0], p[1] + q[1]


def _difference(p: Pair, q: Pair) -> Pair:
    return p[0] - q[0], p[1] - q[1]


def is_keyed(number: Any) -> bool:
    """Whether a number of a shape or stroke is animated, or one of several."""
    return isinstance(number, Mapping) or (isinstance(number, (list, tuple)) and any(map(is_keyed, number)))


def with_number(drawn: ShapeData, name: str, value: Any, frame: float) -> dict[str, Any]:
    """A shape or stroke with another number, or with others of several; those that are animated, at a frame."""
    number = drawn.get(name)
    if isinstance(number, (list, tuple)):
        return {**drawn, name: [_with(part, one, frame) for part, one in zip(number, value, strict=True)]}
    return {**drawn, name: _with(number, value, frame)}


def _with(number: Any, value: Any, frame: float) -> Any:
    if isinstance(number, Mapping):
        return {"keys": keyed(Curve.from_data(number["keys"]), frame, value).to_data()}
    return value
