from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Need, Region, WorkingSpace, kelvin_tint, node, param

from ..light.plate import Recolored, plate_of
from ..light.working import working_space
from ..ops.color import color_matrix
from ..ops.fir import finite
from ..ops.illuminant import RGB3, angle, channel_gains, cone_gains, edge_light, minkowski, white_patch
from .base import Estimator


@node(
    "baseline.white_balance",
    see="learned.light_balance learned.light_estimate color.color_chart color.multiply",
    label="WhiteBalance",
    menu="Light/Baseline",
)
class WhiteBalance(Estimator, Recolored):
    """Estimates the colour of the light from the whole picture, or from an area of it, and makes it neutral. Where the
    plate has a chart, ColorChart measures it instead. LightBalance asks the student, which comes nearer but for green
    light.

    - `white_patch`: the brightest light has its colour; on raw photographs the best of the four.
    - `grey_world`: the mean of everything is grey. `shades_of_grey`: so is the mean of a higher order.
    - `grey_edge`: so are the changes from pixel to pixel.

    A grey surface keeps its luminance. Put `output` on `light` to see the estimate: the picture is filled with its
    colour, the largest channel at 1. Every frame is estimated alone; hold the frame for a clip that must not flicker.
    """

    roi: ClassVar[bool] = False

    method: str = param(
        default="white_patch",
        choices=("white_patch", "grey_world", "shades_of_grey", "grey_edge"),
        doc="what has the colour of the light: the brightest, the mean, a mean of what is bright, or the changes "
        "between pixels",
    )
    percentile: float = param(
        default=99.0, hard=(0, 100), soft=(90, 100), unit="%",
        doc="white_patch: value that counts as white in each channel, as a percentile of what is not black",
    )  # fmt: skip
    order: float = param(
        default=6.0, hard=(1, 50), soft=(1, 12), doc="shades_of_grey, grey_edge: weight of bright light, 1 is the mean"
    )
    blur: float = param(
        default=4.0, hard=(0, 200), soft=(0, 20), unit="px", doc="grey_edge: blur before looking, against noise"
    )
    clip: float = param(
        default=0.0, hard=(0, None), soft=(0, 2),
        doc="leave out pixels with a channel at or above this, where the camera clipped; 0: none",
    )  # fmt: skip
    adaptation: str = param(
        default="bradford", choices=("bradford", "cat02", "rgb"),
        doc="what is scaled: cone responses, or the channels of the working space",
    )  # fmt: skip
    output: str = param(default="balanced", choices=("balanced", "light"), doc="the picture, or the estimate")

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        ctx.rgb("image")
        return (Need("image", region, (MAIN,)), *self.area_needs(ctx), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = plate_of(ctx, "image", ctx.region)
        estimate = self.estimate(ctx, finite(x))
        if self.output == "light":
            after = x.new_tensor(estimate)[:, None, None].expand_as(x)
        else:
            after = color_matrix(x, self._matrix(ctx, estimate))
        return {MAIN: self.put_light(ctx, after)}

    def _matrix(self, ctx: Context, estimate: RGB3) -> tuple[float, ...]:
        if self.adaptation == "rgb":
            return channel_gains(estimate, ctx.colors.luminance)
        return cone_gains(estimate, working_space(ctx), self.adaptation)

    def estimate(self, ctx: ComputeContext, x: Tensor) -> RGB3:
        """The colour of the light in `x [3, H, W]`, the whole picture; its largest channel is 1."""
        seen = edge_light(x, self.blur / 2.4) if self.method == "grey_edge" else x
        kept = torch.cat((seen, x.amax(0, keepdim=True)))
        values = self.measured(ctx, kept)
        if self.clip > 0:
            values = values[:, values[3] < self.clip]
        values = values[:3]
        if self.method == "white_patch":
            return white_patch(values, self.percentile / 100)
        return minkowski(values, 1.0 if self.method == "grey_world" else self.order)

    def describe(self, light: RGB3, space: WorkingSpace) -> str:
        """An estimate in words: RGB, temperature, tint, and distance from white in degrees."""
        kelvin, tint = kelvin_tint(light, space)
        red, green, blue = light
        return (
            f"RGB {red:.4f} {green:.4f} {blue:.4f}, {kelvin:.0f} K, tint {tint:+.1f} (Duv {tint / 1000:+.4f}), "
            f"{angle(light, (1.0, 1.0, 1.0)):.1f} degrees from white"
        )
