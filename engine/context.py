"""What a node may ask about its inputs, the frame, the quality and the project, before there are any pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from .errors import RimlightError, listing
from .image import ImageInfo
from .layers import MAIN, find_channel
from .region import Region
from .tier import Tier

if TYPE_CHECKING:
    from .color.config import ColorConfig
    from .settings import Project


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

    @property
    def colors(self) -> "ColorConfig":
        """The project's colour config: its working space, luminance weights and transforms. Raises ColorError."""
        found: ColorConfig = self.service("colors").config(self.project)
        return found

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
        found = at_frame(frames, frame, socket)
        if isinstance(found, RimlightError):
            raise found
        return found


def at_frame(frames: Mapping[float, Any], frame: float | None, socket: str) -> Any:
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
