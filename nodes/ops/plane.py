"""A rectangle that a camera sees at a slant: where it is, and normals as it has them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from rimlight.engine import Camera, unit

from .matrices import Point, corner_pin_matrix

_SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_NONE = 1e-6


@dataclass(frozen=True)
class Plane:
    """A parallelogram in camera space, in units of the way to its first corner.

    camera : that sees it. matrix : 3x3 float64, from the square 0 to 1, v up, to places at z = -1, homogeneous.
    """

    camera: Camera
    matrix: Tensor

    @classmethod
    def of(cls, camera: Camera, corners: Sequence[Point]) -> "Plane":
        """Of four corners in pixels, x right and y down, anticlockwise as seen, from the lower left. Raises ValueError
        with a sentence where they are no quad.
        """
        seen = [camera.ray(x, y)[:2] for x, y in corners]
        return cls(camera, corner_pin_matrix(_SQUARE, seen))

    @cached_property
    def axes(self) -> tuple[Tensor, Tensor]:
        """The ways `[3]` along the lower and the left edge."""
        # P = (x, y, -w) is at (x / w, y / w, -1): the columns are these ways, but for one factor.
        turned = self.matrix * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)[:, None]
        return turned[:, 0], turned[:, 1]

    @property
    def proportion(self) -> float:
        """Its height over its width."""
        right, up = self.axes
        return float(up.norm() / right.norm())

    @property
    def angle(self) -> float:
        """Degrees between the edges at the first corner: 90 of a rectangle seen through this lens."""
        right, up = (unit(axis) for axis in self.axes)
        return math.degrees(math.acos(max(-1.0, min(1.0, float(right @ up)))))

    @property
    def fitting_view(self) -> float | None:
        """The field of view in degrees in which it would be a rectangle; None where perspective does not tell."""
        (ax, ay, az), (bx, by, bz) = (axis.tolist() for axis in self.axes)
        across = ax * bx + ay * by
        if abs(across) < _NONE or -az * bz / across <= 0:
            return None
        return 2 * math.degrees(math.atan(self.camera.tan_x * math.sqrt(-az * bz / across)))

    def places(self, width: int, height: int) -> Tensor:
        """Where in the picture the texels of a flat picture of it are, `[2, height, width]`, x right and y down."""
        u = (torch.arange(width, dtype=torch.float64) + 0.5) / width
        v = 1 - (torch.arange(height, dtype=torch.float64) + 0.5) / height
        flat = torch.stack((u.expand(height, width), v[:, None].expand(height, width), torch.ones(height, width)))
        x, y, w = torch.einsum("ij,jhw->ihw", self.matrix, flat.double())
        return torch.stack(self.camera.project(torch.stack((x, y, -w))))

    def turned(self, normal: Tensor) -> Tensor:
        """Normals `[3, h, w]` of the camera's space in that of the plane: x along the lower edge, z out of it.

        Which way it faces is told by the mean of the normals, which that of a plane with relief is, and by the corners
        where there are none. What is 0 stays so.
        """
        right, up = self.axes
        mean = torch.nan_to_num(normal[:3]).double().sum((1, 2)).cpu()
        out = unit(mean) if float(mean.norm()) > _NONE else unit(torch.linalg.cross(right, up))
        along = unit(right - (right @ out) * out)
        turn = torch.stack((along, torch.linalg.cross(out, along), out)).to(normal)
        return torch.einsum("ij,jhw->ihw", turn, normal[:3])
