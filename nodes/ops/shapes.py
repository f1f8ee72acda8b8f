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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, cast

from rimlight.engine import Animated, Curve, Key

from .drawn import LARGEST, Drawn, Number, at_frame, choice, number, points, read_list, short, shown

MODES = ("union", "subtract", "intersect", "difference")
INTERPS = ("smooth", "linear", "constant")

_MEMBERS = ("at", "in", "out", "feather", "feather_in", "feather_out")


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
        at = [short(self.x), short(self.y)]
        pairs = {"in": self[2:4], "out": self[4:6], "feather": self[6:8]}
        kept = {name: pair for name, pair in pairs.items() if any(pair)}
        if self.free:
            kept |= {"feather_in": self[8:10], "feather_out": self[10:12]}
        more = {name: [short(v) for v in pair] for name, pair in kept.items()}
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
        return {"frame": short(self.frame), **interp, "points": [p.to_data() for p in self.points]}


@dataclass(frozen=True, repr=False)
class RotoShape(Drawn):
    """A shape. Its fields are the members of its data.

    mode : how it acts on the shapes before it in the list. closed : a filled outline; otherwise a line of `width`.
    feather : softness all around in pixels, outwards (negative: inwards), beside that of the points.
    falloff : exponent of the fade, 1 is even.
    """

    mode: str = "union"
    closed: bool = True
    opacity: Number = 1.0
    feather: Number = 0.0
    falloff: Number = 1.0
    width: Number = 1.0
    points: Points = ()
    keys: tuple[ShapeKey, ...] = ()

    kind: ClassVar[str] = "shape"
    contents: ClassVar[str] = "name and points"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"mode": MODES}
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "opacity": (0.0, 1.0), "falloff": (0.01, 100.0), "width": (0.0, LARGEST),
    }  # fmt: skip

    @property
    def is_still(self) -> bool:
        return not self.keys and super().is_still

    def resolved(self, frame: float) -> "RotoShape":
        """The shape of a frame, with `points` and plain numbers."""
        made = super().resolved(frame)
        if not self.keys:
            return made
        points = tuple(ShapePoint(*(at_frame(n, frame) for n in track)) for track in self._tracks)
        return replace(made, keys=(), points=points)

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

    def member_data(self, name: str, value: Any) -> Any:
        return [one.to_data() for one in value] if name in ("points", "keys") else value


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
        # Shapes made in Python are read as others are: their keys have to fit.
        given = (
            [s.to_data() if isinstance(s, RotoShape) else s for s in data] if isinstance(data, (list, tuple)) else data
        )
        shapes = read_list(given, RotoShape, _OWN)
        for i, shape in enumerate(shapes):
            if shape.points and shape.keys:
                where = f"shape '{shape.name}'" if shape.name else f"shape {i + 1}"
                raise ValueError(f"{where} has both points and keys, expected one of them")
        return Shapes(shapes)


def _keys(data: Any, what: str) -> tuple[ShapeKey, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{what}: found {shown(data)}, expected a list of keys")
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
        raise ValueError(f"{what}: one is {shown(data)}, expected frame and points")
    frame = number(data["frame"], f"a frame in {what}")
    interp = choice(data.get("interp", "smooth"), INTERPS, f"{what}: interp")
    return ShapeKey(frame, points(data["points"], f"points at frame {frame:.12g} in {what}", _point), interp)


def _point(data: Any, what: str) -> ShapePoint:
    if not isinstance(data, Mapping):
        return ShapePoint(*_pair(data, what))
    if "at" not in data or not set(data) <= set(_MEMBERS):
        raise ValueError(
            f"{what} is {shown(dict(data))}, expected at, and in, out and feather, feather_in and feather_out "
            "where it has them"
        )
    pairs = [_pair(data.get(member, (0, 0)), what) for member in _MEMBERS]
    free = any(member in data for member in _MEMBERS[4:])
    return ShapePoint(*(number for pair in pairs for number in pair))._replace(free=float(free))


def _pair(data: Any, what: str) -> tuple[float, float]:
    if not isinstance(data, (list, tuple)) or len(data) != 2:
        raise ValueError(f"{what} is {shown(data)}, expected [x, y]")
    return number(data[0], what), number(data[1], what)


_OWN = {"points": lambda data, what: points(data, what, _point), "keys": _keys}
