"""Bases of nodes that alter chosen channels of one image, with a mask and a mix that hold the effect back.

A `PointNode` is given the pixels and nothing around them, an `AreaNode` a margin of a size it says; both state in
`process` what becomes of them. `Effect` chooses channels, and `Masked` holds back what a node computes in its own way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from .computing import ComputeContext
from .context import Context, Need
from .errors import RimlightError
from .image import Edges, Image, ImageInfo, misfit
from .layers import Layer, Selection, select
from .nodebase import Node
from .params import param, port
from .region import Region


@dataclass(frozen=True)
class Masked(Node):
    """Shared by nodes whose effect a mask and a mix may hold back."""

    mask: Image = port("limits the effect", optional=True)
    mask_channel: str = param(default="alpha", role="channel", doc="channel of the mask input", place="bottom")
    invert_mask: bool = param(default=False, doc="work where the mask is black", place="bottom")
    mix: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="0 is the input, 1 the full effect", place="bottom")

    def mask_needs(self, ctx: Context, region: Region) -> tuple[Need, ...]:
        """What the mask takes over `region`; nothing when it is not connected."""
        if not ctx.connected("mask"):
            return ()
        return (Need("mask", region, (ctx.channel("mask", self.mask_channel)[0],)),)

    def weight(self, ctx: ComputeContext) -> Tensor | None:
        """The mask `[1, h, w]` over the region of `ctx`, inverted if asked for, not mixed; None without a mask."""
        if not ctx.has_image("mask"):
            return None
        weight = ctx.plane("mask", self.mask_channel)
        return 1 - weight if self.invert_mask else weight

    def blend(self, ctx: ComputeContext, before: Tensor, after: Tensor) -> Tensor:
        """`before + (after - before) * mask * mix`, `[C, h, w]` over the region of `ctx`; `after` itself without mask
        and mix.
        """
        weight = self.weight(ctx)
        if weight is None:
            return after if self.mix == 1 else torch.lerp(before, after, self.mix)
        return mix_by(before, after, weight if self.mix == 1 else weight * self.mix)


@dataclass(frozen=True)
class Effect(Masked):
    """Shared by nodes that alter chosen channels of one image, with a mask and a mix."""

    image: Image = port("the image")
    channels: str = param(default="rgb", role="channels", doc="channels to work on", place="top")

    def selection(self, ctx: Context) -> Selection:
        """The chosen channels of the input, by layer."""
        return select(self.channels, ctx.info("image").layers)

    def is_identity(self) -> bool:
        """True when the current parameters change nothing."""
        return False

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.is_identity() else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(self.selection(ctx)) & frozenset(layers)


@dataclass(frozen=True)
class PointNode(Effect):
    """An effect whose every pixel depends on the same pixel alone. Runs fused with its neighbours, in bands of rows."""

    point: ClassVar[bool] = True

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        return {
            layer.name: self._layer(ctx, layer, chosen, image.tensor(layer.name, ctx.region))
            for layer, chosen in self.chosen_layers(ctx)
        }

    def chosen_layers(self, ctx: ComputeContext) -> list[tuple[Layer, tuple[int, ...]]]:
        """The layers to be made and their chosen channels, told once for all bands."""
        if "chosen" not in ctx.memo:
            selection, info = self.selection(ctx), ctx.info("image")
            ctx.memo["chosen"] = [(info.layer(name), selection[name]) for name in ctx.layers]
        found: list[tuple[Layer, tuple[int, ...]]] = ctx.memo["chosen"]
        return found

    def _layer(self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...], x: Tensor) -> Tensor:
        before = take(x, chosen)
        after = self.blend(ctx, before, _fitting(self.process(before, layer, chosen, ctx), before, layer, chosen))
        return after if len(chosen) == x.shape[0] else put(x, chosen, after)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The new values of the chosen channels of one layer.

        x : `[len(chosen), h, w]`, the channels with indices `chosen` of `layer`, over `ctx.region`.
        """
        raise RimlightError(f"{self.label} does not say what it does")


