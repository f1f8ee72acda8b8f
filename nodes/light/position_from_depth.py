from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    listing,
    node,
    port,
)  # fmt: skip

from .geometry import Seen, from_corner


@node(
    "light.position_from_depth",
    see="light.normals_from_depth light.relight layers#layers-from-one-another",
    label="PositionFromDepth",
)
class PositionFromDepth(Seen):
    """Makes the layer `position` of depth and the camera's field of view, in camera space and the unit of the depth.

    Where depth is not above zero or not finite no surface is seen, and the position is 0.
    """

    point: ClassVar[bool] = True

    image: Image = port("picture with depth")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        self.require(info.has("depth"), f"the image has no layer 'depth', it has {listing(info.names)}")
        return info.with_layer(LIGHT_LAYERS["position"])

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {"position"}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, ("depth",)),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        depth = image.tensor("depth", ctx.region)[:1]
        there = torch.isfinite(depth) & (depth > 0)
        kind = cast(Literal["z", "ray"], self.depth_is)
        where = from_corner(image.info, ctx.region)
        return {"position": self.pinhole(image.info).position(torch.where(there, depth, 0.0), where, kind)}
