from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
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
    node,
    param,
    port,
    select,
)  # fmt: skip

from ..nuke.routing import MERGE
from ..ops.composite import OPERATIONS, composite

BOXES = ("union", "intersection", "A", "B")


@node(
    "merge.merge",
    see="merge.keymix channel.premult draw.light_wrap merge.expression concepts#space",
    menu="Merge",
    nuke=MERGE,
)
class Merge(Masked):
    """Combines A with B, channel by channel, by one of thirty operations; further inputs A2, A3, ... go over that in
    turn.

    B is the trunk: it gives the format, the metadata and all layers that are not merged. Pictures are premultiplied.
    Outside its data window a picture is black and transparent; a picture without alpha is opaque inside it. A and B
    stand for any channel, a and b for the alphas of its layer, or of `rgba` where it has none:
    """

    B: Image = port("the picture below", optional=True)
    A: Image = port("the picture above", many=True, optional=True)
    operation: str = param(default="over", choices=tuple(OPERATIONS), doc="how A and B combine", place="top")
    channels: str = param(
        default="rgba", role="channels", doc="channels to merge; all others are those of B", place="top",
    )  # fmt: skip
    bbox: str = param(default="union", choices=BOXES, doc="data window of the result")
    alpha_masking: bool = param(
        default=False, doc="keep a picture as it is where the other is transparent, and unite the alphas"
    )
    point: ClassVar[bool] = True

    def _above(self, ctx: Context) -> list[str]:
        port = self.port("A")
        return list(port.sockets(ctx.inputs)) if port else []

    def identity(self, ctx: Context) -> str | None:
        above = self._above(ctx)
        if not ctx.connected("B"):
            self.require(bool(above), "neither B nor A is connected")
            return None
        return "B" if self.mix == 0 or not above else None

    def info(self, ctx: Context) -> ImageInfo:
        above = [ctx.info(socket) for socket in self._above(ctx)]
        below = ctx.info("B") if ctx.connected("B") else above[0]
        data = below.data
        for info in above:
            data = self._box(data, info.data)
        out = below.with_(data=data)
        for name in self._merged(ctx):
            out = out.with_layer(_united([info.layer(name) for info in (below, *above) if info.has(name)]))
        return out

    def _box(self, below: Region, above: Region) -> Region:
        if self.bbox == "union":
            return below.union(above)
        return below.intersect(above) if self.bbox == "intersection" else above if self.bbox == "A" else below

    def _merged(self, ctx: Context) -> list[str]:
        sockets = [*(["B"] if ctx.connected("B") else []), *self._above(ctx)]
        names: dict[str, None] = {}
        for socket in sockets:
            names.update(dict.fromkeys(select(self.channels, ctx.info(socket).layers)))
        return list(names)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(self._merged(ctx)) & frozenset(layers) if ctx.connected("B") else frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        out = []
        for socket in (*(["B"] if ctx.connected("B") else []), *self._above(ctx)):
            info = ctx.info(socket)
            wanted = [name for name in layers if info.has(name)]
            if info.has(MAIN) and any(info.layer(name).alpha is None for name in wanted):
                wanted = list(dict.fromkeys([*wanted, MAIN]))
            if wanted:
                out.append(Need(socket, region, tuple(wanted)))
        return (*out, *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out = {}
        for name in ctx.layers:
            layer = ctx.output.layer(name)
            below, b = self._input(ctx, "B", layer)
            result, alpha = below, b
            for socket in self._above(ctx):
                above, a = self._input(ctx, socket, layer)
                result = composite(self.operation, above, result, a, alpha, layer.alpha, self.alpha_masking)
                alpha = alpha if layer.alpha is None else result[layer.alpha : layer.alpha + 1]
            out[name] = self._kept(ctx, layer, below, self.blend(ctx, below, result))
        return out

    def _input(self, ctx: ComputeContext, socket: str, layer: Layer) -> tuple[Tensor, Tensor]:
        """A layer of an input with the channels of `layer`, zero where it has none, and its alpha."""
        full = torch.zeros((len(layer.channels), ctx.region.height, ctx.region.width), device=ctx.device)
        if not ctx.has_image(socket):
            return full, full[:1]
        info = ctx.info(socket)
        own = info.layer(layer.name) if info.has(layer.name) else None
        if own is not None and own.channels == layer.channels and own.alpha is not None:
            x = ctx.image(socket).tensor(layer.name, ctx.region)
            return x, x[own.alpha : own.alpha + 1]
        if own is not None:
            x = ctx.image(socket).tensor(layer.name, ctx.region)
            for i, channel in enumerate(layer.channels):
                if channel in own.channels:
                    full[i] = x[own.index(channel)]
        alpha = self._alpha(ctx, socket, own)
        if layer.alpha is not None:
            full[layer.alpha : layer.alpha + 1] = alpha
        return full, alpha

    def _alpha(self, ctx: ComputeContext, socket: str, own: Layer | None) -> Tensor:
        """The alpha of an input: that of the layer, of the main layer, or one inside the data window."""
        info, image = ctx.info(socket), ctx.image(socket)
        main = info.layer(MAIN) if info.has(MAIN) else None
        for layer in (own, main):
            if layer is not None and layer.alpha is not None and layer.name in image:
                return image.tensor(layer.name, ctx.region)[layer.alpha : layer.alpha + 1]
        inside = info.data.intersect(ctx.region)
        alpha = torch.zeros((1, ctx.region.height, ctx.region.width), device=ctx.device)
        rows, columns = ctx.region.slices_of(inside)
        if not inside.is_empty:
            alpha[:, rows, columns] = 1.0
        return alpha

    def _kept(self, ctx: ComputeContext, layer: Layer, below: Tensor, result: Tensor) -> Tensor:
        """The result with the channels of B where they were not chosen."""
        chosen = select(self.channels, (layer,)).get(layer.name, ())
        if len(chosen) == len(layer.channels):
            return result
        weights = [float(i in chosen) for i in range(len(layer.channels))]
        return torch.where(torch.tensor(weights, device=ctx.device)[:, None, None] > 0, result, below)


def _united(layers: Sequence[Layer]) -> Layer:
    """The first layer with the channels of the others that it lacks, alpha last."""
    channels = list(dict.fromkeys(c for layer in layers for c in layer.channels))
    ordered = [c for c in channels if c != "A"] + (["A"] if "A" in channels else [])
    return layers[0].with_channels(layers[0].channels if set(ordered) == set(layers[0].channels) else ordered)


Merge.__doc__ = (Merge.__doc__ or "") + "\n" + "\n".join(f"    - `{o.name}`: {o.formula}" for o in OPERATIONS.values())
