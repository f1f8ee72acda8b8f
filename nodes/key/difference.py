from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, ImageInfo, Need, Region, node, param, port

from ..nuke.keying import DIFFERENCE
from ..ops.key import difference_key
from .base import Keyer, rising


@node("key.difference", see="key.luma key.chroma", nuke=DIFFERENCE)
class Difference(Keyer):
    """A matte of what differs from a clean plate: black up to a difference of `low`, white from `high`."""

    clean: Image = port("the clean plate")
    aligned: ClassVar[frozenset[str]] = Keyer.aligned | {"clean"}
    low: float = param(
        default=0.02,
        hard=(0, None),
        soft=(0, 1),
        doc="difference up to which the matte is black: raise it where grain shows",
    )
    high: float = param(
        default=0.1,
        hard=(0, None),
        soft=(0, 1),
        doc="difference from which the matte is white: lower it where the subject has holes",
    )
    relative: bool = param(
        default=False, doc="compare as a share of the brighter value, so that exposure does not matter"
    )

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("clean")
        return super().info(ctx)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (*super().needs(ctx, region, layers), Need("clean", region, (MAIN,)))

    def key(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        rising(self, self.low, self.high)
        clean = ctx.image("clean").tensor(MAIN, ctx.region)[list(ctx.rgb("clean"))]
        return difference_key(rgb, clean, self.low, self.high, self.relative)
