from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Masked, Need, Region, node, param, port

from ..nuke.routing import COPY
from ..ops.routing import Routing, check_routing, gather, route


@node(
    "channel.copy",
    see="channel.shuffle channel.channel_merge recipes#a-rim-light-that-leaves-the-ground-alone",
    nuke=COPY,
)
class Copy(Masked):
    """Copies channels of input A into input B; all else of B passes through.

    The mapping is written as in Shuffle, `alpha=alpha depth=depth rgba.R=diffuse.G`: to the left where a channel goes
    in B, to the right where it comes from in A. Layers that B does not have are made.
    """

    B: Image = port("the picture that receives channels")
    A: Image = port("the picture that gives channels")
    mapping: str = param(
        default="alpha=alpha", parse=check_routing, role="text", doc="assignments, channel of B = channel of A",
    )  # fmt: skip
    missing: str = param(default="error", choices=("error", "black"), doc="what a source that is not there gives")
    point: ClassVar[bool] = True

    def _routing(self, ctx: Context) -> Routing:
        return route(self.mapping, {s: ctx.info(s) for s in ("B", "A")}, "B", "A", self.missing == "black")

    def info(self, ctx: Context) -> ImageInfo:
        return self._routing(ctx).info(ctx)

    def identity(self, ctx: Context) -> str | None:
        return "B" if self.mix == 0 or not self.mapping else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(self._routing(ctx).routes) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        routing, info = self._routing(ctx), ctx.info("B")
        of_b = dict.fromkeys((*routing.layers_of("B", layers), *(name for name in layers if info.has(name))))
        wanted = {"B": tuple(of_b), "A": routing.layers_of("A", layers)}
        return [*(Need(s, region, names) for s, names in wanted.items() if names), *self.mask_needs(ctx, region)]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        routing = ctx.memo.get("routing") or ctx.memo.setdefault("routing", self._routing(ctx))
        region = ctx.region
        out = {}
        for name in ctx.layers:
            after = gather(
                routing.routes[name], lambda socket, layer: ctx.image(socket).tensor(layer, region), ctx.zeros(0)
            )
            out[name] = self.blend(ctx, self._before(ctx, name, after), after)
        return out

    def _before(self, ctx: ComputeContext, name: str, after: Tensor) -> Tensor:
        """The layer of B, black in the channels that it does not have."""
        if not ctx.info("B").has(name):
            return torch.zeros_like(after)
        x = ctx.image("B").tensor(name, ctx.region)
        new = after.shape[0] - x.shape[0]
        return x if new == 0 else torch.cat((x, ctx.zeros(new)))
