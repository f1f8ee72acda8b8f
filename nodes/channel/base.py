"""Shared by nodes that multiply or divide by a channel of their picture: which that is, and what is left to work on."""

import dataclasses
from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Need, PointNode, Region, Selection, find_channel, param


@dataclasses.dataclass(frozen=True)
class Divided(PointNode):
    """A point node that may divide by a channel of its own picture, which stays as it is."""

    def divisor(self, ctx: Context) -> tuple[str, int] | None:
        """Layer and index of that channel; None when none is asked for, or the picture lacks it (opaque)."""
        return None

    def selection(self, ctx: Context) -> Selection:
        chosen, found = super().selection(ctx), self.divisor(ctx)
        if found is not None and found[0] in chosen:
            chosen[found[0]] = tuple(i for i in chosen[found[0]] if i != found[1])
        return {name: indices for name, indices in chosen.items() if indices}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found = self.divisor(ctx)
        wanted = layers if found is None or found[0] in layers else (*layers, found[0])
        return (Need("image", region, wanted), *self.mask_needs(ctx, region))


@dataclasses.dataclass(frozen=True)
class AlphaNode(Divided):
    """A point node that works with one channel of the picture itself, by default the alpha of the main layer.

    A picture without that channel counts as opaque.
    """

    channels: str = param(
        default="rgb", role="channels", place="top", doc="channels to work on; kind:color is every colour layer",
    )  # fmt: skip
    alpha: str = param(default="rgba.A", role="channel", doc="channel that counts as alpha")

    def divisor(self, ctx: Context) -> tuple[str, int] | None:
        return find_channel(self.alpha, ctx.info("image").layers)

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.divisor(ctx) is None else super().identity(ctx)

    def warnings(self, ctx: Context) -> Sequence[str]:
        return () if self.divisor(ctx) else (f"the picture has no channel '{self.alpha}', so it counts as opaque",)

    def alpha_of(self, ctx: ComputeContext) -> Tensor:
        """The alpha `[1, h, w]` over the region of `ctx`."""
        found = self.divisor(ctx)
        assert found is not None, "a picture without the channel passes through"
        return ctx.image("image").tensor(found[0], ctx.region)[found[1] : found[1] + 1]
