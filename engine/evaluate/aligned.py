"""Pictures of different formats in one node: they meet where artists' coordinates begin, at the bottom left of their
frames, as in Nuke.

Pixels count from the top, so a picture that is higher or lower than the one it is laid over has to be moved by the
difference before a node sees it. Here that is a vertex of its own between the two: descriptions, needs, keys and the
cache go through it as through any node, and a node never hears of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..computing import ComputeContext
from ..context import Context, Need
from ..image import ImageInfo
from ..nodebase import Node
from ..params import Port
from ..region import Region


@dataclass(frozen=True)
class Moved(Node):
    """A picture, its frame and its data window moved by whole pixels, down and to the right. No node of a script."""

    kind: ClassVar[str] = "engine.moved"
    version: ClassVar[int] = 1
    label: ClassVar[str] = "moved"
    menu: ClassVar[str] = ""
    ports: ClassVar[tuple[Port, ...]] = (Port("image", "the picture"),)

    dx: int = 0
    dy: int = 0

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info.with_(display=info.display.shift(self.dx, self.dy), data=info.data.shift(self.dx, self.dy))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region.shift(-self.dx, -self.dy), layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, region = ctx.image("image"), ctx.region.shift(-self.dx, -self.dy)
        return {name: image.tensor(name, region) for name in ctx.layers}


def moves(node: Node, infos: Mapping[str, Mapping[float, object]]) -> dict[tuple[str, float], Moved]:
    """How inputs of a node have to be moved, by socket and frame; those that lie right are left out.

    infos : what is known of the inputs, by socket and frame; what is no picture does not count.
    """
    sockets = [s for port in node.ports if port.name in node.aligned for s in port.sockets(tuple(infos))]
    trunk = next((frame for s in (node.through, *sockets) if (frame := _frame(infos.get(s, {}))) is not None), None)
    found: dict[tuple[str, float], Moved] = {}
    if trunk is None:
        return found
    for socket in sockets:
        for at, info in infos[socket].items():
            if socket == node.through or not isinstance(info, ImageInfo):
                continue
            made = Moved(dx=trunk.x0 - info.display.x0, dy=trunk.y1 - info.display.y1)
            if made.dx or made.dy:
                found[socket, at] = made
    return found


def _frame(infos: Mapping[float, object]) -> Region | None:
    """The frame of the first picture that is known of a socket."""
    return next((info.display for info in infos.values() if isinstance(info, ImageInfo)), None)
