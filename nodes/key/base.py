"""What nodes share that make a matte, and what keyers share: a matte from the main layer's colour."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    Masked,
    Need,
    Region,
    RimlightError,
    Selection,
    param,
    port,
    put,
    take,
)  # fmt: skip

from ..ops.receive import receiving
from ..ops.several import aligned


@dataclasses.dataclass(frozen=True)
class MatteNode(Masked):
    """Makes a matte and puts it into channels of its input `image`, by default the alpha of the main layer."""

    output: str = param(
        default="alpha", role="channels", place="top",
        doc="channels that get the matte, such as alpha or mask.A; made where the picture lacks them",
    )  # fmt: skip
    invert: bool = param(default=False, doc="exchange black and white of the matte")
    premultiply: bool = param(default=False, doc="multiply red, green and blue by the matte")

    def matte(self, ctx: ComputeContext) -> Tensor:
        """The matte `[1, h, w]`, 0 to 1, over the region of `ctx`."""
        raise RimlightError(f"{self.label} makes no matte")

    def finished(self, ctx: ComputeContext) -> Tensor:
        """The matte as it is used, inverted if asked for."""
        matte = self.matte(ctx)
        return 1 - matte if self.invert else matte

    def put_in(self, before: Tensor, matte: Tensor) -> Tensor:
        """What the channels of `output` become."""
        return matte.expand_as(before)

    def picture(self, ctx: Context) -> ImageInfo:
        """The picture that the matte is put into."""
        return ctx.info("image")

    def target(self, ctx: Context) -> tuple[ImageInfo, Selection]:
        """The picture with the channels that get the matte, and where they are."""
        return receiving(self.picture(ctx), self.output)

    def info(self, ctx: Context) -> ImageInfo:
        return self.target(ctx)[0]

    def identity(self, ctx: Context) -> str | None:
        whole = ctx.connected("image") and self.target(ctx)[0].layers == ctx.info("image").layers
        return "image" if whole and self.mix == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        if not ctx.connected("image"):
            return frozenset(layers)
        info, chosen = self.target(ctx)
        return frozenset(n for n in layers if n in chosen or (info.has(n) and self._colors(info.layer(n), chosen)))

    def _colors(self, layer: Layer, chosen: Selection) -> tuple[int, ...]:
        """The channels of a layer that are premultiplied."""
        if not self.premultiply or layer.name != MAIN:
            return ()
        return tuple(i for i in layer.rgb or () if i not in chosen.get(MAIN, ()))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        below = [n for n in layers if ctx.connected("image") and ctx.info("image").has(n)]
        return (*((Need("image", region, tuple(below)),) if below else ()), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info, selection = self.target(ctx)
        matte = self.finished(ctx)
        out = {}
        for name in ctx.layers:
            layer, chosen = info.layer(name), selection.get(name, ())
            x = aligned(ctx, "image", layer) if ctx.connected("image") else ctx.zeros(len(layer.channels))
            if chosen:
                before = take(x, chosen)
                x = put(x, chosen, self.blend(ctx, before, self.put_in(before, matte)))
            if colors := self._colors(layer, selection):
                before = take(x, colors)
                x = put(x, colors, self.blend(ctx, before, before * matte))
            out[name] = x
        return out


@dataclasses.dataclass(frozen=True)
class Keyer(MatteNode):
    """Makes a matte from red, green and blue of the main layer; all else is left as it is."""

    image: Image = port("the picture")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        return super().info(ctx)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        wanted = dict.fromkeys((MAIN, *(n for n in layers if ctx.info("image").has(n))))
        return (Need("image", region, tuple(wanted)), *self.mask_needs(ctx, region))

    def matte(self, ctx: ComputeContext) -> Tensor:
        x = ctx.image("image").tensor(MAIN, ctx.region)
        # A pixel that is not a number keys as black, or it would spread with every filter over the matte.
        return self.key(take(x, ctx.rgb("image")), ctx).nan_to_num(0.0)

    def key(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        """The matte `[1, h, w]`, 0 to 1, of `rgb [3, h, w]`, over the region of `ctx`."""
        raise RimlightError(f"{self.label} makes no matte")


def rising(node: Masked, low: float, high: float) -> None:
    """Refuse a range that runs backwards."""
    node.require(low <= high, f"low is {low:g} and high {high:g}: low must not be the higher one")
