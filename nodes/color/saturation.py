from torch import Tensor

from rimlight.engine import ComputeContext, NukeClass, node, param

from ..ops.color import saturation
from .base import RGBNode
from .luminance import CHOICES, DOC, weights


@node(
    "color.saturation",
    see="color.hue_correct color.color_correct",
    nuke=NukeClass(
        "Saturation",
        {"mode": "luminance"},
        values={"luminance": "rec709"},
        choices={"luminance": {"Rec 709": "rec709", "Ccir 601": "rec601", "Average": "average", "Maximum": "max"}},
        differs="Nuke weighs by Rec. 709, ours by the working space unless told otherwise.",
    ),
)
class Saturation(RGBNode):
    """Moves colours away from their own grey or towards it: `L + saturation * (v - L)`, L being the luminance."""

    saturation: float = param(default=1.0, soft=(0, 4), doc="0 is grey, 1 leaves colours as they are")
    luminance: str = param(default="working", choices=CHOICES, doc=DOC)

    def is_identity(self) -> bool:
        return self.saturation == 1

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        return saturation(x, self.saturation, weights(self.luminance, ctx), out=x)
