import torch
from torch import Tensor

from rimlight.engine import Context, Vec2, node, param

from ..nuke.geometry import PIN
from ..ops.matrices import corner_pin_matrix
from .base import MatrixNode, to_pixels


@node(
    "transform.corner_pin",
    see="transform.transform transform.tracker tracking#using-the-tracks",
    label="CornerPin",
    nuke=PIN,
)
class CornerPin(MatrixNode):
    """Pulls four points of the picture to four others, with perspective.

    Corners go anticlockwise from the bottom left: 1 bottom left, 2 bottom right, 3 top right, 4 top left.
    """

    to1: Vec2 = param(default=(0.0, 0.0), unit="px", role="corner", doc="where point 1 goes")
    to2: Vec2 = param(default=(1920.0, 0.0), unit="px", role="corner", doc="where point 2 goes")
    to3: Vec2 = param(default=(1920.0, 1080.0), unit="px", role="corner", doc="where point 3 goes")
    to4: Vec2 = param(default=(0.0, 1080.0), unit="px", role="corner", doc="where point 4 goes")
    from1: Vec2 = param(default=(0.0, 0.0), unit="px", role="corner", doc="point 1 of the picture")
    from2: Vec2 = param(default=(1920.0, 0.0), unit="px", role="corner", doc="point 2 of the picture")
    from3: Vec2 = param(default=(1920.0, 1080.0), unit="px", role="corner", doc="point 3 of the picture")
    from4: Vec2 = param(default=(0.0, 1080.0), unit="px", role="corner", doc="point 4 of the picture")
    invert: bool = param(default=False, doc="pull the second four points to the first")

    def identity(self, ctx: Context) -> str | None:
        same = (self.to1, self.to2, self.to3, self.to4) == (self.from1, self.from2, self.from3, self.from4)
        return "image" if same else None

    def pixel_matrix(self, ctx: Context) -> Tensor:
        try:
            artist = corner_pin_matrix(
                (self.from1, self.from2, self.from3, self.from4), (self.to1, self.to2, self.to3, self.to4)
            )
        except ValueError as error:
            self.require(False, str(error))
        return to_pixels(ctx.info("image").display, torch.linalg.inv(artist) if self.invert else artist)
