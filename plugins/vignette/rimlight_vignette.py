"""A point node: every pixel depends on itself and on where it lies."""

import math

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Layer, PointNode, Vec2, node, param


@node("vignette.vignette", menu="Filter")
class Vignette(PointNode):
    """Darken the picture towards its corners, as a lens does, by the natural cos^4 law.

    The gain of a pixel is cos^4 of the angle under which the lens sees it; amounts beyond 1 exaggerate.
    """

    amount: float = param(default=1.0, hard=(0, None), soft=(0, 4), doc="how strong; 0 changes nothing")
    angle: float = param(default=60.0, hard=(1, 170), soft=(20, 120), unit="deg", doc="horizontal angle of view")
    center: Vec2 = param(default=(0.5, 0.5), soft=(0, 1), doc="middle of the lens as a fraction of the frame, y up")

    def is_identity(self) -> bool:
        return self.amount == 0

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        frame, region = ctx.output.display, ctx.region
        reach = math.tan(math.radians(self.angle) / 2) / (frame.width / 2)
        columns = torch.arange(region.x0, region.x1, device=x.device) + 0.5 - frame.x0 - self.center[0] * frame.width
        rows = (
            torch.arange(region.y0, region.y1, device=x.device) + 0.5 - frame.y0 - (1 - self.center[1]) * frame.height
        )
        squared = (rows * reach).square()[:, None] + (columns * reach).square()[None, :]
        return x * (1 + squared) ** (-2 * self.amount)
