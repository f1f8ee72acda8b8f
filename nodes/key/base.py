"""What keyers share: a matte from the main layer's colour goes into its alpha."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, ImageInfo, Masked, Need, Region, param, port, put


@dataclasses.dataclass(frozen=True)
class Keyer(Masked):
    """Makes a matte from red, green and blue of the main layer and puts it into alpha; colour is left as it is."""

    image: Image = port("the picture")
    invert: bool = param(default=False, doc="exchange black and white of the matte")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        colors(self, info, "the picture")
        main = info.layer(MAIN)
        return info if "A" in main.channels else info.with_layer(main.with_channels((*main.channels, "A")))

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 and "A" in ctx.info("image").layer(MAIN).channels else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset((MAIN,)) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = ctx.image("image").tensor(MAIN, ctx.region)
        matte = self.matte(x[list(colors(self, ctx.info("image"), "the picture"))], ctx)
        matte = 1 - matte if self.invert else matte
        main = ctx.output.layer(MAIN)
        if x.shape[0] < len(main.channels):
            x = torch.cat((x, torch.zeros_like(matte)))
        alpha = (main.index("A"),)
        return {MAIN: put(x, alpha, self.blend(ctx, x[alpha[0] : alpha[0] + 1], matte))}

    def matte(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        """The matte `[1, h, w]`, 0 to 1, of `rgb [3, h, w]`, over the region of `ctx`."""
        raise NotImplementedError


def colors(node: Masked, info: ImageInfo, what: str) -> tuple[int, int, int]:
    """Where red, green and blue of the main layer are; a sentence when they are not there."""
    found = info.layer(MAIN).rgb if info.has(MAIN) else None
    node.require(found is not None, f"{what} has no red, green and blue in layer '{MAIN}'")
    assert found is not None
    return found


def rising(node: Masked, low: float, high: float) -> None:
    """Refuse a range that runs backwards."""
    node.require(low <= high, f"low is {low:g} and high {high:g}: low must not be the higher one")


def luminance(ctx: ComputeContext) -> tuple[float, float, float]:
    """Weights of red, green and blue in the luminance of the working space."""
    red, green, blue = ctx.service("colors").config(ctx.project).luminance
    return red, green, blue
