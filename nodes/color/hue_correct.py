from torch import Tensor

from rimlight.engine import ComputeContext, Curve, node, param

from ..nuke.color import HUE_CORRECT
from ..ops.hue import FLAT, HueCurves, hue_correct
from .base import RGBNode
from .luminance import CHOICES, DOC, weights


def _curve(what: str) -> Curve:
    value: Curve = param(default=FLAT, doc=f"{what} over hue: red 0, yellow 1, green 2, cyan 3, blue 4, magenta 5")
    return value


@node("color.hue_correct", see="color.color_correct color.saturation key.hue", label="HueCorrect", nuke=HUE_CORRECT)
class HueCorrect(RGBNode):
    """Corrects colours by their hue, with a curve for each correction. A factor of 1 changes nothing.

    First red, green and blue are multiplied, then suppressed (a suppression of 0 takes a channel down to the lesser of
    the other two), then saturation and luminance follow. Hue does not depend on exposure.
    """

    sat: Curve = _curve("factor of saturation")
    lum: Curve = _curve("factor of all three channels")
    red: Curve = _curve("factor of red")
    green: Curve = _curve("factor of green")
    blue: Curve = _curve("factor of blue")
    r_sup: Curve = _curve("suppression of red")
    g_sup: Curve = _curve("suppression of green")
    b_sup: Curve = _curve("suppression of blue")
    sat_thrsh: float = param(
        default=0.1, hard=(0, 1), soft=(0, 1), doc="colours less saturated follow less: the hue of a grey is noise"
    )
    luminance: str = param(default="working", choices=CHOICES, doc=DOC)

    def _curves(self) -> HueCurves:
        return HueCurves(self.sat, self.lum, self.red, self.green, self.blue, self.r_sup, self.g_sup, self.b_sup)

    def is_identity(self) -> bool:
        return self._curves().is_identity

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        return hue_correct(x, self._curves(), self.sat_thrsh, weights(self.luminance, ctx))
