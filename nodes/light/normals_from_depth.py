from collections.abc import Mapping, Sequence

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
    depth_of,
    listing,
    node,
    normals_of,
    port,
)  # fmt: skip

from .geometry import Seen, on_surface

_REACH = 2


@node(
    "light.normals_from_depth",
    see="light.position_from_depth light.depth_from_normals layers#layers-from-one-another",
    label="NormalsFromDepth",
)
class NormalsFromDepth(Seen):
    """Makes the layer `normal` of a position layer, or of depth where there is none.

    Normals are in camera space and face the camera, up to the edges of things. They are 0 where no surface is seen:
    where depth is not above zero or not finite. Exact on planes.
    """

    image: Image = port("picture with position or depth")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        self.require(
            self.place_layer(info) != "", f"the image has neither position nor depth, it has {listing(info.names)}"
        )
        return info.with_layer(LIGHT_LAYERS["normal"])

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {"normal"}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        return (Need("image", _around(region, info), (self.place_layer(info),)),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        around = _around(ctx.region, image.info)
        position = self.position(image, around)
        assert position is not None  # info has seen to it
        there = torch.isfinite(position).all(0, keepdim=True) & (depth_of(position) > 0)
        position = torch.where(there, position, 0.0)
        normal = normals_of(position)
        normal = torch.where(on_surface(normal, position) > 0, normal, 0.0)
        rows, columns = around.slices_of(ctx.region)
        return {"normal": normal[:, rows, columns]}


def _around(region: Region, info: ImageInfo) -> Region:
    """The pixels that normals over a region depend on."""
    return region.expand(_REACH).intersect(info.data)
