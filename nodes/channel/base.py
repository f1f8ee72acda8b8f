"""Shared by Premult and Unpremult: which channels, and the alpha they are multiplied or divided by."""

import dataclasses
from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Need, PointNode, Region, Selection, find_channel, param


@dataclasses.dataclass(frozen=True)
class AlphaNode(PointNode):
    """A point node that works with one channel of the picture itself, by default the alpha of the main layer.

    A picture without that channel counts as opaque.
    """

    channels: str = param(
        default="rgb", role="channels", place="top", doc="channels to work on; kind:color is every colour layer",
    )  # fmt: skip
    alpha: str = param(default="rgba.A", role="channel", doc="the channel that counts as alpha")

    def _alpha(self, ctx: Context) -> tuple[str, int] | None:
        return find_channel(self.alpha, ctx.info("image").layers)

    def selection(self, ctx: Context) -> Selection:
        found = self._alpha(ctx)
        chosen = super().selection(ctx)
        if found is not None and found[0] in chosen:
            chosen[found[0]] = tuple(i for i in chosen[found[0]] if i != found[1])
        return {name: indices for name, indices in chosen.items() if indices}

    def identity(self, ctx: Context) -> str | None:
        return "image" if self._alpha(ctx) is None else super().identity(ctx)

    def warnings(self, ctx: Context) -> Sequence[str]:
        return () if self._alpha(ctx) else (f"the picture has no channel '{self.alpha}', so it counts as opaque",)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found = self._alpha(ctx)
        wanted = layers if found is None or found[0] in layers else (*layers, found[0])
        return (Need("image", region, wanted), *self.mask_needs(ctx, region))

    def alpha_of(self, ctx: ComputeContext) -> Tensor:
        """The alpha `[1, h, w]` over the region of `ctx`."""
        found = self._alpha(ctx)
        assert found is not None, "a picture without the channel passes through"
        return ctx.image("image").tensor(found[0], ctx.region)[found[1] : found[1] + 1]
