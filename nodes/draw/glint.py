from typing import ClassVar

from torch import Tensor

from rimlight.engine import Color, ComputeContext, Layer, node, param, take

from ..color.base import per_channel
from ..filter.spread import Spread
from ..nuke.drawing import GLINT
from ..ops.fir import finite
from ..ops.glint import glint, glint_margin, share_above, star_kernel


@node("draw.glint", see="filter.glow", nuke=GLINT)
class Glint(Spread):
    """Adds stars of rays to bright light.

    How much of a pixel shines follows its brightest channel, (brightest - tolerance) / brightest, so that its colour is
    kept. All rays together hold that light times the gain; along each it fades as (1 - t)^falloff, with colours from
    the middle to the ends. Nothing is clamped above; negative light does not shine.
    """

    by_layer: ClassVar[bool] = True
    channels: str = param(default="rgb", role="channels", doc="channels to work on", place="top")
    rays: int = param(default=6, hard=(1, 64), soft=(2, 16), label="no. of rays", doc="how many rays")
    ray_length: float = param(default=30.0, hard=(0, 1000), soft=(0, 200), unit="px", doc="length of the rays")
    odd_ray_length: float = param(
        default=100.0,
        hard=(0, 100),
        soft=(0, 100),
        unit="%",
        doc="length of every second ray, as a share of the others'",
    )
    angle: float = param(
        default=0.0,
        soft=(-180, 180),
        unit="deg",
        label="rotation",
        doc="direction of the first ray: 0 is to the right, 90 up",
    )
    falloff: float = param(default=2.0, hard=(0, 20), soft=(0, 6), doc="how fast rays fade; 0 not at all, 1 evenly")
    tolerance: float = param(default=1.0, hard=(0, None), soft=(0, 4), doc="light up to this level does not shine")
    gain: float = param(
        default=1.0,
        hard=(0, None),
        soft=(0, 10),
        doc="factor on the rays: at 1 all rays together hold as much light as they come from",
    )
    from_color: Color = param(default=(1.0, 1.0, 1.0), soft=(0, 1), role="color", doc="colour factor in the middle")
    to_color: Color = param(default=(1.0, 1.0, 1.0), soft=(0, 1), role="color", doc="colour factor at the ends")
    effect_only: bool = param(default=False, doc="put out the rays without the picture")

    def margin(self) -> tuple[int, int]:
        margin = glint_margin(self.ray_length)
        return margin, margin

    def is_identity(self) -> bool:
        return self.gain == 0 and not self.effect_only

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        light = finite(x).clamp_min(0)
        colors = tuple(i for i, channel in enumerate(chosen) if channel != layer.alpha)
        light = light * (share_above(take(light, colors) if colors else light, self.tolerance) * self.gain)
        colors_of_ends = ((*color, 1.0) for color in (self.from_color, self.to_color))
        ends = zip(*(per_channel(color, layer, chosen) for color in colors_of_ends), strict=True)
        odd = self.ray_length * self.odd_ray_length / 100
        kernels = [star_kernel(self.rays, self.ray_length, odd, self.angle, self.falloff, *end) for end in ends]
        shine = glint(light, kernels, ctx.progress)
        if self.effect_only:
            return shine
        margin = self.margin()[0]
        return x[:, margin : x.shape[1] - margin, margin : x.shape[2] - margin] + shine
