from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Vec2, node, param

from ..nuke.drawing import NOISE
from ..ops.noise import fractal_noise
from .base import Drawing, colored


@node("image.noise", see="image.ramp draw.grain", nuke=NOISE)
class Noise(Drawing):
    """Fractal noise over the picture: clouds (`fbm`) or smoke with creases (`turbulence`).

    The noise goes from 0 to 1 and mixes two colours. Animate `z` to let it boil.
    """

    type: str = param(default="fbm", choices=("fbm", "turbulence"), doc="fbm is smooth, turbulence has creases")
    size: Vec2 = param(
        default=(350.0, 350.0),
        hard=(0.01, None),
        soft=(1, 1000),
        role="size",
        unit="px",
        doc="size of the largest features",
    )
    z: float = param(
        default=0.0, soft=(0, 5), doc="place along a third axis of the noise: animate it to let the pattern boil"
    )
    seed: int = param(default=0, hard=(0, 2**31 - 1), soft=(0, 100), doc="another noise for every number")
    octaves: int = param(
        default=6,
        hard=(1, 20),
        soft=(1, 10),
        doc="how many layers of noise, each finer than the one before, are added up",
    )
    lacunarity: float = param(default=2.0, hard=(1, None), soft=(1, 10), doc="how much finer each layer is")
    gain: float = param(default=0.5, hard=(0, None), soft=(0, 1), doc="how strong each layer is against the one before")
    gamma: float = param(default=1.0, hard=(0.01, None), soft=(0.1, 4), doc="gamma of the noise: above 1 brighter")
    color0: ColorA = param(default=(0.0, 0.0, 0.0, 1.0), soft=(0, 4), role="color", doc="colour where the noise is 0")
    color1: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="colour where the noise is 1")
    point: ClassVar[bool] = True

    def draw(self, ctx: ComputeContext) -> Tensor:
        frame, turbulence = ctx.output.display, self.type == "turbulence"
        size = (self.size[0] / ctx.scale, self.size[1] / ctx.scale)  # full-size pixels
        noise = fractal_noise(
            ctx.region.box, size, self.seed, self.z, self.octaves, self.lacunarity, self.gain, turbulence,
            (frame.x0, frame.y1), ctx.scale, ctx.device,
        )  # fmt: skip
        t = (noise if turbulence else noise / 2 + 0.5).clamp(0, 1)
        t = t if self.gamma == 1 else t ** (1 / self.gamma)
        ones = torch.ones_like(t)
        return torch.lerp(colored(self.color0, ones), colored(self.color1, ones), t)
