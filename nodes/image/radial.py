from typing import ClassVar

from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Region, Vec4, node, param

from ..nuke.drawing import RADIAL
from ..ops.gradients import ellipse, rectangle
from .base import Drawing, colored


def pixel_area(area: Vec4, frame: Region) -> tuple[float, float, float, float]:
    """An artist's left, bottom, right, top as x0, y0, x1, y1 in pixel space; the frame where the area has no size."""
    left, bottom, right, top = area
    if right <= left or top <= bottom:
        return frame.x0, frame.y0, frame.x1, frame.y1
    (x0, y0), (x1, y1) = frame.from_artist(left, top), frame.from_artist(right, bottom)
    return x0, y0, x1, y1


@node("image.radial", see="image.rectangle draw.roto", nuke=RADIAL)
class Radial(Drawing):
    """An ellipse or a rectangle with soft edges, over the picture."""

    shape: str = param(default="ellipse", choices=("ellipse", "rectangle"), doc="what is drawn")
    area: Vec4 = param(
        default=(0.0, 0.0, 0.0, 0.0), role="box", unit="px",
        doc="left, bottom, right, top; without size it is the frame",
    )  # fmt: skip
    softness: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="0 is a hard edge, 1 fades from the middle on")
    color: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="colour, premultiplied")
    invert: bool = param(default=False, doc="draw outside the shape")
    point: ClassVar[bool] = True

    def draw(self, ctx: ComputeContext) -> Tensor:
        x0, y0, x1, y1 = area = pixel_area(self.area, ctx.output.display)
        if self.shape == "ellipse":
            coverage = ellipse(area, ctx.region.box, self.softness, ctx.device)
        else:
            coverage = rectangle(area, ctx.region.box, self.softness * min(x1 - x0, y1 - y0) / 2, ctx.device)
        return colored(self.color, 1 - coverage if self.invert else coverage)
