import typing
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Vec2, node, param

from ..nuke.drawing import RAMP
from ..ops.gradients import Interpolation, ramp
from .base import Drawing, colored


@node("image.ramp", see="image.constant image.radial", nuke=RAMP)
class Ramp(Drawing):
    """A gradient from one point to another, over the picture."""

    p0: Vec2 = param(default=(100.0, 100.0), unit="px", role="point", doc="where the gradient has the first colour")
    p1: Vec2 = param(default=(100.0, 400.0), unit="px", role="point", doc="where it has reached the second")
    color0: ColorA = param(default=(0.0, 0.0, 0.0, 0.0), soft=(0, 4), role="color", doc="first colour")
    color1: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="second colour")
    curve: str = param(
        default="linear", choices=typing.get_args(Interpolation),
        doc="how it runs: evenly, eased at both ends, at the first, at the second",
    )  # fmt: skip
    point: ClassVar[bool] = True

    def draw(self, ctx: ComputeContext) -> Tensor:
        frame = ctx.output.display
        start, end = frame.from_artist(*self.p0), frame.from_artist(*self.p1)
        t = ramp(start, end, ctx.region.box, typing.cast(Interpolation, self.curve), ctx.device)
        return torch.lerp(colored(self.color0, torch.ones_like(t)), colored(self.color1, torch.ones_like(t)), t)
