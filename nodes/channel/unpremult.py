from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, node

from ..ops.composite import unpremultiply
from .base import AlphaNode


@node("channel.unpremult", see="channel.premult concepts#pictures", nuke=NukeClass("Unpremult"))
class Unpremult(AlphaNode):
    """Divides channels by the alpha of the picture.

    Where the alpha is zero they stay as they are, so that light added without alpha is not lost. A picture without that
    channel counts as opaque.
    """

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return unpremultiply(x, self.alpha_of(ctx))
