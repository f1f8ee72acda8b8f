from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Layer, NukeClass, node, param

from ..ops.color import grade
from .base import ColorNode, per_channel


@node("color.gamma", see="color.grade color.multiply", nuke=NukeClass("Gamma", values={"channels": "all"}))
class Gamma(ColorNode):
    """Raises values above zero to the power `1 / value`; zero and negative values stay.

    A value of zero or less is the limit: below 1 becomes 0, above 1 infinite. Grade's own gamma is a straight line
    above 1; this one is a power there as well.
    """

    value: ColorA = param(
        default=1.0,
        soft=(0.2, 5),
        role="color",
        doc="the power is 1 / value: above 1 lifts the midtones, below 1 lowers them",
    )

    def is_identity(self) -> bool:
        return self.value == (1, 1, 1, 1)

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return grade(x, gamma=per_channel(self.value, layer, chosen), gamma_mode="power", out=x)
