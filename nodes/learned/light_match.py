from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    FittedLight,
    Image,
    ImageInfo,
    Layer,
    Need,
    Region,
    defaulted,
    node,
    param,
    port,
)  # fmt: skip

from ..light.working import working_space
from .fitted import Requoted, between, color_of, kelvin_of, key_fill
from .sunlit import Sunlit

OVER = Layer("over", ("R", "G", "B"))
_NAMES = ("angle", "ratio", "color", "kelvin")
_BEFORE = tuple(f"rimlight:match_{name}_before" for name in _NAMES)
_AFTER = tuple(f"rimlight:match_{name}" for name in _NAMES)


@node(
    "learned.light_match",
    see="learned.light_estimate learned.light_transfer draw.light_wrap recipes#a-render-over-a-plate",
    label="LightMatch",
    menu="Light/Student",
    reads=("tier",),
    version=2,
    upgrades={1: defaulted(sun=False)},
)
class LightMatch(Sunlit, Requoted):
    """Puts a foreground under the light of the background that it is going to stand before.

    Wire the foreground, with alpha or a matte, and the background; Merge the result over it. `over` shows it in place
    meanwhile, as a layer. Direction, contrast and colour of the light become those of the background; the foreground's
    own exposure stays unless asked for.

    In a shot both lights are found anew in every frame, and the foreground flickers: wire a held frame of the
    foreground into `steady` and one of the background into `steady_background`. Of strongly coloured light a part is
    taken for the paint of things, so that the foreground goes some of the way only: raise `color` there, to 1.5.

    The light of both is found as by LightEstimate, and the foreground is multiplied by the quotient of what the two
    give its surfaces. A sun that the background shows is the key.

    The node shows what is left to match, measured on the result: `rimlight:match_angle` (degrees between the keys),
    `match_ratio` (stops between their ratios of key to fill), `match_color` (degrees between the colours) and
    `match_kelvin`; with `_before` at the end, what there was at the start. The idea is that of harmonization with light
    (Ren and others, Relightful Harmonization, 2024), by physics.
    """

    measures: ClassVar[tuple[str, ...]] = (*_AFTER, *_BEFORE)

    background: Image = port("the picture that the foreground is going to stand before")
    steady_background: Image = port(
        "a frame of the background's shot, through FrameHold, whose light is taken for that of all its frames, so that "
        "the foreground does not flicker with it",
        optional=True,
    )
    amount: float = param(
        default=1.0, hard=(0, 2), soft=(0, 1), place="top", doc="0 is the foreground's own light, 1 the background's"
    )
    exposure: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the background's exposure is taken; it is only as good as the albedo that is estimated of "
        "both",
    )  # fmt: skip
    color: float = param(
        default=1.0,
        hard=(0, 4),
        soft=(0, 2),
        place="top",
        doc="how much of the colour of the light is taken; more than 1 where a part of it counts as paint",
    )
    over: bool = param(default=False, doc="add the layer `over`: the result before the background, to look at")

    def identity(self, ctx: Context) -> str | None:
        return "image" if (self.mix == 0 or self.amount == 0) and not self.over else None

    def others(self, ctx: Context) -> tuple[str, ...]:
        return (self._wanted(ctx), *super().others(ctx))

    def info(self, ctx: Context) -> ImageInfo:
        info = super().info(ctx)
        if not self.over:
            return info
        ctx.rgb("background")
        return info.with_layer(OVER)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & ({MAIN, OVER.name} if self.over else {MAIN})

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        shown = (Need("background", region, (MAIN,)),) if self.over else ()
        return (*super().needs(ctx, region, layers), *self.sun_needs(ctx, self._wanted(ctx)), *shown)

    def warnings(self, ctx: Context) -> Sequence[str]:
        if self._matte(ctx) is None:
            return ("the foreground has neither alpha nor a matte, so all of it counts",)
        return ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        normal, own, wanted = self.normals(ctx), self.own(ctx), self.sunlit(ctx, self._wanted(ctx))
        before, after = self.fallen(own, normal), self.fallen(wanted, normal)
        stops = self.amount * self.quotient(ctx, before, after, self.color, self.flatten)
        self._tell(ctx, wanted, stops)
        light = self.changed(ctx, self.exposed(ctx, stops, self.exposure))
        matched = self.put_light(ctx, light)
        return {MAIN: matched, OVER.name: self._over(ctx, matched)} if self.over else {MAIN: matched}

    def _wanted(self, ctx: Context) -> str:
        """The input whose light is wanted."""
        return "steady_background" if ctx.connected("steady_background") else "background"

    def _matte(self, ctx: Context) -> tuple[str, str, int] | None:
        """The matte that is wired, or the alpha of the foreground."""
        found, info = super()._matte(ctx), ctx.info("image")
        alpha = info.layer(MAIN).alpha if info.has(MAIN) else None
        return ("image", MAIN, alpha) if found is None and alpha is not None else found

    def _over(self, ctx: ComputeContext, matched: Tensor) -> Tensor:
        """The foreground `[C, h, w]` over the background, `[3, h, w]` over the region of `ctx`."""
        alpha = ctx.info("image").layer(MAIN).alpha
        behind = ctx.image("background").tensor(MAIN, ctx.region, "auto")[list(ctx.rgb("background"))]
        cover = torch.ones_like(matched[:1]) if alpha is None else matched[alpha : alpha + 1]
        return matched[list(ctx.rgb("image"))] + behind * (1 - cover)

    def _tell(self, ctx: ComputeContext, wanted: FittedLight, stops: Tensor) -> None:
        """Tell how far the two lights are apart, before and after, both told in one way from this frame's shading."""
        luminance, kelvin = working_space(ctx).luminance, kelvin_of(wanted, ctx)
        for names, changed in ((_BEFORE, torch.zeros_like(stops)), (_AFTER, stops)):
            light = self.fitted_again(ctx, changed)
            numbers = (
                between(light.direction, wanted.direction),
                key_fill(light, luminance) - key_fill(wanted, luminance),
                between(color_of(light), color_of(wanted)),
                kelvin_of(light, ctx) - kelvin,
            )
            for name, number in zip(names, numbers, strict=True):
                ctx.measured(name, number)
