from torch import Tensor

from rimlight.engine import ComputeContext, Vec2, node, param

from ..nuke.keying import KEYER
from ..ops.key import luma_key
from .base import Keyer


@node("key.luma", see="key.hue key.difference", label="LumaKey", nuke=KEYER)
class LumaKey(Keyer):
    """A matte by brightness: it rises over one range of luminance and, if asked for, falls again over another."""

    low: Vec2 = param(default=(0.0, 1.0), soft=(0, 2), doc="black up to the first level, white from the second")
    falls: bool = param(default=False, doc="fall back to black above the levels of `high`")
    high: Vec2 = param(default=(2.0, 4.0), soft=(0, 8), doc="white up to the first level, black from the second")

    def key(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        for name, (first, last) in (("low", self.low), ("high", self.high)):
            self.require(first <= last, f"{name} is {first:g} to {last:g}: the first level must not be the higher one")
        return luma_key(rgb, self.low, self.high if self.falls else None, ctx.colors.luminance)
