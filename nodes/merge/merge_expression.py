from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
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
    put,
    select,
    take,
)  # fmt: skip

from ..nuke.routing import MERGE_EXPRESSION
from ..ops.pixel_expressions import Programmed, components, run
from ..ops.several import aligned, chosen, union

SOCKETS = ("B", "A")


@node(
    "merge.expression",
    see="color.expression merge.merge concepts#animation-and-expressions",
    label="MergeExpression",
    reads=("frame",),
    nuke=MERGE_EXPRESSION,
)
class MergeExpression(Programmed, Masked):
    """Computes each channel from two pictures by an expression; an empty one leaves the channel of B as it is.

    Known are `Ar`, `Ag`, `Ab`, `Aa` and `Br`, `Bg`, `Bb`, `Ba`, the channels of the layer being worked on in either
    picture (where they have other names, the first to fourth); any channel as `A.layer.channel` (`A.depth.Z`,
    `B.diffuse.R`); the position `x`, `y` of the pixel's centre, from 0.5 at the bottom left of B, the size of its frame
    `width`, `height`, the number `frame`, and the variables; each variable knows those above it. Outside its data
    window, and where it lacks a channel, a picture is 0. The language is that of Expression.
    """

    B: Image = port("the picture whose frame, layers and metadata go on")
    A: Image = port("the other picture")
    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    variables: str = param(default="", role="text", doc="lines name = expression")
    red: str = param(default="", role="expression", doc="new value of red, such as Ar + Br * (1 - Aa)")
    green: str = param(default="", role="expression", doc="new value of green")
    blue: str = param(default="", role="expression", doc="new value of blue")
    alpha: str = param(default="", role="expression", doc="new value of alpha")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        return union(ctx.info("B"), chosen(ctx.info("A"), self.channels))

    def identity(self, ctx: Context) -> str | None:
        return "B" if self.mix == 0 or self.is_empty else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(select(self.channels, self.info(ctx).layers)) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        out = []
        for socket in SOCKETS:
            info = ctx.info(socket)
            others = [found[1] for name in sorted(self.names()) if (found := _channel(ctx, name))[0] == socket]
            names = tuple(dict.fromkeys((*(name for name in layers if info.has(name)), *others)))
            out += [Need(socket, region, names)] if names else []
        return (*out, *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, out = select(self.channels, ctx.output.layers), {}
        for name in ctx.layers:
            layer, indices = ctx.output.layer(name), selection[name]
            x = aligned(ctx, "B", layer)
            before = take(x, indices)
            made = run(self.program(), layer, indices, before, self._values(layer, x, ctx))
            out[name] = put(x, indices, self.blend(ctx, before, made))
        return out

    def _values(self, layer: Layer, below: Tensor, ctx: ComputeContext) -> dict[str, Tensor | float]:
        """What the names stand for over the region: planes `[h, w]` and numbers."""
        values = self.place_values(ctx, "B")
        for socket, pixels in (("B", below), ("A", aligned(ctx, "A", layer))):
            values |= {socket + name: plane for name, plane in components(layer, pixels).items()}
        for name in self.names():
            socket, found, index = _channel(ctx, name)
            if socket:
                values[name] = ctx.image(socket).tensor(found, ctx.region)[index]
        return values


def _channel(ctx: Context, name: str) -> tuple[str, str, int]:
    """Socket, layer and index of a channel named `A.layer.channel`; empty ones where it is none."""
    socket, _, rest = name.partition(".")
    layer, _, channel = rest.rpartition(".")
    if socket not in SOCKETS or not layer or not ctx.info(socket).has(layer):
        return "", "", 0
    channels = ctx.info(socket).layer(layer).channels
    return (socket, layer, channels.index(channel)) if channel in channels else ("", "", 0)
