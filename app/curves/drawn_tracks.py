"""Tracks inside shapes and strokes: their numbers with keys, and the points of shapes, which are keyed as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rimlight.engine import Curve, Graph, Key, NodeState, Spec, to_data

from ..properties.parameter import Parameter, number_at
from ..shapedata import ROLE as SHAPES
from ..strokes import ROLE as STROKES

POINTS = "points"
"""The member of a shape that is no number."""


@dataclass(frozen=True)
class DrawnParameter(Parameter):
    """A member of a shape or stroke. drawn : its number in the list. called : its name, for the eye."""

    drawn: int = 0
    called: str = ""

    @property
    def title(self) -> str:
        return f"{self.called} {self.spec.title}"

    @property
    def address(self) -> str:
        return f"{self.path}.{self.name}[{self.drawn}].{self.spec.name}"


@dataclass(frozen=True)
class Pose(Key):
    """A key of all points of a shape. Its value says nothing. points : plain data of them."""

    points: Any = field(default=(), hash=False)


def drawn_curves(state: NodeState, path: str, poses: bool) -> Iterator[tuple[DrawnParameter, int, Curve]]:
    """The curves inside the shapes and strokes of a node, by member and component. poses : those of points too."""
    for spec in state.cls.specs if state.cls is not None else ():
        if spec.role not in (SHAPES, STROKES):
            continue
        for i, one in enumerate(_drawn(spec, state.value(spec.name))):
            if one.is_still:
                continue
            called = one.name or f"{'shape' if spec.role == SHAPES else 'stroke'} {i + 1}"
            if poses and (keys := getattr(one, "keys", ())):
                made = Curve(tuple(Pose(k.frame, 0.0, k.interp, points=[p.to_data() for p in k.points]) for k in keys))
                yield _parameter(path, spec, i, called, Spec(POINTS, float, 1, 0.0, "")), 0, made
            for member in one.numbers():
                value = getattr(one, member)
                parts = value if isinstance(value, tuple) else (value,)
                names = ("r", "g", "b") if len(parts) == 3 else ("x", "y") if len(parts) == 2 else ()
                default = (0.0,) * len(parts) if names else 0.0
                low, high = one.bounds.get(member, (None, None))
                inner = Spec(member, float, len(parts), default, "", hard=(low, high), components=names)
                for component, part in enumerate(parts):
                    if isinstance(part, Curve):
                        yield _parameter(path, spec, i, called, inner), component, part


def _poses(curve: Curve) -> Iterator[Pose]:
    return (key for key in curve.keys if isinstance(key, Pose))


def _drawn(spec: Spec, value: Any) -> Sequence[Any]:
    return tuple(value.shapes if spec.role == SHAPES else value)


def _parameter(path: str, outer: Spec, number: int, called: str, spec: Spec) -> DrawnParameter:
    return DrawnParameter(path, outer.name, spec, number, called)


Part = tuple[Parameter, int, Any]
"""A parameter, a component of it and what it becomes."""


def with_drawn(graph: Graph, parts: Sequence[Part], frame: float) -> list[Part]:
    """Parts of which those inside shapes and strokes are put into the parameters that hold them.

    A curve of None becomes what it is at the frame.
    """
    made: list[Part] = []
    lists: dict[tuple[str, str], tuple[Parameter, Sequence[Any], list[Any]]] = {}
    for parameter, component, part in parts:
        if not isinstance(parameter, DrawnParameter):
            made.append((parameter, component, part))
            continue
        state = graph.at(parameter.path)
        assert state.cls is not None
        outer = state.cls.spec(parameter.name)
        key = parameter.path, parameter.name
        if key not in lists:
            given = _drawn(outer, state.value(parameter.name))
            lists[key] = Parameter(parameter.path, parameter.name, outer), given, list(given)
        _, given, items = lists[key]
        one, now = given[parameter.drawn], items[parameter.drawn]
        if part is None and parameter.spec.name == POINTS:
            part = one.resolved(frame).to_data()[POINTS]
        data = dict(now) if isinstance(now, Mapping) else now.to_data()
        items[parameter.drawn] = _with(data, parameter, component, part, frame)
    return made + [(holder, 0, items) for holder, _, items in lists.values()]


def _with(data: dict[str, Any], parameter: DrawnParameter, component: int, part: Any, frame: float) -> dict[str, Any]:
    """The data of a shape or stroke with another curve in it, or with points where those lose theirs."""
    member = parameter.spec.name
    if member == POINTS:
        others = {name: value for name, value in data.items() if name not in ("keys", POINTS)}
        if not isinstance(part, Curve):
            return others | {POINTS: part}
        return others | {"keys": [{"frame": k.frame, "interp": k.interp, POINTS: k.points} for k in _poses(part)]}
    given = data[member]
    now = given[component] if parameter.spec.size > 1 else given
    if part is None:
        found: Any = number_at(parameter.spec, Curve.from_data(now["keys"]), frame)
    else:
        found = {"keys": part.to_data()} if isinstance(part, Curve) else to_data(part)
    if parameter.spec.size == 1:
        return data | {member: found}
    return data | {member: [found if i == component else number for i, number in enumerate(given)]}
