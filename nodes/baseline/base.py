"""Shared by the baselines: the picture they look at, and the area they measure in."""

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    Need,
    Node,
    param,
    port,
)


@dataclasses.dataclass(frozen=True)
class Estimator(Node):
    """A node that measures a picture, everywhere or in an area."""

    image: Image = port("the picture")
    area: Image = port("where to measure: what its channel covers by half or more; all of the picture without it",
                       optional=True)  # fmt: skip
    area_channel: str = param(default="alpha", role="channel", doc="channel of the area input", place="bottom")

    def area_needs(self, ctx: Context, socket: str = "area", picture: str = "image") -> Sequence[Need]:
        """What an area takes: all of it that lies on its picture."""
        if not ctx.connected(socket):
            return ()
        return (Need(socket, ctx.info(picture).data, (ctx.channel(socket, self.area_channel)[0],)),)

    def measured(self, ctx: ComputeContext, values: Tensor, socket: str = "area", picture: str = "image") -> Tensor:
        """The pixels `[C, N]` of `values [C, H, W]`, which cover the data window of a picture, inside its area.

        An area that covers nothing counts as none.
        """
        if ctx.has_image(socket):
            inside = ctx.plane(socket, self.area_channel, ctx.info(picture).data)[0] >= 0.5
            if bool(inside.any()):
                return values[:, inside]
        return values.flatten(1)


def percentile(values: Tensor, share: float) -> float:
    """The value below which `share` (0 to 1) of `values [N]` lie: one of them, so it scales with them exactly.

    Values that are no number are left out; 0 where none is left.
    """
    known = values[torch.isfinite(values)]
    if known.numel() == 0:
        return 0.0
    return float(known.kthvalue(1 + round(share * (known.numel() - 1))).values)
