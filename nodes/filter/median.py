from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import AreaNode, ComputeContext, Layer, NukeClass, node, param

from ..ops.progress import by_channel_strips
from ..ops.rank import MAX_SIZE, median, rank_margin

_ROWS = 192  # with the largest margin a strip is one row of the rank filter's tiles


@node(
    "filter.median",
    see="filter.bilateral time.temporal_median",
    nuke=NukeClass("Median", values={"channels": "all"}, ignored="ignore_bounds"),
)
class Median(AreaNode):
    """Replaces every pixel by the median of a square around it, channel by channel.

    Takes out single wrong pixels and thin lines and keeps edges. Sizes between two odd numbers blend their medians.
    """

    by_layer: ClassVar[bool] = True
    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    size: float = param(
        default=3.0, hard=(0, MAX_SIZE), soft=(1, 15), unit="px", doc="side of the square; up to 1 does nothing"
    )

    def sides(self) -> tuple[int, int, float]:
        """The odd sizes below and from `size` on, and how far it is from the one to the other."""
        steps = max(0.0, (self.size - 1) / 2)
        below = 2 * int(steps) + 1
        rest = steps - int(steps)
        return below, below + 2 if rest else below, rest

    def margin(self) -> tuple[int, int]:
        margin = rank_margin(self.sides()[1])
        return margin, margin

    def grows(self) -> bool:
        return False

    def is_identity(self) -> bool:
        return self.size <= 1

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        small, large, rest = self.sides()

        def strip(x: Tensor) -> Tensor:
            if not rest:
                return median(x, large)
            inner = x[:, 1:-1, 1:-1]
            return torch.lerp(median(inner, small), median(x, large), rest)

        return by_channel_strips(strip, x, ctx.region.height, _ROWS, ctx.progress)
