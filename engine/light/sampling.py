"""Sample points that are the same in every run, and directions drawn from them."""

import math

import torch
from torch import Tensor

from .values import basis, dot, unit

GOLDEN = (math.sqrt(5) - 1) / 2


def lattice(count: int, like: Tensor) -> Tensor:
    """`count` evenly spread points `[count, 2]` of the unit square, a golden-ratio lattice; always the same ones."""
    n = torch.arange(count, dtype=torch.float64)
    points = torch.stack(((n + 0.5) / count, (n * GOLDEN + 0.5) % 1.0), 1)
    return points.to(dtype=like.dtype, device=like.device)


def local_to(axis: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """The vector with components x, y, z in the frame whose z is the unit vectors `axis` `[3, ...]`."""
    s, t = basis(axis)
    return x * s + y * t + z * axis


def visible_normal(view: Tensor, alpha: Tensor, u: Tensor) -> Tensor:
    """A microfacet normal of GGX that `view` sees, both `[3, ...]` in the surface's frame (Heitz 2018)."""
    x, y, z = view.unbind(0)
    stretched = unit(torch.stack((alpha * x, alpha * y, z)))
    s, t = basis(stretched)
    r, phi = u[0].sqrt(), 2 * math.pi * u[1]
    a, b = r * phi.cos(), r * phi.sin()
    # The disc is warped so that its lower half is what the hemisphere hides; the frame's second axis has to be the one
    # that leans up, so the frame is turned to put the horizon along the first.
    leans = torch.hypot(s[2], t[2])
    horizon = leans.clamp_min(1e-12)
    cos, sin = torch.where(leans > 1e-12, t[2] / horizon, 1.0), -s[2] / horizon
    first, second = cos * s + sin * t, cos * t - sin * s
    lean = 0.5 * (1 + stretched[2])
    b = (1 - lean) * (1 - a * a).clamp_min(0).sqrt() + lean * b
    c = (1 - a * a - b * b).clamp_min(0).sqrt()
    m = a * first + b * second + c * stretched
    return unit(torch.stack((alpha * m[0], alpha * m[1], m[2].clamp_min(1e-6))))


def mirrored(view: Tensor, half: Tensor) -> Tensor:
    """`view` mirrored at `half`, unit vectors `[3, ...]`."""
    return 2 * dot(view, half) * half - view
