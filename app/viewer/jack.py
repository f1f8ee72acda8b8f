"""What the handle of a transform stands for: its numbers, where they put it, and what a drag makes of them.

The picture goes by T(pivot) T(move) R(turn) Skew S(stretch) T(-pivot), in artist's coordinates; see `Role`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rimlight.engine import NodeState, Session, Spec

from ..rig.values import value_at
from .numbers import Numbers, numbers_of

Point = tuple[float, float]
Linear = tuple[float, float, float, float]
"""A matrix of two rows: (x from x, x from y, y from x, y from y)."""

ROLES = ("move", "turn", "stretch", "skew", "skew_order", "pivot", "pivot_from")
LEAST = 0.001
"""A factor never gets nearer to 0, at which there is no picture."""
SNAP = 15.0
"""Degrees to which Shift turns."""
TENTH = 0.1
"""The steps of a factor with Shift."""


@dataclass(frozen=True)
class Jack:
    """Of one node at one frame. names : the parameters of each role. numbers : the components of each parameter. held :
    those that an expression says, which no drag changes. start : what the pivot is counted from.
    """

    node: str
    names: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, Numbers]
    held: frozenset[str] = frozenset()
    order: str = "XY"
    start: Point = (0.0, 0.0)

    def has(self, role: str) -> bool:
        """Whether a drag may change what has this role."""
        return role in self.names and not self.held & set(self.names[role])

    def _pair(self, role: str, default: Point) -> Point:
        found = self.numbers[self.names[role][0]] if role in self.names else default
        return found[0], found[1]

    @property
    def move(self) -> Point:
        return self._pair("move", (0.0, 0.0))

    @property
    def pivot(self) -> Point:
        return self._pair("pivot", (0.0, 0.0))

    @property
    def stretch(self) -> Point:
        return self._pair("stretch", (1.0, 1.0))

    @property
    def turn(self) -> float:
        return self.numbers[self.names["turn"][0]][0] if "turn" in self.names else 0.0

    @property
    def place(self) -> Point:
        """Where the pivot has been moved to, which is where the handle is."""
        (mx, my), (px, py) = self.move, self.pivot
        return self.start[0] + px + mx, self.start[1] + py + my

    @property
    def skew(self) -> Point:
        if "skew" not in self.names:
            return 0.0, 0.0
        x, y = (self.numbers[name][0] for name in self.names["skew"])
        return x, y

    @property
    def slanted(self) -> Linear:
        """Skew alone."""
        x, y = self.skew
        return (1 + x * y, x, y, 1.0) if self.order == "XY" else (1.0, x, y, 1 + x * y)

    @property
    def axes(self) -> Linear:
        """R(turn) Skew: its columns are where the axes of the picture point."""
        return _times(self._turning, self.slanted)

    @property
    def _turning(self) -> Linear:
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return cos, -sin, sin, cos

    # -- drags: what becomes of which parameters ------------------------------------------------------------------

    def moved(self, dx: float, dy: float, along_axis: bool = False) -> dict[str, Numbers]:
        """Moved by a way. along_axis : only along the axis that it is longer on."""
        if along_axis:
            dx, dy = (dx, 0.0) if abs(dx) > abs(dy) else (0.0, dy)
        x, y = self.move
        return {self.names["move"][0]: _rounded(x + dx, y + dy)}

    def scaled(self, factors: Point, tenths: bool = False) -> dict[str, Numbers]:
        """Scaled by factors for width and height. tenths : both end on tenths where they change."""
        made = []
        for old, factor in zip(self.stretch, factors, strict=True):
            new = old * factor
            new = round(new / TENTH) * TENTH if tenths and factor != 1 else new
            made.append(new if abs(new) >= LEAST else math.copysign(LEAST, new if new else old))
        return {self.names["stretch"][0]: _rounded(*made, digits=5)}

    def turned(self, degrees: float, snapped: bool = False) -> dict[str, Numbers]:
        """Turned by degrees. snapped : to a multiple of 15."""
        turn = self.turn + degrees
        return {self.names["turn"][0]: _rounded(round(turn / SNAP) * SNAP if snapped else turn)}

    def skewed(self, which: int, start: Point, end: Point, tenths: bool = False) -> dict[str, Numbers]:
        """Skewed by a drag of a point on an axis of the picture: x by one of the y axis (which = 0), y by one of the x
        axis (1). start, end : in artist's coordinates. tenths : ends on tenths.
        """
        px, py = self.place
        before, after = (_solved(self._turning, (x - px, y - py)) for x, y in (start, end))
        along = 1 - which
        out = before[along] / (self.slanted[3 * along] or 1.0)  # how far out on its axis, before it slants
        skew = self.skew[which] + (after[which] - before[which]) / (out or 1.0)
        skew = round(skew / TENTH) * TENTH if tenths else skew
        return {self.names["skew"][which]: _rounded(skew, digits=4)}

    def pivoted(self, dx: float, dy: float) -> dict[str, Numbers]:
        """The handle moved by a way and the picture left where it is: what the pivot gains, the move makes up for."""
        (a, b, c, d), (sx, sy) = self.axes, self.stretch
        x, y = _solved((a * sx, b * sy, c * sx, d * sy), (dx, dy))
        (mx, my), (px, py) = self.move, self.pivot
        moved = _rounded(mx + dx - x, my + dy - y)
        return {self.names["pivot"][0]: _rounded(px + x, py + y), self.names["move"][0]: moved}

    def local(self, x: float, y: float) -> Point:
        """A point as seen from the handle, along the axes of the picture, before it is scaled."""
        px, py = self.place
        return _solved(self.axes, (x - px, y - py))


def jacks_of(session: Session, path: str, state: NodeState, frame: float, middle: Point | None) -> Iterator[Jack]:
    """The handle of a node that has one. middle : of its frame, None while that is not known."""
    specs: Sequence[Spec] = state.cls.specs if state.cls is not None else ()
    names: dict[str, tuple[str, ...]] = {}
    for spec in specs:
        if spec.role in ROLES:
            names[spec.role] = (*names.get(spec.role, ()), spec.name)
    if "move" not in names:
        return
    numbers, held = {}, set()
    for name in [name for role in ("move", "turn", "stretch", "skew", "pivot") for name in names.get(role, ())]:
        found = numbers_of(state.value(name), frame)
        if found is None:
            held.add(name)
            value = value_at(session, path, state, name, frame)
            found = value if isinstance(value, tuple) else (value,)
        numbers[name] = found
    origin = state.value(names["pivot_from"][0]) if "pivot_from" in names else "corner"
    centred = origin == "middle" or "pivot" not in names
    if centred and middle is None:
        return
    start = middle if centred and middle is not None else (0.0, 0.0)
    order = str(state.value(names["skew_order"][0])) if "skew_order" in names else "XY"
    yield Jack(path, names, numbers, frozenset(held), order, start)


def _rounded(*numbers: float, digits: int = 3) -> Numbers:
    return tuple(round(number, digits) for number in numbers)


def _times(one: Linear, other: Linear) -> Linear:
    a, b, c, d = one
    e, f, g, h = other
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _solved(matrix: Linear, end: Point) -> Point:
    """The point that a matrix takes to `end`; 0, 0 where it flattens everything."""
    a, b, c, d = matrix
    det = a * d - b * c
    return ((d * end[0] - b * end[1]) / det, (a * end[1] - c * end[0]) / det) if det else (0.0, 0.0)
