"""What nodes share that alter pictures of the surroundings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    LayerKind,
    Need,
    Node,
    Region,
    RimlightError,
    port,
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings(Node):
    """A node that alters the colour layers of a lat-long picture over its frame; other layers pass."""

    roi: ClassVar[bool] = False  # what lies around the corner may be anywhere in the picture

    image: Image = port("lat-long picture of the surroundings")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info.with_(data=info.display)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & set(color_layers(ctx.info("image")))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").display, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        out = {}
        for name in ctx.layers:
            ctx.check()
            out[name] = self.altered(image.tensor(name, image.info.display), name, ctx)
        return out

    def altered(self, x: Tensor, layer: str, ctx: ComputeContext) -> Tensor:
        """The new frame of a layer `[C, h, w]`."""
        raise RimlightError(f"{self.label} does not say what it does")


def color_layers(info: ImageInfo) -> list[str]:
    """The layers that are light, which turning, blurring and taking keys out is for."""
    return [layer.name for layer in info.layers if layer.kind is LayerKind.COLOR]


def finite(x: Tensor) -> Tensor:
    """The picture `[C, h, w]` with 0 for what is not finite: one such pixel would be in every sum over the
    surroundings. Not as `ops.fir.finite`: an infinite pixel as the largest half float would be a sun.
    """
    return torch.where(torch.isfinite(x), x, 0.0)
