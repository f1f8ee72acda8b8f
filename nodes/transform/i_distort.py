import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Region, Vec2, node, param

from ..nuke.geometry import IDISTORT
from .fields import FieldNode, pixel_centers


@node(
    "transform.i_distort",
    see="transform.st_map time.motion_vectors shots#motion-layers",
    label="IDistort",
    nuke=IDISTORT,
)
class IDistort(FieldNode):
    """Pushes pixels by a field of vectors in pixels, x to the right and y up: out(p) = in(p - scale * field(p))."""

    scale: Vec2 = param(default=(1.0, 1.0), soft=(-10, 10), doc="multiplies the vectors: -1 pushes the other way")
    offset: Vec2 = param(default=(0.0, 0.0), soft=(-1, 1), doc="what of the field counts as no push")

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.scale == (0.0, 0.0) else None

    def source(self, ctx: ComputeContext, region: Region, field: Tensor) -> Tensor:
        x, y = pixel_centers(region, field.device)
        px = (field[0] - self.offset[0]) * self.scale[0] * ctx.scale
        py = (field[1] - self.offset[1]) * self.scale[1] * ctx.scale
        return torch.stack((x - px, y + py))
