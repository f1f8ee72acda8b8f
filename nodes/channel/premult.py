from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, node

from ..ops.composite import premultiply
from .base import AlphaNode


@node("channel.premult", see="channel.unpremult concepts#pictures", nuke=NukeClass("Premult"))
class Premult(AlphaNode):
    """Multiplies channels by the alpha of the picture. A picture without that channel counts as opaque."""

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return premultiply(x, self.alpha_of(ctx))
