from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Layer, NukeClass, node, param

from ..ops.color import affine
from .base import ColorNode, per_channel


@node("color.add", see="color.multiply color.grade color.exposure", nuke=NukeClass("Add", values={"channels": "all"}))
class Add(ColorNode):
    """Adds a value to each channel."""

    value: ColorA = param(default=0.0, soft=(-1, 1), role="color", doc="what each channel gets added")

    def is_identity(self) -> bool:
        return self.value == (0, 0, 0, 0)

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return affine(x, 1.0, per_channel(self.value, layer, chosen), out=x)
