from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, Need, Region, node, param, port

from ..light.plate import Recolored, plate_of
from ..ops.edge_aware import guided_filter, guided_margin
from ..ops.fir import finite
from ..ops.retinex import brightness

_EDGE = 0.5  # of the picture's local brightness
_TINY = 1e-30


@node(
    "baseline.quotient_relight",
    see="light.relight learned.light_transfer time.light_propagate",
    label="QuotientRelight",
    menu="Light/Baseline",
)
class QuotientRelight(Recolored):
    """Relights a picture by two others that show how the light changes: `picture * lit / unlit`.

    The two may be renders of a stand-in, such as a fitted head or a ball, under the light of the plate and under the
    wanted light. The quotient is smoothed within the picture's own edges, so that the stand-in need not fit to the
    pixel. Where both are dark the picture stays. Alpha stays.
    """

    image: Image = port("the picture")
    unlit: Image = port("the stand-in under the light of the picture")
    lit: Image = port("the stand-in under the wanted light")
    size: float = param(
        default=12.0, hard=(0, 500), soft=(0, 100), unit="px", doc="smooths the quotient within the picture's edges"
    )
    black: float = param(
        default=0.001, hard=(1e-9, None), soft=(0.0001, 0.1), doc="light of the stand-in at and below this tells little"
    )
    limit: float = param(
        default=6.0, hard=(0, 30), soft=(0, 10), unit="stops", doc="the quotient brightens and darkens by this at most"
    )
    color: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="1 takes over the change of colour, 0 only that of brightness"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.limit == 0 else None

    def _margin(self) -> int:
        return guided_margin(self.size / 2) if self.size > 0 else 0

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        for socket in ("image", "unlit", "lit"):
            ctx.rgb(socket)
        wide = region.expand(self._margin())
        return (*(Need(s, wide, (MAIN,)) for s in ("image", "unlit", "lit")), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        margin = self._margin()
        wide = ctx.region.expand(margin)
        unlit, lit = (finite(plate_of(ctx, s, wide)).clamp_min(0) + self.black for s in ("unlit", "lit"))
        if self.color < 1:
            unlit, lit = (torch.lerp(v.mean(0, keepdim=True).expand_as(v), v, self.color) for v in (unlit, lit))
        stops = (lit.log2() - unlit.log2()).clamp(-self.limit, self.limit)
        if margin:
            guide = brightness(finite(plate_of(ctx, "image", wide)))
            stops = guided_filter(stops, guide, self.size / 2, _EDGE**2, _TINY, ctx.progress)
        after = plate_of(ctx, "image", ctx.region) * stops.clamp(-self.limit, self.limit).exp2()
        return {MAIN: self.put_light(ctx, after)}
