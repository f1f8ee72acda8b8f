from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Region,
    Selection,
    node,
    param,
    port,
    select,
    take,
)  # fmt: skip

from ..nuke.routing import REMOVE


@node("channel.remove_layer", see="channel.add_layer channel.shuffle", label="RemoveLayer", nuke=REMOVE)
class RemoveLayer(Node):
    """Drops layers or channels, or keeps only those named. What stays is not touched."""

    image: Image = port("the image")
    operation: str = param(default="remove", choices=("remove", "keep"), doc="what happens to the named channels")
    channels: str = param(default="none", role="channels", doc="layers or channels, such as diffuse light_* rgba.A")
    point: ClassVar[bool] = True

    def _kept(self, ctx: Context) -> Selection:
        layers = ctx.info("image").layers
        named = select(self.channels, layers)
        if self.operation == "keep":
            return named
        kept = {
            layer.name: tuple(i for i in range(len(layer.channels)) if i not in named.get(layer.name, ()))
            for layer in layers
        }
        return {name: indices for name, indices in kept.items() if indices}

    def info(self, ctx: Context) -> ImageInfo:
        info, kept = ctx.info("image"), self._kept(ctx)
        layers = [info.layer(name).with_channels([info.layer(name).channels[i] for i in kept[name]]) for name in kept]
        return info.with_(layers=tuple(layers))

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.info(ctx).layers == ctx.info("image").layers else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        info, kept = ctx.info("image"), self._kept(ctx)
        return frozenset(name for name in layers if len(kept[name]) < len(info.layer(name).channels))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        kept = self._kept(ctx)
        return {name: take(ctx.image("image").tensor(name, ctx.region), kept[name]) for name in ctx.layers}
