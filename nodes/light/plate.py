"""Shared by nodes that look at the light of a picture, red, green and blue of its main layer, or change that alone."""

import dataclasses
from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Masked, Region


def plate_of(ctx: ComputeContext, socket: str = "image", region: Region | None = None) -> Tensor:
    """Red, green and blue `[3, h, w]` of an input over a region, by default its data window, where the edge repeats."""
    region = ctx.info(socket).data if region is None else region
    return ctx.image(socket).tensor(MAIN, region, "repeat")[list(ctx.rgb(socket))]


@dataclasses.dataclass(frozen=True)
class Recolored(Masked):
    """A node that changes the light of its main input as mask and mix let it; alpha and all other layers pass."""

    def identity(self, ctx: Context) -> str | None:
        return self.through if self.mix == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN}

    def put_light(self, ctx: ComputeContext, light: Tensor) -> Tensor:
        """The main layer `[C, h, w]` over the region of `ctx` with `light [3, h, w]`, as mask and mix let it."""
        out = ctx.image(self.through).tensor(MAIN, ctx.region).clone()
        rgb = list(ctx.rgb(self.through))
        out[rgb] = self.blend(ctx, out[rgb], light)
        return out
