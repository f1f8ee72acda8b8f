from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, node, param

from ..nuke.drawing import CONSTANT
from .base import Pattern


@node("image.constant", see="image.ramp channel.add_layer", nuke=CONSTANT)
class Constant(Pattern):
    """One colour everywhere."""

    color: ColorA = param(default=(0.0, 0.0, 0.0, 0.0), soft=(0, 4), role="color", doc="red, green, blue, alpha")

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        color = torch.tensor(self.color, device=ctx.device)
        return {"rgba": color[:, None, None].expand(4, ctx.region.height, ctx.region.width).contiguous()}
