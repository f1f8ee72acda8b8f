from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Layer, NukeClass, node, param

from ..ops.tone import toe
from .base import ColorNode, per_channel


@node(
    "color.toe",
    see="color.soft_clip color.grade",
    nuke=NukeClass("Toe2 Toe", differs="Nuke's formula is not documented: near black the curves differ a little."),
)
class Toe(ColorNode):
    """Lifts the blacks and leaves what is bright: x + lift / (1 + (x / lift)^2), and x + lift below 0.

    Black becomes `lift`, three times `lift` gains a tenth of it, and light far above gains next to nothing, unlike with
    the lift of Grade. Values below 0 stay apart. A negative lift presses the blacks down.
    """

    lift: ColorA = param(default=(0.0, 0.0, 0.0, 0.0), soft=(0, 0.2), role="color", doc="what black becomes")

    def is_identity(self) -> bool:
        return not any(self.lift)

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return toe(x, per_channel(self.lift, layer, chosen))
