"""From the student's working size to the plate's: light is smooth, texture is the plate's own.

What is done with every pixel of a plate by itself is done in strips of rows, see `by_strips`. Maps that are smooth are
never there at the plate's size: `Rows` makes those of a strip.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check, side_by_side, unchecked

_RADIUS = 2  # working pixels
_EPSILON = 0.05  # nepers squared: contrast of the plate in a window below which light is taken to be even
_FLOOR = 1e-4  # of the level
_LONGEST = 3  # times the short side: of panoramas
_SAMPLES = 1 << 16
_STRIP = 1 << 17  # pixels: smaller parts are faster by one thread, larger ones by many

T = TypeVar("T")

Rows = Callable[[slice], Tensor]
"""Maps of a plate's size, of which rows `[b, c, n, W]` are made as they are asked for."""


def by_strips(work: Callable[[slice], T], plate: Tensor, check: Check = unchecked) -> list[T]:
    """What work makes of the rows of a plate `[..., H, W]`: side by side, in parts that stay in a processor's caches
    from one operation to the next, as these are several times as fast as memory. A GPU, which takes longer to begin,
    gets them all at once.
    """
    height, width = plate.shape[-2:]
    count = height
    if plate.device.type == "cpu":
        count = max(1, min(_STRIP // max(1, width), -(-height // torch.get_num_threads())))
    strips = [partial(work, slice(top, min(top + count, height))) for top in range(0, height, count)]
    check()
    return side_by_side(strips, lambda _: check())


def put_together(maps: Rows, plate: Tensor, check: Check = unchecked) -> Tensor:
    """All rows of maps `[b, c, H, W]` of the size of a plate `[..., H, W]`."""
    return torch.cat(by_strips(maps, plate, check), -2)


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


def light_of(plate: Tensor) -> Tensor:
    """The light of a plate, of any shape, without negative values and what is no number."""
    return torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min_(0)


def reduce_picture(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` brought to a smaller size, every pixel of it counted."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def enlarged(x: Tensor, height: int, width: int) -> Tensor:
    """`x [b, c, h, w]` in a larger size, bilinear."""
    return F.interpolate(x, (height, width), mode="bilinear", align_corners=False)


def enlarging(x: Tensor, height: int, width: int) -> Rows:
    """`x [b, c, h, w]` in a larger size as `enlarged` makes it, but only the rows that are asked for,
    `[b, c, rows, width]`.
    """
    wide = F.interpolate(x, (x.shape[-2], width), mode="bilinear", align_corners=False)
    last = x.shape[-2] - 1
    at = ((torch.arange(height, device=x.device) + 0.5) * (x.shape[-2] / height) - 0.5).clamp(0, last)
    above = at.long()
    below = (above + 1).clamp_max(last)
    share = (at - above).to(x.dtype)[:, None]
    return lambda rows: torch.lerp(
        wide.index_select(-2, above[rows]), wide.index_select(-2, below[rows]), share[rows]
    )  # fmt: skip


def sampled(x: Tensor) -> Tensor:
    """Enough pixels `[b, c, n]` of `x [b, c, H, W]` for a `percentile` of what is made of them, spread evenly."""
    return x.flatten(2)[..., :: max(1, x.shape[-2] * x.shape[-1] // _SAMPLES)]


def percentile(x: Tensor, share: float) -> Tensor:
    """One of the values of `x`, of any shape but empty, about that below which `share` (0 to 1) of them lie; `[]`."""
    values = x.flatten()
    values = values[:: max(1, values.numel() // _SAMPLES)]
    return values.kthvalue(1 + round(share * (values.numel() - 1))).values


def follow_edges(x: Tensor, plate: Tensor, level: Tensor) -> Tensor:
    """Maps `[b, c, h, w]` of the working size in the plate's size `[b, 3, H, W]`, their edges where the plate has
    edges. Several maps of a plate share a `Guide`.
    """
    return put_together(Guide(plate, level, x.shape[-2], x.shape[-1]).follow(x), plate)


class Guide:
    """How bright a plate is, in nepers about its level, at its own size and at the working size, for edges of light.

    The fast guided filter (He and Sun 2015): in every small window a map is a line over the guide, fitted at the
    working size and drawn at the full one.
    """

    def __init__(self, plate: Tensor, level: Tensor, height: int, width: int, check: Check = unchecked) -> None:
        """plate : `[b, 3, H, W]`. level : `[b, 1, 1, 1]`. height, width : the working size."""
        self._full = put_together(lambda rows: _brightness(plate[..., rows, :], level), plate, check)
        self._small = _brightness(reduce_picture(plate, height, width), level)
        self._mean = _box(self._small)
        self._spread = _box(self._small.square()) - self._mean.square() + _EPSILON

    def follow(self, x: Tensor) -> Rows:
        """Maps `[b, c, h, w]` of the working size in the plate's size."""
        mean = _box(x)
        slope = (_box(self._small * x) - self._mean * mean) / self._spread
        offset = mean - slope * self._mean
        lines = enlarging(_box(torch.cat((slope, offset), 1)), *self._full.shape[-2:])

        def follow(rows: slice) -> Tensor:
            slope, offset = lines(rows).chunk(2, 1)
            return torch.addcmul(offset, slope, self._full[..., rows, :])

        return follow


def _brightness(plate: Tensor, level: Tensor) -> Tensor:
    return (light_of(plate).mean(1, keepdim=True) / level + _FLOOR).log()


def _box(x: Tensor) -> Tensor:
    """The mean over a square window, edges repeated."""
    return F.avg_pool2d(F.pad(x, (_RADIUS,) * 4, mode="replicate"), 2 * _RADIUS + 1, 1)
