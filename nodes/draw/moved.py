"""What Paint and Roto share: all that is drawn is moved as one, by keys or by a track."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import Context, ImageInfo, Node, Vec2, param

from ..ops.matrices import affine_matrix, inverse_matrix


@dataclass(frozen=True)
class Moved(Node):
    """A node whose strokes or shapes move as one: after the transform that each has for itself."""

    sections: ClassVar[Mapping[str, str]] = {"Move": "translate rotate scale center"}

    translate: Vec2 = param(
        default=(0.0, 0.0), soft=(-500, 500), unit="px", place="bottom", doc="how far all that is drawn is moved"
    )
    rotate: float = param(
        default=0.0,
        soft=(-180, 180),
        unit="deg",
        place="bottom",
        doc="how far all that is drawn is turned, counter-clockwise",
    )
    scale: Vec2 = param(
        default=(1.0, 1.0),
        soft=(0.1, 10),
        role="stretch",
        place="bottom",
        doc="size of all that is drawn, width and height",
    )
    center: Vec2 = param(
        default=(0.0, 0.0), soft=(0, 2000), unit="px", place="bottom",
        doc="the point about which all that is drawn is turned and scaled, y up from the bottom left",
    )  # fmt: skip

    def drawn_to_pixels(self, ctx: Context, info: ImageInfo) -> Tensor:
        """From where things are drawn, in full-size pixels, y up, to pixels of the picture, 3x3 float64."""
        return _to_pixels(ctx, info, self.translate, self.rotate, self.scale, self.center)

    def carried(self, ctx: Context, info: ImageInfo, frame: float) -> Tensor:
        """From pixels of the picture to those of the same spot of what moves at another frame, 3x3 float64.

        `extra_key` has to have asked for that frame. Raises ValueError where what is drawn is flattened.
        """
        there = _to_pixels(ctx, info, *(ctx.at(name, frame) for name in ("translate", "rotate", "scale", "center")))
        return there @ inverse_matrix(self.drawn_to_pixels(ctx, info))


def _to_pixels(ctx: Context, info: ImageInfo, translate: Vec2, rotate: float, scale: Vec2, center: Vec2) -> Tensor:
    # What is in pixels has the scale of the picture already; points have not.
    moved = affine_matrix(translate, rotate, scale, center=center)
    shown = torch.tensor([[1, 0, info.display.x0], [0, -1, info.display.y1], [0, 0, 1]], dtype=torch.float64)
    return shown @ moved @ torch.diag(torch.tensor([ctx.scale, ctx.scale, 1.0], dtype=torch.float64))
