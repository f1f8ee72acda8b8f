"""A brush that drags what is below it along, as a finger does in wet paint.

The brush moves the picture where it is by its own way times its cover: a flow. Where each pixel came from is followed
back through all of the flow, and the picture is read there once, so that a long stroke does not blur what it drags, and
the result does not depend on how densely the stroke was drawn.
"""

import itertools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .resample import Box
from .strokes import draw_stroke

_STEP = 0.2  # of the radius that the brush goes at a time
_LEAST = 0.5  # pixels that it goes at least


def smear(
    line: Tensor, width: float, hardness: float, sizes: Tensor, shares: Tensor,
    below: Callable[[Box], Tensor], whole: Box, box: Box, check: Callable[[], None],
) -> Tensor:  # fmt: skip
    """The picture over `box`, a part of `whole`, dragged along a line.

    line : `[N, 2]` in pixels, y down. width, hardness : of the brush, as in `draw_stroke`. sizes, shares : `[N]`,
    factors of the width, and of the way that things go along. below : the pixels `[C, h, w]` of the picture over a box.
    whole : all that the stroke touches. check : called again and again, raises when nobody waits any more.
    """
    way = _way_back(line, width, hardness, sizes, shares, whole, check)
    (x0, y0, x1, y1), (left, top, *_) = box, whole
    way = way[:, y0 - top : y1 - top, x0 - left : x1 - left]
    around = whole[0] - 1, whole[1] - 1, whole[2] + 1, whole[3] + 1  # what is read lies between two pixels, or outside
    picture = below(around)
    left, top = box[0] - around[0], box[1] - around[1]
    still = picture[:, top : top + way.shape[1], left : left + way.shape[2]]
    way = way.to(picture.device)
    return torch.where((way != 0).any(0), _read(picture, way, left, top), still)


def _way_back(
    line: Tensor, width: float, hardness: float, sizes: Tensor, shares: Tensor, box: Box, check: Callable[[], None]
) -> Tensor:
    """From each pixel to where it came from, `[2, h, w]`."""
    way = torch.zeros(2, box[3] - box[1], box[2] - box[0])
    along = _evenly(torch.cat((line, sizes[:, None], shares[:, None]), 1), max(_LEAST, _STEP * width / 2)).tolist()
    for (ax, ay, _, _), (bx, by, size, share) in itertools.pairwise(along):
        check()
        x, y, radius = (ax + bx) / 2, (ay + by) / 2, size * width / 2 + 1.5
        dab = (
            max(box[0], math.floor(x - radius)), max(box[1], math.floor(y - radius)),
            min(box[2], math.ceil(x + radius)), min(box[3], math.ceil(y + radius)),
        )  # fmt: skip
        if dab[0] >= dab[2] or dab[1] >= dab[3]:
            continue
        cover = share * draw_stroke(torch.tensor([[x, y]]), size * width, dab, hardness)
        rows, columns = slice(dab[1] - box[1], dab[3] - box[1]), slice(dab[0] - box[0], dab[2] - box[0])
        step = cover * torch.tensor([ax - bx, ay - by]).view(2, 1, 1).float()
        way[:, rows, columns] = _moved(way, step, rows, columns) + step
    return way


def _moved(way: Tensor, step: Tensor, rows: slice, columns: slice) -> Tensor:
    """The way back from where a step back leads."""
    reach = math.ceil(float(step.abs().max())) + 1
    top, left = max(0, rows.start - reach), max(0, columns.start - reach)
    around = way[:, top : rows.stop + reach, left : columns.stop + reach]
    return _read(around, step, columns.start - left, rows.start - top)


def _read(x: Tensor, way: Tensor, left: int, top: int) -> Tensor:
    """`x [C, H, W]` at a way `[2, h, w]` from each of its pixels from `left`, `top` on: linear between pixels, its
    edges repeated.
    """
    columns = way[0] + torch.arange(left, left + way.shape[2], device=x.device)
    rows = way[1] + torch.arange(top, top + way.shape[1], device=x.device)[:, None]
    height, width = x.shape[1:]
    grid = torch.stack((2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1), -1)
    return F.grid_sample(x[None], grid[None], "bilinear", "border", align_corners=True)[0]


def _evenly(line: Tensor, step: float) -> Tensor:
    """Points `[N, C]` along a line whose first two columns are places, at most a step apart."""
    if len(line) == 1:
        return line
    lengths = torch.cat((line.new_zeros(1), (line[1:, :2] - line[:-1, :2]).norm(dim=1).cumsum(0)))
    at = torch.linspace(0, float(lengths[-1]), max(1, math.ceil(float(lengths[-1]) / step)) + 1, dtype=line.dtype)
    last = torch.searchsorted(lengths, at, right=True).clamp(1, len(line) - 1)
    before, after = lengths[last - 1], lengths[last]
    share = ((at - before) / (after - before).clamp(min=1e-9)).clamp(0, 1)
    return line[last - 1] + share[:, None] * (line[last] - line[last - 1])
