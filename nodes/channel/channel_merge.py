from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    RGBA,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    Masked,
    Need,
    NukeClass,
    Region,
    find_channel,
    guess_kind,
    node,
    param,
    port,
    put,
)  # fmt: skip

OPERATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "union": lambda a, b: a + b - a * b,
    "in": lambda a, b: a * b,
    "out": lambda a, b: a * (1 - b),
    "stencil": lambda a, b: b * (1 - a),
    "xor": lambda a, b: a * (1 - b) + b * (1 - a),
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "from": lambda a, b: b - a,
    "difference": lambda a, b: (a - b).abs(),
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: torch.where(b == 0, 0.0, a / torch.where(b == 0, 1.0, b)),
    "max": torch.maximum,
    "min": torch.minimum,
    "average": lambda a, b: (a + b) / 2,
    "copy": lambda a, b: a,
}


@node(
    "channel.channel_merge",
    see="channel.shuffle channel.copy merge.merge",
    label="ChannelMerge",
    nuke=NukeClass(
        "ChannelMerge",
        {"A": "a", "B": "b", "output": "target"},
        choices={"operation": {"absminus": "difference", "a if not b": "out"}},
        ignored="bbox metainput rangeinput",
    ),
)
class ChannelMerge(Masked):
    """Combines one channel of A with one channel of B into one channel; all else of B passes through.

    union a + b - ab, in ab, out a(1 - b), stencil b(1 - a), xor a(1 - b) + b(1 - a), from b - a; divide is 0 where b
    is 0.
    """

    B: Image = port("the picture that receives the result")
    A: Image = port("the other picture")
    a: str = param(default="rgba.A", role="channel", label="A channel", doc="channel of A that is combined")
    operation: str = param(default="union", choices=tuple(OPERATIONS), doc="how the two are combined")
    b: str = param(default="rgba.A", role="channel", label="B channel", doc="channel of B that is combined")
    target: str = param(default="rgba.A", role="channel", doc="channel the result goes to; made where B lacks it")
    point: ClassVar[bool] = True

    def _target(self, ctx: Context) -> tuple[Layer, int, bool]:
        """The layer the result goes to, the channel's index, and whether B has that channel."""
        info = ctx.info("B")
        found = find_channel(self.target, info.layers)
        if found is not None:
            return info.layer(found[0]), found[1], True
        name, _, channel = self.target.rpartition(".")
        name, channel = (name or MAIN), "A" if channel == "alpha" else channel
        if info.has(name):
            old = info.layer(name)
            return old.with_channels((*old.channels, channel)), len(old.channels), False
        made = RGBA.with_channels((channel,)) if name == MAIN else Layer(name, (channel,), guess_kind(name, (channel,)))
        return made, 0, False

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("B")
        return info.with_layer(self._target(ctx)[0]).with_(data=info.data.union(ctx.info("A").data))

    def identity(self, ctx: Context) -> str | None:
        return "B" if self.mix == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset({self._target(ctx)[0].name}) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        source, target = ctx.channel("B", self.b)[0], self._target(ctx)[0].name
        of_b = (source, target) if target != source and ctx.info("B").has(target) else (source,)
        of_a = (ctx.channel("A", self.a)[0],)
        return (Need("B", region, of_b), Need("A", region, of_a), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        layer, index, known = self._target(ctx)
        a, b = ctx.plane("A", self.a), ctx.plane("B", self.b)
        whole = ctx.image("B").tensor(layer.name, ctx.region) if ctx.info("B").has(layer.name) else ctx.zeros(0)
        before = whole[index : index + 1] if known else ctx.zeros(1)
        after = self.blend(ctx, before, OPERATIONS[self.operation](a, b))
        return {layer.name: put(whole, (index,), after) if known else torch.cat((whole, after))}
