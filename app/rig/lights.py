"""Lights and flags as they stand at a frame: read from a graph, nothing kept; and the values that move them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rimlight.engine import NEUTRAL_KELVIN, NodeState, Session, Vec3, angles_of, direction_of

from ..properties.parameter import State
from .kinds import AROUND, FLAG_KIND, SIZES, STANDING
from .scene import Scene
from .space import HERE, Space
from .values import spec_of, standing, value_at


@dataclass(frozen=True)
class Handle:
    """One light as it stands at a frame, or one flag.

    path, kind : of its node. name : in its rig; named : whether its node says that. azimuth, elevation : degrees, seen
    from `aim`. distance : centimetres from `aim`, None for a light at infinity. size : its diameter, degrees as seen
    from `aim`. around : it comes from everywhere, so that azimuth is its rotation. enabled, solo, muted : its switches;
    muted is the node's own `disable`. shines : whether it does, all switches of the rig together. foreign : no node
    makes it as it is, see `foreign`; its path names no node then. space : where what its node says is seen, which is as
    the handle stands. aimed : `aim` is a point that it is turned to, else what is lit. link : the channel that it is
    linked to, inverted : to all but that. link_further : both as a node further down says, where that is another link;
    None where it says none.
    Of a flag, color is what it lets through, and `shines` says whether it takes light.
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
    link: str = ""
    inverted: bool = False
    link_further: tuple[str, bool] | None = None
    named: bool = True

    @property
    def is_flag(self) -> bool:
        return self.kind == FLAG_KIND

    @property
    def title(self) -> str:
        """What it is called where it is shown: a light without a name of its own by its node, as others of its kind
        have the same name.
        """
        return self.name if self.named else self.path.rpartition("/")[2]

    @property
    def direction(self) -> Vec3:
        x, y, z = direction_of(self.azimuth, self.elevation).tolist()
        return x, y, z

    @property
    def behind(self) -> bool:
        """Whether it stands behind what it lights, seen from the camera."""
        return self.direction[2] < 0


def falls_on(link: str, inverted: bool) -> str:
    """What a light with a link falls on, in words."""
    if not link:
        return "everything"
    return f"everything but {link}" if inverted else f"{link} alone"


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
    linked = spec_of(state, "link_channel") is not None  # lights of plugins may know no links
    link, inverted = (get("link_channel"), get("invert_link")) if linked else ("", False)
    return Handle(
        path, kind, get("light_name") or kind.rpartition(".")[2], azimuth, elevation, distance, aim, size,
        get("exposure"), get("kelvin"), get("tint"), get("color"), get("enabled"), get("solo"), bool(get("disable")),
        kind in AROUND, space=space, aimed=aimed, link=link, inverted=inverted, named=bool(get("light_name")),
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
