"""Lights and flags of a rig that no node of the script stands for: read from files, estimated, or changed further down.

A rig as it is evaluated is compared with the nodes that make its lights. What no node makes as it shines is shown all
the same; the first edit puts a node of its own in its place (`building.with_override`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from torch import Tensor

from rimlight.engine import (
    NEUTRAL_KELVIN,
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Flag,
    Light,
    PointLight,
    Rig,
    SpotLight,
    StandingLight,
    Vec3,
    WorkingSpace,
    angles_of,
    tempered,
)

from .kinds import AROUND, FLAG_KIND, STANDING
from .lights import Handle, degrees_of

_SAME_DEGREES, _SAME_SHARE = 0.05, 1e-3
"""Within which a light stands where its node puts it: degrees, and parts of its distance."""
_PROFILE = ("profile_file", "profile_level", "profile_scale", "roll")
_CARD = ("enabled", "lights", "shape", "opening", "position", "roll", "width", "height", "transmission", "softness",
         "picture_file")  # fmt: skip
_COMMON = ("enabled", "solo", "exposure", "color", "kelvin", "tint", "diffuse", "specular", "shadow", "measured",
           "link_channel", "invert_link")  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """What a look has found besides the lights of nodes; two are equal where they are to be shown alike.

    foreign : handles of lights that no node makes as they are. overruled : paths of the nodes whose lights are moved
    or taken out further down. silenced : of those whose lights are put out there. lights : lights and flags by the path
    of a foreign handle, with positions in centimetres. links : channel and whether inverted, by the paths of the nodes
    whose lights are linked otherwise further down.
    """

    foreign: tuple[Handle, ...] = ()
    overruled: frozenset[str] = frozenset()
    silenced: frozenset[str] = frozenset()
    lights: Mapping[str, Light | Flag] = field(default_factory=dict, compare=False)
    links: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


def compared(rig: Rig, handles: Sequence[Handle], subject: Vec3, space: WorkingSpace) -> Compared:
    """A rig as it shines beside what its nodes say. handles : of the nodes. space : in which light is added up.

    Foreign lights of RGB have it as temperature and tint, where these say it.
    """
    in_cm = rig.in_unit(1.0)
    shining = set(map(id, in_cm.active()))
    left = list(handles)
    foreign: list[Handle] = []
    silenced: set[str] = set()
    lights: dict[str, Light | Flag] = {}
    links: dict[str, tuple[str, bool]] = {}
    parts: list[tuple[str, Light | Flag]] = [
        *zip(in_cm.names, in_cm.lights, strict=True),
        *zip(_flag_names(in_cm), in_cm.flags, strict=True),
    ]
    for name, light in parts:
        if isinstance(light, Flag):
            here = handle_of_flag(f"#flag {name}", name, light, subject)
        else:
            shines, light = id(light) in shining, tempered(light, space)
            here = handle_of_light(f"#{name}", name, light, subject, shines)
        known = [h for h in left if h.kind == here.kind and _stands_alike(h, here)]
        match = next((h for h in known if h.name == light.name), known[0] if known else None)
        if match is not None:
            left.remove(match)
            silenced |= {match.path} if match.shines and not here.shines else set()
            if (here.link, here.inverted) != (match.link, match.inverted):
                links[match.path] = here.link, here.inverted
        else:
            foreign.append(here)
            lights[here.path] = light
    names = {(isinstance(part, Flag), part.name) for _, part in parts}
    overruled = frozenset(h.path for h in left if (h.is_flag, h.name) in names and not h.muted)
    silenced |= {h.path for h in left if h.shines}
    return Compared(tuple(foreign), overruled, frozenset(silenced), lights, links)


def shown(handles: Sequence[Handle], known: Compared) -> list[Handle]:
    """The handles of a rig, lights first: those of its nodes, as far as they count, and the foreign ones that none
    stands for yet.
    """
    of_nodes = [h for h in handles if h.path not in known.overruled]
    names = {(h.is_flag, h.name) for h in of_nodes}
    foreign = [h for h in known.foreign if (h.is_flag, h.name) not in names]
    seen = (
        replace(h, shines=h.shines and h.path not in known.silenced, link_further=known.links.get(h.path))
        for h in of_nodes
    )
    found = [*seen, *foreign]
    return sorted(found, key=lambda h: h.is_flag)


def _stands_alike(one: Handle, other: Handle) -> bool:
    turned = abs((one.azimuth - other.azimuth + 180) % 360 - 180)
    if one.around:  # tilted or rolled, surroundings are another picture, so that only the name tells
        return turned < _SAME_DEGREES if one.space.upright else one.name == other.name
    if one.distance is None or other.distance is None:
        return one.distance is other.distance and _angle(one, other) < _SAME_DEGREES
    gap = math.dist(place_of(one), place_of(other))
    return gap <= _SAME_SHARE * max(one.distance, 1.0)


def _angle(one: Handle, other: Handle) -> float:
    """Degrees between two directions, by their chord, which is exact where they are near."""
    return math.degrees(math.dist(one.direction, other.direction))


def place_of(handle: Handle) -> Vec3:
    x, y, z = (a + (handle.distance or 0.0) * d for a, d in zip(handle.aim, handle.direction, strict=True))
    return x, y, z


def handle_of_light(path: str, name: str, light: Light, subject: Vec3, shines: bool) -> Handle:
    """A light as a handle. light : with positions in centimetres. subject : what lights without a target stand
    around.
    """
    kind = f"light.{light.kind}"
    azimuth = elevation = size = 0.0
    distance: float | None = None
    aim = subject
    if isinstance(light, DirectionalLight):
        azimuth, elevation = angles_of(cast(Vec3, light.direction))
        size = _number(light.angle)
    elif kind in STANDING:
        position = cast(Vec3, cast(Any, light).position)
        if isinstance(light, StandingLight) and light.points:
            aim = target_of(light, subject)
        offset = cast(Vec3, tuple(float(p) - a for p, a in zip(position, aim, strict=True)))
        azimuth, elevation = angles_of(offset)
        distance = sum(x * x for x in offset) ** 0.5
        diameter = light.width if isinstance(light, AreaLight) else cast(PointLight, light).size
        size = degrees_of(_number(diameter), distance)
    else:
        azimuth = _number(getattr(light, "rotation", 0.0))
    color = cast(Vec3, tuple(float(c) for c in light.color))
    return Handle(
        path, kind, name, azimuth, elevation, distance, aim, size, _number(light.exposure), _number(light.kelvin),
        _number(light.tint), color, light.enabled, light.solo, False, kind in AROUND, shines, True,
        link=light.link_channel, inverted=light.invert_link,
    )  # fmt: skip


def handle_of_flag(path: str, name: str, flag: Flag, subject: Vec3) -> Handle:
    """A flag as a handle. flag : with its position in centimetres."""
    aim = target_of(flag, subject)
    offset = cast(Vec3, tuple(float(p) - a for p, a in zip(flag.position, aim, strict=True)))
    azimuth, elevation = angles_of(offset)
    distance = sum(x * x for x in offset) ** 0.5
    return Handle(
        path, FLAG_KIND, name, azimuth, elevation, distance, aim, degrees_of(_number(flag.width), distance), 0.0,
        NEUTRAL_KELVIN, 0.0, cast(Vec3, _plain(flag.transmission)), flag.enabled, False, False, False,
        flag.enabled, True, aimed=True,
    )  # fmt: skip


def _flag_names(rig: Rig) -> list[str]:
    """A name for each flag that no other has."""
    seen: dict[str, int] = {}
    found = []
    for flag in rig.flags:
        seen[flag.name] = number = seen.get(flag.name, 0) + 1
        found.append(flag.name if number == 1 else f"{flag.name} {number}")
    return found


def target_of(light: StandingLight | Flag, subject: Vec3) -> Vec3:
    """The point of a light's axis that is nearest to the subject, a centimetre before it at least."""
    position = [float(v) for v in light.position]
    aim = [float(v) for v in light.aim]
    length = max(sum(v * v for v in aim) ** 0.5, 1e-9)
    aim = [v / length for v in aim]
    along = max(sum((s - p) * a for s, p, a in zip(subject, position, aim, strict=True)), 1.0)
    x, y, z = (p + along * a for p, a in zip(position, aim, strict=True))
    return x, y, z


