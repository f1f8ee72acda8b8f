"""What the panel shows of a rig, computed in a worker: the surroundings in the dome, the two balls, the ratio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from PySide6.QtGui import QImage
from torch import Tensor

from rimlight.engine import (
    CancelToken,
    DisplayRenderer,
    Graph,
    Image,
    ImageInfo,
    Project,
    Request,
    Rig,
    RimlightError,
    Session,
    Surface,
    Tier,
    Vec3,
    WorkingSpace,
    beauty,
    shade,
    surroundings,
    tempered,
    working_space,
)

from .foreign import Compared, compared
from .kinds import AROUND
from .lights import Handle, in_space
from .measuring import GREY, Ratio, group_layers, groups_of_picture, levels_of, luminance, ratio_of
from .projection import Side, directions
from .scene import Scene
from .space import HERE
from .spaces import SpaceFinder, Spaces
from .surfaces import seen_from, setting

SUBJECT: Vec3 = (0.0, 0.0, -200.0)
"""Where what is lit stands when no picture says, in centimetres."""
_POLISH = 0.15
"""How rough the chrome ball is to lights that are not surroundings."""
_BALL = 10.0
"""Radius of the balls in centimetres, less where a light is near."""
_WIDTH = 192
"""Of the pictures that are measured, pixels."""
_DIM = 0.16
"""The mean that the surroundings are brought to in the dome, so that handles stand out."""


@dataclass(frozen=True)
class Look:
    """A rig as it looks. Pictures are None where there is nothing to see, or where they were not asked for.

    rig : with all its pictures. backdrop : the dome's, premultiplied. chrome, grey : the balls'. levels : mean level of
    each light on the grey ball, by name. compared : the rig beside what its nodes say. spaces : see there.
    """

    rig: Rig
    backdrop: QImage | None
    chrome: QImage
    grey: QImage
    levels: Mapping[str, float]
    ratio: Ratio | None
    compared: Compared = field(default_factory=Compared)
    spaces: Spaces = field(default_factory=Spaces)
    backdrop_key: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Measured:
    """What the lit picture says. subject : the middle of what is seen, in centimetres, None where no layer says."""

    levels: Mapping[str, float]
    ratio: Ratio | None
    subject: Vec3 | None


class Looker:
    """Computes looks of one session's rigs, in workers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def look(
        self, graph: Graph, project: Project, scene: Scene, frame: float, subject: Vec3, side: Side, dome: int,
        ball: int, known: Look | None, handles: Sequence[Handle], token: CancelToken,
    ) -> Look:  # fmt: skip
        """A rig as it looks. dome, ball : sizes in pixels. known : an older look, whose backdrop is kept if it can be.

        handles : what the nodes of this graph say of the lights.

        Raises NodeError where the rig cannot be evaluated, Cancelled.
        """
        request = Request(scene.rig, frame, keep=self._session.edited)
        rig = self._session.evaluator.evaluate(graph, project, request, token)
        if not isinstance(rig, Rig):
            raise RimlightError(f"{scene.rig} puts out no rig but {type(rig).__name__}")
        space = working_space(project, self._session.services["colors"])
        display = self._session.services["colors"].renderer(project)
        around = rig.with_lights(light.with_(specular=1.0) for light in rig.active() if f"light.{light.kind}" in AROUND)
        key = (around.key() if around.lights else b"", side, dome, project)
        if known is not None and known.backdrop_key == key:
            backdrop = known.backdrop
        else:
            backdrop = self._backdrop(around, side, dome, display, project, space) if around.lights else None
        token.check()
        normal, coverage = directions(ball, Side.FRONT)
        chrome, grey, groups = self._balls(rig, normal, subject, space, token)
        there = coverage[0] > 0.5
        measured = {name: GREY * y for name, y in groups.items()}
        found, spaces = self._compared(graph, project, scene, frame, subject, rig, handles, space, token)
        return Look(
            rig, backdrop, _picture(display, project, chrome, coverage), _picture(display, project, grey, coverage),
            levels_of(measured, there), ratio_of(measured, there, "grey ball"),
            found, spaces, key,
        )  # fmt: skip

    def _compared(
        self, graph: Graph, project: Project, scene: Scene, frame: float, subject: Vec3, rig: Rig,
        handles: Sequence[Handle], space: WorkingSpace, token: CancelToken,
    ) -> tuple[Compared, Spaces]:  # fmt: skip
        """The rig beside what its nodes say, seen as the camera of this frame sees it."""
        if not scene.spaces:
            return compared(rig, handles, subject, space), Spaces(frame)
        finder = SpaceFinder(self._session, graph, project, frame, token)
        spaces = finder.of_nodes(scene)
        found = compared(rig, [in_space(h, spaces.get(h.path, HERE)) for h in handles], subject, space)
        names = [light.name for light in found.lights.values()]
        anchors = finder.anchors(scene, names).items()
        said = {name: replace(anchor, light=tempered(anchor.light, space)) for name, anchor in anchors}
        return found, Spaces(frame, spaces, said, finder.end(scene))

    def measure(self, graph: Graph, project: Project, scene: Scene, frame: float, token: CancelToken) -> Measured:
        """What the lit picture says of its lights, at a small size. Raises NodeError, Cancelled."""
        evaluator = self._session.evaluator
        info = evaluator.info(graph, project, scene.lit, frame)
        if not isinstance(info, ImageInfo):
            return Measured({}, None, None)
        scale = min(1.0, _WIDTH / max(1, info.display.width))
        layers = group_layers(info.names)
        layer = next((name for name in ("position", "depth") if info.has(name)), "")
        if layer:
            subject = self._subject(graph, project, scene.lit, frame, scale, layer, token)
        else:  # estimated depth has its middle at a distance that the node says
            distance = setting(self._session, graph, scene.lit, "distance", frame, None)
            subject = None if distance is None else (0.0, 0.0, -float(distance))
        if not layers:
            return Measured({}, None, subject)
        request = Request(scene.lit, frame, None, tuple(layers), scale, Tier.DRAFT, self._session.edited)
        image = evaluator.evaluate(graph, project, request, token)
        weights = working_space(project, self._session.services["colors"]).luminance
        groups, there = groups_of_picture(image, weights)
        return Measured(levels_of(groups, there), ratio_of(groups, there, "picture"), subject)

    def _subject(
        self, graph: Graph, project: Project, path: str, frame: float, scale: float, layer: str, token: CancelToken
    ) -> Vec3 | None:
        """The middle of the surfaces that a picture shows, in centimetres. layer : `position` or `depth`."""
        request = Request(path, frame, None, (layer, "normal"), scale, Tier.DRAFT, self._session.edited)
        image: Image = self._session.evaluator.evaluate(graph, project, request, token)
        found = image[layer].float().cpu()
        if layer == "depth":
            found = seen_from(self._session, graph, path, frame, image.info, image.region, found)
        points = found[:3].flatten(1).double()
        there = torch.isfinite(points).all(0) & (points[2] < 0)
        if "normal" in image:
            there &= (image["normal"].flatten(1).cpu() != 0).any(0)
        if not bool(there.any()):
            return None
        unit = float(setting(self._session, graph, path, "cm_per_unit", frame, 1.0))
        x, y, z = (points[:, there].median(1).values * unit).tolist()
        return x, y, z

    def _balls(
        self, rig: Rig, normal: Tensor, subject: Vec3, space: WorkingSpace, token: CancelToken
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Light `[3, h, w]` of the chrome and the grey ball, and by light the shading's luminance on the grey one."""
        middle = normal.new_tensor(subject).reshape(3, 1, 1) / rig.cm_per_unit
        gaps = [
            (torch.as_tensor(light.position).reshape(3, 1, 1) - middle).norm()
            for light in rig.active()
            if hasattr(light, "position")
        ]
        radius = min([_BALL / rig.cm_per_unit, *(0.3 * float(gap) for gap in gaps)])
        position = middle + normal * radius
        front = normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)
        kept = self._session.services["environments"]
        plain = Surface.of(normal, view=front, position=position, roughness=1.0, f0=0.0)
        groups = shade(plain, rig, space=space, environments=kept)
        token.check()
        mirror = Surface.of(normal, view=front, position=position, roughness=_POLISH, f0=1.0)
        local = rig.with_lights(x for x in rig.active() if f"light.{x.kind}" not in AROUND)
        chrome = beauty(torch.zeros_like(normal), shade(mirror, local, space=space))
        towards = 2 * normal[2:] * normal - front
        chrome = chrome + surroundings(rig, towards, normal.shape[-1], space)
        found = {group.name: luminance(group.shading, space.luminance) for group in groups}
        return chrome, beauty(torch.full_like(normal, GREY), groups), found

    def _backdrop(
        self, around: Rig, side: Side, size: int, display: DisplayRenderer, project: Project, space: WorkingSpace
    ) -> QImage:
        """The surroundings as the dome shows them, exposed for looking at."""
        towards, coverage = directions(size, side)
        light = surroundings(around, towards, size, space)
        inside = luminance(light, space.luminance)[coverage[0] > 0.5].clamp_min(1e-6)
        exposure = _DIM / float(inside.log().mean().exp())
        return _picture(display, project, light * exposure, coverage)


def _picture(display: DisplayRenderer, project: Project, light: Tensor, coverage: Tensor) -> QImage:
    """Light as a picture for the screen, transparent outside the disc."""
    codes = display.render8(torch.cat((light, coverage)), project.display, project.view, exact=False)
    pixels = codes.contiguous().numpy()
    height, width, _ = pixels.shape
    made = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return made.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
