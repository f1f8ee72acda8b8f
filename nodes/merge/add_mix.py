from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Curve,
    Image,
    ImageInfo,
    Layer,
    Masked,
    Need,
    NukeClass,
    Region,
    apply_curve,
    node,
    param,
    port,
    select,
)  # fmt: skip

from ..ops.composite import add_mix
from ..ops.several import aligned, chosen, union, wanted

_STRAIGHT = Curve.of((0.0, 0.0), (1.0, 1.0), interp="linear")


@node("merge.add_mix", see="merge.merge merge.keymix", label="AddMix", nuke=NukeClass("AddMix", ignored="A B output"))
class AddMix(Masked):
    """Puts A over B with curves for how fast A comes in and B goes out along soft edges.

    out = A / a * FA(a) + B (1 - FB(a)), where a is the alpha of A, FA the curve `A` and FB the curve `B`; with straight
    curves it is over. Lift the middle of curve A, or pull that of curve B down, against dark edges; the other way
    against bright ones. Where a is 0, A is added as it is, so that glows survive. Alpha becomes FA(a) + b (1 - FB(a));
    a picture B without alpha is opaque.
    """

    B: Image = port("the picture below")
    A: Image = port("the picture above")
    channels: str = param(
        default="rgba", role="channels", place="top", doc="channels that are mixed; all others are those of B"
    )
    premultiplied: bool = param(default=True, doc="the colour of A is multiplied by its alpha")
    a_curve: Curve = param(default=_STRAIGHT, label="A", doc="how much of A is seen, over its alpha")
    b_curve: Curve = param(default=_STRAIGHT, label="B", doc="how much of B is hidden, over the alpha of A")
    point: ClassVar[bool] = True

    def info(self, ctx: Context) -> ImageInfo:
        b, a = ctx.info("B"), ctx.info("A")
        self.require(a.has(MAIN) and a.layer(MAIN).alpha is not None, f"A has no alpha in layer '{MAIN}'")
        return union(b, chosen(a, self.channels))

    def identity(self, ctx: Context) -> str | None:
        return "B" if self.mix == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(select(self.channels, self.info(ctx).layers)) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        both = *wanted(ctx, "B", region, layers), *wanted(ctx, "A", region, tuple(dict.fromkeys((*layers, MAIN))))
        return (*both, *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, out = select(self.channels, ctx.output.layers), {}
        for name in ctx.layers:
            layer = ctx.output.layer(name)
            below, above, alpha = self._below(ctx, layer), aligned(ctx, "A", layer), self._alpha(ctx, layer)
            seen, hidden = apply_curve(alpha, self.a_curve), apply_curve(alpha, self.b_curve)
            mixed = add_mix(above, below, alpha, seen, hidden, layer.alpha, self.premultiplied)
            worked = [i in selection[name] for i in range(len(layer.channels))]
            places = torch.tensor(worked, device=ctx.device)[:, None, None]
            out[name] = torch.where(places, self.blend(ctx, below, mixed), below)
        return out

    def _below(self, ctx: ComputeContext, layer: Layer) -> Tensor:
        """A layer of B; without alpha it is opaque inside its data window."""
        info, x = ctx.info("B"), aligned(ctx, "B", layer)
        if layer.alpha is None or not info.has(layer.name) or info.layer(layer.name).alpha is not None:
            return x
        inside = info.data.intersect(ctx.region)
        if not inside.is_empty:
            x[(layer.alpha, *ctx.region.slices_of(inside))] = 1.0
        return x

    def _alpha(self, ctx: ComputeContext, layer: Layer) -> Tensor:
        """The alpha of A that belongs to a layer: its own, or that of the main layer."""
        own = ctx.info("A").layer(layer.name) if ctx.info("A").has(layer.name) else None
        found = own if own is not None and own.alpha is not None else ctx.info("A").layer(MAIN)
        assert found.alpha is not None
        return ctx.image("A").tensor(found.name, ctx.region)[found.alpha : found.alpha + 1]
