"""From the student's working size to the plate's: light is smooth, texture is the plate's own."""

import torch
import torch.nn.functional as F
from torch import Tensor

_RADIUS = 2  # working pixels
_EPSILON = 0.05  # nepers squared: contrast of the plate in a window below which light is taken to be even
_FLOOR = 1e-4  # of the level


def working_size(height: int, width: int, limit: int) -> tuple[int, int]:
    """The size at which a plate is looked at: its long side at most `limit` pixels, never enlarged."""
    scale = min(1.0, limit / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def reduce_picture(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` brought to a smaller size, every pixel of it counted."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def enlarged(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` in a larger size, bilinear."""
    return F.interpolate(x, (height, width), mode="bilinear", align_corners=False)


def guide_of(plate: Tensor, level: Tensor) -> Tensor:
    """How bright a plate `[b, 3, h, w]` is, in nepers about its level, for edges of light: `[b, 1, h, w]`."""
    return (torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0).mean(1, keepdim=True) / level + _FLOOR).log()


def follow_edges(x: Tensor, plate: Tensor, level: Tensor) -> Tensor:
    """Maps `[b, c, h, w]` of the working size in the plate's size, their edges where the plate has edges.

    The fast guided filter (He and Sun 2015) with the plate's log brightness `[b, 3, H, W]` as the guide: in every
    small window the map is a line over the guide, fitted at the working size and drawn at the full one.
    """
    height, width = plate.shape[-2:]
    guide = guide_of(plate, level)
    small = guide_of(reduce_picture(plate, x.shape[-2], x.shape[-1]), level)
    mean_guide, mean = _box(small), _box(x)
    slope = (_box(small * x) - mean_guide * mean) / (_box(small.square()) - mean_guide.square() + _EPSILON)
    offset = mean - slope * mean_guide
    both = enlarged(_box(torch.cat((slope, offset), 1)), height, width)
    slope, offset = both.chunk(2, 1)
    return slope * guide + offset


def _box(x: Tensor) -> Tensor:
    """The mean over a square window, edges repeated."""
    return F.avg_pool2d(F.pad(x, (_RADIUS,) * 4, mode="replicate"), 2 * _RADIUS + 1, 1)
