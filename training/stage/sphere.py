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


def unit(vectors: Tensor, dim: int = 0) -> Tensor:
    """Vectors along `dim` scaled to length one; those shorter than 1e-12 stay short. On a CPU sums of squares are
    found ten times as fast as norms.
    """
    return vectors / vectors.square().sum(dim, keepdim=True).sqrt().clamp_min(1e-12)


def from_frame(axis: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """The vector with components x, y, z in a frame whose z is the unit vectors `axis` `[3, ...]`."""
    first, second = frame_of(axis)
    return x * first + y * second + z * axis


def frame_of(axis: Tensor) -> tuple[Tensor, Tensor]:
    """Two unit vectors that with the unit vectors `axis` `[3, ...]` make a right-handed frame (Duff et al. 2017)."""
    ax, ay, az = axis.unbind(0)
    sign = torch.where(az >= 0, 1.0, -1.0)
    a = -1 / (sign + az)
    b = ax * ay * a
    first = torch.stack((1 + sign * ax * ax * a, sign * b, -sign * ax))
    return first, torch.stack((b, sign + ay * ay * a, -ay))


class Cells:
    """The cells nearest to directions `[D, 3]`, as pixels of lat-long pictures `height` rows high."""

    def __init__(self, directions: Tensor, height: int) -> None:
        like = directions.new_zeros(1)
        self.count = directions.shape[0]
        around = latlong_directions(height, 2 * height, like).flatten(1)
        alike = around.T @ directions.T
        # NumPy finds that four times as fast as torch on processors.
        self.nearest = torch.from_numpy(alike.numpy().argmax(1)) if alike.device.type == "cpu" else alike.argmax(1)
        self.areas = latlong_solid_angles(height, 2 * height, like).expand(1, height, 2 * height).flatten()
        self.sizes = self._summed(self.areas[:, None])

    def means(self, picture: Tensor) -> Tensor:
        """Mean radiance `[D, C]` of a picture `[C, height, 2 * height]` over the cells: with their solid angles they
        give the picture's integral.
        """
        return self._summed(picture.flatten(1).T * self.areas[:, None]) / self.sizes.clamp_min(1e-9)

    def _summed(self, values: Tensor) -> Tensor:
        total = values.new_zeros(self.count, values.shape[1])
        return total.index_add_(0, self.nearest, values)
