"""Directions on the sphere, and pictures of all directions."""

import math

import torch
from torch import Tensor

from rimlight.engine import latlong_directions, latlong_solid_angles


def spread_directions(count: int, turn: Tensor) -> tuple[Tensor, Tensor]:
    """`count` unit vectors `[count, 3]` spread evenly (a Fibonacci lattice), turned by a rotation `[3, 3]`, and the
    solid angles `[count]` of their cells: all the same.
    """
    n = torch.arange(count, dtype=torch.float64)
    z = 1 - (2 * n + 1) / count
    r = (1 - z * z).sqrt()
    phi = n * (math.pi * (3 - math.sqrt(5)))
    lattice = torch.stack((r * phi.cos(), r * phi.sin(), z), 1) @ turn.double().T
    return lattice.float(), torch.full((count,), 4 * math.pi / count)


def around(axis: Tensor, cos_max: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Unit vectors `[3, ...]` within a cone about `axis` `[3, ...]`, even in solid angle for u, v even in 0..1."""
    z = 1 - u * (1 - cos_max)
    r = (1 - z * z).clamp_min(0).sqrt()
    phi = 2 * math.pi * v
    return from_frame(axis, r * phi.cos(), r * phi.sin(), z)


def from_frame(axis: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """The vector with components x, y, z in a frame whose z is the unit vectors `axis` `[3, ...]` (Duff et al. 2017)."""
    ax, ay, az = axis.unbind(0)
    sign = torch.where(az >= 0, 1.0, -1.0)
    a = -1 / (sign + az)
    b = ax * ay * a
    first = torch.stack((1 + sign * ax * ax * a, sign * b, -sign * ax))
    second = torch.stack((b, sign + ay * ay * a, -ay))
    return x * first + y * second + z * axis


def cell_means(picture: Tensor, directions: Tensor) -> Tensor:
    """Mean radiance `[D, C]` of a lat-long picture `[C, h, w]` over the cells nearest to directions `[D, 3]`.

    Exact in sum: weighted with the cells' true solid angles the means give the picture's integral.
    """
    nearest, areas = _cells(picture, directions)
    count = directions.shape[0]
    pixels = picture.flatten(1).T * areas[:, None]
    total = torch.zeros(count, picture.shape[0], device=picture.device).index_add_(0, nearest, pixels)
    size = torch.zeros(count, device=picture.device).index_add_(0, nearest, areas)
    return total / size.clamp_min(1e-9)[:, None]


def _cells(picture: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest direction of each pixel of a lat-long picture `[h * w]`, and the pixels' solid angles."""
    _, h, w = picture.shape
    nearest = (directions @ latlong_directions(h, w, picture).flatten(1)).argmax(0)
    return nearest, latlong_solid_angles(h, w, picture).expand(1, h, w).flatten()
