"""What a node is, and the base classes that answer the engine's questions.

A node class is its own declaration: a frozen dataclass made by `@node`, see `declaring`. Fields made with `port` are
inputs, fields made with `param` are parameters, the docstring is the manual page. An instance holds the parameters
resolved at one frame and proxy scale and is immutable. The engine asks a node

    frames(frame)              which frames of which inputs it reads,
    info(ctx)                  what it would put out,
    identity(ctx)              whether it passes an input through as it is,
    changes(ctx)               which layers it makes or alters; all others pass through from `through`,
    needs(ctx, region, layers) which pixels of which inputs that takes,
    compute(ctx)               the pixels.

Bases answer what they can: a `Source` gives `info` and `compute`; a `PointNode` gives `process` for pixels that depend
on nothing but themselves; an `AreaNode` gives `margin` and `process`; a `Node` answers everything itself.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from .context import ComputeContext, Context, Need
from .errors import RimlightError
from .image import Edges, Image, ImageInfo
from .io.sequence import FilePattern
from .layers import Layer, Selection, select
from .nuke.declare import NukeClass
from .params import Family, Port, Spec, param, port
from .paths import full_path
from .region import Region

_FILE_ROLES = ("file", "font")
"""Roles of parameters that name a file to read."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Maps the plain values of one version of a node, by name, to those of the next."""


