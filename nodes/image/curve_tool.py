from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    Need,
    Node,
    NukeClass,
    Region,
    Vec4,
    listing,
    mean_of_all,
    node,
    param,
    port,
)  # fmt: skip

from ..color.luminance import CHOICES, DOC, weights
from ..ops.color import luminance
from .radial import pixel_area

LUMA, DARKEST, BRIGHTEST = (f"rimlight:luma{end}" for end in ("", "_min", "_max"))
CHANNELS = tuple(f"rimlight:{color}" for color in ("red", "green", "blue"))


@node(
    "image.curve_tool",
    see="color.multiply time.flicker_meter desktop#measuring",
    label="CurveTool",
    nuke=NukeClass("CurveTool", {"ROI": "area"}, ignored="operation avgframes intensitydata"),
)
class CurveTool(Node):
    """Measures the brightness of an area, frame by frame. The picture stays as it is.

    Measure, in the panel, keys the numbers at every frame of the range, for other parameters to follow: a Multiply by
    `0.18 / CurveTool1.luma` holds the area at 18 %. `rimlight measure` tells them for a range and writes them as a
    table.

    The mean, least and largest luminance are in the metadata `rimlight:luma`, `rimlight:luma_min` and
    `rimlight:luma_max`, the means of red, green and blue in `rimlight:red`, `rimlight:green` and `rimlight:blue`, and
    all are shown on the node. Pixels that are no number, and those outside the picture, do not count. In a layer
    without red, green and blue the mean of its channels stands for luminance.
    """

    roi: ClassVar[bool] = False  # numbers of the whole area, whatever is looked at
    measures: ClassVar[tuple[str, ...]] = (LUMA, DARKEST, BRIGHTEST, *CHANNELS)
    sections: ClassVar[Mapping[str, str]] = {"Measured": "luma luma_min luma_max red green blue"}

    image: Image = port("the picture")
    layer: str = param(default=MAIN, role="layer", doc="layer that is measured", place="top")
    area: Vec4 = param(
        default=(0.0, 0.0, 0.0, 0.0), role="box", unit="px", label="ROI",
        doc="left, bottom, right, top of the area; without a size it is the whole frame",
    )  # fmt: skip
    luminance: str = param(default="working", choices=CHOICES, doc=DOC)
    luma: float = param(default=0.0, cosmetic=True, doc="mean luminance, as it was measured")
    luma_min: float = param(default=0.0, cosmetic=True, doc="least luminance, as it was measured")
    luma_max: float = param(default=0.0, cosmetic=True, doc="largest luminance, as it was measured")
    red: float = param(default=0.0, cosmetic=True, doc="mean of red, as it was measured")
    green: float = param(default=0.0, cosmetic=True, doc="mean of green, as it was measured")
    blue: float = param(default=0.0, cosmetic=True, doc="mean of blue, as it was measured")

    def _measured(self, ctx: Context) -> str:
        info = ctx.info("image")
        self.require(info.has(self.layer), f"there is no layer '{self.layer}', there are {listing(info.names)}")
        return self.layer

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {self._measured(ctx)}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").data, (self._measured(ctx),)),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = ctx.image("image").tensor(self.layer, ctx.region)
        self._measure(ctx)
        return {self.layer: x}

    def _measure(self, ctx: ComputeContext) -> None:
        info = ctx.info("image")
        x0, y0, x1, y1 = pixel_area(self.area, info.display)
        part = Region(round(x0), round(y0), round(x1), round(y1)).intersect(info.data)
        values = ctx.image("image").tensor(self.layer, part).flatten(1)
        values = values[:, torch.isfinite(values).all(0)].double()
        if values.shape[1] == 0:
            return
        rgb = info.layer(self.layer).rgb
        if rgb is None:
            light = values.mean(0)
        else:
            colors = values[list(rgb)]
            light = luminance(colors[:, None], weights(self.luminance, ctx)).flatten()
            for name, channel in zip(CHANNELS, colors, strict=True):
                ctx.measured(name, float(mean_of_all(channel)))
        for name, value in ((LUMA, mean_of_all(light)), (DARKEST, light.min()), (BRIGHTEST, light.max())):
            ctx.measured(name, float(value))
