"""How much of a surface's view light sources of a shape fill: irradiance over pi times radiance, cut off at the
horizon.
"""

import math

import torch
from torch import Tensor

from .values import dot, unit


def sphere(cosine: Tensor, sin2: Tensor) -> Tensor:
    """Form factor of a sphere whose centre stands at `cosine` to the normal and whose half angle has the squared sine
    `sin2`, 0..1; exact, also where the horizon cuts it (Snyder 1996). Shapes broadcast.
    """
    s2 = sin2.clamp(1e-12, 1 - 1e-6)
    cosine = cosine.clamp(-1, 1)
    sine = (1 - cosine * cosine).clamp_min(1e-10).sqrt()
    x = ((1 - s2) / s2).sqrt()
    edge = (-x * cosine / sine).clamp(-1 + 1e-6, 1 - 1e-6)
    gap = sine * (1 - edge * edge).sqrt()
    cut = ((cosine * torch.acos(edge) - x * gap) * s2 + torch.atan(gap / x)) / math.pi
    above = cosine * s2
    # Away from the horizon the simple form keeps its digits for small lights.
    free = cosine * cosine >= s2
    return torch.where(free, above.clamp_min(0), cut)


def polygon(corners: Tensor, normal: Tensor) -> Tensor:
    """Form factor `[1, h, w]` of a polygon with corners `[n, 3, h, w]` relative to the surface.

    Counter-clockwise as the surface sees it, else the result is that of an empty polygon. Exact where all of it is
    above the horizon (Lambert); where the horizon cuts it, that of the sphere with the same vector irradiance (Hill
    2014), within 0.02 of the whole.
    """
    total = _vector(corners)
    size = dot(total, total).clamp_min(1e-20).sqrt()
    return sphere(dot(total, normal) / size, size)


def slopes(corners: Tensor, height: Tensor) -> Tensor:
    """The share `[1, h, w]` of GGX's slopes inside a polygon: corners `[n, 2, h, w]` in slopes, `height` GGX's alpha.

    GGX's distribution of slopes is what a plane at the height alpha sends to a parallel surface.
    """
    lifted = torch.cat((corners, height.expand_as(corners[:1, :1]).expand(corners.shape[0], 1, -1, -1)), 1)
    return _vector(lifted)[2:].abs()


def _vector(corners: Tensor) -> Tensor:
    """The vector irradiance `[3, h, w]` of a polygon of radiance 1, over pi (Lambert)."""
    corners = unit(corners, 1)
    total = torch.zeros_like(corners[0])
    for a, b in zip(corners, corners.roll(-1, 0), strict=True):
        cross = torch.linalg.cross(a, b, dim=0)
        length = dot(cross, cross).clamp_min(1e-20).sqrt()
        total = total + cross * (torch.atan2(length, dot(a, b)) / length)
    return total / (2 * math.pi)
