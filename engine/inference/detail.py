"""From the student's working size to the plate's: light is smooth, texture is the plate's own."""

import torch
import torch.nn.functional as F
from torch import Tensor

_RADIUS = 2  # working pixels
_EPSILON = 0.05  # nepers squared: contrast of the plate in a window below which light is taken to be even
_FLOOR = 1e-4  # of the level
_LONGEST = 3  # times the short side: of panoramas
_SAMPLES = 1 << 16


def working_size(height: int, width: int, limit: int) -> tuple[int, int]:
    """The size at which a plate is looked at: its long side at most `limit` pixels, never enlarged."""
    scale = min(1.0, limit / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def look_size(height: int, width: int, side: int) -> tuple[int, int]:
    """The size at which the student looks at a plate: its short side of `side` pixels, never enlarged, its long side of
    at most three times as many. It was made with squares, and what fills the height of a wide frame is as large as
    what filled these.
    """
    scale = min(1.0, side / min(height, width), _LONGEST * side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def reduce_picture(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` brought to a smaller size, every pixel of it counted."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def enlarged(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` in a larger size, bilinear."""
    return F.interpolate(x, (height, width), mode="bilinear", align_corners=False)


def percentile(x: Tensor, share: float) -> Tensor:
    """About the value below which `share` of all lie, one of them."""
    values = x.flatten()
    values = values[:: max(1, values.numel() // _SAMPLES)]
    return values.kthvalue(1 + round(share * (values.numel() - 1))).values


def follow_edges(x: Tensor, plate: Tensor, level: Tensor) -> Tensor:
    """Maps `[b, c, h, w]` of the working size in the plate's size `[b, 3, H, W]`, their edges where the plate has
    edges. Several maps of a plate share a `Guide`.
    """
    return Guide(plate, level, x.shape[-2], x.shape[-1]).follow(x)


class Guide:
    """How bright a plate is, in nepers about its level, at its own size and at the working size, for edges of light.

    The fast guided filter (He and Sun 2015): in every small window a map is a line over the guide, fitted at the
    working size and drawn at the full one.
    """

    def __init__(self, plate: Tensor, level: Tensor, height: int, width: int) -> None:
        """plate : `[b, 3, H, W]`. level : `[b, 1, 1, 1]`. height, width : the working size."""
        self._full = _brightness(plate, level)
        self._small = _brightness(reduce_picture(plate, height, width), level)
        self._mean = _box(self._small)
        self._spread = _box(self._small.square()) - self._mean.square() + _EPSILON

    def follow(self, x: Tensor) -> Tensor:
        """Maps `[b, c, h, w]` of the working size in the plate's size."""
        height, width = self._full.shape[-2:]
        mean = _box(x)
        slope = (_box(self._small * x) - self._mean * mean) / self._spread
        offset = mean - slope * self._mean
        slope, offset = enlarged(_box(torch.cat((slope, offset), 1)), height, width).chunk(2, 1)
        return slope * self._full + offset


def _brightness(plate: Tensor, level: Tensor) -> Tensor:
    return (torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0).mean(1, keepdim=True) / level + _FLOOR).log()


def _box(x: Tensor) -> Tensor:
    """The mean over a square window, edges repeated."""
    return F.avg_pool2d(F.pad(x, (_RADIUS,) * 4, mode="replicate"), 2 * _RADIUS + 1, 1)
