"""Shared by the colour nodes: values for each channel, unpremultiplied colour, red, green and blue together."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Layer,
    LayerKind,
    RimlightError,
    Selection,
    find_channel,
    param,
    take,
)

from ..channel.base import Divided

_COMPONENTS = {"R": 0, "G": 1, "B": 2, "A": 3}


def per_channel(values: Sequence[float], layer: Layer, chosen: Sequence[int]) -> tuple[float, ...]:
    """The component of a colour parameter that belongs to each chosen channel of a layer.

    Channels R, G, B and A take the component of their name; all others (depth.Z, normal.X) take the first.
    """
    return tuple(values[_COMPONENTS.get(layer.channels[i], 0)] for i in chosen)


@dataclasses.dataclass(frozen=True)
class ColorNode(Divided):
    """A point node that can work on colour without its alpha. Subclasses answer `work` in the place of `process`.

    `work` gets a tensor of its own, so that most nodes are one pass over memory that is still in the processor's cache.
    """

    fresh: ClassVar[bool] = True

    unpremult: str = param(
        default="none", role="channel", place="bottom",
        doc="channel that colour is divided by before and multiplied by after, such as rgba.A; none: neither. The "
        "channel itself stays, and so do pixels where it is 0",
    )  # fmt: skip

    def divisor(self, ctx: Context) -> tuple[str, int] | None:
        return None if self.unpremult in ("", "none") else find_channel(self.unpremult, ctx.info("image").layers)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, weight = ctx.image("image"), self.weight(ctx)
        held = weight is not None or self.mix != 1
        out = {}
        for layer, chosen in self.chosen_layers(ctx):
            x = image.tensor(layer.name, ctx.region)
            result = x if layer.name in ctx.scratch and not held else x.clone()
            part = take(result, chosen)
            made = self.process(part, layer, chosen, ctx)
            if held:
                made = self.blend(ctx, take(x, chosen), made)
            if chosen[-1] - chosen[0] + 1 != len(chosen):
                result[list(chosen)] = made
            elif made is not part:
                part.copy_(made)
            out[layer.name] = result
        return out

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        found = self.divisor(ctx) if layer.kind is LayerKind.COLOR else None
        if found is None:
            return self.work(x, layer, chosen, ctx)
        name, index = found
        alpha = ctx.image("image").tensor(name, ctx.region)[index : index + 1]
        empty = alpha == 0
        alpha = alpha.masked_fill(empty, 1)
        return torch.where(empty, x, self.work(x / alpha, layer, chosen, ctx).mul_(alpha))

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The new values of the chosen channels `[len(chosen), h, w]` of one layer, unpremultiplied if asked for.

        `x` may be written into; the result is `x` or a new tensor.
        """
        raise RimlightError(f"{self.label} does not say what it does")


@dataclasses.dataclass(frozen=True)
class RGBNode(ColorNode):
    """Works on red, green and blue together: on colour layers with all three among the chosen channels, no others."""

    def selection(self, ctx: Context) -> Selection:
        info, out = ctx.info("image"), {}
        for name, chosen in super().selection(ctx).items():
            layer = info.layer(name)
            if layer.kind is LayerKind.COLOR and layer.rgb is not None and set(layer.rgb) <= set(chosen):
                out[name] = tuple(sorted(layer.rgb))
        return out

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        order = [chosen.index(i) for i in layer.rgb or chosen]
        if order == [0, 1, 2]:
            return self.color(x, ctx)
        made = self.color(x[order], ctx)
        return made[[order.index(i) for i in range(3)]]

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        """The new red, green and blue of `x [3, h, w]`, which may be written into."""
        raise RimlightError(f"{self.label} does not say what it does")
