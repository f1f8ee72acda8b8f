"""Small nodes whose wires carry no images: levels, made, picked from a pixel, added, applied.

`use()` puts them into the registry for the length of a `with`, together with the toys of `toy_nodes`.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

import toy_nodes
from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    Need,
    Node,
    Region,
    node,
    param,
    port,
    registry,
)  # fmt: skip
from toy_nodes import CALLS


@dataclass(frozen=True)
class Level:
    """A number on a wire; as a description the number is what is known before computing."""

    name: str = ""
    number: float = 0.0


@node("toy.level")
class MakeLevel(Node):
    """Puts out a level."""

    result = Level
    mutes = True
    name: str = param(default="a", doc="name")
    number: float = param(default=1.0, doc="number")

    def info(self, ctx: Context) -> Any:
        return Level(self.name)

    def compute(self, ctx: ComputeContext) -> Any:
        CALLS.append("level")
        return Level(self.name, 0.0 if self.disable else self.number)


@node("toy.pick")
class Pick(Node):
    """The red of one pixel as a level."""

    result = Level
    image: Image = port("the picture")
    x: int = param(default=3, unit="px", doc="column")
    y: int = param(default=2, unit="px", doc="row")

    def info(self, ctx: Context) -> Any:
        return Level("picked")

    def region(self) -> Region:
        return Region(self.x, self.y, self.x + 1, self.y + 1)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", self.region(), ("rgba",)),)

    def compute(self, ctx: ComputeContext) -> Any:
        CALLS.append("pick")
        return Level("picked", float(ctx.image("image").tensor("rgba", self.region())[0]))


@node("toy.total")
class Total(Node):
    """Adds levels."""

    result = Level
    level: Level = port("levels", many=True)
    wait: float = param(default=0.0, doc="seconds to wait")
    wrong: bool = param(default=False, doc="put out something else")

    def _all(self, get: Any, ctx: Context) -> list[Level]:
        return [get(socket) for socket in ctx.inputs]

    def info(self, ctx: Context) -> Any:
        return Level("+".join(level.name for level in self._all(ctx.about, ctx)))

    def compute(self, ctx: ComputeContext) -> Any:
        CALLS.append("total")
        entered.set()
        end = time.monotonic() + self.wait
        while time.monotonic() < end:
            ctx.check()
            time.sleep(0.005)
        if self.wrong:
            return 7
        return replace(ctx.output, number=sum(level.number for level in self._all(ctx.value, ctx)))  # type: ignore[type-var]


@node("toy.broken_level")
class BrokenLevel(Node):
    """Fails."""

    result = Level

    def info(self, ctx: Context) -> Any:
        return Level("broken")

    def compute(self, ctx: ComputeContext) -> Any:
        CALLS.append("broken")
        raise ZeroDivisionError("cannot")


@node("toy.apply")
class Apply(Node):
    """Multiplies a picture by a level, point by point."""

    image: Image = port("the picture")
    level: Level = port("the level", optional=True)
    point = True

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        CALLS.append("apply")
        factor = ctx.value("level").number if ctx.connected("level") else 1.0
        return {n: ctx.image("image").tensor(n, ctx.region) * factor for n in ctx.layers}


@node("toy.parts")
class Parts(Node):
    """The sum of the picture times each of its levels, each product a part."""

    image: Image = port("the picture")
    level: Level = port("the levels", many=True)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset({"rgba"}) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, ("rgba",)),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = ctx.image("image").tensor("rgba", ctx.region)
        total = x * 0
        for socket in ctx.inputs[1:]:
            number = ctx.value(socket).number

            def make(number: float = number) -> Mapping[str, Tensor]:
                CALLS.append(f"part {number:g}")
                return {"product": x * number}

            total = total + ctx.part(number, ("product",), make)["product"]
        return {"rgba": total}


entered = threading.Event()

KINDS = [MakeLevel, Pick, Total, BrokenLevel, Apply, Parts]
for _cls in KINDS:
    registry.discard(_cls.kind)


@contextlib.contextmanager
def use() -> Iterator[None]:
    """Register these toys and those of `toy_nodes`."""
    entered.clear()
    with toy_nodes.use(), toy_nodes.registered(KINDS):
        yield
