"""What all nodes share that fill a frame, or draw over a picture or on black."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    RGBA,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    Need,
    Region,
    RimlightError,
    Source,
    param,
    parse_format,
    port,
)  # fmt: skip


def blank(ctx: Context, format: str) -> ImageInfo:
    """An RGBA picture of a format (empty: the project's) in the working space."""
    size = parse_format(format) if format else ctx.project.size
    frame = size.region.scaled(ctx.scale)
    return ImageInfo(frame, frame, (RGBA,), size.pixel_aspect, ctx.project.working)


@dataclass(frozen=True)
class Pattern(Source):
    """A node that fills a frame with the same RGBA whatever its input, pixel by pixel."""

    format: str = param(default="", role="format", doc="size; empty: the project's")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        return blank(ctx, self.format)


@dataclass(frozen=True)
class Drawing(Masked):
    """A node whose drawing goes over a picture where one is wired, else on black.

    Colours are premultiplied: the drawing is the colour times its coverage, the picture shows through 1 - its alpha.
    """

    image: Image = port("the picture to draw on", optional=True)
    format: str = param(default="", role="format", doc="size where no picture is wired; empty: the project's")
    replace: bool = param(default=False, doc="put the drawing in the place of the picture, not over it")

    def draw(self, ctx: ComputeContext) -> Tensor:
        """The drawing, premultiplied RGBA `[4, h, w]` over the region of `ctx`."""
        raise RimlightError(f"{self.label} does not say what it draws")

    def info(self, ctx: Context) -> ImageInfo:
        if not ctx.connected("image"):
            return blank(ctx, self.format)
        info = ctx.info("image")
        layers = info.layers if info.has(MAIN) else (RGBA, *info.layers)
        return info.with_(layers=layers, data=info.data.union(info.display))

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 and ctx.connected("image") else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset({MAIN}) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        below = ctx.connected("image") and ctx.info("image").has(MAIN)
        return (*((Need("image", region, (MAIN,)),) if below else ()), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        layer = ctx.output.layer(MAIN)
        drawn = self.draw(ctx)
        hole = 1 - drawn[3:]
        # Channels beside RGBA have nothing drawn into them.
        black = torch.zeros_like(hole)
        drawn = torch.cat([drawn["RGBA".index(c)][None] if c in "RGBA" else black for c in layer.channels])
        below = ctx.image("image").tensor(MAIN, ctx.region) if ctx.has_image("image") else torch.zeros_like(drawn)
        return {MAIN: self.blend(ctx, below, drawn if self.replace else torch.addcmul(drawn, below, hole))}


def colored(color: tuple[float, ...], coverage: Tensor) -> Tensor:
    """A premultiplied colour RGBA times coverage `[1, h, w]`: `[4, h, w]`."""
    return torch.tensor(color, device=coverage.device)[:, None, None] * coverage