@dataclasses.dataclass(frozen=True)
class Node:
    """Base of every node. Class attributes are set by `@node`, except `through`, `roi`, `point`, `result` and `sink`.

    through : the socket whose layers pass through, by default the first port.
    roi : False for nodes whose every pixel depends on the whole input: they are always computed whole.
    point : True when a pixel depends on the same pixel of the inputs alone, so that chains may run in one pass.
    result : type of what the node puts out, Image unless it says otherwise; object when it is that of its input.
    sink : True for nodes that write files.
    mutes : True for nodes that, disabled with nothing to pass through, put out something of their own, not an error.
    fresh : True when every tensor of `compute` is the node's own, not an input's or one it keeps: whoever reads it
        alone may write into it.
    nuke : what nodes of Nuke become this one.
    measures : names of the numbers that `compute` tells with `ctx.measured`: facts that only the pixels say, by the
        name of a metadata attribute.
    solves : what the node can find for its own parameters in the pixels of its inputs, when asked: names, each with a
        sentence. See `solved`.
    follows : those of `solves` that go from frame to frame, in the order of time, and so are asked for over a range.
    sections : titles under which parameters stand in the panel, with the names of those, a space between.
    see : where the manual page leads on to: kinds of other nodes, and chapters of the manual.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    label: ClassVar[str]
    menu: ClassVar[str]
    ports: ClassVar[tuple[Port, ...]] = ()
    specs: ClassVar[tuple[Spec, ...]] = ()
    families: ClassVar[tuple[Family, ...]] = ()
    upgrades: ClassVar[Mapping[int, Upgrade]] = {}
    reads: ClassVar[frozenset[str]] = frozenset()
    result: ClassVar[type] = Image
    roi: ClassVar[bool] = True
    point: ClassVar[bool] = False
    sink: ClassVar[bool] = False
    mutes: ClassVar[bool] = False
    fresh: ClassVar[bool] = False
    nuke: ClassVar[tuple[NukeClass, ...]] = ()
    measures: ClassVar[tuple[str, ...]] = ()
    solves: ClassVar[Mapping[str, str]] = {}
    follows: ClassVar[frozenset[str]] = frozenset()
    sections: ClassVar[Mapping[str, str]] = {}
    see: ClassVar[tuple[str, ...]] = ()

    disable: bool = param(default=False, doc="pass the main input through unchanged", place="bottom")
    note: str = param(default="", doc="text shown under the node's name", cosmetic=True, place="bottom")

    @classmethod
    def spec(cls, name: str) -> Spec:
        """The declaration of a parameter. Raises KeyError."""
        for spec in cls.specs:
            if spec.name == name:
                return spec
        for family in cls.families:
            if member := family.member(name):
                return family.spec(member)
        raise KeyError(name)

    @classmethod
    def is_member(cls, name: str) -> bool:
        """Whether a parameter belongs to a family."""
        return any(family.member(name) for family in cls.families)

    @classmethod
    def port(cls, name: str) -> Port | None:
        """The port that a socket belongs to (`A2` belongs to `A`), or None."""
        for p in cls.ports:
            if p.name == name or p.sockets((name,)):
                return p
        return None

    @property
    def through(self) -> str:
        return self.ports[0].name if self.ports else ""

    def require(self, condition: bool, sentence: str) -> None:
        """Raise a RimlightError with `sentence` unless `condition` holds."""
        if not condition:
            raise RimlightError(sentence)

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Frames read of each connected socket; those left out are read at `frame`, an empty list means not at all."""
        return {}

    def info(self, ctx: Context) -> ImageInfo:
        return ctx.info(self.through)

    def regional(self, ctx: Context) -> bool:
        """Whether a region can be computed without the rest; `roi`, unless it depends on more than the parameters."""
        return self.roi

    def identity(self, ctx: Context) -> str | None:
        """The socket that this node passes through unchanged with its current values, or None."""
        return None

    def pixel_matrix(self, ctx: Context) -> Tensor | None:
        """For nodes that only move pixels by a matrix: 3x3 float64 from input to output pixels, y down; None for all
        others.

        Such nodes in a row filter once: `ctx.chain` holds what they amount to, and the main input is the start of the
        row.
        """
        return None

    def bypass(self, ctx: Context) -> str | None:
        """The socket that passes through when the node is disabled; None when nothing is there to pass."""
        return self.through if self.through and ctx.connected(self.through) else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        """Which of the output layers named in `layers` the node computes; the rest pass through unchanged."""
        return frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        """The pixels needed to compute `layers` over `region`, which lies inside the node's own data window."""
        return ()

    def frame_key(self, ctx: Context) -> object:
        """What the frame is to the cache key of a node that reads it: itself, unless many frames are one picture."""
        return ctx.frame

    def extra_key(self, ctx: Context) -> object:
        """Anything beyond parameters and inputs that the result depends on, such as the identity of a file."""
        return None

    def members(self, ctx: Context) -> Sequence[Spec]:
        """The members of the node's families with their defaults and ranges, in the order to be shown."""
        return ()

    def pick_layers(self, ctx: Context) -> Sequence[str]:
        """The layers of the main input that a click in the viewer looks at; none where the node takes no clicks."""
        return ()

    def picked(self, ctx: Context, pixel: Mapping[str, Tensor]) -> Mapping[str, Any]:
        """The parameters, by name, that a click changes. pixel : the values `[C]` of `pick_layers` at that place."""
        return {}

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        """The pixels, at full size, that it takes to find what `solves` names."""
        return ()

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        """The parameters, by name, that were found. images : by socket. check : is called now and then, to cancel."""
        return {}

    def solved_next(
        self,
        ctx: Context,
        what: str,
        images: Mapping[str, Image],
        check: Callable[[], None],
        memory: dict[str, Any],
    ) -> Mapping[str, Any]:
        """As `solved`, at the next frame of a range. memory : the node's own, empty at the first frame, then as it was
        left. Nothing found is no key.
        """
        return self.solved(ctx, what, images, check)

    def source_files(self, ctx: Context) -> Sequence[str]:
        """The files that the node reads at this frame, by default those that its parameters name: a render never
        replaces what it is made of, and `rimlight files` lists them.
        """
        if self.sink:
            return ()
        names = [getattr(self, s.name) for s in self.specs if s.role in _FILE_ROLES and not s.cosmetic]
        paths = [full_path(name, ctx.project.folder) for name in names if name]
        return [FilePattern(path).path(ctx.frame) for path in paths] if "frame" in ctx.reads else paths

    def warnings(self, ctx: Context) -> Sequence[str]:
        """Sentences for the node's warning tab; nothing here stops a render."""
        return ()

    def doubt_needs(self, ctx: Context) -> Sequence[Need]:
        """The pixels that it takes to see whether layers mean what the node takes them for, see `doubts`."""
        return ()

    def doubts(self, ctx: Context, images: Mapping[str, Image]) -> Sequence[str]:
        """Sentences about layers that do not look like what the node takes them for: `rimlight check` tells them.

        images : by socket, small.
        """
        return ()

    def heeded(self, ctx: Context, socket: str) -> Sequence[float]:
        """The frames of an input whose warnings a render tells: all, where the node reads all that it asks for."""
        return ctx.frames(socket)

    def compute(self, ctx: ComputeContext) -> Any:
        """The tensors `[C, h, w]` of `ctx.layers` over `ctx.region`, by layer name. Inputs are never written to."""
        raise RimlightError(f"{self.label} puts out nothing")


