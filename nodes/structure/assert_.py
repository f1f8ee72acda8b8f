from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Region,
    node,
    param,
    parse_format,
    port,
)

from ..nuke.metadata import ASSERT


@node("structure.assert", see="image.curve_tool command_line", label="Assert", menu="Other", nuke=ASSERT)
class Assert(Node):
    """Stops the render with a sentence when the picture is not what it should be; passes it through otherwise.

    Checks that named layers exist, that the format is as stated, and that pixels are finite and inside a range.
    """

    image: Image = port("the image to check")
    layers: str = param(default="", doc="names of layers that must exist, separated by spaces")
    format: str = param(default="", role="format", doc="size the frame must have; empty: any")
    finite: bool = param(default=True, doc="refuse NaN and infinite values")
    limits: bool = param(default=False, doc="refuse values outside minimum and maximum")
    minimum: float = param(default=0.0, doc="lowest value allowed")
    maximum: float = param(default=65504.0, doc="highest value allowed")
    message: str = param(default="", doc="what to say when a check fails; empty: what was found")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        for name in self.layers.split():
            self._hold(info.has(name), f"layer '{name}' is missing, there are {', '.join(info.names)}")
        if self.format:
            want = parse_format(self.format).region.scaled(ctx.scale)
            size = (info.display.width, info.display.height)
            found = f"the frame is {size[0]}x{size[1]}, expected {want.width}x{want.height}"
            self._hold(size == (want.width, want.height), found)
        return info

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        out = {}
        for name in ctx.layers:
            x = out[name] = image.tensor(name, ctx.region)
            if self.finite:
                bad = int((~torch.isfinite(x)).any(0).sum())
                self._hold(bad == 0, f"layer '{name}' has {bad} pixels that are not finite")
            if self.limits:
                low, high = float(x.min()), float(x.max())
                inside = low >= self.minimum and high <= self.maximum
                self._hold(
                    inside,
                    f"layer '{name}' goes from {low:g} to {high:g}, allowed is {self.minimum:g} to {self.maximum:g}",
                )
        return out

    def _hold(self, condition: bool, found: str) -> None:
        self.require(condition, f"{self.message} ({found})" if self.message else found)
