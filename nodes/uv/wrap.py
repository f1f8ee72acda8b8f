from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Layer, LayerKind, Region, node, param, unit

from ..ops.resample import FILTERS
from ..transform.fields import FieldNode
from .base import chart_uv, mixing


@node("uv.wrap", see="uv.unwrap transform.st_map faces#in-uv", label="Wrap", menu="UV")
class Wrap(FieldNode):
    """Puts a texture on the surface that a picture's uv describe.

    The way back from Unwrap: every pixel fetches its place in the texture, all layers filtered as they are, without
    aliasing. Pixels without uv stay black. STMap does the same for fields that cover the whole frame.
    """

    layer: str = param(
        default="uv", role="layer", doc="layer of the uv; its first two channels are u and v", place="top"
    )
    udim: int = param(default=1001, hard=(1001, 1999), soft=(1001, 1020), doc="the tile that the texture is of")
    black_outside: bool = param(
        default=False, doc="let the texture fade into black at its borders instead of repeating them", place="bottom"
    )

    filter: str = param(default="keys", choices=tuple(FILTERS), doc="how texels are mixed", place="bottom")

    def kernel(self, layer: Layer) -> str:
        return mixing(layer, self.filter)

    def source(self, ctx: ComputeContext, region: Region, field: Tensor) -> Tensor:
        uv, there = chart_uv(field, self.udim)
        frame = ctx.info("image").display
        place = torch.stack((frame.x0 + uv[0] * frame.width, frame.y1 - uv[1] * frame.height))
        return torch.where(there, place, torch.nan)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out = {}
        for name, x in super().compute(ctx).items():
            # Mixed vectors are shorter.
            out[name] = unit(x) if ctx.output.layer(name).kind is LayerKind.NORMAL else x
        return out
