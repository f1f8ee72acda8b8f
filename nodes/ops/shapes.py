"""The shapes of a roto as a script holds them: points, keyed over frames, with soft edges and a place in the stack.

    [{"name": "head", "feather": 12, "keys": [
        {"frame": 1, "points": [{"at": [40, 60], "in": [-10, 0], "out": [10, 0]}, [80, 20], [0, 20]]},
        {"frame": 20, "interp": "linear", "points": [[45, 62], [85, 22], [5, 22]]}]},
     {"name": "hole", "mode": "subtract", "opacity": {"keys": [[1, 0, "smooth"], [10, 1, "smooth"]]},
      "points": [[30, 30], [50, 30], [40, 45]]}]

A shape that stays as it is has `points`, one that moves has `keys`, all with as many points. A point is `[x, y]` for a
corner, else `at` with the handles `in` and `out` and the offset `feather`, all three relative to it. The outline of the
feather turns with that of the shape, unless a point has the handles `feather_in` and `feather_out` for it, relative to
its feather point. Coordinates are full-size pixels, y up from the bottom left of the frame. The numbers of a shape may
be animated, as those of a node.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, cast

from rimlight.engine import Animated, Curve, Key

MODES = ("union", "subtract", "intersect", "difference")
INTERPS = ("smooth", "linear", "constant")

Number = float | Curve
Pair = tuple[Number, Number]

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "opacity": (0.0, 1.0), "falloff": (0.01, 100.0), "width": (0.0, math.inf),
}  # fmt: skip
_MEMBERS = ("at", "in", "out", "feather", "feather_in", "feather_out")
_LARGEST = 1e7  # pixels; beyond any picture, and small enough for exact arithmetic


class ShapePoint(NamedTuple):
    """A point of a shape: its place, and from there its handles and its point on the feather outline.

    feather_in, feather_out : handles of the feather outline, relative to its point. free : 1 where those count, 0 where
    that outline turns with the shape's; between keys of either kind it is between.
    """

    x: float
    y: float
    in_x: float = 0.0
    in_y: float = 0.0
    out_x: float = 0.0
    out_y: float = 0.0
    feather_x: float = 0.0
    feather_y: float = 0.0
    feather_in_x: float = 0.0
    feather_in_y: float = 0.0
    feather_out_x: float = 0.0
    feather_out_y: float = 0.0
    free: float = 0.0

    def to_data(self) -> Any:
        at = [_short(self.x), _short(self.y)]
        pairs = {"in": self[2:4], "out": self[4:6], "feather": self[6:8]}
        kept = {name: pair for name, pair in pairs.items() if any(pair)}
        if self.free:
            kept |= {"feather_in": self[8:10], "feather_out": self[10:12]}
        more = {name: [_short(v) for v in pair] for name, pair in kept.items()}
        return {"at": at, **more} if more else at


Points = tuple[ShapePoint, ...]


@dataclass(frozen=True)
class ShapeKey:
    """All points of a shape at a frame. interp : `smooth`, `linear` or `constant`, as of a key of an animation."""

    frame: float
    points: Points
    interp: str = "smooth"

    def to_data(self) -> dict[str, Any]:
        interp = {} if self.interp == "smooth" else {"interp": self.interp}
        return {"frame": _short(self.frame), **interp, "points": [p.to_data() for p in self.points]}


@dataclass(frozen=True)
class RotoShape:
    """A shape. Its fields are the members of its data.

    mode : how it acts on the shapes before it in the list. closed : a filled outline; otherwise a line of `width`.
    feather : softness all around in pixels, outwards (negative: inwards), beside that of the points.
    falloff : exponent of the fade, 1 is even. translate, rotate, scale : moves the shape about `center`.
    """

    name: str = field(default="", repr=False)  # a new name is not a new picture
    visible: bool = True
    mode: str = "union"
    closed: bool = True
    opacity: Number = 1.0
    feather: Number = 0.0
    falloff: Number = 1.0
    width: Number = 1.0
    translate: Pair = (0.0, 0.0)
    rotate: Number = 0.0
    scale: Pair = (1.0, 1.0)
    center: Pair = (0.0, 0.0)
    points: Points = ()
    keys: tuple[ShapeKey, ...] = ()

    @property
    def is_still(self) -> bool:
        return not self.keys and not any(isinstance(n, Curve) for name in _NUMBERS for n in _parts(getattr(self, name)))

    def resolved(self, frame: float) -> "RotoShape":
        """The shape of a frame, with `points` and plain numbers."""
        if self.is_still:
            return self
        numbers: dict[str, Any] = {}
        for name in _NUMBERS:
            low, high = _BOUNDS.get(name, (-math.inf, math.inf))
            value = getattr(self, name)
            found = tuple(min(max(_at(n, frame), low), high) for n in _parts(value))
            numbers[name] = found if isinstance(value, tuple) else found[0]
        points = self.points
        if self.keys:
            points = tuple(ShapePoint(*(_at(n, frame) for n in track)) for track in self._tracks)
        return replace(self, keys=(), points=points, **numbers)

    @cached_property
    def _tracks(self) -> tuple[tuple[Number, ...], ...]:
        """The numbers of every point over the frames."""
        return tuple(
            tuple(self._track([key.points[i][c] for key in self.keys]) for c in range(len(ShapePoint._fields)))
            for i in range(len(self.keys[0].points))
        )

    def _track(self, values: list[float]) -> Number:
        if all(value == values[0] for value in values):
            return values[0]
        return Curve(tuple(Key(k.frame, v, cast(Any, k.interp)) for k, v in zip(self.keys, values, strict=True)))

    def to_data(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value == f.default:
                continue
            if f.name in ("points", "keys"):
                out[f.name] = [one.to_data() for one in value]
            elif f.name in _NUMBERS:
                parts = [{"keys": n.to_data()} if isinstance(n, Curve) else _short(n) for n in _parts(value)]
                out[f.name] = parts if isinstance(value, tuple) else parts[0]
            else:
                out[f.name] = value
        return out


_TEXTS_AND_SWITCHES = ("name", "visible", "mode", "closed")
_NUMBERS = tuple(f.name for f in fields(RotoShape) if f.name not in (*_TEXTS_AND_SWITCHES, "points", "keys"))


@dataclass(frozen=True)
class Shapes(Animated):
    """The shapes of a roto, each acting on what those before it have drawn."""

    shapes: tuple[RotoShape, ...] = ()

    @property
    def is_still(self) -> bool:
        return all(shape.is_still for shape in self.shapes)

    def resolved(self, frame: float) -> "Shapes":
        return Shapes(tuple(shape.resolved(frame) for shape in self.shapes))

    def to_data(self) -> list[Any]:
        return [shape.to_data() for shape in self.shapes]

    @staticmethod
    def parse(data: Any) -> "Shapes":
        """The shapes of plain data. Raises ValueError with a sentence that says where it is wrong."""
        if isinstance(data, Shapes):
            return data
        if not isinstance(data, (list, tuple)):
            raise ValueError("expected a list of shapes")
        return Shapes(tuple(_shape(one, f"shape {i + 1}") for i, one in enumerate(data)))


def _shape(data: Any, where: str) -> RotoShape:
    if isinstance(data, RotoShape):
        data = data.to_data()
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} is {_shown(data)}, expected its name and points")
    name = data.get("name", "")
    if not isinstance(name, str):
        raise ValueError(f"the name of {where} is {_shown(name)}, expected text")
    where = f"shape '{name}'" if name else where
    known = {f.name: f.default for f in fields(RotoShape)}
    values: dict[str, Any] = {}
    for member, value in data.items():
        what = f"{member} of {where}"
        if member not in known:
            raise ValueError(f"{where} has '{member}', expected only {', '.join(known)}")
        if member == "points":
            values[member] = _points(value, what)
        elif member == "keys":
            values[member] = _keys(value, what)
        elif member in _NUMBERS:
            values[member] = _numbers(value, known[member], member, what)
        elif member == "mode" and value not in MODES:
            raise ValueError(f"{what} is {_shown(value)}, expected one of {', '.join(MODES)}")
        elif member in ("visible", "closed") and not isinstance(value, bool):
            raise ValueError(f"{what} is {_shown(value)}, expected true or false")
        else:
            values[member] = value
    if values.get("points") and values.get("keys"):
        raise ValueError(f"{where} has both points and keys, expected one of them")
    return RotoShape(**values)


def _numbers(value: Any, default: Any, member: str, what: str) -> Any:
    if not isinstance(default, tuple):
        return _number(value, member, what)
    if not isinstance(value, (list, tuple)) or len(value) != len(default):
        raise ValueError(f"{what} is {_shown(value)}, expected {len(default)} numbers")
    return tuple(_number(v, member, what) for v in value)


def _number(value: Any, member: str, what: str) -> Number:
    if isinstance(value, Mapping) and set(value) == {"keys"}:
        try:
            return Curve.from_data(value["keys"])
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None
    number = _plain(value, what)
    low, high = _BOUNDS.get(member, (-math.inf, math.inf))
    if not low <= number <= high:
        expected = f"{low:g} upwards" if high == math.inf else f"{low:g} to {high:g}"
        raise ValueError(f"{what} is {number:g}, expected {expected}")
    return number


def _plain(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:
        raise ValueError(f"{what} is {_shown(value)}, expected a number")
    return float(value)


def _keys(data: Any, what: str) -> tuple[ShapeKey, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{what}: found {_shown(data)}, expected a list of keys")
    keys = sorted((_key(one, what) for one in data), key=lambda key: key.frame)
    for one, two in pairwise(keys):
        if one.frame == two.frame:
            raise ValueError(f"{what}: two are at frame {one.frame:.12g}, expected one")
        if len(one.points) != len(two.points):
            raise ValueError(
                f"{what}: {len(one.points)} points at frame {one.frame:.12g} but {len(two.points)} at frame "
                f"{two.frame:.12g}, expected as many"
            )
    return tuple(keys)


def _key(data: Any, what: str) -> ShapeKey:
    if not isinstance(data, Mapping) or not {"frame", "points"} <= set(data) <= {"frame", "points", "interp"}:
        raise ValueError(f"{what}: one is {_shown(data)}, expected frame and points")
    frame, interp = _plain(data["frame"], f"a frame in {what}"), data.get("interp", "smooth")
    if interp not in INTERPS:
        raise ValueError(f"{what}: interp is {_shown(interp)}, expected one of {', '.join(INTERPS)}")
    return ShapeKey(frame, _points(data["points"], f"points at frame {frame:.12g} in {what}"), interp)


def _points(data: Any, what: str) -> Points:
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{what}: found {_shown(data)}, expected a list of points")
    return tuple(_point(one, f"point {i + 1} of the {what}") for i, one in enumerate(data))


def _point(data: Any, what: str) -> ShapePoint:
    if not isinstance(data, Mapping):
        return ShapePoint(*_pair(data, what))
    if "at" not in data or not set(data) <= set(_MEMBERS):
        raise ValueError(
            f"{what} is {_shown(dict(data))}, expected at, and in, out and feather, feather_in and feather_out "
            "where it has them"
        )
    pairs = [_pair(data.get(member, (0, 0)), what) for member in _MEMBERS]
    free = any(member in data for member in _MEMBERS[4:])
    return ShapePoint(*(number for pair in pairs for number in pair))._replace(free=float(free))


def _pair(data: Any, what: str) -> tuple[float, float]:
    if not isinstance(data, (list, tuple)) or len(data) != 2:
        raise ValueError(f"{what} is {_shown(data)}, expected [x, y]")
    return _plain(data[0], what), _plain(data[1], what)


def _parts(value: Number | Pair) -> tuple[Number, ...]:
    return value if isinstance(value, tuple) else (value,)


def _at(number: Number, frame: float) -> float:
    return number.at(frame) if isinstance(number, Curve) else number


def _short(number: float) -> float:
    """The same number in its shortest JSON form."""
    return int(number) if float(number).is_integer() else number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
