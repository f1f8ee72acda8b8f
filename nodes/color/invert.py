from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, node

from ..ops.color import affine
from .base import ColorNode


@node("color.invert", see="color.multiply", nuke=NukeClass("Invert", values={"channels": "all"}, ignored="clamp"))
class Invert(ColorNode):
    """One minus the value. Values above one become negative and come back when inverted again."""

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return affine(x, -1.0, 1.0, out=x)