def values_of(light: Light | Flag, subject: Vec3) -> dict[str, Any]:
    """The parameters of a node that makes a light or flag. light : with positions in centimetres."""
    if isinstance(light, Flag):
        values = {name: _plain(getattr(light, name)) for name in _CARD}
        return {"flag_name": light.name, **values, "target": target_of(light, subject)}
    values = {"light_name": light.name}
    values |= {name: _plain(getattr(light, name)) for name in _COMMON}
    if isinstance(light, DirectionalLight):
        azimuth, elevation = angles_of(cast(Vec3, light.direction))
        return values | {"azimuth": round(azimuth, 3), "elevation": round(elevation, 3), "angle": _number(light.angle)}
    if isinstance(light, EnvironmentLight):
        return values | {"file": light.file, "rotation": _number(light.rotation)}
    own = {
        SpotLight: ("position", "size", "cone", "penumbra", "falloff", "roll", "gobo_file"),
        PointLight: ("position", "size"),
        AreaLight: ("shape", "position", "roll", "width", "height"),
    }
    names = next(names for kind, names in own.items() if isinstance(light, kind))
    values |= {name: _plain(getattr(light, name)) for name in names}
    if isinstance(light, StandingLight) and light.points:
        values["target"] = target_of(light, subject)
    if isinstance(light, StandingLight) and light.profile_file:
        values |= {name: _plain(getattr(light, name)) for name in _PROFILE}
    return values


def refusal(rig: Rig, light: Light | Flag) -> str:
    """Why no node can stand for a light or flag, as a sentence; empty where one can."""
    if sum(other.name == light.name for other in rig.parts) > 1:
        what = "parts of the rig" if rig.flags else "lights"
        return f"several {what} are called '{light.name}', so that none can be taken out for another: rename one"
    if isinstance(light, Flag):
        made = light.picture is not None and not light.picture_file
        return f"'{light.name}' has a picture that only the node that made it can change" if made else ""
    if isinstance(light, StandingLight) and light.profile is not None and not light.profile_file:
        return f"'{light.name}' has a profile that is no file, which only the node that made it can change"
    if isinstance(light, EnvironmentLight) and not light.file:
        return f"'{light.name}' is a picture that was made further up, which only the node that made it can change"
    if f"light.{light.kind}" in ("light.gaussians", "light.harmonics"):
        return f"'{light.name}' is light from all around that was fitted to a picture, without a place to drag it to"
    return ""


def _number(value: Any) -> float:
    return float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        value = tuple(value.tolist()) if value.ndim else float(value)
    return tuple(float(v) for v in value) if isinstance(value, tuple) else value
