"""A node that reads two frames and writes a layer of its own."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Masked,
    Need,
    Region,
    node,
    param,
    port,
)


@node("movement.movement", menu="Time")
class Movement(Masked):
    """Tell in a layer `movement` how much a layer differs from an earlier frame, on average over a window.

    Without a mask `movement` is measured everywhere; with one it is 0 where the mask is.
    """

    image: Image = port("the picture")
    layer: str = param(default="rgba", role="layer", doc="layer that is compared")
    back: int = param(default=1, hard=(1, None), soft=(1, 10), unit="frames", doc="how many frames earlier")
    radius: float = param(default=2.0, hard=(0, 200), soft=(0, 20), unit="px", doc="half the side of the window")
    measure: str = param(default="absolute", choices=("absolute", "squared"), doc="what of the difference is averaged")

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"image": [frame, frame - self.back]}

    def info(self, ctx: Context) -> ImageInfo:
        now, before = (ctx.info("image", frame) for frame in ctx.frames("image"))
        for info in (now, before):
            self.require(info.has(self.layer), f"the input has no layer '{self.layer}', it has {', '.join(info.names)}")
        return now.with_layer(Layer("movement", ("V",), LayerKind.DATA))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {"movement"}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        around = region.expand(self._reach)
        return (
            *(Need("image", around, (self.layer,), frame) for frame in ctx.frames("image")),
            *self.mask_needs(ctx, region),
        )

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        around = ctx.region.expand(self._reach)
        now, before = (ctx.image("image", f).tensor(self.layer, around, "repeat") for f in ctx.frames("image"))
        difference = now[:3] - before[:3]
        different = difference.square() if self.measure == "squared" else difference.abs()
        ctx.check()
        found = torch.nn.functional.avg_pool2d(different.mean(0)[None, None], 2 * self._reach + 1, stride=1)[0]
        return {"movement": self.blend(ctx, torch.zeros_like(found), found)}

    @property
    def _reach(self) -> int:
        """The radius in whole pixels of the present scale."""
        return round(self.radius)
