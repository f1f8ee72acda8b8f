"""Shared by the nodes that apply a transform of the project's colour config."""

import dataclasses
from typing import Any, ClassVar, cast

from torch import Tensor

from rimlight.engine import ComputeContext, Context, param

from .base import RGBNode


@dataclasses.dataclass(frozen=True)
class OCIONode(RGBNode):
    """Applies one or several colour transforms to red, green and blue of colour layers; all other layers pass through.

    A picture is done in one piece: OpenColorIO cuts it among the processor's cores itself.
    """

    point: ClassVar[bool] = False

    def config(self, ctx: Context) -> Any:
        """The project's colour config."""
        return ctx.colors

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        """The transforms, in order. Raises ColorError."""
        raise NotImplementedError

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or all(t.identity for t in self.transforms(ctx)) else None

    def extra_key(self, ctx: Context) -> object:
        return tuple(t.key for t in self.transforms(ctx))

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        for transform in self.transforms(ctx):
            x = cast(Tensor, transform.apply(x, check=ctx.check))
        return x


@dataclasses.dataclass(frozen=True)
class WorkingSpaceNode(OCIONode):
    """Applies a transform in a colour space of its own, and comes back to the working space."""

    working_space: str = param(
        default="", role="colorspace", doc="space it works in, such as ACEScct; empty: the project's working space"
    )

    def transform(self, ctx: Context) -> Any:
        """The transform itself. Raises ColorError."""
        raise NotImplementedError

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        config, transform = self.config(ctx), self.transform(ctx)
        if not self.working_space:
            return (transform,)
        there = config.convert(config.working, self.working_space)
        return there, transform, config.convert(self.working_space, config.working)


DIRECTIONS = ("forward", "inverse")
