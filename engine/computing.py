"""What a node may ask while it computes: beside what it could ask before, pixels, and what others have made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .cancel import CancelToken
from .context import Context, at_frame
from .errors import RimlightError
from .image import Edges, Image, ImageInfo
from .region import Region


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
        return at_frame(frames, frame, socket)

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
