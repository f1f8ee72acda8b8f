from typing import Any

from rimlight.engine import Color, Context, node, param

from ..nuke.color import CDL
from .ocio import DIRECTIONS, WorkingSpaceNode


@node(
    "color.ocio_cdl", see="color.grade color.ocio_file_transform", label="OCIOCDLTransform", menu="Color/OCIO", nuke=CDL
)
class OCIOCDL(WorkingSpaceNode):
    """ASC CDL: `(v * slope + offset) ** power`, then saturation by Rec.709 luma.

    For a CDL in a file use OCIOFileTransform.
    """

    slope: Color = param(default=1.0, hard=(0, None), soft=(0, 4), role="color", doc="factor on the light")
    offset: Color = param(default=0.0, soft=(-1, 1), role="color", doc="added after the factor")
    power: Color = param(
        default=1.0,
        hard=(0.001, None),
        soft=(0.2, 4),
        role="color",
        doc="exponent of values above 0: above 1 lowers the midtones, below 1 lifts them",
    )
    saturation: float = param(default=1.0, hard=(0, None), soft=(0, 4), doc="0 is grey, 1 leaves colours as they are")
    clamp: bool = param(default=False, doc="limit to 0..1 before the power and at the end, as the standard says")
    direction: str = param(default="forward", choices=DIRECTIONS, doc="inverse undoes the correction")

    def transform(self, ctx: Context) -> Any:
        style = "asc" if self.clamp else "no_clamp"
        values = (self.slope, self.offset, self.power, self.saturation)
        return self.config(ctx).cdl(*values, style=style, direction=self.direction)
