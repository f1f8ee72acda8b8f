import math
from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    RGB,
    Camera,
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    ImageInfo,
    Node,
    Rig,
    light_level,
    node,
    param,
    port,
    surroundings,
    unit,
)  # fmt: skip

from ..image.base import blank
from ..ops.color import gain_of
from .base import described, given
from .geometry import from_corner
from .working import working_space


@node(
    "light.environment_view", label="EnvironmentView",
    see="light.environment light.relight light.rig_space learned.sky_remove light.environment_convert "
    "light#surroundings recipes#another-sky",
)  # fmt: skip
class EnvironmentView(Node):
    """Shows what a camera sees of the lights from all around: the sky or the room that the same rig lights a scene by,
    to merge the scene over.

    The picture is as large as `like`, or as `format` says. Lights at infinity, such as a sun that EnvironmentExtractKey
    took out of its sky, are seen as discs of their `angle`, at least two pixels wide, with the radiance that gives
    their light. Lamps that stand somewhere are not seen. Behind a RigSpace the surroundings stand still in the world
    while the camera turns.

    To be sharp the map has to be large: at 40 degrees and 1920 columns, a pixel of the view is one of a map of 17280
    columns.
    """

    rig: Rig = port("the lights")
    like: Image = port("a picture of the same camera: the view gets its frame", optional=True)
    format: str = param(default="", role="format", doc="size where no picture is wired; empty: the project's")
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg", place="top",
        doc="angle that the frame is wide, as that of Relight or Camera",
    )  # fmt: skip
    exposure: float = param(
        default=0.0, soft=(-8, 8), unit="stops", place="top", doc="brightness of the view; the light itself has its own"
    )
    suns: bool = param(default=True, place="top", doc="show lights at infinity as discs")

    @property
    def through(self) -> str:
        return ""

    def info(self, ctx: Context) -> ImageInfo:
        described(ctx)
        self.require(ctx.connected("rig"), "input 'rig' is not connected")
        info = ctx.info("like") if ctx.connected("like") else blank(ctx, self.format)
        return ImageInfo(info.display, info.display, (RGB,), info.pixel_aspect, ctx.project.working)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info, rig, space = ctx.output, given(ctx), working_space(ctx)
        camera = Camera.from_fov(info.display.width, info.display.height, self.field_of_view, info.pixel_aspect)
        towards = unit(camera.rays(from_corner(info, ctx.region), torch.zeros((), device=ctx.device)))
        pixel = 2 * camera.tan_y / camera.height  # of a turn of 1, in the middle of the frame
        picture = surroundings(rig, towards, max(2, math.ceil(math.pi / pixel)), space)
        for light in rig.active() if self.suns else ():
            if isinstance(light, DirectionalLight):
                picture = picture + _disc(light, towards, pixel) * light_level(light, space).to(towards).reshape(
                    3, 1, 1
                )
        return {MAIN: picture * gain_of(self.exposure)}


def _disc(light: DirectionalLight, towards: Tensor, pixel: float) -> Tensor:
    """How much brighter than its level, the light it gives a white surface, a light at infinity is seen `[1, h, w]`.

    An even disc of half an angle a gives a surface that faces it pi sin(a)^2 of its radiance, and a white surface
    shows 1 / pi of that.
    """
    half = max(math.radians(float(light.angle)) / 2, pixel)
    direction = torch.as_tensor(light.direction, dtype=torch.float32, device=towards.device)
    direction = direction / direction.norm()
    # By the length of the difference: the cosine of a small angle has no digits left.
    apart = 2 * torch.asin(((towards - direction.reshape(3, 1, 1)).norm(dim=0, keepdim=True) / 2).clamp_max(1))
    return ((half - apart) / pixel + 0.5).clamp(0, 1) * (float(light.specular) / math.sin(min(half, math.pi / 2)) ** 2)
