from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Edges,
    ImageInfo,
    Layer,
    Need,
    NukeClass,
    Region,
    node,
    param,
    put,
    select,
    take,
)

from ..ops.edges import EDGE_MARGIN, EdgeOperator, edge_magnitude
from ..ops.gaussian import gaussian_blur, gaussian_margin
from ..ops.morphology import dilate, dilate_margin
from .spread import Spread, corner, sigma


@node(
    "filter.edge_detect",
    see="filter.sharpen filter.dilate_erode",
    label="EdgeDetect",
    nuke=NukeClass(
        "EdgeDetectWrapper EdgeDetect",
        {"erodesize": "size", "blursize": "blur", "Blur": "blur"},
        values={"output": "alpha"},
        choices={"output": {"rgba.alpha": "alpha"}},
        ignored="blurquality blurfilter quality",
        differs="Nuke puts the edges into a channel of choice, ours into alpha or into the channels themselves.",
    ),
)
class EdgeDetect(Spread):
    """Finds edges: how fast the light changes at every pixel, never below zero.

    Sobel and Prewitt give the length of the gradient per pixel, the Laplacian the size of the second derivative, which
    is high on both sides of an edge. The edges replace the chosen channels, or the strongest of them becomes the alpha
    channel.
    """

    channels: str = param(default="rgb", role="channels", doc="channels to look at", place="top")
    operator: str = param(default="sobel", choices=("sobel", "prewitt", "laplacian"), doc="how change is measured")
    blur: float = param(
        default=0.0, hard=(0, 500), soft=(0, 20), unit="px", doc="blur before looking, so that noise makes no edges"
    )
    threshold: float = param(default=0.0, hard=(0, None), soft=(0, 1), doc="weaker edges become zero; 0 keeps all")
    size: float = param(
        default=0.0, hard=(-100, 100), soft=(-10, 10), unit="px", doc="thickens the edges; below 0 thins them"
    )
    output: str = param(default="channels", choices=("channels", "alpha"), doc="where the edges go")

    def margin(self) -> tuple[int, int]:
        margin = gaussian_margin(sigma(self.blur)) + EDGE_MARGIN + dilate_margin(self.size)
        return margin, margin

    def info(self, ctx: Context) -> ImageInfo:
        info = super().info(ctx)
        if self.output == "channels" or not select(self.channels, info.layers):
            return info
        self.require(info.has(MAIN), f"there is no layer '{MAIN}' whose alpha could take the edges")
        main = info.layer(MAIN)
        return info if "A" in main.channels else info.with_layer(main.with_channels((*main.channels, "A")))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        found = frozenset(self.selection(ctx))
        if self.output == "alpha" and found:
            found = frozenset((MAIN,))
        return found & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        if self.output == "alpha":
            layers = tuple({*self.selection(ctx), MAIN})
        return super().needs(ctx, region, layers)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        if self.output == "channels":
            return super().compute(ctx)
        image, edges = ctx.image("image"), cast(Edges, self.edges)
        padded = ctx.region.expand(*self.margin())
        strongest = []
        for name, chosen in self.selection(ctx).items():
            ctx.check()
            found = self._edges(take(image.tensor(name, padded, edges), chosen), ctx)
            strongest.append(found.amax(dim=0, keepdim=True))
        after = reduce(torch.maximum, strongest)
        before = image.tensor(MAIN, ctx.region, edges)
        main = ctx.output.layer(MAIN)
        if before.shape[0] < len(main.channels):
            before = torch.cat((before, torch.zeros_like(after)))
        alpha = (main.index("A"),)
        return {MAIN: put(before, alpha, self.blend(ctx, take(before, alpha), after))}

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return self._edges(x, ctx)

    def _edges(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        width = sigma(self.blur)
        x = gaussian_blur(x, width, width, corner(ctx, self.margin()))
        x = edge_magnitude(x, cast(EdgeOperator, self.operator))
        if self.threshold > 0:
            x = torch.where(x >= self.threshold, x, 0.0)
        return dilate(x, self.size, self.size, round_element=True)