@dataclasses.dataclass(frozen=True)
class Source(Node):
    """A node without inputs that makes pixels."""

    @property
    def through(self) -> str:
        return ""


@dataclasses.dataclass(frozen=True)
class Masked(Node):
    """Shared by nodes whose effect a mask and a mix may hold back."""

    mask: Image = port("limits the effect", optional=True)
    mask_channel: str = param(default="alpha", role="channel", doc="channel of the mask input", place="bottom")
    invert_mask: bool = param(default=False, doc="work where the mask is black", place="bottom")
    mix: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="0 is the input, 1 the full effect", place="bottom")

    def mask_needs(self, ctx: Context, region: Region) -> tuple[Need, ...]:
        """What the mask takes over `region`; nothing when it is not connected."""
        if not ctx.connected("mask"):
            return ()
        return (Need("mask", region, (self._mask_layer(ctx)[0],)),)

    def _mask_layer(self, ctx: Context) -> tuple[str, int]:
        return ctx.channel("mask", self.mask_channel)

    def weight(self, ctx: ComputeContext) -> Tensor | None:
        """The mask `[1, h, w]` over the region of `ctx`, inverted if asked for, not mixed; None without a mask."""
        if not ctx.has_image("mask"):
            return None
        name, index = self._mask_layer(ctx)
        weight = ctx.image("mask").tensor(name, ctx.region)[index : index + 1]
        return 1 - weight if self.invert_mask else weight

    def blend(self, ctx: ComputeContext, before: Tensor, after: Tensor) -> Tensor:
        """`before + (after - before) * mask * mix` over the region of `ctx`; `after` itself without mask and mix."""
        weight = self.weight(ctx)
        if weight is None:
            return after if self.mix == 1 else torch.lerp(before, after, self.mix)
        return mix_by(before, after, weight if self.mix == 1 else weight * self.mix)


@dataclasses.dataclass(frozen=True)
class Effect(Masked):
    """Shared by nodes that alter chosen channels of one image, with a mask and a mix."""

    image: Image = port("the image")
    channels: str = param(default="rgb", role="channels", doc="channels to work on", place="top")

    def selection(self, ctx: Context) -> Selection:
        """The chosen channels of the input, by layer."""
        return select(self.channels, ctx.info("image").layers)

    def is_identity(self) -> bool:
        """True when the current parameters change nothing."""
        return False

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.is_identity() else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(self.selection(ctx)) & frozenset(layers)


