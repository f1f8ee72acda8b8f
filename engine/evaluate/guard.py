"""Finding a node that writes into its inputs, which the cache holds and others read, or reads what it did not ask for.

The product's own nodes are tested for that; a plugin's are watched whenever they compute, since what they would spoil
is other nodes' pictures.
"""

import math
from typing import Any

import torch
from torch import Tensor

from ..computing import ComputeContext
from ..effects import AreaNode, PointNode
from ..errors import RimlightError
from ..image import Edges, Image
from ..nodebase import Node
from ..region import Region

_OWN = "rimlight."

Sizes = dict[tuple[str, float, str], float]
"""Size of what a node may read, by socket, frame and layer."""


def own(node: object) -> bool:
    """Whether a node is the product's own."""
    return type(node).__module__.startswith(_OWN)


class Asked(Image):
    """An input of a plugin's node, of which it sees what it asked for in `needs`; the rest is not taken for black."""

    __slots__ = ()

    def tensor(self, name: str, region: Region | None = None, edges: Edges = "black") -> Tensor:
        """As `Image.tensor`. Raises RimlightError for pixels of the input that were not asked for."""
        there = self.region if region is None else region.intersect(self.info.data)
        if not there.is_empty and not self.region.contains(there):
            raise RimlightError(
                f"it reads {there} of layer '{name}' of an input, but asked for {self.region} in `needs`"
            )
        return super().tensor(name, region, edges)


def as_asked(node: object, image: Any) -> Any:
    """What a wire gives a node: to a plugin's a picture that refuses what was not asked for."""
    return Asked(image.info, image.region, image.layers) if isinstance(image, Image) and not own(node) else image


def sizes_of_inputs(node: Node, ctx: ComputeContext) -> Sizes:
    """What a plugin's node has to leave as it is, before it computes; nothing for the product's own nodes."""
    if own(node):
        return {}
    # `process` never owns what it is given: mask and mix still need it, also where nobody else reads it.
    owns = type(node).compute not in (PointNode.compute, AreaNode.compute)
    return {
        (socket, frame, name): _size(x)
        for socket, frames in ctx._images.items()
        for frame, image in frames.items()
        if isinstance(image, Image)
        for name, x in image.layers.items()
        if not (owns and socket == node.through and name in ctx.scratch)
    }


def check_inputs(before: Sizes, ctx: ComputeContext) -> None:
    """Raise RimlightError when an input is not what it was."""
    for (socket, frame, name), known in before.items():
        now = _size(ctx.image(socket, frame)[name])
        if now != known and not (math.isnan(now) and math.isnan(known)):
            raise RimlightError(
                f"it wrote into layer '{name}' of its input '{socket}', which others read; it has to work on a copy"
            )


def _size(x: Tensor) -> float:
    """Sum of the absolute values: to the bit the same for the same tensor, in a fraction of the time of a product."""
    return float(torch.linalg.vector_norm(x, 1))
