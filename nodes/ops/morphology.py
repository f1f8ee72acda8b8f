"""Grow and shrink: the maximum or minimum over a square or a disc of fractional radius, per channel.

Maxima of 2, 4, 8 ... neighbours are built by doubling, and any run of pixels is covered by two of them; a disc is a
stack of such runs. Exact, and the cost per row of the disc does not depend on its width.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_STRIP = 128


def dilate_margin(radius: float) -> int:
    """Pixels of margin for growing or shrinking by `radius` pixels (the sign does not matter)."""
    return math.ceil(abs(radius))


def dilate(x: Tensor, radius_x: float, radius_y: float, round_element: bool = False) -> Tensor:
    """Grow bright areas of `x [C, H, W]` by a radius in pixels, or shrink them where it is negative.

    A fractional radius blends the whole radii around it. `round_element` grows by a disc (an ellipse), else by a
    rectangle; both radii of an ellipse must have the same sign. NaN never wins; a window of NaN alone stays NaN.
    Returns `x` without `dilate_margin` of each radius on each side.
    """
    if round_element:
        if radius_x * radius_y < 0:
            raise ValueError(f"dilate: radii are {radius_x} and {radius_y}, a round element needs one sign for both")
        return _extreme(x, _ellipse, (radius_x, radius_y), radius_x + radius_y < 0)
    wide = _extreme(x, _rectangle, (radius_x, 0.0), radius_x < 0)
    return _extreme(wide, _rectangle, (0.0, radius_y), radius_y < 0)


def largest_around(x: Tensor, radius: int) -> Tensor:
    """The largest of each pixel's neighbours up to `radius` pixels away along both axes, of a whole picture.

    x : `[C, H, W]`, as is what is returned. The same as a maximum pooling, at a cost that hardly grows with the radius.
    """
    return dilate(F.pad(x, (radius,) * 4, value=-torch.inf), radius, radius)


def distance_from(inside: Tensor) -> Tensor:
    """Pixels from each pixel `[h, w]` to the nearest one where `inside [h, w]` is true, 0 there, to within 2 %.

    Float32 on the device of `inside`; where it is true nowhere, a number larger than the picture.
    """
    outside = (~inside).cpu().numpy().astype(np.uint8)
    return torch.from_numpy(cv2.distanceTransform(outside, cv2.DIST_L2, 5)).to(inside.device)


def without_texture(x: Tensor, width: float) -> Tensor:
    """A whole picture `[C, H, W]` without what is thinner than about `width` pixels, at least 3; other outlines stay.

    The mean of its opening's closing and its closing's opening (Peters 1995): the one leaves what texture has between
    its dark, the other between its bright, and both leave edges of what is wider.
    """
    if min(x.shape[1:]) == 0:
        return x
    radius = max(1, round(width / 2))
    # Either way the last of one and the first of the other are one of twice the radius.
    both = F.pad(torch.cat((x, -x))[None], (4 * radius,) * 4, mode="replicate")[0]
    for step in (-radius, 2 * radius, -radius):
        both = dilate(both, step, step)
    opened, closed = both.chunk(2)
    return (opened - closed) / 2


def _extreme(
    x: Tensor,
    element: Callable[[int, int], list[int]],
    radii: tuple[float, float],
    smallest: bool,
) -> Tensor:
    """Maximum (or minimum) over the element, blended between the whole sizes around `radii`."""
    rx, ry = abs(radii[0]), abs(radii[1])
    if rx == 0 and ry == 0:
        return x
    signed = -x if smallest else x
    bad = torch.isnan(signed)
    any_bad = bool(bad.any())
    if any_bad:
        signed = torch.where(bad, -torch.inf, signed)
    outer_x, outer_y = math.ceil(rx), math.ceil(ry)
    less_x, less_y = outer_x - rx, outer_y - ry

    def whole(fewer_x: int, fewer_y: int) -> Tensor:
        size = (outer_x - fewer_x, outer_y - fewer_y)
        core = signed[:, fewer_y : x.shape[1] - fewer_y, fewer_x : x.shape[2] - fewer_x]
        return _maximum(core, element(*size), size)

    result = whole(0, 0)
    if math.isclose(less_x, less_y):
        result = _blend(result, lambda: whole(1, 1), less_x)
    else:
        result = _blend(result, lambda: whole(1, 0), less_x)
        result = _blend(result, lambda: _blend(whole(0, 1), lambda: whole(1, 1), less_x), less_y)
    if any_bad:
        result = torch.where(torch.isneginf(result), torch.nan, result)
    return -result if smallest else result


def _blend(more: Tensor, less: Callable[[], Tensor], fraction: float) -> Tensor:
    if fraction == 0:
        return more
    fewer = less()
    # Where both agree nothing is blended, or an infinity would turn into NaN.
    return torch.where(more == fewer, more, torch.lerp(more, fewer, fraction))


def _rectangle(rx: int, ry: int) -> list[int]:
    return [rx] * (2 * ry + 1)


def _ellipse(rx: int, ry: int) -> list[int]:
    """Half width of the ellipse in each of its rows, to the nearest pixel."""
    return [int(rx * math.sqrt(1 - (dy / max(ry, 1)) ** 2) + 0.5) for dy in range(-ry, ry + 1)]


def _maximum(x: Tensor, half_widths: list[int], radii: tuple[int, int]) -> Tensor:
    rx, ry = radii
    height, width = x.shape[1] - 2 * ry, x.shape[2] - 2 * rx
    if rx == 0:
        return _running_maximum(x, 2 * ry + 1, 1)
    if ry == 0:
        return _running_maximum(x, 2 * rx + 1, 2)
    out = x.new_empty(x.shape[0], height, width)
    rows_of: dict[int, list[int]] = {}
    for row, half in enumerate(half_widths):
        rows_of.setdefault(half, []).append(row)
    # Strips keep the intermediate runs in the processor's cache.
    for plane, target in zip(x, out, strict=True):
        for top in range(0, height, _STRIP):
            strip = target[top : top + _STRIP].fill_(-torch.inf)
            source = plane[top : top + strip.shape[0] + 2 * ry]
            span, reach = source, 1
            for half in sorted(rows_of):
                length = 2 * half + 1
                while reach * 2 <= length:
                    span, reach = torch.maximum(span[:, :-reach], span[:, reach:]), reach * 2
                for row in rows_of[half]:
                    lines = span[row : row + strip.shape[0]]
                    torch.maximum(strip, lines[:, rx - half : rx - half + width], out=strip)
                    last = rx + half + 1 - reach
                    torch.maximum(strip, lines[:, last : last + width], out=strip)
    return out


def _running_maximum(x: Tensor, length: int, dim: int) -> Tensor:
    """Maximum over every `length` neighbours along `dim`, valid part only."""
    count = x.shape[dim] - length + 1
    reach = 1
    while reach * 2 <= length:
        size = x.shape[dim] - reach
        x, reach = torch.maximum(x.narrow(dim, 0, size), x.narrow(dim, reach, size)), reach * 2
    return torch.maximum(x.narrow(dim, 0, count), x.narrow(dim, length - reach, count))
