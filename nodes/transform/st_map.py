import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Region, node

from ..nuke.geometry import STMAP
from .fields import FieldNode


@node("transform.st_map", see="transform.i_distort transform.lens_distortion uv.wrap", label="STMap", nuke=STMAP)
class STMap(FieldNode):
    """Fetches every pixel from the place that a map gives as a fraction of the frame: (0, 0) bottom left, (1, 1) top
    right.

    A map that holds the centres of its own pixels changes nothing. Places that are no number are black.
    """

    def source(self, ctx: ComputeContext, region: Region, field: Tensor) -> Tensor:
        frame = ctx.info("image").display
        return torch.stack((frame.x0 + field[0] * frame.width, frame.y1 - field[1] * frame.height))
