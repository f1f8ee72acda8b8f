"""Shared by the baselines: the picture they look at, and the area they measure in."""

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, Need, Node, Region, RimlightError, find_channel, param, port


def rgb(ctx: Context, socket: str = "image") -> tuple[int, int, int]:
    """Indices of red, green and blue in the main layer of an input. Raises RimlightError where it lacks them."""
    info = ctx.info(socket)
    found = info.layer(MAIN).rgb if info.has(MAIN) else None
    if found is None:
        raise RimlightError(f"input '{socket}' has no layer '{MAIN}' with R, G and B")
    return found


def light(ctx: ComputeContext, region: Region, socket: str = "image") -> Tensor:
    """Red, green and blue `[3, h, w]` of an input's main layer; beyond its data window the edge repeats."""
    return ctx.image(socket).tensor(MAIN, region, "repeat")[list(rgb(ctx, socket))]


@dataclasses.dataclass(frozen=True)
class Estimator(Node):
    """A node that measures a picture, everywhere or in an area."""

    image: Image = port("the picture")
    area: Image = port("where to measure: what its channel covers by half or more; all of the picture without it",
                       optional=True)  # fmt: skip
    area_channel: str = param(default="alpha", role="channel", doc="channel of the area input", place="bottom")

    def _area_channel(self, ctx: Context) -> tuple[str, int]:
        found = find_channel(self.area_channel, ctx.info("area").layers)
        if found is None:
            raise RimlightError(f"the area input has no channel '{self.area_channel}'")
        return found

    def area_needs(self, ctx: Context) -> Sequence[Need]:
        """What the area takes: all of it that lies on the picture."""
        if not ctx.connected("area"):
            return ()
        return (Need("area", ctx.info("image").data, (self._area_channel(ctx)[0],)),)

    def measured(self, ctx: ComputeContext, values: Tensor) -> Tensor:
        """The pixels `[C, N]` of `values [C, H, W]`, which cover the picture's data window, inside the area.

        An area that covers nothing counts as none.
        """
        if ctx.has_image("area"):
            name, index = self._area_channel(ctx)
            inside = ctx.image("area").tensor(name, ctx.info("image").data)[index] >= 0.5
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
