"""Which rig is looked at, which nodes made its lights, and where they stand: read from a graph, nothing kept."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rimlight.engine import NEUTRAL_KELVIN, NodeState, Rig, Session, Vec3, angles_of, direction_of

from ..properties.parameter import State
from .space import HERE, Space
from .values import spec_of, standing, value_at

RIG_SOCKET = "rig"
STANDING = ("light.point", "light.spot", "light.area")
"""Kinds that stand somewhere; `light.directional` is at infinity, the others are all around."""
SPACE_KIND = "light.rig_space"
FLAG_KIND = "light.flag"
AROUND = ("light.environment", "light.gaussians", "light.harmonics")
SIZES = {
    "light.directional": "angle", "light.point": "size", "light.spot": "size", "light.area": "width",
    FLAG_KIND: "width",
}  # fmt: skip
"""The parameter that is the diameter of a light or flag, in degrees or centimetres."""


@dataclass(frozen=True)
class Scene:
    """What the panel is about.

    rig : path of the last node of the rig. lit : path of the node that is lit by it, if any. lights : paths of the
    nodes that make its lights, in the order of the rig. spaces : of those that hold it in the world, the last first.
    flags : of those that put flags into it.
    """

    rig: str = ""
    lit: str = ""
    lights: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Paths of the nodes of lights, then of flags."""
        return self.lights + self.flags


def name_parameter(kind: str) -> str:
    """The parameter that is the name of a light or flag."""
    return "flag_name" if kind == FLAG_KIND else "light_name"


def is_light(state: NodeState) -> bool:
    """Whether a node makes one light of its own that can be edited."""
    return state.cls is not None and state.cls.result is Rig and spec_of(state, "light_name") is not None


def find_scene(session: Session, selected: str | None, viewed: str | None) -> Scene:
    """The rig of the selected node, else the one that lights what is viewed, else the first there is."""
    wires = _Wires(session)
    known = (wires.rig_of(path) for path in (selected, viewed) if path is not None and path in wires)
    found = [rig for rig in known if rig is not None]
    if found:
        # Of all that one rig lights, what is looked at counts.
        return wires.scene(*(found[-1] if found[-1][0] == found[0][0] else found[0]))
    lights = [path for path, state in session.graph.walk() if is_light(state)]
    return wires.scene(*wires.ended(lights[0])) if lights else Scene()


class _Wires:
    """The flat graph, read along its wires that carry rigs."""

    def __init__(self, session: Session) -> None:
        self._nodes = session.flat().nodes

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    @cached_property
    def _fed(self) -> dict[str, list[tuple[str, str]]]:
        """(node, socket) of every wire, by its source."""
        fed: dict[str, list[tuple[str, str]]] = {}
        for node in self._nodes.values():
            for socket, source in node.inputs.items():
                fed.setdefault(source, []).append((node.path, socket))
        return fed

    def rig_of(self, path: str) -> tuple[str, str] | None:
        """The rig of a node, and what it lights: the whole rig that a light is part of, or the nearest above."""
        if self._makes_rig(path):
            return self.ended(path)
        queue, seen = [path], {path}
        while queue:
            here = queue.pop(0)
            node = self._nodes[here]
            if self._takes_rig(here):
                return node.inputs[RIG_SOCKET], here
            for source in node.inputs.values():
                if source in self._nodes and source not in seen:
                    seen.add(source)
                    queue.append(source)
        return None

    def ended(self, path: str) -> tuple[str, str]:
        """The last node of the rig that `path` is part of, and the node that is lit by it, if any."""
        seen = {path}
        while True:
            after = self._fed.get(path, [])
            lit = next((node for node, socket in after if self._takes_rig(node) and socket == RIG_SOCKET), "")
            if lit:
                return path, lit
            onward = next((node for node, _ in after if self._makes_rig(node) and node not in seen), None)
            if onward is None:
                return path, ""
            seen.add(onward)
            path = onward

    def scene(self, rig: str, lit: str) -> Scene:
        parts = list(dict.fromkeys(self._parts(rig)))
        flags = tuple(path for path in parts if self._nodes[path].state.kind == FLAG_KIND)
        return Scene(rig, lit, tuple(path for path in parts if path not in flags), tuple(self._spaces(rig)), flags)

    def _spaces(self, end: str) -> Iterator[str]:
        """Paths of the nodes that take lights to another space, those downstream first."""
        waiting, seen = [end], {end}
        while waiting:
            path = waiting.pop(0)
            node = self._nodes.get(path)
            if node is None:
                continue
            if node.state.kind == SPACE_KIND:
                yield path
            fresh = [source for source in node.inputs.values() if source not in seen and self._makes_rig(source)]
            seen.update(fresh)
            waiting += fresh

    def _parts(self, end: str) -> Iterator[str]:
        """Paths of the nodes that make lights and flags, those upstream first; without recursion, however long the
        chain.
        """
        stack: list[tuple[str, bool]] = [(end, False)]
        seen: set[str] = set()
        while stack:
            path, left = stack.pop()
            node = self._nodes.get(path)
            if node is None or (not left and path in seen):
                continue
            if left:
                yield path
                continue
            seen.add(path)
            if is_light(node.state) or node.state.kind == FLAG_KIND:
                stack.append((path, True))
            sources = [source for socket, source in node.inputs.items() if self._makes_rig(source)]
            stack += [(source, False) for source in reversed(sources)]

    def _makes_rig(self, path: str) -> bool:
        """Whether a rig comes out of a node: its own, or what a node that passes on has as its first input."""
        seen: set[str] = set()
        while path in self._nodes and path not in seen:
            seen.add(path)
            node = self._nodes[path]
            if node.state.cls is not None and node.state.cls.result is Rig:
                return True
            if not self._passes(node.state):
                return False
            path = node.inputs.get("output") or next(iter(node.inputs.values()), "")
        return False

    @staticmethod
    def _passes(state: NodeState) -> bool:
        """Whether a node passes on what comes in, whatever that is: Dot, Switch, Group and its doors."""
        return state.graph is not None or (state.cls is not None and state.cls.result is object)

    def _takes_rig(self, path: str) -> bool:
        """Whether a node puts out a picture that depends on the rig wired to it."""
        node = self._nodes[path]
        cls = node.state.cls
        return cls is not None and cls.result is not Rig and not self._passes(node.state) and RIG_SOCKET in node.inputs


