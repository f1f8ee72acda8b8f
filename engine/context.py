"""What a node may ask while it describes itself or computes: its inputs, the frame, the quality, the project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .errors import Cancelled, ParameterError, RimlightError, listing
from .image import Edges, Image, ImageInfo
from .layers import MAIN, find_channel
from .region import Region

if TYPE_CHECKING:
    from .settings import Project


class Tier(StrEnum):
    """Quality, lowest first. Part of the cache key of every node that reads it and of all that follow."""

    DRAFT = "draft"
    STUDENT = "student"
    FINAL = "final"

    @classmethod
    def named(cls, name: "Tier | str") -> "Tier":
        """A tier by its name. Raises ParameterError."""
        try:
            return cls(name)
        except ValueError:
            raise ParameterError(f"'{name}' is no tier, expected {', '.join(cls)}") from None

    @property
    def rank(self) -> int:
        """0 for the lowest quality."""
        return list(Tier).index(self)


class CancelToken:
    """Set once, read often. Whoever waits for a result holds one; work goes on while any holder wants it."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """Say that the work is no longer wanted; from any thread."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether it is no longer wanted."""
        return self._cancelled

    def check(self) -> None:
        """Raise Cancelled when the work is no longer wanted."""
        if self._cancelled:
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Chain:
    """What a row of matrix nodes amounts to.

    matrix : 3x3 float64, from pixels of the picture at the start of the row to pixels of this node's output (y down).
    info : that picture. `ctx.image` of the node's main input is that picture too, so that it is filtered once.
    """

    matrix: Tensor
    info: ImageInfo


Value = Callable[[str, float], Any]
"""Gives a parameter of a node at a frame."""