@dataclass(frozen=True)
class AreaNode(Effect):
    """An effect whose every pixel depends on a neighbourhood of known size.

    `margin` is the reach in pixels; `process` gets the chosen channels with that margin on every side and returns them
    without it. So a tile equals the crop of the whole.
    by_layer : `process` looks at nothing of the image but what it is given, so that a layer that is done may go.
    """

    by_layer: ClassVar[bool] = False

    edges: str = param(
        default="auto", choices=("auto", "repeat", "black", "mirror"), place="bottom",
        doc="what lies outside the image; auto repeats where it reaches the frame and is black where it ends inside",
    )  # fmt: skip

    def margin(self) -> tuple[int, int]:
        """Reach of the effect in pixels, x and y."""
        raise RimlightError(f"{self.label} does not say how far it reaches")

    def _reach(self) -> tuple[int, int]:
        """What `margin` says. Raises RimlightError where that are no two whole numbers."""
        found: Any = self.margin()
        pair = isinstance(found, tuple) and len(found) == 2
        if not pair or not all(isinstance(m, Integral) and int(m) >= 0 for m in found):
            raise RimlightError(f"margin gave {found!r}, expected two whole numbers from 0, the reach in x and y")
        return found  # type: ignore[no-any-return]

    def grows(self) -> bool:
        """Whether the data window grows by the margin where there is black outside."""
        return True

    def limit(self, info: ImageInfo) -> Region:
        """What the data window of `info` may grow to: the frame, unless it is larger already."""
        return info.display.union(info.data)

    def info(self, ctx: Context) -> ImageInfo:
        """The picture's, its data window grown by the margin where that is seen."""
        info = ctx.info("image")
        if info.data.is_empty or not self.grows():
            return info
        edges: Edges = self.edges  # type: ignore[assignment]
        mx, my = self._reach()
        left, top, right, bottom = (True,) * 4 if edges == "mirror" else info.repeats(edges)
        d = info.data
        grown = Region(
            d.x0 - (0 if left else mx),
            d.y0 - (0 if top else my),
            d.x1 + (0 if right else mx),
            d.y1 + (0 if bottom else my),
        )
        return info.with_(data=grown.intersect(self.limit(info)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region.expand(*self._reach()), layers), *self.mask_needs(ctx, region))

    def filled_from(self, info: ImageInfo, region: Region) -> Region:
        """What of another input, of any data window, `region` is filled from by `edges`: a mirror shows any of it."""
        return info.data if self.edges == "mirror" and not info.data.contains(region) else region

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, info = self.selection(ctx), ctx.info("image")
        image, edges = ctx.image("image"), cast(Edges, self.edges)
        padded = ctx.region.expand(*self._reach())
        out = {}
        for name in ctx.layers:
            ctx.check()
            chosen = selection[name]
            x, layer = image.tensor(name, ctx.region, edges), info.layer(name)
            before = take(x, chosen)
            after = self.process(take(image.tensor(name, padded, edges), chosen), layer, chosen, ctx)
            after = self.blend(ctx, before, _fitting(after, before, layer, chosen))
            out[name] = after if len(chosen) == x.shape[0] else put(x, chosen, after)
            if self.by_layer:
                ctx.release("image", name)
            del x, before, after
        return out

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The new values of the chosen channels of one layer.

        x : `[len(chosen), h + 2 * my, w + 2 * mx]`; the result is `[len(chosen), h, w]`, over `ctx.region`.
        """
        raise RimlightError(f"{self.label} does not say what it does")


def _fitting(after: Any, before: Tensor, layer: Layer, chosen: tuple[int, ...]) -> Tensor:
    """What `process` gave. Raises RimlightError unless it is as large as `before` and of its type."""
    found = misfit(after, before.shape, before.dtype)
    if not found:
        return cast(Tensor, after)
    names = ", ".join(layer.channels[i] for i in chosen)
    raise RimlightError(
        f"process put out {found} for {names} of layer '{layer.name}', expected {before.dtype} {tuple(before.shape)}"
    )


def mix_by(before: Tensor, after: Tensor, weight: Tensor) -> Tensor:
    """`before + (after - before) * weight`, `[C, h, w]` by `[1, h, w]`. Where the weight is 0 or 1 it is one of the two
    to the bit, whatever the other holds: a mask keeps what is no number out, and lets what is put in its place in.
    """
    out = torch.lerp(before, after, weight)
    if bool(torch.isfinite(out.sum())):
        return out  # a lerp of numbers is exact at both ends, and ten times as fast as choosing
    return torch.where(weight == 0, before, torch.where(weight == 1, after, out))


def take(x: Tensor, chosen: tuple[int, ...]) -> Tensor:
    """The chosen channels of `[C, h, w]`, a view where they are neighbours."""
    first, count = chosen[0], len(chosen)
    if chosen[-1] - first + 1 == count:
        return x if count == x.shape[0] else x[first : first + count]
    return x[list(chosen)]


def put(x: Tensor, chosen: tuple[int, ...], values: Tensor) -> Tensor:
    """A copy of `[C, h, w]` with the chosen channels replaced by `values`."""
    count = len(chosen)
    if chosen[-1] - chosen[0] + 1 == count:
        return torch.cat((x[: chosen[0]], values, x[chosen[-1] + 1 :]))
    out = x.clone()
    out[list(chosen)] = values
    return out
