from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Layer, NukeClass, node, param

from ..ops.color import affine
from .base import ColorNode, per_channel


@node(
    "color.multiply", see="color.exposure color.add color.grade", nuke=NukeClass("Multiply", values={"channels": "all"})
)
class Multiply(ColorNode):
    """Multiplies each channel by a value."""

    value: ColorA = param(default=1.0, soft=(0, 4), role="color", doc="factor of each channel")

    def is_identity(self) -> bool:
        return self.value == (1, 1, 1, 1)

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return affine(x, per_channel(self.value, layer, chosen), out=x)
