from collections.abc import Sequence
from typing import cast

from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Context, Layer, NukeClass, node, param

from ..ops.color import GammaMode, grade
from .base import ColorNode, per_channel

_CLAMPED = (
    "black_clamp takes the negative values out of the layer residual, and with them light that no other layer holds; "
    "switch it off to keep them"
)


@node("color.grade", see="color.color_correct color.exposure color.multiply color.gamma", nuke=NukeClass("Grade"))
class Grade(ColorNode):
    """Maps `blackpoint..whitepoint` to `black..white`, multiplies, adds, and applies a gamma, for each channel.

    With `A = multiply * (white - black) / (whitepoint - blackpoint)` and `B = add + black - A * blackpoint` the value
    is `v = A * x + B`; then come the clamps, then gamma: below 1 it is the power `1 / gamma`, above 1 a straight line
    of slope `1 / gamma`, so that highlights keep their steps. Values up to 0 pass it unchanged. As in Nuke
    `black_clamp` is on at first: negative values become 0. A gamma of 0 or less makes all below 1 black and all above
    infinite.
    """

    blackpoint: ColorA = param(default=0.0, soft=(-1, 1), role="color", doc="value of the picture that becomes `black`")
    whitepoint: ColorA = param(default=1.0, soft=(0, 4), role="color", doc="value of the picture that becomes `white`")
    black: ColorA = param(
        default=0.0, soft=(-1, 1), role="color", label="lift", doc="what the blackpoint becomes: above 0 lifts the dark"
    )
    white: ColorA = param(
        default=1.0, soft=(0, 4), role="color", label="gain", doc="what the whitepoint becomes: 2 doubles the light"
    )
    multiply: ColorA = param(default=1.0, soft=(0, 4), role="color", doc="factor of the result")
    add: ColorA = param(default=0.0, soft=(-1, 1), role="color", label="offset", doc="added to the result")
    gamma: ColorA = param(
        default=1.0, soft=(0.2, 5), role="color", doc="applied last: above 1 lifts the midtones, below 1 lowers them"
    )
    reverse: bool = param(default=False, doc="undo this grade: the inverse function, with the clamps at the end")
    black_clamp: bool = param(default=True, doc="negative values become 0")
    white_clamp: bool = param(default=False, doc="values above 1 become 1")
    gamma_mode: str = param(
        default="nuke", choices=("nuke", "power"), doc="nuke is a straight line above 1, power a power there as well"
    )

    def is_identity(self) -> bool:
        values = (self.blackpoint, self.whitepoint, self.black, self.white, self.multiply, self.add, self.gamma)
        rest = ((v,) * 4 for v in (0, 1, 0, 1, 1, 0, 1))
        return not (self.black_clamp or self.white_clamp) and all(a == b for a, b in zip(values, rest, strict=True))

    def warnings(self, ctx: Context) -> Sequence[str]:
        return (_CLAMPED,) if self.black_clamp and "residual" in self.selection(ctx) else ()

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return grade(
            x,
            per_channel(self.blackpoint, layer, chosen),
            per_channel(self.whitepoint, layer, chosen),
            per_channel(self.black, layer, chosen),
            per_channel(self.white, layer, chosen),
            per_channel(self.multiply, layer, chosen),
            per_channel(self.add, layer, chosen),
            per_channel(self.gamma, layer, chosen),
            self.reverse,
            self.black_clamp,
            self.white_clamp,
            cast(GammaMode, self.gamma_mode),
            out=x,
        )
