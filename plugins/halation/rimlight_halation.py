"""An area node: every pixel depends on its neighbourhood, whose size `margin` states."""

import math

import torch
from torch import Tensor

from rimlight.engine import AreaNode, Color, ComputeContext, Layer, node, param

REACH = 3.0
"""Radius of the glow's kernel in standard deviations."""


@node("halation.halation", menu="Filter")
class Halation(AreaNode):
    """Add the reddish glow that film shows around highlights.

    Light above a threshold passes the film, is reflected by its back and returns scattered:
    out = in + strength * tint * blur(max(in - threshold, 0)).
    """

    threshold: float = param(default=1.0, soft=(0, 10), doc="light below this does not glow")
    size: float = param(default=12.0, hard=(0, 300), soft=(0, 100), unit="px", doc="standard deviation of the glow")
    strength: float = param(default=0.3, hard=(0, None), soft=(0, 1), doc="how much of the light returns")
    tint: Color = param(default=(1.0, 0.35, 0.1), role="color", doc="colour of the returning light")

    def is_identity(self) -> bool:
        return self.strength == 0 or self.size == 0

    def margin(self) -> tuple[int, int]:
        reach = math.ceil(REACH * self.size)
        return reach, reach

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        reach = self.margin()[0]
        offsets = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
        taps = torch.exp(-0.5 * (offsets / self.size) ** 2)
        taps /= taps.sum()
        glow = (x - self.threshold).clamp_min(0)[:, None]
        ctx.check()
        glow = torch.nn.functional.conv2d(glow, taps.view(1, 1, 1, -1))
        glow = torch.nn.functional.conv2d(glow, taps.view(1, 1, -1, 1))[:, 0]
        gain = [
            self.strength * self.tint["RGB".index(layer.channels[i])] if layer.channels[i] in "RGB" else 0.0
            for i in chosen
        ]
        inside = x[:, reach : x.shape[1] - reach, reach : x.shape[2] - reach]
        return inside + glow * torch.tensor(gain, device=x.device)[:, None, None]
