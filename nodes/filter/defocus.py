from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, Vec2, node, param

from ..ops.bokeh import bokeh_margin
from ..ops.filters import splat
from .spread import Aperture


@node(
    "filter.defocus",
    see="filter.z_defocus filter.blur",
    nuke=NukeClass(
        "Defocus",
        {"defocus": "size"},
        values={"channels": "all"},
        ignored="quality method",
        differs="Ours is the diameter of the disc in pixels; ratio and scaling are left out.",
    ),
)
class Defocus(Aperture):
    """Puts the picture out of focus: every pixel spreads over an image of the lens aperture.

    Highlights take the shape of the aperture, and light is kept. Different width and height give the ovals of
    anamorphic lenses.
    """

    by_layer: ClassVar[bool] = True
    size: Vec2 = param(
        default=(0.0, 0.0),
        hard=(0, 1000),
        soft=(0, 100),
        unit="px",
        role="size",
        doc="diameter that a point of light becomes",
    )

    def margin(self) -> tuple[int, int]:
        w, h = self.size
        return bokeh_margin(w / 2), bokeh_margin(h / 2)

    def is_identity(self) -> bool:
        return self.margin() == (0, 0)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return splat(x, self.kernel(*self.size), ctx.progress)
