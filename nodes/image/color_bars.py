from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, NukeClass, node, param

from .base import Pattern

BARS = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
MIDDLE = ((0, 0, 1), (0, 0, 0), (1, 0, 1), (0, 0, 0), (0, 1, 1), (0, 0, 0), (1, 1, 1))
MINUS_I, PLUS_Q = (0.0, 33 / 255, 76 / 255), (50 / 255, 0.0, 106 / 255)
STEP = 0.04
"""How far the dark patches are below and above black, as SMPTE EG 1 has them."""


@node(
    "image.color_bars",
    see="image.checkerboard image.ramp",
    label="ColorBars",
    nuke=NukeClass("ColorBars", {"barintensity": "intensity"}),
)
class ColorBars(Pattern):
    """The colour bars of SMPTE EG 1, their values taken as scene-linear light.

    Seven bars on the upper two thirds, the same in reverse with black between on a strip below, then -I, white, +Q and
    three dark patches just below, at and above black.
    """

    intensity: float = param(default=75.0, hard=(0, None), soft=(0, 100), unit="%", doc="brightness of the bars")

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frame, region = ctx.output.display, ctx.region
        u = (torch.arange(region.x0, region.x1, device=ctx.device) + 0.5 - frame.x0) / frame.width
        v = (torch.arange(region.y0, region.y1, device=ctx.device) + 0.5 - frame.y0) / frame.height
        row = (v >= 2 / 3).long() + (v >= 3 / 4).long()
        bar = (u * 7).long()
        # The bottom row: four patches over five bars, three dark ones over the sixth, black under the seventh.
        patch = torch.where(bar < 5, (u * 28 / 5).long(), torch.where(bar < 6, 4 + (u * 21).long() - 15, 7))
        index = torch.where(row[:, None] == 2, 14 + patch[None, :], 7 * row[:, None] + bar[None, :])
        rgb = torch.tensor(self._palette(), device=ctx.device)[index].permute(2, 0, 1)
        return {"rgba": torch.cat((rgb, torch.ones_like(rgb[:1])))}

    def _palette(self) -> list[tuple[float, ...]]:
        level = self.intensity / 100
        bright = [tuple(level * c for c in color) for color in (*BARS, *MIDDLE)]
        gray = [(-STEP,) * 3, (0.0,) * 3, (STEP,) * 3, (0.0,) * 3]
        return [*bright, MINUS_I, (1.0,) * 3, PLUS_Q, (0.0,) * 3, *gray]
