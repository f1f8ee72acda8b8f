"""How a node is declared, and the base classes that answer the engine's questions.

A node class is its own declaration: a frozen dataclass made by `@node`. Fields made with `port` are inputs, fields made
with `param` are parameters, the docstring is the manual page. An instance holds the parameters resolved at one frame
and proxy scale and is immutable. The engine asks a node

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
import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar, dataclass_transform

import torch
from torch import Tensor

from .context import ComputeContext, Context, Need
from .errors import PluginError, RimlightError
from .image import Edges, Image, ImageInfo
from .kinds import owner, registry
from .layers import Layer, LayerKind, Selection, find_channel, select
from .nuke.declare import NukeClass
from .params import Family, Port, Spec, make_spec, numbers, param, port
from .region import Region

_KIND = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")

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
    sections : titles under which parameters stand in the panel, with the names of those, a space between.
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
    sections: ClassVar[Mapping[str, str]] = {}

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
        """Frames read of each connected socket; sockets left out are read at `frame`, an empty list means not at all.
        """
        return {}

    def info(self, ctx: Context) -> ImageInfo:
        return ctx.info(self.through)

    def regional(self, ctx: Context) -> bool:
        """Whether a region can be computed without all the rest; `roi`, unless it depends on more than the parameters.
        """
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
        """What the frame is to the cache key of a node that reads it: itself, unless many frames are the same picture.
        """
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

    def source_files(self, ctx: Context) -> Sequence[str]:
        """The files that the node reads at this frame: a render never replaces what it is made of."""
        return ()

    def warnings(self, ctx: Context) -> Sequence[str]:
        """Sentences for the node's warning tab; nothing here stops a render."""
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
        found = self._mask_layer(ctx)
        return (Need("mask", region, (found[0],)),)

    def _mask_layer(self, ctx: Context) -> tuple[str, int]:
        found = find_channel(self.mask_channel, ctx.info("mask").layers)
        if found is None:
            names = [f"{layer.name}.{c}" for layer in ctx.info("mask").layers for c in layer.channels]
            raise RimlightError(f"the mask input has no channel '{self.mask_channel}', it has {', '.join(names[:12])}")
        return found

    def weight(self, ctx: ComputeContext) -> Tensor | None:
        """The mask `[1, h, w]` over the region of `ctx`, inverted if asked for, without the mix; None without a mask.
        """
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
        return torch.lerp(before, after, weight if self.mix == 1 else weight * self.mix)


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
    """

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


def renamed(**names: str) -> Upgrade:
    """An upgrade step that renames parameters: `renamed(old="new")`."""

    def upgrade(values: dict[str, Any]) -> dict[str, Any]:
        return {names.get(name, name): value for name, value in values.items()}

    return upgrade


def defaulted(**old: Any) -> Upgrade:
    """An upgrade step for changed defaults: writes the old default where a script relied on it."""

    def upgrade(values: dict[str, Any]) -> dict[str, Any]:
        return old | values

    return upgrade


N = TypeVar("N", bound=type["Node"])


@dataclass_transform(field_specifiers=(param, port, numbers), frozen_default=True, kw_only_default=True)
def node(
    kind: str,
    *,
    version: int = 1,
    label: str = "",
    menu: str = "",
    reads: Sequence[str] = (),
    upgrades: Mapping[int, Upgrade] | None = None,
    nuke: NukeClass | Sequence[NukeClass] = (),
) -> Callable[[N], N]:
    """Declare a node class and register it.

    kind : dotted lower-case name, for ever. label : what people see, by default the class name. menu : default from the
    kind.
    version : raise it with every change of meaning, with an upgrade from each version before.
    reads : `frame`, `tier`, where the pixels depend on them beyond the parameters.
    nuke : which classes of Nuke this node stands for when a script of Nuke is opened.

    Raises PluginError when the declaration is incomplete.
    """

    def declare(cls: N) -> N:
        _declare(cls, kind, version, label, menu, frozenset(reads), dict(upgrades or {}))
        cls.nuke = (nuke,) if isinstance(nuke, NukeClass) else tuple(nuke)
        _check_nuke(cls)
        registry.add(cls)
        return cls

    return declare


def _check_declaration(cls: type[Node], kind: str) -> None:
    """Raise PluginError for a class that cannot be a node, or would not be the one that its author thinks of."""
    if not issubclass(cls, Node):
        raise PluginError(f"node kind '{kind}' of {owner(cls)} derives from no Node, PointNode, AreaNode or Source")
    if not _KIND.fullmatch(kind):
        raise PluginError(f"node kind '{kind}' of {owner(cls)}: expected lower-case words with dots, as mine.edge")
    if not cls.__doc__ or cls.__doc__ == cls.__mro__[1].__doc__:
        raise PluginError(f"node kind '{kind}' of {owner(cls)} has no docstring, which would be its manual page")
    fields = sorted(name for name, value in vars(cls).items() if isinstance(value, dataclasses.Field))
    for base in cls.__mro__[1:]:
        lost = sorted(name for name, value in vars(base).items() if isinstance(value, dataclasses.Field))
        if lost:
            raise PluginError(f"{kind}: its base {base.__name__} declares {lost[0]}, but is no @dataclass(frozen=True)")
        hidden = [name for name in fields if inspect.isfunction(vars(base).get(name))]
        if hidden:
            raise PluginError(f"{kind}.{hidden[0]} would hide a method of {base.__name__}; choose another name")


def _check_nuke(cls: type[Node]) -> None:
    """Raise PluginError where what is said of Nuke names parameters or inputs that the node does not have."""
    for declared in cls.nuke:
        named = {*(declared.parameter(knob)[0] for knob in declared.knobs), *declared.values, *declared.choices}
        unknown = sorted(named - {spec.name for spec in cls.specs})
        unknown += [s for s in declared.inputs.split() if s != "-" and cls.port(s) is None]
        if unknown:
            raise PluginError(f"{cls.kind}: what it says of Nuke's {declared.names} names {unknown[0]}, no part of it")


def _declare(
    cls: type[Node], kind: str, version: int, label: str, menu: str, reads: frozenset[str], upgrades: dict[int, Upgrade]
) -> None:
    _check_declaration(cls, kind)
    missing = sorted(set(range(1, version)) - set(upgrades))
    if missing:
        raise PluginError(f"node kind '{kind}' is version {version} but has no upgrade from version {missing[0]}")
    hints = _hints(cls)
    for name, field in list(vars(cls).items()):
        if isinstance(field, dataclasses.Field) and name not in hints:
            raise PluginError(f"{kind}.{name} has no type, which decides what it is: write `{name}: float = ...`")
        if isinstance(field, dataclasses.Field) and "param" in field.metadata:
            field.default = make_spec(kind, name, hints[name], field.default, dict(field.metadata["param"])).default
    dataclasses.dataclass(frozen=True, eq=True)(cls)
    cls.kind, cls.version, cls.reads, cls.upgrades = kind, version, reads, upgrades
    cls.label = label or cls.__name__
    cls.menu = menu or kind.rsplit(".", 1)[0].replace(".", "/").replace("_", " ").title()
    ports, specs, families = [], [], []
    for field in dataclasses.fields(cls):
        if "port" in field.metadata:
            ports.append(Port(name=field.name, type=hints[field.name], **field.metadata["port"]))
        elif "param" in field.metadata:
            specs.append(make_spec(kind, field.name, hints[field.name], field.default, dict(field.metadata["param"])))
        elif "family" in field.metadata:
            families.append(Family(field.name, field.metadata["family"], kind))
        else:
            raise PluginError(f"{kind}.{field.name} is declared neither as a port nor as a param nor as numbers")
    for spec in specs:
        if any(family.member(spec.name) for family in families):
            raise PluginError(f"{kind}.{spec.name} has the name of a member of a family of numbers; choose another")
    order = {"top": 0, "main": 1, "bottom": 2}
    specs.sort(key=lambda s: (order[s.place], _depth(cls, s.name)))
    cls.ports = tuple(sorted(ports, key=lambda p: p.name == "mask"))
    cls.specs, cls.families = tuple(specs), tuple(families)
    strange = {name for names in cls.sections.values() for name in names.split()} - {spec.name for spec in specs}
    if strange:
        raise PluginError(f"{kind}: a section of its panel names {min(strange)}, which is no parameter of it")


def _depth(cls: type, name: str) -> int:
    """How far up the class tree a field was declared: a node's own parameters come before inherited ones."""
    return next(i for i, base in enumerate(cls.__mro__) if name in vars(base).get("__annotations__", {}))


def _hints(cls: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints.update(inspect.get_annotations(base, eval_str=True))
    return hints


__all__ = [
    "AreaNode", "Effect", "LayerKind", "Masked", "Node", "PointNode", "Source", "Upgrade", "defaulted", "node", "put",
    "renamed", "take",
]  # fmt: skip
