"""The bright spots of surroundings apart from the rest, which is even enough to be known by a few means.

Spots are cut in two across their longer side until none is worth it (the median cut of Debevec 2005), and each part
counts as a light that is spread evenly over a rectangle of the same middle and variance.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..sums import sum_of_all
from . import equirect
from .environment import Environment
from .equirect import latlong_solid_angles

_BRIGHT = 4.0
"""Times the mean of the surroundings from which on they are spots."""
_LITTLE = 0.03
"""Share of all light below which spots are left in the rest."""
_MOST = 16
_ROWS = 128
_SMALL = 0.01
"""Of the light of all spots that is worth no cut, by the square of its extent in radians."""


class Spots(NamedTuple):
    """directions, across, up : `[k, 3]`, to the middle of each spot, and its sides there. energies : `[k, 3]`,
    irradiance over pi of what faces it. rest : the surroundings without them.
    """

    directions: Tensor
    across: Tensor
    up: Tensor
    energies: Tensor
    rest: Environment

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.directions, self.across, self.up, self.energies


def spots_of(environment: Environment) -> Spots:
    """The spots of an environment, found once and kept with it."""
    known: Spots | None = environment.__dict__.get("_spots")
    if known is None:
        known = environment.__dict__["_spots"] = _found(environment)
    return known


def _found(environment: Environment) -> Spots:
    picture = environment.picture
    height, width = picture.shape[-2:]
    level = picture.detach().abs().mean(0, keepdim=True)
    whole = sum_of_all(level * latlong_solid_angles(height, width, level))
    limit = _BRIGHT * whole / (4 * math.pi)
    over = (1 - limit / level.clamp_min(1e-20)).clamp_min(0)
    rows = min(_ROWS, height)
    excess = equirect.resized(picture * over, rows, 2 * rows)
    excess = excess * latlong_solid_angles(rows, 2 * rows, excess) / math.pi
    energy = excess.detach().abs().mean(0).double().cpu()
    none = picture.new_zeros(0, 3)
    if not float(energy.sum()) * math.pi > _LITTLE * float(whole):
        return Spots(none, none, none, none, environment)
    directions, across, up, energies = [], [], [], []
    for top, bottom, left, right in _cut(energy, rows):
        (azimuth, elevation), (wide, high) = _moments(energy[top:bottom, left:right], top, left, rows)
        s, c, e = math.sin(azimuth), math.cos(azimuth), math.sin(elevation)
        directions.append(picture.new_tensor((s * math.cos(elevation), e, -c * math.cos(elevation))))
        across.append(picture.new_tensor((c * wide, 0.0, s * wide)))
        up.append(picture.new_tensor((-s * e * high, math.cos(elevation) * high, c * e * high)))
        energies.append(excess[:, top:bottom, left:right].sum(2).sum(1))
    found = [torch.stack(part) for part in (directions, across, up, energies)]
    return Spots(found[0], found[1], found[2], found[3], Environment(picture * (1 - over)))


def _cut(energy: Tensor, rows: int) -> list[tuple[int, int, int, int]]:
    """Boxes of pixels: top, bottom, left, right."""
    whole = float(energy.sum())
    boxes = [_tight(energy, (0, rows, 0, 2 * rows))]
    while len(boxes) < _MOST:
        worth = [_worth(energy, box, rows) / whole for box in boxes]
        best = max(range(len(boxes)), key=worth.__getitem__)
        if worth[best] < _SMALL**2:
            break
        boxes[best : best + 1] = [_tight(energy, part) for part in _halves(energy, boxes[best], rows)]
    return boxes


def _tight(energy: Tensor, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest box with all the light of one."""
    top, bottom, left, right = box
    there = energy[top:bottom, left:right] > 0
    down, along = torch.nonzero(there.any(1)).flatten(), torch.nonzero(there.any(0)).flatten()
    return top + int(down[0]), top + int(down[-1]) + 1, left + int(along[0]), left + int(along[-1]) + 1


def _extent(box: tuple[int, int, int, int], rows: int) -> tuple[float, float]:
    """How many radians a box is high and wide."""
    top, bottom, left, right = box
    step = math.pi / rows
    elevation = math.pi / 2 - (top + bottom) / 2 * step
    return (bottom - top) * step, (right - left) * step * max(math.cos(elevation), step / 2)


def _worth(energy: Tensor, box: tuple[int, int, int, int], rows: int) -> float:
    top, bottom, left, right = box
    if bottom - top < 2 and right - left < 2:
        return 0.0
    return float(energy[top:bottom, left:right].sum()) * max(_extent(box, rows)) ** 2


def _halves(energy: Tensor, box: tuple[int, int, int, int], rows: int) -> list[tuple[int, int, int, int]]:
    top, bottom, left, right = box
    high, wide = _extent(box, rows)
    part = energy[top:bottom, left:right]
    down = bottom - top > 1 and (high >= wide or right - left < 2)
    sums = part.sum(1 if down else 0).cumsum(0)
    at = 1 + int(torch.searchsorted(sums, sums[-1:] / 2)[0])
    at = min(at, len(sums) - 1)
    if down:
        return [(top, top + at, left, right), (top + at, bottom, left, right)]
    return [(top, bottom, left, left + at), (top, bottom, left + at, right)]


def _moments(part: Tensor, top: int, left: int, rows: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The azimuth from the picture's middle and the elevation of the middle of light, and the sides of the rectangle of
    its variance there, in radians.
    """
    step, total = math.pi / rows, float(part.sum())
    x = torch.arange(part.shape[1], dtype=part.dtype, device=part.device) + left + 0.5
    y = torch.arange(part.shape[0], dtype=part.dtype, device=part.device) + top + 0.5
    columns, lines = part.sum(0) / total, part.sum(1) / total
    mx, my = float((columns * x).sum()), float((lines * y).sum())
    vx = float((columns * (x - mx).square()).sum()) + 1 / 12
    vy = float((lines * (y - my).square()).sum()) + 1 / 12
    elevation = math.pi / 2 - my * step
    azimuth = mx * step - math.pi
    side = math.sqrt(12.0) * step
    return (azimuth, elevation), (side * math.sqrt(vx) * math.cos(elevation), side * math.sqrt(vy))
