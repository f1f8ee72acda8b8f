from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, Vec2, node, param

from ..ops.fir import spline_blur, spline_margin
from ..ops.gaussian import gaussian_blur
from .spread import Spread, corner, gaussian_margins, sigma

_DEGREES = {"box": 0, "triangle": 1, "quadratic": 2}


@node(
    "filter.blur",
    see="filter.bilateral filter.defocus filter.sharpen",
    nuke=NukeClass("Blur", values={"channels": "all"}, ignored="quality cropformat"),
)
class Blur(Spread):
    """Blurs by a width in pixels, of any size at the same cost for the gaussian.

    The size is that of a Gaussian of standard deviation size / 2.4, about its width at half its height, or of one, two
    or three boxes in a row (box, triangle, quadratic). Light is kept: the sum over all pixels does not change.
    """

    by_layer: ClassVar[bool] = True
    size: Vec2 = param(
        default=(0.0, 0.0), hard=(0, 2000), soft=(0, 100), unit="px", role="size", doc="width and height of the blur"
    )
    filter: str = param(
        default="gaussian",
        choices=("gaussian", *_DEGREES),
        doc="shape of the blur: gaussian is soft; the others are one, two or three boxes in a row",
    )

    def margin(self) -> tuple[int, int]:
        if self.filter == "gaussian":
            return gaussian_margins(self.size)
        w, h = self.size
        boxes = _DEGREES[self.filter] + 1
        return spline_margin(boxes * w), spline_margin(boxes * h)

    def is_identity(self) -> bool:
        return self.margin() == (0, 0)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        w, h = self.size
        if self.filter == "gaussian":
            return gaussian_blur(x, sigma(w), sigma(h), corner(ctx, self.margin()))
        degree = _DEGREES[self.filter]
        return spline_blur(x, (degree + 1) * w, (degree + 1) * h, degree)
