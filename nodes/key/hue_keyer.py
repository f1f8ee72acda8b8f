import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Curve, apply_curve, node, param

from ..nuke.color import HUE_KEYER
from ..ops.hue import HUES, hue
from .base import Keyer


def _flat(value: float) -> Curve:
    return Curve.of(*((step, value) for step in range(HUES + 1)), extend="loop")


@node("key.hue", see="key.chroma color.hue_correct", label="HueKeyer", nuke=HUE_KEYER)
class HueKeyer(Keyer):
    """A matte by hue: as white as the curve `amount` is high at a colour's hue. Exposure does not matter.

    Hue runs from red at 0 over yellow 1, green 2, cyan 3, blue 4 and magenta 5 back to red at 6. Colours less saturated
    than the curve `sat_thrsh` at their hue fade out of the matte in proportion, since the hue of a grey is noise. Use
    `invert` to key a hue out instead.
    """

    amount: Curve = param(default=_flat(0.0), doc="how much of a hue is in the matte, 0 to 1, over hue")
    sat_thrsh: Curve = param(
        default=_flat(0.1), label="sat threshold", doc="saturation from which a colour counts fully, over hue"
    )

    def key(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        position, saturation = hue(rgb)
        threshold = apply_curve(position, self.sat_thrsh)
        counted = torch.where(threshold > 0, saturation / threshold.clamp_min(1e-6), 1.0).clamp_(0, 1)
        return apply_curve(position, self.amount).clamp_(0, 1) * counted
