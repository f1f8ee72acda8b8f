from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ColorA,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Node,
    Region,
    guess_kind,
    node,
    param,
    port,
)  # fmt: skip

from ..nuke.routing import ADD_CHANNELS

KINDS = ("auto", *(kind.value for kind in LayerKind))


@node(
    "channel.add_layer",
    see="channel.remove_layer channel.shuffle concepts#pictures",
    label="AddLayer",
    nuke=ADD_CHANNELS,
)
class AddLayer(Node):
    """Adds a layer, or the channels that an existing layer lacks, filled with a colour. What is there stays."""

    image: Image = port("the image")
    layer: str = param(default="", role="layer", doc="name of the layer; empty adds nothing")
    channels: str = param(default="", doc="its channels, such as R G B; empty: those that the name or kind suggests")
    layer_kind: str = param(default="auto", choices=KINDS, label="kind", doc="what the numbers are; auto: by the name")
    color: ColorA = param(default=(0.0, 0.0, 0.0, 0.0), role="color", doc="values of the new channels; a fifth is 0")
    point: ClassVar[bool] = True

    def _made(self, ctx: Context) -> tuple[Layer, int]:
        """The layer as it comes out, and how many of its first channels were there before."""
        info = ctx.info("image")
        if info.has(self.layer):
            old = info.layer(self.layer)
            new = tuple(c for c in self.channels.split() if c not in old.channels)
            return old.with_channels(old.channels + new), len(old.channels)
        if self.layer in LIGHT_LAYERS and not self.channels and self.layer_kind == "auto":
            return LIGHT_LAYERS[self.layer], 0
        channels = tuple(dict.fromkeys(self.channels.split())) or self._usual_channels()
        kind = guess_kind(self.layer, channels) if self.layer_kind == "auto" else LayerKind(self.layer_kind)
        return Layer(self.layer, channels, LayerKind.COLOR if self.layer == MAIN else kind), 0

    def _usual_channels(self) -> tuple[str, ...]:
        if self.layer == MAIN:
            return "R", "G", "B", "A"
        vectors = (LayerKind.NORMAL, LayerKind.POSITION)
        kind = guess_kind(self.layer, ("R", "G", "B")) if self.layer_kind == "auto" else LayerKind(self.layer_kind)
        usual = dict.fromkeys(vectors, ("X", "Y", "Z")) | {
            LayerKind.MOTION: ("X", "Y"), LayerKind.DEPTH: ("Z",), LayerKind.MATTE: ("A",), LayerKind.DATA: ("V",),
        }  # fmt: skip
        return usual.get(kind, ("R", "G", "B"))

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image").with_layer(self._made(ctx)[0])
        if not ctx.info("image").has(MAIN) and self.layer == MAIN:
            return info.with_(layers=(info.layers[-1], *info.layers[:-1]))
        return info

    def identity(self, ctx: Context) -> str | None:
        if not self.layer:
            return "image"
        made, known = self._made(ctx)
        return "image" if known == len(made.channels) else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset({self.layer}) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),) if ctx.info("image").has(self.layer) else ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        made, known = self._made(ctx)
        new = ctx.zeros(len(made.channels) - known)
        for channel, value in zip(new, self.color, strict=False):
            channel.fill_(value)
        if known:
            new = torch.cat((ctx.image("image").tensor(self.layer, ctx.region), new))
        return {self.layer: new}
