from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Context, ImageInfo, Source, node, param

from ..nuke.drawing import CONSTANT
from .base import blank


@node("image.constant", see="image.ramp channel.add_layer", nuke=CONSTANT)
class Constant(Source):
    """One colour everywhere."""

    color: ColorA = param(default=(0.0, 0.0, 0.0, 0.0), soft=(0, 4), role="color", doc="red, green, blue, alpha")
    format: str = param(default="", role="format", doc="size; empty: the project's")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        return blank(ctx, self.format)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        color = torch.tensor(self.color, device=ctx.device)
        return {"rgba": color[:, None, None].expand(4, ctx.region.height, ctx.region.width).contiguous()}
