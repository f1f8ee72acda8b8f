"""What to set so that a light goes where the mouse is on the picture: the question, and its answer in a worker."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

import torch

from rimlight.engine import (
    CancelToken,
    DirectionalLight,
    Graph,
    Image,
    ImageInfo,
    Light,
    NodeState,
    Project,
    Region,
    Request,
    RimlightError,
    Session,
    StandingLight,
    Vec3,
    angles_of,
)

from ..paths import inside, path_at
from .estimated import SEEN, Ground, ground_of, level_at
from .flag_placing import slid
from .lights import Handle, in_space
from .scene import Scene
from .space import HERE, Space
from .spaces import SpaceFinder
from .surfaces import seen_from, setting
from .values import value_at

_PLACE, _LAMP = "RimlightPlacing", "RimlightPlaced"
OURS = (SEEN, _PLACE, _LAMP)
"""Nodes that the answer puts beside the picture; what fails in them is told without their names."""


class Mode(StrEnum):
    """What the light does where the mouse is. SHADOW: press on what casts it, drag to where it falls."""

    OFF = ""
    HIGHLIGHT = "highlight"
    BRIGHTEST = "brightest"
    FRONT = "front"
    SHADOW = "shadow"


Point = tuple[float, float]
"""On the picture at scale 1, as artists count: the origin at the bottom left, y up."""


@dataclass(frozen=True)
class Question:
    """What a worker is asked. lit : path of the node whose image and camera count. caster : where that is seen whose
    shadow is placed, None at the press on it. flag : path of the flag that is slid before the light, where it is not
    the light itself that is placed.
    """

    graph: Graph
    project: Project
    frame: float
    light: Handle
    scene: Scene
    lit: str
    mode: Mode
    pixel: Point
    caster: Point | None
    flag: str = ""


def answered(session: Session, question: Question, token: CancelToken) -> dict[str, Any]:
    """What to set so that the light goes there. In a worker. Raises RimlightError where nothing is seen there."""
    spaces: Mapping[str, Space] = {}
    if question.scene.spaces:
        finder = SpaceFinder(session, question.graph, question.project, question.frame, token)
        spaces = finder.of_nodes(question.scene)
        question = replace(question, light=in_space(question.light, spaces.get(question.light.path, HERE)))
    ground = ground_of(session, question.graph, question.project, question.frame, question.lit)
    if question.flag:
        surface = surface_at(session, question, ground, token)
        space, state = spaces.get(question.flag, HERE), question.graph.at(question.flag)
        return slid(session, question.flag, state, question.frame, space, question.light, surface)
    if question.mode is Mode.SHADOW and _one_pixel(question.caster or question.pixel, question.pixel):
        if not level_at(session, question.graph, question.lit, question.frame):
            surface_at(session, question, ground, token)  # says where nothing is seen
        return {}
    graph, place = _with_place(session, question, ground)
    rig = session.evaluator.evaluate(graph, question.project, Request(place, question.frame), token)
    return _parameters(question.light, rig.lights[-1])


def _one_pixel(one: Point, other: Point) -> bool:
    return all(a // 1 == b // 1 for a, b in zip(one, other, strict=True))


def _with_place(session: Session, question: Question, ground: Ground) -> tuple[Graph, str]:
    """The graph with a PlaceLight beside the picture, and a copy of the light as it stands now wired to it."""
    level_path, _, picture = ground.picture.rpartition("/")
    light, frame = question.light, question.frame
    origin = question.graph.at(light.path)
    assert origin.cls is not None
    values = {
        spec.name: value_at(session, light.path, origin, spec.name, frame)
        for spec in origin.cls.specs
        if spec.name in origin.values and spec.type is not str
    }
    lamp = NodeState(origin.kind, origin.version, {**values, "disable": False, "enabled": True})
    chosen = {"pixel": question.pixel, "how": question.mode.value, "distance": light.distance or 100.0}
    if question.caster is not None:
        chosen["caster"] = question.caster
    place = NodeState("light.place", 1, {**ground.camera, **chosen}, {"rig": _LAMP, "image": picture})
    level = inside(ground.graph, level_path).put(_LAMP, lamp).put(_PLACE, place)
    return ground.graph.replace_inside(level_path, level), path_at(level_path, _PLACE)


def _parameters(handle: Handle, light: Light) -> dict[str, Any]:
    """The parameters of the node that makes a light seen as `light` stands, whose positions are in centimetres."""
    space = handle.space
    if isinstance(light, DirectionalLight):
        azimuth, elevation = angles_of(light.direction)
        return _short(space.values_given({"azimuth": azimuth, "elevation": elevation}), 2)
    position = tuple(round(float(v), 3) for v in cast(Any, light).position)
    if isinstance(light, StandingLight) and light.points:
        far = handle.distance or 100.0
        aim = [float(v) for v in light.aim]
        length = max(sum(v * v for v in aim) ** 0.5, 1e-9)
        target = tuple(round(p + v / length * far, 3) for p, v in zip(position, aim, strict=True))
        return _short(space.values_given({"position": position, "target": target}), 3)
    return _short(space.values_given({"position": position}), 3)


def _short(values: dict[str, Any], digits: int) -> dict[str, Any]:
    return {
        name: tuple(round(part, digits) for part in value) if isinstance(value, tuple) else round(value, digits)
        for name, value in values.items()
    }


def surface_at(session: Session, question: Question, ground: Ground, token: CancelToken) -> Vec3:
    """The place, in centimetres, of the surface that is seen at a pixel. Raises RimlightError where none is."""
    evaluator, frame, graph = session.evaluator, question.frame, ground.graph
    info = evaluator.info(graph, question.project, ground.picture, frame)
    layer = next((n for n in ("position", "depth") if isinstance(info, ImageInfo) and info.has(n)), "")
    x, y = question.pixel
    where = f"pixel {x:g}, {y:g}"
    if not layer:
        raise RimlightError("a shadow needs to know where surfaces are: the picture has neither position nor depth")
    column, row = info.display.from_artist(x, y)
    pixel = Region(int(column // 1), int(row // 1), int(column // 1) + 1, int(row // 1) + 1)
    if not info.data.contains(pixel):
        raise RimlightError(f"the picture has no pixels at {where}")
    request = Request(ground.picture, frame, pixel, (layer,))
    image: Image = evaluator.evaluate(graph, question.project, request, token)
    found = image.tensor(layer, pixel).float().cpu()
    if layer == "depth":
        found = seen_from(session, graph, question.lit, frame, info, pixel, found)
    if not bool(torch.isfinite(found).all()) or not float(found[2]) < 0:
        raise RimlightError(f"there is no surface at {where}")
    unit = 1.0 if ground.in_cm else setting(session, graph, question.lit, "cm_per_unit", frame, 1.0)
    x, y, z = (found[:3].flatten().double() * unit).tolist()
    return x, y, z
