import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, mean_of_all, node, param, sum_of_all

from ..ops.color import gain_of
from ..ops.fir import finite
from ..ops.morphology import dilate, dilate_margin
from .base import StudentNode
from .brought import LEDGER

_FLOOR = 1e-3
"""Of the mean light: what is darker counts as this."""
_FRONTAL = 0.6
"""Of a soft light from the front, what reaches surfaces that it only grazes."""
_LIT = ("shading", "specular", "residual")


@node(
    "learned.delight",
    see="learned.intrinsics light.relight learned.shadow_remove recipes#take-the-light-off-and-put-other-light-on",
    label="Delight",
    menu="Light/Student",
    reads=("tier",),
)
class Delight(StudentNode):
    """Takes the light off a picture, so that other light can be put on it or none is seen. For a hard shadow alone take
    ShadowRemove, for softer light LightDiffuse.

    `look` says what is left: `flat` is light that is the same everywhere, `soft` a large soft light from the front,
    which keeps forms round, `albedo` the paint itself, from 0 to 1. Highlights, the dark in folds and the colour of the
    light stay as far as is asked, and so do the sky, the sun, lamps and whatever else is no surface.

    Light and paint are told apart as by Intrinsics, and the picture is divided by the light that was and multiplied
    with an even one. So all texture is the picture's own. The overall exposure stays, except for `albedo`. Light layers
    that the picture has follow, so that they still add up to it.

    The colour of the light is an estimate. Where nothing is white and much has one paint, such as a coloured wall
    around a face, part of that paint goes with the light, and skin turns towards its opposite; `color` brings the tint
    back. A highlight that a camera has clipped keeps the colour of the skin beside it, not its detail. Light
    homogenisation as in Hybrid Domain Knowledge Fusion (2025) and MARCUS (2025).
    """

    amount: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the light's contrast is taken away: 0.5 leaves half of its stops",
    )  # fmt: skip
    look: str = param(
        default="flat",
        choices=("flat", "soft", "albedo"),
        place="top",
        doc="the light that is left: even; large, soft and from the front; none but the paint",
    )
    specular: float = param(
        default=0.0, hard=(0, None), soft=(0, 1), place="top", doc="how much of the highlights stays: 0 none, 1 all"
    )
    occlusion: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), place="top", doc="how much of the dark in folds and narrow gaps stays"
    )
    color: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the colour of the light stays; 0 is white light",
    )  # fmt: skip
    exposure: float = param(default=0.0, soft=(-4, 4), unit="stops", doc="brighter or darker than the picture was")
    keep_exposure: bool = param(default=True, doc="keep the overall exposure; off: a white surface becomes 1")
    folds: float = param(
        default=10.0, hard=(0, 500), soft=(0, 50), unit="px", doc="width up to which a dark gap counts as a fold"
    )
    limit: float = param(
        default=5.0, hard=(0, 30), soft=(1, 10), unit="stops",
        doc="the most that anything is brightened or darkened: deep shadows hold noise",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return (*LEDGER, "normal") if self.look == "soft" else LEDGER

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or (self.amount == 0 and self.exposure == 0) else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        there = {name for name in _LIT if ctx.info("image").has(name)}
        return frozenset(layers) & ({MAIN} | there)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plate, found = self.plate(ctx), self.light_layers(ctx, *self.asked(ctx))
        ctx.check()
        diffuse, gloss = found["albedo"] * found["shading"], found["specular"]
        ratio = self._ratio(ctx, found)
        left = 1 + self.amount * (self.specular - 1) if self.look != "albedo" else 1 - self.amount
        if self.look != "albedo" and self.keep_exposure:
            ratio = ratio * self._kept(ctx, diffuse + (1 - left) * gloss, diffuse * ratio)
        gain = gain_of(self.exposure)
        after = {
            "shading": found["shading"] * ratio * gain,
            "specular": gloss * left * gain,
            "residual": found["residual"] * gain,
        }
        lit = found["albedo"] * after["shading"] + after["specular"] + after["residual"]
        out = {name: self.put_layer(ctx, name, after[name]) for name in ctx.layers if name in after}
        if MAIN in ctx.layers:
            out[MAIN] = self.put_light(ctx, torch.where(torch.isfinite(plate), lit, plate))
        return out

    def _ratio(self, ctx: ComputeContext, found: Mapping[str, Tensor]) -> Tensor:
        """What the shading is multiplied with `[3, H, W]`."""
        shading = finite(found["shading"])
        mean = mean_of_all(shading).clamp_min(1e-30)
        before = (shading.clamp_min(0) + _FLOOR * mean).log()
        bright = before.mean(0, keepdim=True)
        target = torch.zeros_like(before)
        if self.look != "albedo":
            weight = (found["albedo"] * shading).mean(0, keepdim=True).clamp_min(0).sqrt()
            hue = ((before - bright) * weight).sum((1, 2), keepdim=True) / sum_of_all(weight).clamp_min(1e-30)
            target = target + self.color * hue
            if self.keep_exposure:
                target = target + mean.log()  # so that the limit is about what is changed in the end
            if self.occlusion:
                target = target - self.occlusion * self._folds(bright)
        if self.look == "soft":
            facing = finite(found["normal"])[2:].clamp(0, 1)
            target = target + torch.lerp(torch.full_like(facing, _FRONTAL), torch.ones_like(facing), facing).log()
        ctx.check()
        change = self.amount * (target - before)
        most = self.limit * math.log(2)
        return (most * torch.tanh(change / most)).exp() if most > 0 else torch.ones_like(change)

    def _folds(self, bright: Tensor) -> Tensor:
        """How much darker `[1, H, W]`, in nepers, narrow gaps are than what is on both sides of them."""
        radius = self.folds / 2
        if radius < 0.5:
            return torch.zeros_like(bright)
        pads = (dilate_margin(radius),) * 4
        wide = torch.nn.functional.pad(bright[None], pads, mode="replicate")[0]
        grown = torch.nn.functional.pad(dilate(wide, radius, radius, True)[None], pads, mode="replicate")[0]
        return (dilate(grown, -radius, -radius, True) - bright).clamp_min(0)

    def _kept(self, ctx: ComputeContext, before: Tensor, after: Tensor) -> Tensor:
        """The factor that gives light `[3, H, W]` its old exposure: that of the subject, if there is a matte."""
        weight = self.subject(ctx)
        weight = torch.ones_like(before[:1]) if weight is None or not bool((weight > 0).any()) else weight
        light = (finite(x).mean(0, keepdim=True).clamp_min(0).sqrt().double() for x in (before, after))
        old, new = (sum_of_all(x * weight) for x in light)
        factor = (old / new.clamp_min(1e-300)).square()
        return torch.where((old > 0) & (new > 0), factor, torch.ones_like(factor)).to(before.dtype)
