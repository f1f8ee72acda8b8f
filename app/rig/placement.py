"""Lights placed on the picture: a click or drag where the highlight, the brightest point or the shadow should be.

A viewer asks `workspace.the(Placer)` whether a mode is on, and tells it where the mouse is. All looking at pixels
happens in a worker, through the node PlaceLight, and ends in parameters of the light's node: one drag, one undo step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, cast

import torch
from PySide6.QtCore import QObject, Signal

from rimlight.engine import (
    CancelToken,
    DirectionalLight,
    Graph,
    Image,
    ImageInfo,
    Light,
    NodeError,
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

from ..evaluating import VIEWER
from ..paths import has_node, inside, path_at
from ..workspace import Workspace
from .estimated import SEEN, Ground, ground_of, level_at
from .flag_placing import light_before, slid
from .kinds import AROUND
from .lights import Handle, handle_of, in_space
from .looking import SUBJECT
from .scene import Scene, find_scene
from .space import HERE, Space
from .spaces import SpaceFinder
from .surfaces import seen_from, setting
from .values import value_at, with_keys

_PLACE, _LAMP = "RimlightPlacing", "RimlightPlaced"


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
class _Question:
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


class Placer(QObject):
    """Places the selected light, else the first of the rig that is viewed. mode_changed : `mode` is another.

    pressed, dragged and released take points on the picture. failed : a sentence that says why nothing was placed; it
    is in the status bar too.
    """

    mode_changed = Signal(str)
    failed = Signal(str)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self.mode = Mode.OFF
        self._token: object = None
        self._caster: Point | None = None
        self._down = False
        self._busy = False
        self._next: Point | None = None
        workspace.evaluations.stopped.connect(self._stopped)

    def begin(self, mode: Mode | str) -> None:
        """Turn a mode on, or off with `Mode.OFF`. It stays on until it is turned off."""
        mode = Mode(mode)
        if mode != self.mode:
            self.mode = mode
            self._caster, self._next = None, None
            self._workspace.end_mode = partial(self.begin, Mode.OFF) if mode else None
            self.mode_changed.emit(mode.value)

    @property
    def light(self) -> str:
        """The path of the light that would be placed; empty where there is none."""
        return self._target()[0]

    @property
    def light_name(self) -> str:
        """What the light, or the flag, is called in its rig; empty where there is none."""
        path, workspace = self.flag or self.light, self._workspace
        if not path:
            return ""
        if self.flag:
            return str(value_at(workspace.session, path, workspace.graph.at(path), "flag_name", workspace.frame))
        return handle_of(workspace.session, path, workspace.frame, SUBJECT).name

    @property
    def flag(self) -> str:
        """The path of the flag whose shadow would be placed: the selected one, while shadows are; empty else."""
        current = self._workspace.current
        return current if self.mode is Mode.SHADOW and current and current in self._target()[1].flags else ""

    def pressed(self, pixel: Point) -> None:
        """The mouse went down on the picture: a gesture begins."""
        self._token, self._caster, self._down, self._next = object(), None, True, None
        self._ask(pixel)

    def dragged(self, pixel: Point) -> None:
        """The mouse moved while it is down. Points that come faster than answers are left out."""
        if not self._down:
            return
        if self._busy:
            self._next = pixel
        else:
            self._ask(pixel)

    def released(self) -> None:
        """The mouse went up; what was asked last is still done."""
        self._down = False

    def given_up(self) -> None:
        """The gesture is taken back: no answer to it comes any more."""
        self._down = False
        self._workspace.evaluations.cancel(self)
        self._stopped()

    def _target(self) -> tuple[str, Scene]:
        workspace = self._workspace
        scene = find_scene(workspace.session, workspace.current, workspace.views().node_a)
        placeable = [path for path in scene.lights if workspace.graph.at(path).kind not in AROUND]
        if workspace.current in placeable:
            return str(workspace.current), scene
        return (placeable[0] if placeable else ""), scene

    def _ask(self, pixel: Point) -> None:
        workspace, session = self._workspace, self._workspace.session
        (path, scene), flag = self._target(), self.flag
        path = light_before(session, flag, scene, workspace.frame) if flag else path
        lit = scene.lit or workspace.views().node_a or ""
        if not self.mode or not path or not lit:
            none = (
                "no light has a shadow of the flag" if flag else "there is no light to place: add one to the light rig"
            )
            self._fail(none if lit else "nothing is viewed")
            return
        handle = handle_of(session, path, workspace.frame, SUBJECT)
        question = _Question(
            workspace.graph, workspace.document.project, workspace.frame, handle, scene, lit, self.mode, pixel,
            self._caster, flag,
        )  # fmt: skip
        if self.mode is Mode.SHADOW and self._caster is None:
            self._caster = pixel
        self._busy = True
        workspace.evaluations.run(
            self,
            lambda token: answered(session, question, token),
            partial(self._placed, workspace.same_script(), flag or path, self._token),
            self._failed,
            urgency=VIEWER,
        )

    def _placed(self, still_here: Callable[[], bool], path: str, token: object, values: Mapping[str, Any]) -> None:
        self._busy = False
        if not still_here():
            self._next = None
            return
        if values and has_node(self._workspace.graph, path):
            frame = self._workspace.frame
            state = self._workspace.graph.at(path)
            self._workspace.edit(lambda s: s.set(path, token, **with_keys(state, values, frame)))
        self._go_on()

    def _stopped(self) -> None:
        """No answer comes any more."""
        self._busy, self._next = False, None

    def _failed(self, error: Exception) -> None:
        self._busy = False
        ours = isinstance(error, NodeError) and error.path.rpartition("/")[2] in (SEEN, _PLACE, _LAMP)
        self._fail(cast(NodeError, error).reason if ours else str(error))
        self._go_on()

    def _go_on(self) -> None:
        pixel, self._next = self._next, None
        if pixel is not None:
            self._ask(pixel)

    def _fail(self, sentence: str) -> None:
        self._workspace.tell(sentence, "warning")
        self.failed.emit(sentence)


def answered(session: Session, question: _Question, token: CancelToken) -> dict[str, Any]:
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


def _with_place(session: Session, question: _Question, ground: Ground) -> tuple[Graph, str]:
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


def surface_at(session: Session, question: _Question, ground: Ground, token: CancelToken) -> Vec3:
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
