from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from rimlight.engine import Context, Vec2, node, param

from ..nuke.geometry import TRANSFORM
from ..ops.matrices import affine_matrix
from .base import MatrixNode, to_pixels


@node(
    "transform.transform",
    see="transform.corner_pin transform.position transform.reformat desktop#transforms",
    nuke=TRANSFORM,
)
class Transform(MatrixNode):
    """Moves, turns, skews and scales the picture about a centre.

    M = T(center) T(translate) R(rotate) Skew S(scale) T(-center), y up, angles counter-clockwise. Transforms in a row
    are joined and filter the picture once, with the filter of the last.
    """

    sections: ClassVar[Mapping[str, str]] = {"Skew": "skew_x skew_y skew_order"}

    translate: Vec2 = param(default=(0.0, 0.0), soft=(-500, 500), unit="px", role="move", doc="how far to move")
    rotate: float = param(default=0.0, soft=(-180, 180), unit="deg", role="turn", doc="counter-clockwise")
    scale: Vec2 = param(
        default=(1.0, 1.0), soft=(0.1, 10), role="stretch", doc="size, width and height; negative mirrors"
    )
    skew_x: float = param(default=0.0, soft=(-1, 1), role="skew", doc="how far x moves per pixel of y")
    skew_y: float = param(default=0.0, soft=(-1, 1), role="skew", doc="how far y moves per pixel of x")
    skew_order: str = param(default="XY", choices=("XY", "YX"), role="skew_order", doc="which skew is applied last")
    center: Vec2 = param(
        default=(0.0, 0.0), soft=(-500, 500), unit="px", role="pivot", doc="the point that stays in place"
    )
    center_from: str = param(
        default="middle", choices=("middle", "corner"), role="pivot_from",
        doc="where the centre is measured from: the middle of the frame, or its bottom-left corner as in Nuke",
    )  # fmt: skip
    invert_matrix: bool = param(default=False, doc="undo this transform instead")

    def identity(self, ctx: Context) -> str | None:
        moves = self.translate != (0, 0) or self.rotate or self.scale != (1, 1) or self.skew_x or self.skew_y
        return None if moves else "image"

    def pixel_matrix(self, ctx: Context) -> Tensor:
        frame = ctx.info("image").display
        self.require(
            all(s != 0 for s in self.scale), f"scale is {self.scale[0]:g}, {self.scale[1]:g}: neither may be 0"
        )
        x, y = self.center
        if self.center_from == "middle":
            x, y = x + frame.width / 2, y + frame.height / 2
        order: Literal["XY", "YX"] = "XY" if self.skew_order == "XY" else "YX"
        artist = affine_matrix(self.translate, self.rotate, self.scale, self.skew_x, self.skew_y, order, (x, y))
        return to_pixels(frame, torch.linalg.inv(artist) if self.invert_matrix else artist)
