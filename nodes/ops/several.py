"""What several pictures have in common when a node combines them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, ImageInfo, Layer, Need, Region, select


def union(first: ImageInfo, *others: ImageInfo) -> ImageInfo:
    """`first` with the layers and channels that the others have beside its own, over the data windows of all."""
    layers = {layer.name: layer for layer in first.layers}
    data = first.data
    for other in others:
        data = data.union(other.data)
        for layer in other.layers:
            known = layers.setdefault(layer.name, layer)
            new = tuple(c for c in layer.channels if c not in known.channels)
            layers[layer.name] = known.with_channels(known.channels + new) if new else known
    return first.with_(layers=tuple(layers.values()), data=data)


def chosen(info: ImageInfo, pattern: str) -> ImageInfo:
    """`info` with nothing but the channels that a pattern chooses."""
    selection = select(pattern, info.layers)
    return info.with_(
        layers=tuple(
            layer.with_channels(tuple(layer.channels[i] for i in selection[layer.name]))
            for layer in info.layers
            if layer.name in selection
        )
    )


def wanted(
    ctx: Context, socket: str, region: Region, layers: Sequence[str], frame: float | None = None
) -> tuple[Need, ...]:
    """What an input has to give for `layers`: those of them that it has."""
    names = tuple(name for name in layers if ctx.info(socket, frame).has(name))
    return (Need(socket, region, names, frame),) if names else ()


def aligned(ctx: ComputeContext, socket: str, layer: Layer, frame: float | None = None) -> Tensor:
    """`layer` of an input over the region of `ctx`: `[C, h, w]` with exactly the channels of `layer`, black where the
    input lacks one or has no pixels."""
    info = ctx.info(socket, frame)
    if not info.has(layer.name) or info.data.is_empty:
        return ctx.zeros(len(layer.channels))
    x, channels = ctx.image(socket, frame).tensor(layer.name, ctx.region), info.layer(layer.name).channels
    if channels == layer.channels:
        return x
    black = ctx.zeros(1)
    return torch.cat([x[channels.index(c)][None] if c in channels else black for c in layer.channels])