class Context:
    """Given to `info`, `identity`, `needs` and `extra_key`: everything about the inputs but their pixels.

    `frame` may only be read by nodes that declare `reads=("frame",)`, `tier` by those with `reads=("tier",)`: both then
    become part of the cache key, and a node that forgot fails at once instead of showing a stale picture.

    chain : for nodes that give a `pixel_matrix`, what they and the matrix nodes right above them amount to.
    asked : what `at` gave so far, which is part of the cache key.
    """

    __slots__ = (
        "_frame", "_infos", "_once", "_services", "_tier", "_value", "asked", "chain", "inputs", "kind", "project",
        "reads", "scale",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        reads: frozenset[str],
        frame: float,
        scale: float,
        tier: Tier,
        project: "Project",
        infos: Mapping[str, Mapping[float, Any]],
        services: Mapping[str, Any],
        value: Value | None,
    ) -> None:
        self.kind = kind
        self.reads = reads
        self.scale = scale
        self.project = project
        self.inputs: tuple[str, ...] = tuple(infos)
        self.chain: Chain | None = None
        self._frame = frame
        self._tier = tier
        self._infos = infos
        self._services = services
        self._value = value
        self._once: dict[str, Any] = {}
        self.asked: dict[tuple[str, float], Any] = {}

    @property
    def frame(self) -> float:
        """The frame that is wanted. Raises RuntimeError in a node that does not declare that it reads it."""
        if "frame" not in self.reads:
            raise RuntimeError(
                f"{self.kind} reads the frame but does not declare reads=('frame',) in @node; for the frames of an "
                "input ask ctx.frames(socket)"
            )
        return self._frame

    @property
    def tier(self) -> Tier:
        """The quality that is wanted. Raises RuntimeError in a node that does not declare that it reads it."""
        if "tier" not in self.reads:
            raise RuntimeError(f"{self.kind} reads the tier but does not declare reads=('tier',) in @node")
        return self._tier

    def connected(self, socket: str) -> bool:
        """Whether something is wired to a socket."""
        return socket in self._infos

    def at(self, parameter: str, frame: float) -> Any:
        """One of the node's own parameters at another frame, as the node itself holds it: checked, `px` at the scale.

        For what `info`, `identity`, `pixel_matrix` and `extra_key` want to know; later only what they asked for is at
        hand. Raises ParameterError where it does not resolve.
        """
        key = (parameter, float(frame))
        if key not in self.asked:
            if self._value is None:
                at = f"{parameter} at frame {frame:.12g}"
                raise RuntimeError(f"{self.kind} asks for {at} after its cache key was made")
            self.asked[key] = self._value(parameter, float(frame))
        return self.asked[key]

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives the first time: the same for `info`, `extra_key`, `warnings`, `source_files` and `compute`,
        whatever becomes of the disk meanwhile.
        """
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def settle(self) -> None:
        """The cache key is made: from now on `at` gives only what is in it."""
        self._value = None

    def frames(self, socket: str) -> tuple[float, ...]:
        """The frames of an input that the node asked for, in that order; none where the socket is not connected."""
        return tuple(self._infos.get(socket, ()))

    def service(self, name: str) -> Any:
        """A service of the session: `reader` and `writer` for files, `colors` for colour, `environments` for light from
        all around, `models` for networks.
        """
        return self._services[name]

    def info(self, socket: str, frame: float | None = None) -> ImageInfo:
        """The description of an image input. Raises the input's own error, or RimlightError when it is not connected.

        `frame` chooses among several frames that the node asked for in `frames`; by default the first of them.
        """
        found = self.about(socket, frame)
        if not isinstance(found, ImageInfo):
            carried = type(found).__name__.lower()
            raise RimlightError(f"input '{socket}' takes an image, what is wired to it puts out a {carried}")
        return found

    def channel(self, socket: str, name: str) -> tuple[str, int]:
        """Layer and index of a channel of an image input, such as `alpha` or `depth.Z`.

        Raises RimlightError where there is none, with those that there are.
        """
        layers = self.info(socket).layers
        found = find_channel(name, layers)
        if found is None:
            names = listing([f"{layer.name}.{channel}" for layer in layers for channel in layer.channels], 12)
            raise RimlightError(f"input '{socket}' has no channel '{name}', it has {names}")
        return found

    def rgb(self, socket: str, frame: float | None = None) -> tuple[int, int, int]:
        """Where red, green and blue are in the main layer of an image input.

        Raises RimlightError where it lacks one of them.
        """
        info = self.info(socket, frame)
        found = info.layer(MAIN).rgb if info.has(MAIN) else None
        if found is None:
            at = "" if frame is None else f" at frame {frame:.12g}"
            raise RimlightError(f"input '{socket}'{at} has no layer '{MAIN}' with R, G and B")
        return found

    def about(self, socket: str, frame: float | None = None) -> Any:
        """As `info`, for wires of any type."""
        frames = self._infos.get(socket)
        if frames is None:
            raise RimlightError(f"input '{socket}' is not connected")
        found = _at(frames, frame, socket)
        if isinstance(found, RimlightError):
            raise found
        return found


def _at(frames: Mapping[float, Any], frame: float | None, socket: str) -> Any:
    """What an input is at a frame, by default at the first that the node reads."""
    if frame is None:
        return next(iter(frames.values()))
    if frame not in frames:
        known = listing([f"{other:.12g}" for other in frames])
        raise RimlightError(f"input '{socket}' was not asked for at frame {frame:.12g}, but at {known}")
    return frames[frame]


@dataclass(frozen=True, slots=True)
class Need:
    """What a node needs of one input at one frame: a region and names of layers. `frame` None means its own frame."""

    socket: str
    region: Region
    layers: tuple[str, ...]
    frame: float | None = None


@dataclass
class Work:
    """What a running task shares with the outside: cancellation, progress, the device."""

    device: torch.device
    token: CancelToken
    report: Callable[[float], None] = lambda fraction: None
    tell: Callable[[str, float], None] = lambda name, value: None


Recall = Callable[[Region, object, Sequence[str], Callable[[], Mapping[str, Tensor]]], Mapping[str, Tensor]]
"""Gives parts of a result, see `ComputeContext.part`."""
Origin = tuple[str, str] | tuple[str, str, float]
"""A layer of an input, `(socket, layer)`, at the first of the frames that the node reads or at `(.., .., frame)`."""
Share = Callable[[Sequence[Origin], object, Sequence[str] | None, Callable[[], Any]], Any]
"""Gives what nodes of all kinds share, see `ComputeContext.shared`."""


class ComputeContext(Context):
    """Given to `compute`: the context, the pixels of the inputs, and what is wanted.

    region : the pixels to produce, inside the node's own data window.
    layers : the names of the layers to produce.
    output : the node's own description. device : where every tensor lives.
    memo : an empty dict that lives as long as the task; nodes that work band by band keep what is the same for all
    bands.
    scratch : layers of the main input that nobody else reads: the node may write into their tensors.
    lent : sockets whose pictures nobody else reads, see `release`.
    """

    __slots__ = (
        "_images", "_recall", "_share", "_work", "device", "layers", "lent", "memo", "output", "region", "scratch",
    )  # fmt: skip

    def __init__(
        self,
        base: Context,
        output: ImageInfo,
        region: Region,
        layers: tuple[str, ...],
        images: Mapping[str, Mapping[float, Any]],
        work: Work,
        memo: dict[Any, Any],
        recall: Recall,
        share: Share,
    ) -> None:
        super().__init__(
            base.kind, base.reads, base._frame, base.scale, base._tier, base.project, base._infos, base._services, None
        )
        self._once = base._once
        self.asked = base.asked
        self.chain = base.chain
        self.output = output
        self.region = region
        self.layers = layers
        self.device = work.device
        self.memo = memo
        self.scratch: frozenset[str] = frozenset()
        self.lent: frozenset[str] = frozenset()
        self._images = images
        self._work = work
        self._recall = recall
        self._share = share

    def image(self, socket: str, frame: float | None = None) -> Image:
        """The pixels of an input that the node asked for in `needs`. Raises RimlightError when it is not connected."""
        found: Image = self.value(socket, frame)
        return found

    def plane(self, socket: str, name: str, region: Region | None = None, edges: Edges = "black") -> Tensor:
        """The pixels `[1, h, w]` of a channel of an image input over a region, by default that of the result.

        name : as for `channel`, whose layer the node asked for in `needs`. edges : as for `Image.tensor`.
        """
        layer, index = self.channel(socket, name)
        return self.image(socket).tensor(layer, self.region if region is None else region, edges)[index : index + 1]

    def release(self, socket: str, layer: str) -> None:
        """The node has done with a layer of an input: its memory is free where nobody else reads it."""
        if socket in self.lent:
            for image in self._images[socket].values():
                image.release(layer)

    def leave(self) -> None:
        """The task is done: what the node keeps of this context, or what refers to itself, holds no pixels any more."""
        self._images = {}
        self.memo = {}

    def value(self, socket: str, frame: float | None = None) -> Any:
        """As `image`, for wires of any type. Raises the input's own error."""
        frames = self._images.get(socket)
        if not frames:
            self.about(socket, frame)
            raise RimlightError(f"input '{socket}' was not asked for")
        return _at(frames, frame, socket)

    def part(
        self, key: object, names: Sequence[str], make: Callable[[], Mapping[str, Tensor]], region: Region | None = None
    ) -> Mapping[str, Tensor]:
        """What `make` gives: tensors `[C, h, w]` over a region, default `ctx.region` (of any size in nodes that put out
        no image), by name; from the cache where a node of this kind made them before from the same pixels.

        For results that are put together from parts of which an edit changes few. The image inputs, the proxy scale and
        what the node `reads` are accounted for; `key` is all else that `make` depends on: parameters, values of other
        inputs.
        """
        return self._recall(self.region if region is None else region, key, names, make)

    def shared(self, of: Sequence[Origin], key: object, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept for nodes of every kind that ask the same of the same pixels.

        of : inputs and their layers, as `("image", "rgba")`, that it depends on, as a whole, at another frame than the
        first that the node reads as `("image", "rgba", 12.0)`; it does not matter which nodes pass them on untouched.
        key : all else that it depends on. The value counts as its `nbytes`, if it has such; threads that want it at
        the same time compute it once.
        """
        return self._share(of, key, None, make)

    def shared_layers(
        self, of: Sequence[Origin], key: object, names: Sequence[str], make: Callable[[], Mapping[str, Tensor]]
    ) -> Mapping[str, Tensor]:
        """As `shared`, for tensors `[C, h, w]` of any size by name, which are kept as layers of pictures are."""
        found: Mapping[str, Tensor] = self._share(of, key, names, make)
        return found

    def measured(self, name: str, value: float) -> None:
        """Tell a number that only the pixels say, such as how far layers are from the plate.

        name : one of the node's `measures`. It is kept with the result, is shown on the node, and is in the metadata of
        pictures that come from it.
        """
        self._work.tell(name, value)

    def zeros(self, channels: int) -> torch.Tensor:
        """Black, `[channels, h, w]` over the region."""
        return torch.zeros((channels, self.region.height, self.region.width), device=self.device)

    def has_image(self, socket: str) -> bool:
        """Whether pixels of an input are at hand, as the node asked for some and it is wired."""
        return bool(self._images.get(socket))

    def check(self) -> None:
        """Raise Cancelled when nobody wants the result; long loops call it for every tile."""
        self._work.token.check()

    def progress(self, fraction: float) -> None:
        """Report how far this task is, 0 to 1, and check for cancellation."""
        self._work.token.check()
        self._work.report(fraction)
