from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, node, param

from ..ops.film_log import cineon_to_linear, linear_to_cineon
from .base import ColorNode


@node("color.log2lin", see="color.ocio_log_convert color.ocio_colorspace", label="Log2Lin", nuke=NukeClass("Log2Lin"))
class Log2Lin(ColorNode):
    """Turns film log (Cineon) into linear light, or back.

    Code values of 10 bits are taken as 0 to 1. `black` becomes 0 and `white` 1. Below code 0 the curve goes on as a
    straight line, so that every value comes back.
    """

    operation: str = param(default="log2lin", choices=("log2lin", "lin2log"), doc="direction")
    black: float = param(default=95.0, soft=(0, 1023), doc="code value that becomes 0")
    white: float = param(default=685.0, soft=(0, 1023), doc="code value that becomes 1")
    gamma: float = param(
        default=0.6,
        hard=(0.01, None),
        soft=(0.2, 2),
        doc="gamma of the film negative: lower is more contrast in linear light",
    )

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        self.require(self.black < self.white, f"black {self.black:g} is not below white {self.white:g}")
        convert = cineon_to_linear if self.operation == "log2lin" else linear_to_cineon
        return convert(x, self.black, self.white, self.gamma)