@dataclasses.dataclass(frozen=True)
class PointNode(Effect):
    """An effect whose every pixel depends on the same pixel alone. Runs fused with its neighbours, in bands of rows."""

    point: ClassVar[bool] = True

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plan = ctx.memo.get("channels")
        if plan is None:
            selection, info = self.selection(ctx), ctx.info("image")
            plan = ctx.memo["channels"] = [(info.layer(name), selection[name]) for name in ctx.layers]
        image = ctx.image("image")
        return {
            layer.name: self._layer(ctx, layer, chosen, image.tensor(layer.name, ctx.region)) for layer, chosen in plan
        }

    def _layer(self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...], x: Tensor) -> Tensor:
        before = take(x, chosen)
        after = self.blend(ctx, before, _fitting(self.process(before, layer, chosen, ctx), before, layer, chosen))
        return after if len(chosen) == x.shape[0] else put(x, chosen, after)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The new values of the chosen channels of one layer.

        x : `[len(chosen), h, w]`, the channels with indices `chosen` of `layer`, over `ctx.region`.
        """
        raise RimlightError(f"{self.label} does not say what it does")


@dataclasses.dataclass(frozen=True)
class AreaNode(Effect):
    """An effect whose every pixel depends on a neighbourhood of known size.

    `margin` is the reach in pixels; `process` gets the chosen channels with that margin on every side and returns them
    without it. So a tile equals the crop of the whole.
    by_layer : `process` looks at nothing of the image but what it is given, so that a layer that is done may go.
    """

    by_layer: ClassVar[bool] = False

    edges: str = param(
        default="auto", choices=("auto", "repeat", "black", "mirror"), place="bottom",
        doc="what lies outside the image; auto repeats where it reaches the frame and is black where it ends inside",
    )  # fmt: skip

    def margin(self) -> tuple[int, int]:
        """Reach of the effect in pixels, x and y."""
        raise RimlightError(f"{self.label} does not say how far it reaches")

    def grows(self) -> bool:
        """Whether the data window grows by the margin where there is black outside."""
        return True

    def limit(self, info: ImageInfo) -> Region:
        """What the data window of `info` may grow to: the frame, unless it is larger already."""
        return info.display.union(info.data)

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        if info.data.is_empty or not self.grows():
            return info
        edges: Edges = self.edges  # type: ignore[assignment]
        mx, my = self.margin()
        left, top, right, bottom = (True,) * 4 if edges == "mirror" else info.repeats(edges)
        d = info.data
        grown = Region(
            d.x0 - (0 if left else mx),
            d.y0 - (0 if top else my),
            d.x1 + (0 if right else mx),
            d.y1 + (0 if bottom else my),
        )
        return info.with_(data=grown.intersect(self.limit(info)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region.expand(*self.margin()), layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, info = self.selection(ctx), ctx.info("image")
        image, edges = ctx.image("image"), typing.cast(Edges, self.edges)
        padded = ctx.region.expand(*self.margin())
        out = {}
        for name in ctx.layers:
            ctx.check()
            chosen = selection[name]
            x, layer = image.tensor(name, ctx.region, edges), info.layer(name)
            before = take(x, chosen)
            after = self.process(take(image.tensor(name, padded, edges), chosen), layer, chosen, ctx)
            after = self.blend(ctx, before, _fitting(after, before, layer, chosen))
            out[name] = after if len(chosen) == x.shape[0] else put(x, chosen, after)
            if self.by_layer:
                ctx.release("image", name)
            del x, before, after
        return out

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        """The new values of the chosen channels of one layer.

        x : `[len(chosen), h + 2 * my, w + 2 * mx]`; the result is `[len(chosen), h, w]`, over `ctx.region`.
        """
        raise RimlightError(f"{self.label} does not say what it does")


def _fitting(after: Any, before: Tensor, layer: Layer, chosen: tuple[int, ...]) -> Tensor:
    """What `process` gave. Raises RimlightError unless it is as large as `before` and of its type."""
    if isinstance(after, Tensor) and after.shape == before.shape and after.dtype == before.dtype:
        return after
    found = f"{after.dtype} {tuple(after.shape)}" if isinstance(after, Tensor) else type(after).__name__
    names = ", ".join(layer.channels[i] for i in chosen)
    raise RimlightError(
        f"process put out {found} for {names} of layer '{layer.name}', expected {before.dtype} {tuple(before.shape)}"
    )


def mix_by(before: Tensor, after: Tensor, weight: Tensor) -> Tensor:
    """`before + (after - before) * weight`, `[C, h, w]` by `[1, h, w]`. Where the weight is 0 or 1 it is one of the two
    to the bit, whatever the other holds: a mask keeps what is no number out, and lets what is put in its place in.
    """
    out = torch.lerp(before, after, weight)
    if bool(torch.isfinite(out.sum())):
        return out  # a lerp of numbers is exact at both ends, and ten times as fast as choosing
    return torch.where(weight == 0, before, torch.where(weight == 1, after, out))


def take(x: Tensor, chosen: tuple[int, ...]) -> Tensor:
    """The chosen channels of `[C, h, w]`, a view where they are neighbours."""
    first, count = chosen[0], len(chosen)
    if chosen[-1] - first + 1 == count:
        return x if count == x.shape[0] else x[first : first + count]
    return x[list(chosen)]


def put(x: Tensor, chosen: tuple[int, ...], values: Tensor) -> Tensor:
    """A copy of `[C, h, w]` with the chosen channels replaced by `values`."""
    count = len(chosen)
    if chosen[-1] - chosen[0] + 1 == count:
        return torch.cat((x[: chosen[0]], values, x[chosen[-1] + 1 :]))
    out = x.clone()
    out[list(chosen)] = values
    return out


__all__ = ["AreaNode", "Effect", "Masked", "Node", "PointNode", "Source", "Upgrade", "mix_by", "put", "take"]
