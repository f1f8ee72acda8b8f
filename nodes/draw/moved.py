"""What Paint and Roto share: all that is drawn is moved as one, by keys or by a track."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import Context, ImageInfo, Node, Vec2, param

from ..ops.matrices import affine_matrix


@dataclass(frozen=True)
class Moved(Node):
    """A node whose strokes or shapes move as one: after the transform that each has for itself."""

    sections: ClassVar[Mapping[str, str]] = {"Move": "translate rotate scale center"}

    translate: Vec2 = param(
        default=(0.0, 0.0), soft=(-500, 500), unit="px", place="bottom", doc="how far all that is drawn is moved"
    )
    rotate: float = param(
        default=0.0, soft=(-180, 180), unit="deg", place="bottom", doc="how far it is turned, counter-clockwise"
    )
    scale: Vec2 = param(default=(1.0, 1.0), soft=(0.1, 10), place="bottom", doc="its size, width and height")
    center: Vec2 = param(
        default=(0.0, 0.0), soft=(0, 2000), unit="px", place="bottom",
        doc="the point about which it is turned and scaled, y up from the bottom left",
    )  # fmt: skip

    def moves(self) -> Tensor:
        """From where things are drawn to where they are, 3x3 float64, in full-size pixels, y up."""
        return affine_matrix(self.translate, self.rotate, self.scale, center=self.center)

    def drawn_to_pixels(self, ctx: Context, info: ImageInfo) -> Tensor:
        """From where things are drawn to pixels of the picture, 3x3 float64."""
        frame, scale = info.display, ctx.scale
        pixels = torch.tensor([[scale, 0, frame.x0], [0, -scale, frame.y1], [0, 0, 1]], dtype=torch.float64)
        return pixels @ self.moves()
