from torch import Tensor

from rimlight.engine import ComputeContext, Curve, Layer, node, param

from ..nuke.color import LOOKUP
from ..ops.curves import lookup
from .base import ColorNode

STRAIGHT = Curve.of((0, 0), (1, 1), interp="linear", extend="linear")


@node("color.curves", see="color.grade color.color_correct color.hue_correct", label="Curves", nuke=LOOKUP)
class Curves(ColorNode):
    """Maps values through curves: first all channels through the master curve, then each through its own.

    Input is along the frames of a curve, output its value. Beyond its first and last key a curve goes straight on, so
    that highlights and negative values keep their steps. Channels of other names only follow the master curve.
    """

    master: Curve = param(default=STRAIGHT, doc="curve of all chosen channels, value in along its frames")
    red: Curve = param(default=STRAIGHT, doc="curve of red, after the master curve")
    green: Curve = param(default=STRAIGHT, doc="curve of green, after the master curve")
    blue: Curve = param(default=STRAIGHT, doc="curve of blue, after the master curve")
    alpha: Curve = param(default=STRAIGHT, doc="curve of alpha, after the master curve")

    def is_identity(self) -> bool:
        return all(curve == STRAIGHT for curve in (self.master, self.red, self.green, self.blue, self.alpha))

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        by_name = {"R": self.red, "G": self.green, "B": self.blue, "A": self.alpha}
        own = tuple(by_name.get(layer.channels[i]) for i in chosen)
        return lookup(x, self.master, tuple(None if curve == STRAIGHT else curve for curve in own))
