from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import Color, ComputeContext, Layer, NukeClass, Vec2, node, param, take

from ..ops.fir import finite
from ..ops.gaussian import gaussian_blur
from ..ops.glint import share_above
from .spread import Spread, corner, gaussian_margins, sigma


@node(
    "filter.glow",
    see="draw.glint filter.blur",
    nuke=NukeClass(
        "Glow2 Glow",
        {"effect_only": "effect_only", "glow_only": "effect_only"},
        ignored="filter quality W w_channel mask_channel",
        differs="How much of a pixel glows follows its brightest channel, so that its colour is kept.",
    ),
)
class Glow(Spread):
    """Light above a level spreads out and is added to the picture, as in a lens.

    How much of a pixel glows follows its brightest channel, so that its colour is kept:
    (brightest - tolerance) / brightest. Nothing is clamped above; negative light does not glow.
    """

    by_layer: ClassVar[bool] = True
    channels: str = param(default="rgb", role="channels", doc="channels to work on", place="top")
    tolerance: float = param(default=1.0, hard=(0, None), soft=(0, 4), doc="light up to this level does not glow")
    brightness: float = param(default=1.0, hard=(0, None), soft=(0, 4), doc="factor on the glow")
    saturation: float = param(default=1.0, hard=(0, None), soft=(0, 2), doc="0 makes the glow grey, 1 keeps its colour")
    tint: Color = param(default=(1.0, 1.0, 1.0), role="color", soft=(0, 1), doc="colour factor on the glow")
    size: Vec2 = param(
        default=(20.0, 20.0), hard=(0, 2000), soft=(0, 200), unit="px", role="size", doc="width of the glow, as in Blur"
    )
    effect_only: bool = param(default=False, doc="put out the glow without the picture")

    def margin(self) -> tuple[int, int]:
        return gaussian_margins(self.size)

    def is_identity(self) -> bool:
        return self.brightness == 0 and not self.effect_only

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        margin = self.margin()
        w, h = self.size
        glow = gaussian_blur(self._source(x, layer, chosen, ctx), sigma(w), sigma(h), corner(ctx, margin))
        if self.effect_only:
            return glow
        mx, my = margin
        return x[:, my : x.shape[1] - my, mx : x.shape[2] - mx] + glow

    def _source(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The light that glows."""
        light = finite(x).clamp_min(0)
        colors = tuple(i for i, channel in enumerate(chosen) if channel != layer.alpha)
        light = light * (share_above(take(light, colors) if colors else light, self.tolerance) * self.brightness)
        colored = self.saturation != 1 or self.tint != (1, 1, 1)
        if not colored or layer.rgb is None or not set(layer.rgb) <= set(chosen):
            return light
        places = [chosen.index(channel) for channel in layer.rgb]
        rgb = light[places]
        if self.saturation != 1:
            weights = rgb.new_tensor(ctx.colors.luminance)
            luminance = torch.einsum("c,chw->hw", weights, rgb)
            rgb = torch.lerp(luminance.expand_as(rgb), rgb, self.saturation)
        light[places] = rgb * rgb.new_tensor(self.tint)[:, None, None]
        return light
