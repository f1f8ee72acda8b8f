"""Flags slid on the picture: the middle of a flag's shadow goes to where the mouse is, the card stays in its plane."""

from typing import Any

from rimlight.engine import Flag, Light, NodeState, RimlightError, Session, Vec3

from .foreign import place_of
from .kinds import AROUND
from .lights import Handle, between
from .scene import Scene
from .space import Space
from .values import value_at

_STEEP = 1e-6
"""The cosine below which a line runs along a card's plane."""


def light_before(session: Session, path: str, scene: Scene, frame: float) -> str:
    """The path of the first light with a place or direction that a flag stands in; empty where there is none."""
    graph = session.graph
    flag = Flag(lights=value_at(session, path, graph.at(path), "lights", frame))
    for light in scene.lights:
        state = graph.at(light)
        if state.kind not in AROUND:
            name = value_at(session, light, state, "light_name", frame) or state.kind.rpartition(".")[2]
            if flag.is_for(Light(name=name)):
                return light
    return ""


def slid(
    session: Session, path: str, state: NodeState, frame: float, space: Space, light: Handle, to: Vec3
) -> dict[str, Any]:
    """The parameters that let the middle of a flag's shadow fall on a surface.

    space : from where the flag is seen. light : as it is seen. to : the surface, in centimetres. Raises RimlightError
    where the line from there to the light does not meet the card's plane.
    """
    position, target = (space.seen(value_at(session, path, state, name, frame)) for name in ("position", "target"))
    aim = between(position, target)
    way = light.direction if light.distance is None else between(to, place_of(light))
    steep, away = _dot(way, aim), _dot(between(to, position), aim)
    long = _dot(way, way) ** 0.5 * _dot(aim, aim) ** 0.5
    share = away / steep if abs(steep) > _STEEP * long else -1.0
    if share <= 0 or (light.distance is not None and share >= 1):
        raise RimlightError(
            f"the line from there to '{light.title}' does not cross the plane of the flag: turn it or move it between"
        )
    moved = _sum(to, tuple(share * w for w in way))
    values = {"position": moved, "target": _sum(moved, aim)}
    return {name: tuple(round(v, 3) for v in space.given(place)) for name, place in values.items()}


def _sum(a: Any, b: Any) -> Vec3:
    x, y, z = (p + q for p, q in zip(a, b, strict=True))
    return x, y, z


def _dot(a: Vec3, b: Vec3) -> float:
    return sum(p * q for p, q in zip(a, b, strict=True))
