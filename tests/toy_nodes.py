"""Small nodes for tests of the engine: a picture of coordinates, a gain, a box blur, a sum, a slow one, a failing one.

`use()` puts them into the registry for the length of a `with`, so that tests over all kinds do not see them.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from rimlight.engine import (
    RGBA,
    AreaNode,
    CancelToken,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Node,
    NodeError,
    PointNode,
    Project,
    Region,
    Request,
    RimlightError,
    Settings,
    Source,
    node,
    param,
    port,
    registry,
)  # fmt: skip
from rimlight.engine.evaluate.evaluator import Evaluator
from rimlight.engine.graph.graph import Graph, NodeState

CALLS: list[str] = []


@node("toy.coordinates")
class Coordinates(Source):
    """Red is x, green is y, blue is negative, alpha one, plus a depth layer."""

    gain: float = param(default=1.0, doc="factor")

    def info(self, ctx: Context) -> ImageInfo:
        frame = ctx.project.size.region.scaled(ctx.scale)
        return ImageInfo(frame, frame, (RGBA, Layer("depth", ("Z",), LayerKind.DEPTH)))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        CALLS.append("coordinates")
        r = ctx.region
        y, x = torch.meshgrid(torch.arange(r.y0, r.y1), torch.arange(r.x0, r.x1), indexing="ij")
        x, y = x.float() * self.gain, y.float() * self.gain
        layers = {"rgba": torch.stack((x, y, -x - y, torch.ones_like(x))), "depth": (x + y)[None]}
        return {name: layers[name].to(ctx.device) for name in ctx.layers}


@node("toy.gain")
class Gain(PointNode):
    """Multiplies."""

    gain: float = param(default=1.0, doc="factor")

    def is_identity(self) -> bool:
        return self.gain == 1

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        CALLS.append("gain")
        return x * self.gain


@node("toy.box")
class Box(AreaNode):
    """Mean of a square."""

    size: int = param(default=0, hard=(0, 50), unit="px", doc="radius")

    def margin(self) -> tuple[int, int]:
        return self.size, self.size

    def is_identity(self) -> bool:
        return self.size == 0

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        CALLS.append("box")
        return torch.nn.functional.avg_pool2d(x, 2 * self.size + 1, 1)


@node("toy.sum")
class Sum(Node):
    """Adds two pictures point by point."""

    b: Image = port("first")
    a: Image = port("second", optional=True)
    point = True

    def identity(self, ctx: Context) -> str | None:
        return None if ctx.connected("a") else "b"

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return Need("b", region, layers), Need("a", region, layers)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        CALLS.append("sum")
        a, b = ctx.image("a"), ctx.image("b")
        return {n: a.tensor(n, ctx.region) + b.tensor(n, ctx.region) for n in ctx.layers}


@node("toy.slow")
class Slow(PointNode):
    """Takes its time and asks whether it is still wanted."""

    seconds: float = param(default=0.5, doc="how long")
    point = False
    entered = threading.Event()

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        CALLS.append("slow")
        Slow.entered.set()
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            ctx.check()
            time.sleep(0.005)
        return x + 1


@node("toy.broken")
class Broken(PointNode):
    """Raises."""

    where: str = param(default="compute", choices=("compute", "info"), doc="when")

    def info(self, ctx: Context) -> ImageInfo:
        if self.where == "info":
            raise ZeroDivisionError("cannot say")
        return ctx.info("image")

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        CALLS.append("broken")
        raise ZeroDivisionError("cannot do")


@node("toy.clock", reads=("frame",))
class Clock(PointNode):
    """Adds the frame number."""

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return x + ctx.frame


@node("toy.sneaky")
class Sneaky(PointNode):
    """Depends on something that is not in its key."""

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        CALLS.append("sneaky")
        return x + len(CALLS)


@node("toy.meter")
class Meter(AreaNode):
    """Halves the light and tells how bright it was."""

    measures = ("toy:brightest",)

    def margin(self) -> tuple[int, int]:
        return 0, 0

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        ctx.measured("toy:brightest", float(x.max()))
        return x / 2


@node("toy.babbler")
class Babbler(Meter):
    """Tells what it did not declare."""

    measures = ()


KINDS = [Coordinates, Gain, Box, Sum, Slow, Broken, Clock, Sneaky, Meter, Babbler]
for _cls in KINDS:
    registry.discard(_cls.kind)


@contextlib.contextmanager
def registered(classes: Sequence[type[Node]]) -> Iterator[None]:
    """With some classes in the registry."""
    for cls in classes:
        registry.add(cls)
    try:
        yield
    finally:
        for cls in classes:
            registry.discard(cls.kind)


@contextlib.contextmanager
def use() -> Iterator[None]:
    """Register the toys."""
    CALLS.clear()
    Slow.entered.clear()
    with registered(KINDS):
        yield


class NoColors:
    """Stands in for the colour service where nothing is converted."""

    def key(self, project: Project) -> str:
        return "none"


def evaluator(**settings: Any) -> Evaluator:
    return Evaluator(Settings(**settings), {"colors": NoColors()})


def graph(*chain: tuple[str, str, dict[str, Any]], start: str = "C") -> Graph:
    """A source `C` and a chain of (name, kind, values) behind it."""
    out = Graph().put(start, NodeState("toy.coordinates"))
    previous = start
    for name, kind, values in chain:
        out = out.put(name, NodeState(kind))
        for parameter, value in values.items():
            out = out.set_value(name, parameter, value)
        out = out.connect(name, registry.find(kind).ports[0].name, previous)
        previous = name
    return out


def told_at_two_frames(ev: Evaluator, graph: Graph, path: str, kind: type[Node]) -> list[str]:
    """What is told, sorted, of a node that fails at frame 1, and at 2 for whom waits for it meanwhile. kind : its."""
    entered, waits, go = threading.Event(), threading.Event(), threading.Event()
    told: list[str] = []

    class Second(CancelToken):
        asked = 0

        def check(self) -> None:  # again and again while it waits
            self.asked += 1
            if self.asked > 6:
                waits.set()

    def fail(ctx: object) -> None:
        entered.set()
        assert go.wait(20)
        raise RimlightError("cannot")

    def ask(frame: float, token: CancelToken) -> None:
        try:
            ev.evaluate(graph, Project(format="64x48"), Request(path, frame), token)
        except NodeError as error:
            told.append(str(error))

    with mock.patch.object(kind, "compute", lambda self, ctx: fail(ctx)):
        threads = [threading.Thread(target=ask, args=given) for given in ((1.0, CancelToken()), (2.0, Second()))]
        threads[0].start()
        assert entered.wait(20)
        threads[1].start()
        assert waits.wait(20)
        go.set()
        for thread in threads:
            thread.join(20)
    return sorted(told)
