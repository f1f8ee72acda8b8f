from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Effect,
    Image,
    LayerKind,
    Need,
    NukeClass,
    Region,
    Selection,
    cover_of,
    find_channel,
    node,
    param,
    port,
    put,
    take,
)  # fmt: skip

from ..ops.composite import unpremultiply
from ..ops.edge_extend import extend
from ..ops.fir import finite
from ..ops.morphology import dilate, dilate_margin
from .matte import matte_needs, matte_socket


@node(
    "filter.edge_extend",
    see="filter.dilate_erode filter.inpaint draw.light_wrap",
    label="EdgeExtend",
    nuke=NukeClass("EdgeExtend2 EdgeExtend"),
)
class EdgeExtend(Effect):
    """Pushes the colour inside of a matte out over its soft edge and beyond, against fringes of an old background.

    Colour is trusted as far as the matte, made smaller by `erode`, is white; the rest gets the colour that is near,
    smoothly, at any distance. `premultiply` multiplies the result by the matte again, ready for a merge. Without a
    matte wired, the picture's own alpha is used.
    """

    roi: ClassVar[bool] = False

    matte: Image = port("where the colour is to be trusted", optional=True)
    matte_channel: str = param(
        default="alpha", role="channel", place="top", doc="channel of the matte, or of the image itself"
    )
    source_is_premultiplied: bool = param(default=True, doc="divide colour by the image's own alpha before")
    erode: float = param(
        default=1.0, hard=(-500, 500), soft=(-10, 20), unit="px", doc="pixels of the matte's edge whose colour is not "
        "trusted; below 0 more than the matte is trusted",
    )  # fmt: skip
    premultiply: bool = param(default=True, doc="multiply the result by the matte")

    def selection(self, ctx: Context) -> Selection:
        # An alpha has no colour of its own.
        layers = ctx.info("image")
        found = super().selection(ctx)
        kept = {n: tuple(i for i in chosen if i != layers.layer(n).alpha) for n, chosen in found.items()}
        return {name: chosen for name, chosen in kept.items() if chosen}

    def _divisor(self, ctx: Context, name: str) -> tuple[str, int] | None:
        """Layer and index of the alpha that a layer is divided by, its own or the main one; None without any."""
        info = ctx.info("image")
        if not self.source_is_premultiplied or info.layer(name).kind is not LayerKind.COLOR:
            return None
        own = info.layer(name).alpha
        return (name, own) if own is not None else find_channel("alpha", info.layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        divisors = [found[0] for layer in layers if (found := self._divisor(ctx, layer)) is not None]
        return (*matte_needs(ctx, self.matte_channel, (*layers, *divisors)), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        matte = cover_of(ctx.plane(matte_socket(ctx), self.matte_channel))
        # Half covered, colour is half the background's: it counts for little, but where there is no other, it counts.
        trusted = self._eroded(matte) ** 4
        image, selection, out = ctx.image("image"), self.selection(ctx), {}
        for name in ctx.layers:
            ctx.check()
            x = image.tensor(name, ctx.region)
            before = take(x, selection[name])
            color, found = finite(before), self._divisor(ctx, name)
            if found is not None:
                color = unpremultiply(color, image.tensor(found[0], ctx.region)[found[1] : found[1] + 1])
            after = extend(color, trusted)
            after = after * matte if self.premultiply else after
            out[name] = put(x, selection[name], self.blend(ctx, before, after))
        return out

    def _eroded(self, matte: Tensor) -> Tensor:
        if self.erode == 0:
            return matte
        margin = dilate_margin(self.erode)
        # Edges of the picture are not edges of the matte.
        rows = torch.arange(-margin, matte.shape[1] + margin, device=matte.device).clamp(0, matte.shape[1] - 1)
        columns = torch.arange(-margin, matte.shape[2] + margin, device=matte.device).clamp(0, matte.shape[2] - 1)
        return dilate(matte[:, rows][:, :, columns], -self.erode, -self.erode, round_element=True)
