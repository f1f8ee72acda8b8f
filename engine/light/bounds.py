"""A pyramid of bounds over a frame's depth: between which planes the surfaces of large and small cells lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check
from .depthfield import DepthField

LARGEST = 256
"""Pixels that the largest cells are wide."""


@dataclass(frozen=True)
class Bounds:
    """What is in front of all or behind all that a cell of 1, 2, 4 .. pixels holds meets nothing there.

    Between two parallel planes lie all surfaces and all that is behind them by no more than they are deep: 1 / depth
    of the planes is `near` and `far` in the middle of a cell and changes by `across` and `down` per pixel. So a floor
    seen at a grazing angle keeps large cells as tight as a wall does.

    near, far, across, down : `[n]`, rows of `2 * width`, in which the sizes lie side by side, the finest first.
    """

    near: Tensor
    far: Tensor
    across: Tensor
    down: Tensor
    width: int

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All that is kept."""
        return self.near, self.far, self.across, self.down

    @classmethod
    def of(cls, field: DepthField, check: Check) -> "Bounds":
        """The bounds of a frame's surfaces."""
        with torch.no_grad():
            front = field.inverse.detach()
            whole = 1 - field.split
            across, down = _means(front.diff(dim=1), 0) * whole, _means(front.diff(dim=0), 1) * whole
            height, width = (-(-(n + 2) // LARGEST) * LARGEST for n in field.cells)
            gap = (1, width - whole.shape[1] - 1, 1, height - whole.shape[0] - 1)
            tilt, lean = 0.5 * (across + down), 0.5 * (across - down)
            corners = (front[:-1, :-1], front[:-1, 1:], front[1:, :-1], front[1:, 1:])
            near = _largest(corners, tilt, lean)
            check()
            far = -_largest([-c / (1 + c * field.deep) for c in corners], -tilt, -lean)
            check()
            # Beyond the frame there is nothing to meet.
            near, far = F.pad(near, gap, value=0.0), F.pad(far, gap, value=torch.inf)
            across, down, whole = F.pad(across, gap), F.pad(down, gap), F.pad(whole, gap)
            sheets = front.new_zeros(4, height, 2 * width)
            at, size = 0, 1
            while True:
                for sheet, level in zip(sheets, (near, far, across, down), strict=True):
                    sheet[: level.shape[0], at : at + level.shape[1]] = level
                if size == LARGEST:
                    break
                at += width // size
                check()
                near, far, across, down, whole = _coarser(near, far, across, down, whole, size)
                size *= 2
            near, far, across, down = sheets.flatten(1)
            return cls(near, far, across, down, width)


def _means(x: Tensor, dim: int) -> Tensor:
    """Means of neighbours along `dim`."""
    size = x.shape[dim] - 1
    return (x.narrow(dim, 0, size) + x.narrow(dim, 1, size)).mul_(0.5)


def _largest(corners: Sequence[Tensor], tilt: Tensor, lean: Tensor) -> Tensor:
    """The largest of each cell's corners (upper left, upper right, lower left, lower right), less a plane through its
    middle that rises by `tilt` to the right and down and by `lean` to the right and up.
    """
    found = torch.maximum(corners[0] + tilt, corners[3] - tilt)
    return torch.maximum(found, torch.maximum(corners[1] - lean, corners[2] + lean))


def _coarser(
    near: Tensor, far: Tensor, across: Tensor, down: Tensor, whole: Tensor, size: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The bounds of cells twice as large as `size`. Slopes are means of what has no jumps."""
    count = F.avg_pool2d(whole[None], 2)[0]
    most = 1 / count.clamp_min(0.25)
    wide, tall = (F.avg_pool2d((x * whole)[None], 2)[0] * most for x in (across, down))
    above, below = torch.zeros_like(wide), torch.full_like(wide, torch.inf)
    for y in (0, 1):
        for x in (0, 1):
            part = (slice(y, None, 2), slice(x, None, 2))
            # Where the larger cell's plane is in the middle of the smaller one, and how far the two part within it.
            shift = ((2 * x - 1) * 0.5 * size) * wide + ((2 * y - 1) * 0.5 * size) * tall
            apart = ((across[part] - wide).abs() + (down[part] - tall).abs()) * (0.5 * size)
            above = torch.maximum(above, near[part] - shift + apart)
            below = torch.minimum(below, far[part] - shift - apart)
    return above, below, wide, tall, count.ceil()
