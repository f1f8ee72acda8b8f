from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Edges,
    Image,
    Need,
    Region,
    node,
    param,
    port,
)

from ..light.plate import Recolored, plate_of
from ..ops.fir import finite
from ..ops.gaussian import gaussian_blur, gaussian_margin
from ..ops.shadow import Match, find_shadows, lift_shadows, measure_lift

_LAYER = "shadow"


@node(
    "baseline.shadow_remove",
    see="learned.shadow_remove baseline.shadow_matte recipes#a-hard-shadow-on-a-face",
    label="ShadowRemoveClassic",
    menu="Light/Baseline",
)
class ShadowRemoveClassic(Recolored):
    """Takes cast shadows away by comparing each with the light around it, without a network.

    Draw the shadows with a Roto and wire it to `matte`, white in shadow; without one the layer `shadow` of the picture
    counts, such as ShadowMatte writes. Every connected shadow is compared with a ring of lit pixels around it, channel
    by channel, and lifted; its texture stays. Half shadow is lifted by as much as the matte says. Where the matte says
    light, no bit changes.

    It works where a shadow and its ring lie on the same kind of surface, or, with `edge`, where most of its edge
    crosses surfaces that go on beyond it. ShadowRemove also finds shadows and their soft edges by itself.
    """

    roi: ClassVar[bool] = False

    image: Image = port("the picture")
    matte: Image = port("where the shadows are: white in shadow; else the layer 'shadow' of the picture", optional=True)
    matte_channel: str = param(default="alpha", role="channel", doc="channel of the matte input", place="top")
    match: str = param(
        default="edge", choices=("edge", "mean", "deviation"),
        doc="edge: the ratio of light that most of the edge agrees on, whatever materials meet there; mean: that of "
        "the means of shadow and ring; deviation: also that of their contrasts, which lifts haze",
    )  # fmt: skip
    ring: float = param(
        default=24.0, hard=(1, 2000), soft=(4, 100), unit="px", doc="width of the ring that is looked at"
    )
    gap: float = param(default=4.0, hard=(0, 500), soft=(0, 30), unit="px", doc="distance of the ring from the shadow")
    feather: float = param(
        default=0.0, hard=(0, 500), soft=(0, 30), unit="px", doc="softens the matte first, for hard edges drawn by hand"
    )

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        ctx.rgb("image")
        socket, layer, _ = self._source(ctx)
        wanted = (MAIN,) if socket == "matte" else (MAIN, layer)
        matte = (Need("matte", region.expand(self._margin()), (layer,)),) if socket == "matte" else ()
        return (Need("image", region, wanted), *matte, *self.mask_needs(ctx, region))

    def _source(self, ctx: Context) -> tuple[str, str, int]:
        """Socket, layer and channel of the matte."""
        if not ctx.connected("matte"):
            self.require(ctx.info("image").has(_LAYER), "there is no matte, and the picture has no layer 'shadow': "
                         "draw a matte, or put a ShadowMatte before it")  # fmt: skip
            return "image", _LAYER, 0
        return "matte", *ctx.channel("matte", self.matte_channel)

    def _margin(self) -> int:
        return gaussian_margin(self.feather / 2.4)

    def _visibility(self, ctx: ComputeContext) -> Tensor:
        socket, layer, index = self._source(ctx)
        margin = self._margin()
        edges: Edges = "black" if socket == "matte" else "repeat"
        x = ctx.image(socket).tensor(layer, ctx.region.expand(margin), edges)[index : index + 1]
        x = finite(x).clamp(0, 1)
        sigma = self.feather / 2.4
        x = gaussian_blur(x, sigma, sigma, (ctx.region.x0 - margin, ctx.region.y0 - margin))
        return 1 - x if socket == "matte" else x

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        before = ctx.image("image").tensor(MAIN, ctx.region)
        visibility = self._visibility(ctx)
        shadows = find_shadows(visibility)
        if shadows is None:
            return {MAIN: before}
        ctx.check()
        x = plate_of(ctx, "image", ctx.region)
        lift = measure_lift(finite(x), visibility, shadows, self.ring, self.gap, cast(Match, self.match))
        after = self.blend(ctx, x, lift_shadows(x, visibility, shadows, lift))
        out = before.clone()
        out[list(ctx.rgb("image"))] = torch.where(visibility < 1, after, x)
        return {MAIN: out}
