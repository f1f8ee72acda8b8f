"""Radial distortion of lenses, and its exact inverse.

Points are seen from the axis of the lens in units of half the frame's diagonal. A point at radius r of the straight
picture lies at r (1 + k1 r^2 + k2 r^4) in the distorted one.
"""

import torch
from torch import Tensor

_ROUNDS = 60
_NEAR = 1e-13  # of a radius: what is nearer is the same
_BISECTIONS = 60


def distorted_radius(r: Tensor, k1: float, k2: float) -> Tensor:
    """Where the lens puts a radius of the straight picture."""
    square = r * r
    return r * (1 + square * (k1 + square * k2))


def fold(k1: float, k2: float) -> float:
    """The radius of the straight picture up to which radii grow; beyond it the lens would fold the picture over."""
    # 1 + 3 k1 s + 5 k2 s^2 = 0 with s the square of the radius.
    roots = []
    if k2 == 0:
        roots = [-1 / (3 * k1)] if k1 < 0 else []
    else:
        under = 9 * k1 * k1 - 20 * k2
        if under >= 0:
            roots = [(-3 * k1 + sign * under**0.5) / (10 * k2) for sign in (1, -1)]
    found = [root for root in roots if root > 0]
    return min(found) ** 0.5 if found else float("inf")


def straight_radius(d: Tensor, k1: float, k2: float) -> Tensor:
    """The inverse of `distorted_radius`, float64, NaN for radii that no straight radius is put to.

    Newton's method, held inside of an interval that is halved where it would leave it.
    """
    limit = fold(k1, k2)
    end = torch.full_like(d, limit) if limit != float("inf") else torch.maximum(d, torch.ones_like(d))
    if limit == float("inf"):
        for _ in range(_BISECTIONS):
            short = distorted_radius(end, k1, k2) < d
            if not bool(short.any()):
                break
            end = torch.where(short, end * 2, end)
    reached = distorted_radius(end, k1, k2) >= d
    low, high, r = torch.zeros_like(d), end, torch.minimum(d, end)
    for _ in range(_ROUNDS):
        value = distorted_radius(r, k1, k2) - d
        low, high = torch.where(value < 0, r, low), torch.where(value < 0, high, r)
        square = r * r
        slope = 1 + square * (3 * k1 + 5 * k2 * square)
        step = r - value / torch.where(slope.abs() < 1e-12, 1.0, slope)
        inside = (step >= low) & (step <= high) & (slope.abs() >= 1e-12)
        new = torch.where(inside, step, (low + high) / 2)
        still, r = bool(((new - r).abs() < _NEAR).all()), new
        if still:
            break
    return torch.where(reached, r, torch.nan)


def moved(
    x: Tensor, y: Tensor, center: tuple[float, float], unit: float, aspect: float, k1: float, k2: float,
    straighten: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Points `[h, w]` of one picture in the other, float64.

    center : where the axis of the lens meets the picture. unit : pixels of a radius of 1, of the height of a pixel.
    aspect : width of a pixel over its height, in the picture before the lens squeezed it. straighten : from the
    distorted picture to the straight one, else the other way. NaN where the lens would fold the picture over.
    """
    u, v = (x - center[0]) * (aspect / unit), (y - center[1]) / unit
    r = torch.hypot(u, v)
    if straighten:
        new = straight_radius(r, k1, k2)
    else:
        new = torch.where(r <= fold(k1, k2), distorted_radius(r, k1, k2), torch.nan)
    factor = torch.where(r > 0, new / r.clamp_min(1e-30), 1.0)
    return center[0] + (x - center[0]) * factor, center[1] + (y - center[1]) * factor
