"""Evaluating nodes on given pictures, without files and without a script.

    out = run("Grade", hdr(), gain=2)                    # the Image that Grade puts out
    out = run("KeyMix", B=hdr(), A=ramp(), mask=hdr())   # inputs by socket

    stage = Stage().given("a", hdr()).add("Blur1", "Blur", {"image": "a"}, size=3)
    stage.evaluate("Blur1", region=Region(0, 0, 4, 4))

The pictures come from sources that only tests have; they are registered while a stage works, so no list of kinds shows
them.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import (
    CancelToken,
    ComputeContext,
    Context,
    EnvironmentCache,
    Evaluator,
    Graph,
    Image,
    ImageInfo,
    ModelStore,
    NodeState,
    Project,
    Region,
    Request,
    Settings,
    Source,
    Tier,
    node,
    param,
    registry,
)  # fmt: skip
from rimlight.engine.inference.folders import model_folders
from rimlight.engine.plugins import load_plugins

Given = Image | Callable[[float], Image]


@node("test.picture")
class Picture(Source):
    """A picture handed to the stage under a name."""

    name: str = param(default="", doc="name of the picture")

    def picture(self, ctx: Context) -> Image:
        return scaled(ctx.service("pictures")[self.name], ctx.scale)

    def info(self, ctx: Context) -> ImageInfo:
        return self.picture(ctx).info

    def extra_key(self, ctx: Context) -> object:
        return fingerprint(self.picture(ctx))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = self.picture(ctx)
        return {name: image.tensor(name, ctx.region).to(ctx.device) for name in ctx.layers}


@node("test.clip", reads=("frame",))
class Clip(Picture):
    """A clip handed to the stage under a name: a function from the frame to a picture."""

    def picture(self, ctx: Context) -> Image:
        return scaled(ctx.service("pictures")[self.name](ctx.frame), ctx.scale)


SOURCES = (Picture, Clip)
for _source in SOURCES:
    registry.discard(_source.kind)


@contextlib.contextmanager
def known() -> Iterator[None]:
    """Register the stage's sources."""
    for cls in SOURCES:
        registry.add(cls)
    try:
        yield
    finally:
        for cls in SOURCES:
            registry.discard(cls.kind)


def scaled(image: Image, scale: float) -> Image:
    """The picture at a proxy scale, as a reader delivers it: every layer filtered by area."""
    if scale == 1:
        return image
    info = image.info.with_(display=image.info.display.scaled(scale), data=image.info.data.scaled(scale))
    size = (info.data.height, info.data.width)
    layers = {
        name: x if x.numel() == 0 else torch.nn.functional.adaptive_avg_pool2d(x, size)
        for name, x in image.layers.items()
    }
    return Image(info, info.data, layers)


def fingerprint(image: Image) -> str:
    parts = hashlib.blake2b(repr(image.info).encode(), digest_size=16)
    for name, x in image.layers.items():
        parts.update(name.encode() + x.contiguous().numpy().tobytes())
    return parts.hexdigest()


@functools.cache
def colors() -> Any:
    """The colour service, one for all tests of a process: opening a config takes a second."""
    from rimlight.engine.color.colors import Colors

    return Colors()


class Stage:
    """A graph, the pictures its sources give, and an evaluator of its own."""

    def __init__(self, project: Project | None = None, device: torch.device | str = "cpu", **settings: Any) -> None:
        load_plugins()
        self.project = project or Project(format="16x12")
        self.graph = Graph()
        self.pictures: dict[str, Given] = {}
        services = {
            "colors": colors(), "pictures": self.pictures, "environments": EnvironmentCache(),
            "models": ModelStore(str(device), folders=model_folders()),
        }  # fmt: skip
        self.evaluator = Evaluator(Settings(device=str(device), **settings), services)

    def given(self, name: str, picture: Given) -> "Stage":
        """Add a source that gives `picture`: an Image, or a function from the frame to one."""
        self.pictures[name] = picture
        kind = Picture.kind if isinstance(picture, Image) else Clip.kind
        self.graph = self.graph.put(name, NodeState(kind, values={"name": name}))
        return self

    def add(self, name: str, kind: str, inputs: Mapping[str, str] | None = None, /, **values: Any) -> "Stage":
        """Add a node with its wires (source by socket) and values. Raises GraphError, ParameterError."""
        cls = registry.find(kind)
        self.graph = self.graph.put(name, NodeState(cls.kind, cls.version))
        for socket, source in (inputs or {}).items():
            self.graph = self.graph.connect(name, socket, source)
        return self.set(name, **values)

    def set(self, name: str, /, **values: Any) -> "Stage":
        for parameter, value in values.items():
            self.graph = self.graph.set_value(name, parameter, value)
        return self

    def info(self, name: str, frame: float = 1, scale: float = 1.0) -> Any:
        with known():
            return self.evaluator.info(self.graph, self.project, name, frame, scale)

    def vertex(self, name: str, frame: float = 1, scale: float = 1.0) -> Any:
        """What the survey found out about a node: its key, alias, error, context."""
        with known():
            return self.evaluator.survey(self.graph, self.project, [name], frame, scale, Tier.FINAL)[name, frame]

    def evaluate(
        self, name: str, frame: float = 1, region: Region | None = None, layers: tuple[str, ...] | None = None,
        scale: float = 1.0, fuse: bool = True, tier: Tier = Tier.FINAL, token: CancelToken | None = None,
    ) -> Any:  # fmt: skip
        """The pixels of a node. Raises NodeError, and Cancelled when `token` is."""
        request = Request(name, frame, region, layers, scale, tier, fuse=fuse)
        with known():
            return self.evaluator.evaluate(self.graph, self.project, request, token)


def staged(kind: str, *pictures: Given, project: Project | None = None, **given: Any) -> Stage:
    """A stage with one node called `node`: pictures wired to its ports in order or by socket, the rest its values."""
    stage = Stage(project)
    sockets = dict(zip((p.name for p in registry.find(kind).ports), pictures, strict=False))
    sockets |= {name: value for name, value in given.items() if isinstance(value, Image) or callable(value)}
    for socket, picture in sockets.items():
        stage.given(f"given_{socket}", picture)
    values = {name: value for name, value in given.items() if name not in sockets}
    return stage.add("node", kind, {socket: f"given_{socket}" for socket in sockets}, **values)


def run(
    kind: str, *pictures: Given, frame: float = 1, region: Region | None = None, scale: float = 1.0, **given: Any
) -> Any:
    """The pixels of one node over pictures, as `staged`. Raises NodeError, GraphError, ParameterError."""
    return staged(kind, *pictures, **given).evaluate("node", frame, region, scale=scale)
