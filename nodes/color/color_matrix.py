from torch import Tensor

from rimlight.engine import ComputeContext, Matrix3, node, param

from ..nuke.color import MATRIX
from ..ops.color import color_matrix
from .base import RGBNode

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@node(
    "color.color_matrix",
    see="color.color_chart color.ocio_colorspace color.saturation color.expression",
    label="ColorMatrix",
    nuke=MATRIX,
)
class ColorMatrix(RGBNode):
    """Multiplies red, green and blue, as a column, by a matrix of three rows."""

    matrix: Matrix3 = param(
        default=IDENTITY,
        role="matrix",
        doc="how much of red, green and blue the new red has, then the new green, then the new blue",
    )
    invert: bool = param(default=False, doc="use the inverse matrix")

    def is_identity(self) -> bool:
        return self.matrix == IDENTITY

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        return color_matrix(x, self._inverse() if self.invert else self.matrix)

    def _inverse(self) -> tuple[float, ...]:
        a, b, c, d, e, f, g, h, i = self.matrix
        cofactors = (
            e * i - f * h, c * h - b * i, b * f - c * e,
            f * g - d * i, a * i - c * g, c * d - a * f,
            d * h - e * g, b * g - a * h, a * e - b * d,
        )  # fmt: skip
        determinant = a * cofactors[0] + b * cofactors[3] + c * cofactors[6]
        self.require(determinant != 0, "the matrix has no inverse, expected rows that are independent of each other")
        return tuple(v / determinant for v in cofactors)
