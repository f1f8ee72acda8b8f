"""Shared by nodes that multiply the light of their picture: its light layers follow, and the ledger stays closed."""

from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context

from .base import StudentNode
from .brought import LEDGER


@dataclass(frozen=True)
class GainNode(StudentNode):
    """A node that gives every pixel of its picture so many times its light."""

    def lit_layers(self, ctx: Context) -> frozenset[str]:
        """The layers of the picture that carry its light: the main one, and of the ledger all but the albedo."""
        info = ctx.info("image")
        return frozenset((MAIN, *(name for name in LEDGER if name != "albedo" and info.has(name))))

    def put_gain(self, ctx: ComputeContext, gain: Tensor) -> dict[str, Tensor]:
        """Those of the layers asked for, times `gain [3, h, w]` over the region of `ctx`, as mask and mix let it."""
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        out = {}
        for name in self.lit_layers(ctx) & set(ctx.layers):
            if name == MAIN:
                out[name] = self.put_light(ctx, self.plate(ctx)[:, rows, columns] * gain)
            else:
                before = ctx.image("image").tensor(name, ctx.region)
                after = torch.cat((before[:3] * gain[: len(before)], before[3:]))  # it may have an alpha
                out[name] = self.blend(ctx, before, after)
        return out
