"""What a node is: the questions that the engine asks it.

A node class is its own declaration: a frozen dataclass made by `@node`, see `declaring`. Fields made with `port` are
inputs, fields made with `param` are parameters, the docstring is the manual page. An instance holds the parameters
resolved at one frame and proxy scale and is immutable. The engine asks a node

    frames(frame)              which frames of which inputs it reads,
    info(ctx)                  what it would put out,
    identity(ctx)              whether it passes an input through as it is,
    changes(ctx)               which layers it makes or alters; all others pass through from `through`,
    needs(ctx, region, layers) which pixels of which inputs that takes,
    compute(ctx)               the pixels.

Bases answer what they can: a `Source` gives `info` and `compute`; of those in `effects`, a `PointNode` gives `process`
for pixels that depend on nothing but themselves, an `AreaNode` `margin` and `process`; a `Node` answers everything
itself.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor

from .computing import ComputeContext
from .context import Context, Need
from .errors import RimlightError
from .image import Image, ImageInfo
from .io.sequence import FilePattern
from .nuke.declare import NukeClass
from .params import Family, Port, Spec, param
from .region import Region

_FILE_ROLES = ("file", "font")
"""Roles of parameters that name a file to read."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Maps the plain values of one version of a node, by name, to those of the next."""


@dataclasses.dataclass(frozen=True)
class Node:
    """Base of every node. Class attributes are set by `@node`, except `through`, `aligned`, `roi`, `point`,
    `result` and `sink`.

    through : the socket whose layers pass through, by default the first port.
    aligned : ports whose pictures are laid over that of `through` (else over the first of them that is wired). Where
        the formats differ, frames meet at the bottom left, as in Nuke: the node is given them moved there.
    roi : False for nodes whose every pixel depends on the whole input: they are always computed whole.
    point : True when a pixel depends on the same pixel of the inputs alone, so that chains may run in one pass.
    result : type of what the node puts out, Image unless it says otherwise; object when it is that of its input.
    sink : True for nodes that write files.
    mutes : True for nodes that, disabled with nothing to pass through, put out something of their own, not an error.
    fresh : True when every tensor of `compute` is the node's own, not an input's or one it keeps: whoever reads it
        alone may write into it.
    nuke : what nodes of Nuke become this one.
    measures : names of the numbers that `compute` tells with `ctx.measured`: facts that only the pixels say, by the
        name of a metadata attribute. all_zero : what it means where the first of them is 0 at all frames of a range.
    solves : what the node can find for its own parameters in the pixels of its inputs, when asked: names, each with a
        sentence. See `solved`.
    follows : those of `solves` that go from frame to frame, in the order of time, and so are asked for over a range.
    sections : titles under which parameters stand in the panel, with the names of those, a space between; that of a
        family stands for its members.
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
    aligned: ClassVar[frozenset[str]] = frozenset({"A", "B", "background", "mask", "matte"})
    roi: ClassVar[bool] = True
    point: ClassVar[bool] = False
    sink: ClassVar[bool] = False
    mutes: ClassVar[bool] = False
    fresh: ClassVar[bool] = False
    nuke: ClassVar[tuple[NukeClass, ...]] = ()
    measures: ClassVar[tuple[str, ...]] = ()
    all_zero: ClassVar[str] = ""
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
        """The socket whose layers pass through; empty where there is none."""
        return self.ports[0].name if self.ports else ""

    def require(self, condition: bool, sentence: str) -> None:
        """Raise a RimlightError with `sentence` unless `condition` holds."""
        if not condition:
            raise RimlightError(sentence)

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Frames read of each connected socket; those left out are read at `frame`, an empty list means not at all."""
        return {}

    def info(self, ctx: Context) -> ImageInfo:
        """What the node puts out: windows, layers, colour space, metadata; by default what comes into `through`.

        Asked for often and before any pixel is there. A node of another `result` gives the description of that.
        Raises RimlightError with a sentence where values or inputs do not fit.
        """
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
        patterns = [FilePattern.of(name, ctx.project.folder) for name in names if name]
        return [pattern.path(ctx.frame) if "frame" in ctx.reads else pattern.text for pattern in patterns]

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
        """None: nothing comes in."""
        return ""