@dataclass(frozen=True)
class Handle:
    """One light as it stands at a frame, or one flag.

    path, kind, name : of its node. azimuth, elevation : degrees, seen from `aim`. distance : centimetres from `aim`,
    None for a light at infinity. size : its diameter, degrees as seen from `aim`. around : it comes from everywhere, so
    that azimuth is its rotation. enabled, solo, muted : its switches; muted is the node's own `disable`. shines :
    whether it does, all switches of the rig together. foreign : no node makes it as it is, see `foreign`; its path
    names no node then. space : where what its node says is seen, which is as the handle stands. aimed : `aim` is a
    point that it is turned to, else what is lit. Of a flag, color is what it lets through, and `shines` says whether it
    takes light.
    """

    path: str
    kind: str
    name: str
    azimuth: float
    elevation: float
    distance: float | None
    aim: Vec3
    size: float
    exposure: float
    kelvin: float
    tint: float
    color: Vec3
    enabled: bool
    solo: bool
    muted: bool
    around: bool
    shines: bool = True
    foreign: bool = False
    space: Space = HERE
    aimed: bool = False

    @property
    def is_flag(self) -> bool:
        return self.kind == FLAG_KIND

    @property
    def direction(self) -> Vec3:
        x, y, z = direction_of(self.azimuth, self.elevation).tolist()
        return x, y, z

    @property
    def behind(self) -> bool:
        """Whether it stands behind what it lights, seen from the camera."""
        return self.direction[2] < 0


def handle_of(session: Session, path: str, frame: float, subject: Vec3, space: Space = HERE) -> Handle:
    """A light or flag at a frame. subject : the place, in centimetres, around which lights without a target stand.
    space : where what its node says is seen.
    """
    state = session.graph.at(path)

    def get(name: str) -> Any:
        return value_at(session, path, state, name, frame)

    kind = state.kind
    azimuth = elevation = size = 0.0
    distance: float | None = None
    aim, aimed = subject, False
    if kind == "light.directional":
        azimuth, elevation = _seen_angles(space, get("azimuth"), get("elevation"))
        size = get("angle")
    elif kind in STANDING or kind == FLAG_KIND:
        points = spec_of(state, "target") is not None and (kind != "light.point" or get("profile_file"))
        aimed = bool(points)
        aim = space.seen(tuple(get("target"))) if points else subject
        offset = between(aim, space.seen(get("position")))
        azimuth, elevation = angles_of(offset)
        distance = sum(x * x for x in offset) ** 0.5
        size = degrees_of(get(SIZES[kind]), distance)
    elif spec_of(state, "rotation") is not None:
        azimuth = get("rotation") + space.turn
    if kind == FLAG_KIND:
        return Handle(
            path, kind, get("flag_name") or "flag", azimuth, elevation, distance, aim, size, 0.0, NEUTRAL_KELVIN, 0.0,
            get("transmission"), get("enabled"), False, bool(get("disable")), False, space=space, aimed=True,
        )  # fmt: skip
    return Handle(
        path, kind, get("light_name") or kind.rpartition(".")[2], azimuth, elevation, distance, aim, size,
        get("exposure"), get("kelvin"), get("tint"), get("color"), get("enabled"), get("solo"), bool(get("disable")),
        kind in AROUND, space=space, aimed=aimed,
    )  # fmt: skip


