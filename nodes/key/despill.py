from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    node,
    param,
    port,
)

from ..light.plate import Recolored, plate_of
from ..ops.key import Limit, Spill, despill


@node("key.despill", see="key.chroma draw.light_wrap")
class Despill(Recolored):
    """Takes the light of the screen off the subject: the screen's channel is held to a limit set by the other two."""

    image: Image = port("the picture")
    screen: str = param(default="green", choices=("red", "green", "blue"), doc="channel of the screen")
    limit: str = param(
        default="average",
        choices=("average", "max", "min"),
        doc="how the other two set the limit: max takes the least spill, min the most",
    )
    amount: float = param(
        default=1.0, hard=(0, None), soft=(0, 1), doc="share of the spill that is taken away: 0 none, 1 all"
    )
    restore: float = param(
        default=0.0, soft=(0, 1), doc="how much of the lost luminance comes back, as grey light: 0 none, 1 all"
    )
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        return ctx.info("image")

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.amount == 0 else None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        light = plate_of(ctx, "image", ctx.region)
        after, spill = despill(light, cast(Spill, self.screen), cast(Limit, self.limit), self.amount)
        if self.restore:
            weight = ctx.colors.luminance[("red", "green", "blue").index(self.screen)]
            after = after + spill * (weight * self.restore)
        return {MAIN: self.put_light(ctx, after)}
