from collections.abc import Sequence

import torch

from rimlight.engine import (
    ComputeContext,
    Context,
    EnvironmentLight,
    Image,
    Light,
    Need,
    Region,
    node,
    param,
    port,
)  # fmt: skip

from .base import LightNode
from .pictures import PictureFile, wired_needs, wired_picture


@node(
    "light.environment",
    see="light.environment_extract_key light.harmonics light.gaussians light#surroundings",
    label="EnvironmentLight",
    reads=("frame",),
)
class Environment(LightNode):
    """Light from all around: a lat-long picture, from a file or a wire, or even white where there is none.

    The centre column of the picture is the direction that the camera looks. At 0 stops surroundings of 1 light a white
    surface to 1. Pixels that are not finite are black.
    """

    image: Image = port("lat-long picture of the surroundings", optional=True)
    file: str = param(
        default="", role="file", doc="lat-long picture when none is wired, with #### for the frame number", place="top"
    )
    colorspace: str = param(
        default="", role="colorspace", doc="colour space of the file; empty goes by the file and the config's rules"
    )
    rotation: float = param(
        default=0.0, soft=(-180, 180), unit="deg",
        doc="turns the surroundings about the vertical axis; it is added to the azimuth of all that is in them",
    )  # fmt: skip

    def _file(self, ctx: Context) -> PictureFile | None:
        return None if ctx.connected("image") else PictureFile.of(ctx, self.file, self.colorspace, ctx.frame)

    def light(self, ctx: Context) -> Light:
        file = self._file(ctx)
        path = "" if file is None else file.path
        return EnvironmentLight(**self.common("environment"), file=path, rotation=self.rotation)

    def finished(self, light: Light, ctx: ComputeContext) -> Light:
        if ctx.connected("image"):
            return light.with_(pixels=wired_picture(ctx, "image"))
        file = self._file(ctx)
        return light.with_(pixels=torch.ones(3, 4, 8, device=ctx.device) if file is None else file.load(ctx))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return wired_needs(ctx, "image")

    def frame_key(self, ctx: Context) -> object:
        return None  # extra_key names the file, which is all that the frame decides

    def extra_key(self, ctx: Context) -> object:
        file = self._file(ctx)
        return None if file is None else file.key(ctx)
