from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    ComputeContext,
    Context,
    kelvin_tint,
    mean_of_all,
    node,
    param,
    sum_of_all,
)

from ..light.working import hue_of, working_space
from ..ops.fir import finite
from ..ops.illuminant import normalized
from .brought import LEDGER
from .gain_base import GainNode

KELVIN, TINT = "rimlight:light_kelvin", "rimlight:light_tint"
_FLOOR = 1e-3
"""Of the mean light: what is darker counts as this."""


@node(
    "learned.light_balance",
    see="baseline.white_balance learned.delight color.color_chart recipes#light-of-the-wrong-colour",
    label="LightBalance",
    menu="Light/Student",
    reads=("tier",),
)
class LightBalance(GainNode):
    """Takes the colour of the light off a picture and leaves the paint: a gel, a sodium lamp, shade below a blue sky.
    How bright the light is stays as it is.

    WhiteBalance, which has no network, takes the brightest or the mean for white. The student goes by what it knows of
    surfaces and mostly comes nearer. Paint that fills the frame, such as an orange suit seen from near, still loses
    some of its colour. Where the plate has a chart, ColorChart measures.

    `local` is for lamps of several colours: at 0 one colour is taken off all of the picture, at 1 from each place the
    colour of the light that falls there. `kelvin` and `tint` are of the light that the picture gets.

    Put `output` on `light` to see the colour that was found, its largest channel at 1. Temperature and tint of the
    light on all surfaces are shown with the node: `rimlight:light_kelvin` and `rimlight:light_tint`.

    Each frame is looked at by itself, so that in a clip the colour may tremble. Very warm light may be taken for warmer
    still, and of a strong green or magenta some stays: `amount` goes beyond 1.
    """

    measures: ClassVar[tuple[str, ...]] = (KELVIN, TINT)

    amount: float = param(
        default=1.0, hard=(0, None), soft=(0, 1.5), place="top",
        doc="how much of the way to the wanted colour, in stops: 0 changes nothing, 1 goes all of it",
    )  # fmt: skip
    local: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="0: one colour for all of the picture; 1: at each place that of the light there",
    )  # fmt: skip
    kelvin: float = param(
        default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K", place="top",
        doc="temperature of the light that the picture gets; 6504 is white",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(-100, 100), soft=(-30, 30), place="top",
        doc="above zero the light that the picture gets is greener, below more magenta",
    )  # fmt: skip
    output: str = param(
        default="balanced", choices=("balanced", "light"), doc="the picture, or the colour of its light"
    )

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return LEDGER

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or (self.amount == 0 and self.output == "balanced") else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & (self.lit_layers(ctx) if self.output == "balanced" else {MAIN})

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        hue = _bright_alike(self._hue(ctx), working_space(ctx).luminance)
        if self.output == "light":
            light = (hue - hue.amax(0, keepdim=True)).exp().expand_as(self.plate(ctx))
            return {MAIN: self.put_light(ctx, light[:, rows, columns])}
        wanted = hue_of(ctx, (1.0, 1.0, 1.0), self.kelvin, self.tint).to(hue)
        after = _bright_alike(hue + self.amount * (wanted - hue), working_space(ctx).luminance)
        gain = (after - hue).exp().expand_as(self.plate(ctx))
        return self.put_gain(ctx, gain[:, rows, columns])

    def _hue(self, ctx: ComputeContext) -> Tensor:
        """The colour of the light `[3, H, W]` by logarithms that add up to 0."""
        found = self.light_layers(ctx, *LEDGER, "confidence")
        ctx.check()
        shading = finite(found["shading"]).clamp_min(0)
        stops = (shading + _FLOOR * mean_of_all(shading).clamp_min(1e-30)).log()
        hue = stops - stops.mean(0, keepdim=True)
        seen = (finite(found["albedo"]) * shading).mean(0, keepdim=True).clamp_min(0).sqrt() * found["confidence"]
        subject = self.subject(ctx)
        if subject is not None and bool((subject > 0).any()):
            seen = seen * subject
        total = sum_of_all(seen)
        mean = torch.stack([sum_of_all(one * seen[0]) for one in hue]) / total.clamp_min(1e-30)
        ctx.check()
        red, green, blue = normalized(mean.exp())
        kelvin, tint = kelvin_tint((red, green, blue), working_space(ctx))
        ctx.measured(KELVIN, kelvin)
        ctx.measured(TINT, tint)
        mean = mean.reshape(3, 1, 1)
        return mean + self.local * found["confidence"] * (hue - mean)


def _bright_alike(hue: Tensor, luminance: Sequence[float]) -> Tensor:
    """Colours `[3, h, w]` by logarithms, of luminance 1."""
    weights = hue.new_tensor(luminance).reshape(3, 1, 1)
    return hue - (hue.exp() * weights).sum(0, keepdim=True).log()
