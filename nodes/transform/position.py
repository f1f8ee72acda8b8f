from torch import Tensor

from rimlight.engine import Context, Vec2, node, param

from ..nuke.geometry import POSITION
from ..ops.matrices import translate_matrix
from .base import MatrixNode, to_pixels


@node("transform.position", see="transform.transform", nuke=POSITION)
class Position(MatrixNode):
    """Moves the picture. By whole pixels nothing is filtered; transforms in a row filter once, with this one too."""

    translate: Vec2 = param(default=(0.0, 0.0), soft=(-500, 500), unit="px", role="move", doc="how far to move")

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.translate == (0, 0) else None

    def pixel_matrix(self, ctx: Context) -> Tensor:
        return to_pixels(ctx.info("image").display, translate_matrix(*self.translate))
