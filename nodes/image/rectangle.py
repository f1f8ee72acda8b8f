from typing import ClassVar, cast

from torch import Tensor

from rimlight.engine import ColorA, ComputeContext, Vec2, Vec4, node, param

from ..nuke.drawing import RECTANGLE
from ..ops.gradients import Interpolation, ramp, rectangle, rounded_rectangle
from .base import Drawing, colored
from .radial import pixel_area


@node("image.rectangle", see="image.radial draw.roto", nuke=RECTANGLE)
class Rectangle(Drawing):
    """A rectangle over the picture, with soft edges, round corners and a fade from one point to another.

    Edges between pixels cover them in part, exactly. The softness lies inside of the edge, so that nothing is drawn
    outside the area.
    """

    area: Vec4 = param(
        default=(0.0, 0.0, 0.0, 0.0), role="box", unit="px",
        doc="left, bottom, right, top; without size it is the frame",
    )  # fmt: skip
    softness: float = param(
        default=0.0, hard=(0, None), soft=(0, 100), unit="px", doc="width over which it fades, from the edge inwards"
    )
    corner_radius: float = param(
        default=0.0, hard=(0, None), soft=(0, 100), unit="px", doc="rounds the corners, at most to a semicircle"
    )
    color: ColorA = param(default=(1.0, 1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="colour, premultiplied")
    opacity: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="factor on colour and alpha")
    invert: bool = param(default=False, doc="draw outside the rectangle")
    ramp: str = param(
        default="none", choices=("none", "linear", "smooth", "smooth0", "smooth1"),
        doc="fade from nothing at p0 to all of it at p1: evenly, eased at both ends, at p0, at p1",
    )  # fmt: skip
    p1: Vec2 = param(
        default=(0.0, 100.0), unit="px", role="point", unless=("ramp", "none"),
        doc="where the ramp has reached the colour",
    )  # fmt: skip
    p0: Vec2 = param(default=(0.0, 0.0), unit="px", role="point", unless=("ramp", "none"), doc="where the ramp begins")
    point: ClassVar[bool] = True

    def draw(self, ctx: ComputeContext) -> Tensor:
        frame, box = ctx.output.display, ctx.region.box
        area = pixel_area(self.area, frame)
        if self.corner_radius:
            coverage = rounded_rectangle(area, box, self.corner_radius, self.softness, ctx.device)
        else:
            coverage = rectangle(area, box, self.softness, ctx.device)
        coverage = 1 - coverage if self.invert else coverage
        if self.ramp != "none":
            start, end = frame.from_artist(*self.p0), frame.from_artist(*self.p1)
            coverage = coverage * ramp(start, end, box, cast(Interpolation, self.ramp), ctx.device)
        return colored(self.color, coverage * self.opacity)
