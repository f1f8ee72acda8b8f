from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    LayerKind,
    Need,
    Node,
    NukeClass,
    Region,
    node,
    param,
    port,
)

DIRECTIONS = (LayerKind.NORMAL, LayerKind.POSITION, LayerKind.MOTION)


@node(
    "transform.mirror",
    see="transform.transform transform.tile",
    nuke=NukeClass(
        "Mirror2 Mirror",
        {"Vertical": "flip", "Horizontal": "flop"},
        differs="Vectors of normals and motion are turned too, unless told otherwise.",
    ),
)
class Mirror(Node):
    """Turns the picture over about the middle of the frame: flip swaps top and bottom, flop left and right."""

    image: Image = port("the picture")
    flip: bool = param(default=False, doc="upside down")
    flop: bool = param(default=False, doc="left to right")
    turn_vectors: bool = param(
        default=True, doc="mirror the directions in normal, position and motion layers too; they are in camera space",
    )  # fmt: skip

    def _mirrored(self, region: Region, frame: Region) -> Region:
        x0, y0, x1, y1 = region.box
        if self.flop:
            x0, x1 = frame.x0 + frame.x1 - x1, frame.x0 + frame.x1 - x0
        if self.flip:
            y0, y1 = frame.y0 + frame.y1 - y1, frame.y0 + frame.y1 - y0
        return Region(x0, y0, x1, y1)

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info if info.data.is_empty else info.with_(data=self._mirrored(info.data, info.display))

    def identity(self, ctx: Context) -> str | None:
        return None if self.flip or self.flop else "image"

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", self._mirrored(region, ctx.info("image").display), layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info = ctx.info("image")
        source = self._mirrored(ctx.region, info.display)
        dims = [dim for dim, turned in ((1, self.flip), (2, self.flop)) if turned]
        out = {}
        for name in ctx.layers:
            x = torch.flip(ctx.image("image").tensor(name, source), dims)
            if self.turn_vectors and info.layer(name).kind in DIRECTIONS:
                for component in [c for c, turned in ((0, self.flop), (1, self.flip)) if turned]:
                    x[component : component + 1].neg_()
            out[name] = x
        return out
