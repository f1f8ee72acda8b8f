from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    Need,
    NukeClass,
    Region,
    node,
    param,
    port,
    select,
)

from ..ops.composite import keymix
from ..ops.several import aligned, union, wanted


@node(
    "merge.keymix",
    see="merge.merge merge.dissolve draw.roto",
    label="KeyMix",
    nuke=NukeClass("Keymix", ignored="bbox maskChannel"),
)
class KeyMix(Masked):
    """A where the mask is white, B where it is black: B + (A - B) * mask * mix. Nothing is premultiplied."""

    B: Image = port("what is seen where the mask is black")
    A: Image = port("what is seen where the mask is white")
    mask: Image = port("which of the two is seen")
    channels: str = param(
        default="all", role="channels", place="top", doc="channels that are mixed, the others are B's"
    )
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        whole = union(ctx.info("B"), ctx.info("A"))
        kept = {*select(self.channels, whole.layers), *ctx.info("B").names}
        return whole.with_(layers=tuple(layer for layer in whole.layers if layer.name in kept))

    def identity(self, ctx: Context) -> str | None:
        return "B" if self.mix == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        info, b = self.info(ctx), ctx.info("B")
        chosen = select(self.channels, info.layers)
        grown = [n for n in layers if b.has(n) and info.layer(n).channels != b.layer(n).channels]
        return frozenset(chosen) & frozenset(layers) | frozenset(grown)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        both = (wanted(ctx, socket, region, layers) for socket in ("B", "A"))
        return (*(need for needs in both for need in needs), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        weight = self.weight(ctx)
        assert weight is not None, "the mask is a required input"
        chosen = select(self.channels, ctx.output.layers)
        out = {}
        for name in ctx.layers:
            layer, indices = ctx.output.layer(name), chosen.get(name, ())
            b = aligned(ctx, "B", layer)
            mixed = keymix(b, aligned(ctx, "A", layer), weight, self.mix)
            if len(indices) < len(layer.channels):
                mixed, some = b.clone(), mixed
                mixed[list(indices)] = some[list(indices)]
            out[name] = mixed
        return out
