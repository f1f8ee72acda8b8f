from collections.abc import Mapping

import torch
from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, NukeClass, Vec2, node, param

from .base import Pattern

DARK, LIGHT = (0.1, 0.1, 0.1, 1.0), (0.5, 0.5, 0.5, 1.0)


@node(
    "image.checkerboard",
    see="image.color_bars image.constant",
    label="CheckerBoard",
    nuke=NukeClass(
        "CheckerBoard2 CheckerBoard",
        {
            "boxsize": "box_size",
            "linecolor": "line_color",
            "linewidth": "line_width",
            "centerlinecolor": "center_line_color",
            "centerlinewidth": "center_line_width",
        },
    ),
)
class CheckerBoard(Pattern):
    """Boxes in four colours, counted from the middle of the frame, with lines between them and through the middle."""

    box_size: Vec2 = param(
        default=(64.0, 64.0), hard=(0, None), soft=(1, 256), role="size", unit="px", doc="size of a box",
    )  # fmt: skip
    color0: ColorA = param(default=DARK, role="color", doc="boxes at the top left of each four")
    color1: ColorA = param(default=LIGHT, role="color", doc="boxes at the top right")
    color2: ColorA = param(default=DARK, role="color", doc="boxes at the bottom right")
    color3: ColorA = param(default=LIGHT, role="color", doc="boxes at the bottom left")
    line_color: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), role="color", doc="lines between the boxes")
    line_width: float = param(default=0.0, hard=(0, None), soft=(0, 50), unit="px", doc="width of these lines")
    center_line_color: ColorA = param(default=(1.0, 1.0, 0.0, 1.0), role="color", doc="lines through the middle")
    center_line_width: float = param(default=3.0, hard=(0, None), soft=(0, 50), unit="px", doc="width of these lines")

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frame, region = ctx.output.display, ctx.region
        x = torch.arange(region.x0, region.x1, device=ctx.device) + 0.5 - (frame.x0 + frame.x1) / 2
        y = torch.arange(region.y0, region.y1, device=ctx.device) + 0.5 - (frame.y0 + frame.y1) / 2
        width, height = (max(size, 1.0) for size in self.box_size)
        right = (torch.floor(x / width).long() % 2)[None, :]
        lower = (torch.floor(y / height).long() % 2)[:, None]
        index = torch.where(lower == 1, 3 - right, right)  # around each four boxes
        if self.line_width > 0:
            lines = _near_line(x, width, self.line_width)[None, :] | _near_line(y, height, self.line_width)[:, None]
            index = index.masked_fill(lines, 4)
        half = self.center_line_width / 2
        index = index.masked_fill((x.abs() < half)[None, :] | (y.abs() < half)[:, None], 5)
        colors = (self.color0, self.color1, self.color2, self.color3, self.line_color, self.center_line_color)
        palette = torch.tensor(colors, device=ctx.device)
        return {"rgba": palette[index].permute(2, 0, 1).contiguous()}


def _near_line(x: Tensor, size: float, width: float) -> Tensor:
    """Which coordinates lie on the line around a multiple of `size`."""
    return (x / size - torch.round(x / size)).abs() * size < width / 2
