"""The depth of a frame as a surface that rays can hit: between pixels, up to silhouettes, and how deep it is."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check
from ..region import Region
from .camera import Camera

_ROUNDNESS = 8.0
"""How many times as deep as far from its silhouette a surface is at most: nothing is deep at its very edge."""

_INWARDS = 16
"""Fields of 4 pixels from a silhouette where surfaces are as deep as they are said to be."""


class DepthField:
    """Surfaces `[3, h, w]` in camera space over `region` of a camera's frame. Lengths are in scene units.

    Coordinates count cells: squares between the centres of four pixels, or of pixels and the frame's edge; cell (1, 1)
    is left of and above the first pixel's centre. Within a cell 1 / depth is bilinear, which is exact on planes; where
    depth jumps the cell is split, and its corners belong to what is near or to what is far.

    inverse : `[h + 2, w + 2]`, 1 / depth of pixels, repeated once around them. split : `[h + 1, w + 1]`, 1 where depth
    jumps. deep : `[h + 1, w + 1]`, how deep surfaces are in a cell: `thickness`, but thinner towards silhouettes, as
    round things are. pixel : the width of a pixel at depth 1.
    """

    def __init__(self, position: Tensor, camera: Camera, region: Region, thickness: float, check: Check) -> None:
        self.camera = camera
        self.region = region
        self.pixel = 2 * camera.tan_x / camera.width
        self.inverse = F.pad((1 / (-position[2:]).clamp_min(1e-6))[None], (1, 1, 1, 1), mode="replicate")[0, 0]
        with torch.no_grad():
            plain = self.inverse.detach()
            self.across, self.down = jumps(plain, 1, self.pixel), jumps(plain, 0, self.pixel)
            sides = self.across[:-1] | self.across[1:] | self.down[:, :-1] | self.down[:, 1:]
            self.split = sides.to(plain.dtype)
            check()
            self.deep = self._deep(plain, thickness)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.split.shape[0], self.split.shape[1]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All that is kept."""
        return self.inverse, self.across, self.down, self.split, self.deep

    def place(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates in cells, to the right and down, of points `[3, ...]`."""
        x, y = self.camera.project(points)
        return x - (self.region.x0 - 1.5), y - (self.region.y0 - 1.5)

    def _deep(self, inverse: Tensor, thickness: float) -> Tensor:
        edge = torch.zeros_like(inverse)
        for jump, dim in ((self.across, 1), (self.down, 0)):
            size = jump.shape[dim]
            first, second = (x.narrow(dim, 0, size) for x in (inverse, inverse.roll(-1, dim)))
            found = jump.to(inverse.dtype)
            for at, near in ((0, (first > second)), (1, (second > first))):
                part = edge.narrow(dim, at, size)
                torch.maximum(part, found * near.to(inverse.dtype), out=part)
        height, width = inverse.shape
        fields = F.max_pool2d(edge[None, None], 4, ceil_mode=True)
        inwards = 1 - fields
        for step in range(1, _INWARDS):
            # By turns a square and a cross grow to an octagon.
            wide = F.max_pool2d(fields, (1, 3), 1, (0, 1))
            fields = (
                F.max_pool2d(wide, (3, 1), 1, (1, 0))
                if step % 2
                else torch.maximum(wide, F.max_pool2d(fields, (3, 1), 1, (1, 0)))
            )
            inwards = inwards + (1 - fields)
        share = inwards / _INWARDS
        far = inwards * (4 * _ROUNDNESS * self.pixel) / (1 - share).clamp_min(1e-6)
        far = F.interpolate(far, (4 * far.shape[2], 4 * far.shape[3]), mode="bilinear", align_corners=False)
        far = far[0, 0, :height, :width] + self.pixel
        deep = torch.minimum(far / inverse, torch.full_like(far, thickness))
        return F.max_pool2d(deep[None], 2, 1)[0]


def jumps(inverse: Tensor, dim: int, pixel: float) -> Tensor:
    """Where depth jumps between neighbours along `dim`, bool, one shorter there: neither side, gone on straight, comes
    near the other. inverse : `[h, w]`, 1 / depth. pixel : how wide one is at the depth 1, in scene units.

    A crease is no jump, as one half of its step is what one of its sides expects.
    """
    step = inverse.diff(dim=dim)
    size = step.shape[dim]
    zero = torch.zeros_like(step.narrow(dim, 0, 1))
    before = torch.cat((zero, step.narrow(dim, 0, size - 1)), dim)
    after = torch.cat((step.narrow(dim, 1, size - 1), zero), dim)
    off = torch.minimum((step - before).abs(), (after - step).abs())
    nearer = torch.maximum(inverse.narrow(dim, 0, size), inverse.narrow(dim, 1, size))
    return off > 0.6 * torch.maximum(before.abs(), after.abs()) + 2 * pixel * nearer
