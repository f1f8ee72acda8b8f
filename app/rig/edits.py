"""Edits of the lights of a rig, each one step of the history, those of one gesture together."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rimlight.engine import Curve, Flag, Graph, Light, Rig, RimlightError, Session, Spec, Vec3, registry

from ..paths import has_node
from ..workspace import Workspace
from .building import (
    flag_names,
    has_parameter,
    light_names,
    unused,
    with_copy,
    with_light,
    with_override,
    without_light,
)
from .foreign import place_of, refusal, values_of
from .kinds import FLAG_KIND
from .lights import Handle, at_distance, moved, sized
from .space import HERE, Space
from .values import spec_of, with_keys

_ZOOM = 1.1
"""Factor of a step of the wheel on size and distance."""
_STOPS = 0.25
_LEAST = 0.1
"""Degrees below which a light shrinks to a point."""
_TURNS = {"azimuth", "rotation"}
"""Angles that come round again."""
_BEFORE = 60.0
"""How far before what is lit a flag stands in a light at infinity, in centimetres."""
_NEXT: Vec3 = (50.0, 20.0, 30.0)
"""Where a flag for all lights stands, from what is lit, in centimetres."""
_BESIDE: Vec3 = (60.0, 60.0, 100.0)
"""Where a new lamp stands, from what is lit: to the right, above and in front, in centimetres."""
_SIDES: tuple[Vec3, ...] = (
    (1.0, 1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, -1.0, 1.0),
    (-1.0, -1.0, 1.0), (0.0, -1.0, 1.0),
)  # fmt: skip
"""Where else it stands, one after the other, where there is one already: to the left, lower, in the middle, below."""
_APART, _APART_DEGREES = 5.0, 10.0
"""Centimetres within which two lamps are one in the picture, and degrees within which they are on the dome."""


class RigEdits:
    """The edits of one workspace. What is refused becomes a sentence in the status bar."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def set(self, path: str, values: Mapping[str, Any], token: object = None) -> None:
        """Set parameters of a light at the frame, within their legal ranges; keys where they are animated."""
        workspace = self._workspace
        if not values or not has_node(workspace.graph, path):
            return
        state = workspace.graph.at(path)
        try:
            found = with_keys(state, {n: legal(spec_of(state, n), v) for n, v in values.items()}, workspace.frame)
        except RimlightError as error:
            workspace.tell(str(error), "warning", path)
            return
        workspace.edit(lambda s: s.set(path, token, **found))

    def move(self, handle: Handle, azimuth: float, elevation: float, token: object) -> None:
        """Let a light stand in another direction. Only an animated angle goes on beyond 180 degrees: it must not turn
        back between two keys.
        """
        values, graph = moved(handle, azimuth, elevation), self._workspace.graph
        if has_node(graph, handle.path):
            state = graph.at(handle.path)
            for name in _TURNS & values.keys():
                known = state.value(name)
                if not isinstance(known, Curve):
                    values[name] = round((values[name] + 180) % 360 - 180, 2)
                elif not handle.space.upright:  # an angle worked out from a direction does not know of turns before
                    now = known.at(self._workspace.frame)
                    values[name] = round(now + math.remainder(values[name] - now, 360), 2)
        self.set(handle.path, values, token)

    def resize(self, handle: Handle, degrees: float, token: object) -> None:
        """Make a light look larger or smaller."""
        workspace = self._workspace
        state = workspace.graph.at(handle.path)
        self.set(handle.path, sized(handle, state, workspace.session, workspace.frame, round(degrees, 2)), token)

    def scroll(self, handle: Handle, steps: float, what: str, token: object) -> None:
        """What steps of the wheel do to `size`, `distance` or `exposure`."""
        if what == "exposure" and not handle.is_flag:
            self.set(handle.path, {"exposure": round(handle.exposure + _STOPS * steps, 3)}, token)
        elif what == "distance" and handle.distance is not None:
            self.set(handle.path, at_distance(handle, handle.distance * _ZOOM**-steps), token)
        elif what == "size":
            degrees = handle.size * _ZOOM**steps if handle.size >= _LEAST else max(steps, 0.0)
            self.resize(handle, 0.0 if degrees < _LEAST else degrees, token)

    def add(self, rig: str, kind: str, subject: Vec3, space: Space = HERE, others: Sequence[Handle] = ()) -> str | None:
        """Add a light behind a node of the rig, alone where that is empty; returns its path. space : from where it is
        seen, and `subject` with it. others : lights that it does not hide, as far as there is room.
        """
        name = kind.rpartition(".")[2]
        graph = self._workspace.graph
        values: dict[str, Any] = {"light_name": unused(name, light_names(graph))}
        if has_parameter(kind, "position"):
            ways = [tuple(f * b for f, b in zip(side, _BESIDE, strict=True)) for side in _SIDES]
            free = (way for way in ways if not any(_hides(way, subject, other) for other in others))
            values["position"] = tuple(s + w for s, w in zip(subject, next(free, ways[0]), strict=True))
        if has_parameter(kind, "target"):
            values["target"] = subject
        if space != HERE and has_parameter(kind, "azimuth"):
            values |= {name: registry.find(kind).spec(name).default for name in ("azimuth", "elevation")}
        values = space.values_given(values)
        return self._built(lambda g: with_light(g, rig, kind, values), f"add {name} light")

    def add_flag(self, rig: str, handle: Handle | None, subject: Vec3, space: Space = HERE) -> str | None:
        """Add a flag behind a node of the rig that stands in one light alone, on the way from it to what it lights;
        without a light for all of them, beside `subject`. Returns its path. space : from where it is seen.
        """
        if handle is not None:
            away, aim = _BEFORE if handle.distance is None else handle.distance / 2, handle.aim
            position = tuple(a + away * d for a, d in zip(aim, handle.direction, strict=True))
        else:
            aim, position = subject, tuple(s + b for s, b in zip(subject, _NEXT, strict=True))
        places = space.values_given({"position": position, "target": aim})
        values: dict[str, Any] = {name: tuple(round(v, 3) for v in place) for name, place in places.items()}
        values |= {"flag_name": unused("flag", flag_names(self._workspace.graph))}
        values |= {"lights": handle.name} if handle is not None else {}
        where = f" before {handle.title}" if handle is not None else ""
        return self._built(lambda g: with_light(g, rig, FLAG_KIND, values), f"add a flag{where}")

    def duplicate(self, handle: Handle) -> str | None:
        """Add a copy of a light or flag; returns its path."""
        names = flag_names if handle.is_flag else light_names
        return self._built(lambda g: with_copy(g, handle, names(g)), f"duplicate {handle.title}")

    def override(
        self, end: str, rig: Rig, light: Light | Flag, subject: Vec3, token: object, handed: Callable[[str], object]
    ) -> str | None:
        """Put a node in the place of a light or flag that none makes as it is; returns its path. None where that
        cannot be.

        end : the node that puts out `rig`, behind which it goes. light : with positions in centimetres. token : of the
        gesture that goes on with the node. handed : told of the path before the script changes.
        """
        why = refusal(rig, light)
        if why:
            self._workspace.tell(why, "warning", end)
            return None
        values = values_of(light, subject)

        def build(graph: Graph) -> tuple[Graph, str]:
            graph, path = with_override(graph, end, f"light.{light.kind}", values)
            handed(path)
            return graph, path

        return self._built(build, f"override {light.name}", token)

    def remove(self, handle: Handle) -> None:
        """Take a light out; the rig goes on past it."""
        self._workspace.edit(lambda s: s.commit(without_light(s.graph, handle.path), f"remove {handle.title}"))

    def _built(self, build: Callable[[Graph], tuple[Graph, str]], label: str, merge: object = None) -> str | None:
        def change(session: Session) -> str:
            graph, path = build(session.graph)
            session.commit(graph, label, merge)
            return path

        return self._workspace.edit(change)


def legal(spec: Spec | None, value: Any) -> Any:
    """A value within the legal range of its parameter."""
    if spec is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, tuple):
        return tuple(legal(spec, part) for part in value)
    low, high = spec.hard
    return min(max(value, value if low is None else low), value if high is None else high)


def _hides(way: Sequence[float], subject: Vec3, other: Handle) -> bool:
    """Whether a lamp that far from the subject covers the handle of another light, on the dome or in the picture."""
    place = [s + w for s, w in zip(subject, way, strict=True)]
    if other.distance is not None and math.dist(place, place_of(other)) <= _APART:
        return True
    cosine = sum(w * d for w, d in zip(way, other.direction, strict=True)) / math.hypot(*way)
    return cosine >= math.cos(math.radians(_APART_DEGREES))
