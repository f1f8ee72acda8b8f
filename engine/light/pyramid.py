"""A picture of all directions at ever coarser sizes, to be read over a solid angle rather than in a point."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from . import equirect

_COARSEST = 8
_ROUND = 64
"""Rows of the finest size that is averaged in circles on the sphere; finer ones are in the picture's own rectangles,
which are thin only next to the poles.
"""
_SOURCE = 128
_WIDTH = 0.5
"""The standard deviation of a size's averages in its pixels. What lies between pixels makes it 0.65 on the whole."""
_PIXEL = 0.92
"""The side of the pixels that a solid angle is read from, by the angle's root: averages overlap so far that a lattice
of them covers what is between without ripples, and no farther."""


@dataclass(frozen=True)
class _Bell:
    """The weight of directions about a pixel, a gaussian of a width in radians."""

    width: float

    def __call__(self, cosine: Tensor) -> Tensor:
        return ((cosine - 1) / self.width**2).exp()


class Pyramid:
    """An equirectangular picture `[C, h, w]` at sizes that halve down to 8 rows, all in one picture."""

    def __init__(self, picture: Tensor) -> None:
        levels = _levels(picture)
        closed = [equirect.closed(level) for level in levels]
        width = max(level.shape[-1] for level in closed)
        self._atlas = torch.cat([F.pad(level, (0, width - level.shape[-1])) for level in closed], -2)[None]
        height = self._atlas.shape[-2]
        # Where a level lies: its width and height, and its first row, as `grid_sample` counts from -1 to 1.
        places, start = [], 0
        for level in levels:
            places.append((2 * level.shape[-1] / width, 2 * level.shape[-2] / height, 2 * (start + 1) / height - 1))
            start += level.shape[-2] + 2
        self._places = torch.tensor(places, dtype=picture.dtype, device=picture.device)
        self._left = 2 / width - 1
        self._last = len(levels) - 1
        finest = levels[min(1, self._last)].shape[-2]
        self._offset = math.log2(_PIXEL * finest / math.pi) + min(1, self._last)

    def mean(self, direction: Tensor, angle: Tensor) -> Tensor:
        """The mean about directions `[3, h, w]` over solid angles of `angle` steradians `[1, h, w]`: `[C, h, w]`.

        Below the size of the picture's pixels it is the picture, bilinear.
        """
        u, v = equirect.coordinates(direction)
        if self._last == 0:
            return self._at(u, v, torch.zeros_like(u, dtype=torch.long))
        level = (0.5 * angle[0].clamp_min(1e-12).log2() + self._offset).clamp(0, self._last)
        below = level.detach().floor().clamp_max(self._last - 1)
        number = below.long()
        return torch.lerp(self._at(u, v, number), self._at(u, v, number + 1), level - below)

    def _at(self, u: Tensor, v: Tensor, level: Tensor) -> Tensor:
        across, down, top = self._places[level].unbind(-1)
        grid = torch.stack((u * across + self._left, torch.addcmul(top, v, down)), -1)[None]
        return F.grid_sample(self._atlas, grid, padding_mode="border", align_corners=False)[0]


def _levels(picture: Tensor) -> list[Tensor]:
    height = picture.shape[-2]
    levels = [picture]
    rows = _power(height / 1.4)
    source = _power(min(_SOURCE, height))
    small = equirect.resized(picture, source, 2 * source)
    while rows >= _COARSEST:
        if rows > _ROUND:
            levels.append(equirect.resized(levels[-1], rows, 2 * rows))
        else:
            levels.append(equirect.convolve(small, _Bell(_WIDTH * math.pi / rows), rows, 2 * rows))
        rows //= 2
    return levels


def _power(limit: float) -> int:
    """The largest power of two that is no more, from 1 on."""
    return 1 << max(0, math.floor(math.log2(limit)))