def handles_of(
    session: Session, scene: Scene, frame: float, subject: Vec3, spaces: Mapping[str, Space] | None = None
) -> list[Handle]:
    """All lights and flags of a scene, with `shines` as solo and the switches have it. spaces : by their paths, where
    known.
    """
    known = spaces or {}
    found = [handle_of(session, path, frame, subject, known.get(path, HERE)) for path in scene.parts]
    on = [h for h in found if h.enabled and not h.muted]
    alone = {h.path for h in on if h.solo} or {h.path for h in on}
    alone |= {h.path for h in on if h.is_flag}
    return [h if h.path in alone else replace(h, shines=False) for h in found]


def in_space(handle: Handle, space: Space) -> Handle:
    """The same light where another space shows it."""
    if handle.space == space:
        return handle
    old = handle.space
    if handle.around:
        return replace(handle, azimuth=handle.azimuth - old.turn + space.turn, space=space)
    if handle.distance is None:
        given = old.values_given({"azimuth": handle.azimuth, "elevation": handle.elevation})
        azimuth, elevation = _seen_angles(space, given["azimuth"], given["elevation"])
        return replace(handle, azimuth=azimuth, elevation=elevation, space=space)
    place = space.seen(old.given(_place(handle.aim, handle.azimuth, handle.elevation, handle.distance)))
    aim = space.seen(old.given(handle.aim)) if handle.aimed else handle.aim
    offset = between(aim, place)
    azimuth, elevation = angles_of(offset)
    distance = sum(x * x for x in offset) ** 0.5
    size = degrees_of(diameter_of(handle.size, handle.distance), distance)
    return replace(handle, azimuth=azimuth, elevation=elevation, distance=distance, aim=aim, size=size, space=space)


def between(start: Vec3, end: Vec3) -> Vec3:
    """The way from one place to another."""
    x, y, z = (e - s for s, e in zip(start, end, strict=True))
    return x, y, z


def _seen_angles(space: Space, azimuth: float, elevation: float) -> tuple[float, float]:
    """Where a direction of the node's is seen; what only turns about the vertical axis goes on past half a turn."""
    if space.upright:
        return azimuth + space.turn, elevation
    x, y, z = direction_of(azimuth, elevation).tolist()
    return angles_of(space.turned((x, y, z)))


def degrees_of(diameter: float, distance: float) -> float:
    """How large a diameter looks from a distance, in degrees."""
    return 2 * math.degrees(math.atan2(diameter / 2, max(distance, 1e-6)))


def diameter_of(degrees: float, distance: float) -> float:
    """The diameter that looks `degrees` large from a distance."""
    return 2 * distance * math.tan(math.radians(min(degrees, 179.0)) / 2)


def moved(handle: Handle, azimuth: float, elevation: float) -> dict[str, Any]:
    """The parameters that put a light there: a directional one turns, others go around what they look at."""
    if handle.kind == "light.directional":
        return handle.space.values_given({"azimuth": azimuth, "elevation": elevation})
    if handle.distance is None:
        return handle.space.values_given({"rotation": azimuth})
    return _put_at(handle, _place(handle.aim, azimuth, elevation, handle.distance))


def at_distance(handle: Handle, distance: float) -> dict[str, Any]:
    """The parameters that bring a light nearer to what it looks at, or farther away; none for one at infinity."""
    if handle.distance is None:
        return {}
    return _put_at(handle, _place(handle.aim, handle.azimuth, handle.elevation, max(distance, 0.1)))


def _put_at(handle: Handle, place: Vec3) -> dict[str, Any]:
    """The parameters that put a light at a place, without digits that nobody sees."""
    return {"position": tuple(round(v, 5) for v in handle.space.given(place))}


def sized(handle: Handle, state: NodeState, session: Session, frame: float, degrees: float) -> dict[str, Any]:
    """The parameters that make a light look `degrees` large; an area light or flag keeps its shape. None for those
    around.
    """
    if handle.kind not in SIZES:
        return {}
    name = SIZES[handle.kind]
    if handle.distance is None:
        return {name: min(max(degrees, 0.0), 180.0)}
    diameter = diameter_of(degrees, handle.distance)
    if handle.kind not in ("light.area", FLAG_KIND):
        return {name: diameter}
    width, height = (value_at(session, handle.path, state, n, frame) for n in ("width", "height"))
    diameter = max(diameter, 0.01)
    return {"width": diameter, "height": max(height * diameter / width, 0.01)}


def _place(aim: Vec3, azimuth: float, elevation: float, distance: float) -> Vec3:
    x, y, z = (a + distance * d for a, d in zip(aim, direction_of(azimuth, elevation).tolist(), strict=True))
    return x, y, z


def states(session: Session, path: str, names: Sequence[str], frame: float) -> dict[str, State]:
    """How parameters of a light are to be marked."""
    state = session.graph.at(path)
    return {name: standing(state, name, frame) for name in names}
