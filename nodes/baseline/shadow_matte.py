import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, MAIN, ComputeContext, Context, ImageInfo, Need, Region, node, param

from ..light.plate import plate_of
from ..ops.edge_aware import guided_whole
from ..ops.fir import finite
from ..ops.progress import part
from ..ops.retinex import brightness
from ..ops.shadow import local_mean, stops, two_groups, without_specks
from .base import Estimator, percentile

_DARKEST = 2.0**-10  # of the white, under which all light looks alike
_TEXTURE = 0.5  # stops, up to which contrast is smoothed away before looking
_EDGE = 0.1  # of the light, that the matte follows


@node(
    "baseline.shadow_matte",
    see="learned.shadow_remove baseline.shadow_remove recipes#a-shadow-on-the-plates-ground",
    label="ShadowMatte",
    menu="Light/Baseline",
)
class ShadowMatte(Estimator):
    """Finds cast shadows by brightness and colour, without a network, and writes them to the layer `shadow`: 1 in
    light, 0 in shadow. ShadowRemoveClassic takes it as it is.

    - `global` splits the picture, or the area, into a dark and a bright group. It suits one ground in sun and shade.
    - `local` compares every pixel with its surroundings. It suits surfaces of different brightness, and finds shadows
      up to about half the `window` wide.

    Only its colour tells a dark surface from a shadow: keep such surfaces out by the area, or correct the matte by
    hand.
    """

    roi: ClassVar[bool] = False

    method: str = param(
        default="global",
        choices=("global", "local"),
        doc="what counts as dark: darker than a threshold for all, or than its surroundings",
    )
    offset: float = param(
        default=0.0, hard=(-10, 10), soft=(-2, 2), unit="stops", doc="moves the threshold: above 0 finds more shadow"
    )
    drop: float = param(
        default=0.7,
        hard=(0, 10),
        soft=(0, 3),
        unit="stops",
        doc="local: how much darker than its surroundings shadow is",
    )
    window: float = param(
        default=200.0, hard=(3, 4000), soft=(20, 1000), unit="px",
        doc="width of the surroundings that brightness and colour are compared with",
    )  # fmt: skip
    softness: float = param(
        default=0.5,
        hard=(0.01, 10),
        soft=(0.05, 2),
        unit="stops",
        doc="range of brightness over which the matte goes from light to full shadow",
    )
    color: float = param(
        default=1.0, hard=(0, 10), soft=(0, 3), unit="stops",
        doc="how far the colour of a shadow may be from that of the light around, as outdoors it is bluer; 0: any "
        "colour will do",
    )  # fmt: skip
    smallest: float = param(
        default=8.0,
        hard=(0, 500),
        soft=(0, 50),
        unit="px",
        doc="shadows, and holes in them, are left out where smaller than the square of this",
    )
    refine: float = param(
        default=12.0,
        hard=(0, 500),
        soft=(0, 60),
        unit="px",
        doc="width of texture that is smoothed over, and of soft edges that the matte follows; 0: neither",
    )

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        return ctx.info("image").with_layer(LIGHT_LAYERS["shadow"])

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(("shadow",)) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, (MAIN,)), *self.area_needs(ctx))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = finite(plate_of(ctx, "image", ctx.region))
        white = percentile(brightness(x).flatten(), 0.99)
        if white <= 0:
            return {"shadow": torch.ones_like(x[:1])}
        floor = white * _DARKEST
        exposure = stops(x, floor)
        even = guided_whole(exposure, exposure, self.refine, _TEXTURE, progress=part(ctx.progress, 0, 2))
        ctx.check()
        if self.method == "global":
            low, high = two_groups(self.measured(ctx, even)[0])
            # Half in shadow is half way in light, not in stops.
            excess = even - (math.log2((2**low + 2**high) / 2) + self.offset)
        else:
            excess = even - local_mean(even, self.window) + (self.drop - self.offset)
        ctx.check()
        visibility = (excess / self.softness + 0.5).clamp(0, 1)
        if self.color > 0:
            visibility = self._same_color(x, floor, visibility)
        ctx.check()
        visibility = without_specks(visibility, self.smallest)
        last = part(ctx.progress, 1, 2)
        return {"shadow": guided_whole(visibility, even.exp2(), self.refine, _EDGE, floor, last).clamp(0, 1)}

    def _same_color(self, x: Tensor, floor: float, visibility: Tensor) -> Tensor:
        """Shadow only where the colour is like that of the light nearby."""
        logs = x.clamp_min(floor).log2()
        chroma = logs - logs.mean(0, keepdim=True)
        sums = local_mean(torch.cat((chroma * visibility, visibility)), self.window)
        around = sums[:3] / sums[3:].clamp_min(1e-3)
        distance = (chroma - around).square().sum(0, keepdim=True).sqrt()
        alike = (2 - distance / self.color).clamp(0, 1)
        alike = torch.where(sums[3:] > 1e-3, alike, 1.0)
        return 1 - (1 - visibility) * alike
