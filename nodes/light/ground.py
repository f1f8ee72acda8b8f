"""A level ground that a camera sees, and a wall that may stand on it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from rimlight.engine import Camera, Region, unit

_FLAT = 1e-6
"""Cosine with the ground below which a ray never meets it."""


@dataclass(frozen=True)
class Ground:
    """Where rays of a camera meet a ground, in camera space.

    camera : of the picture. up : the ground's normal, unit. height : of the camera over the ground, scene units.
    """

    camera: Camera
    up: tuple[float, float, float]
    height: float

    @classmethod
    def below(cls, camera: Camera, x: float, y: float, roll: float, height: float) -> Self:
        """The ground whose horizon goes through a place in pixels, x right and y down from the frame's top left.

        roll : degrees by which the horizon is turned counter-clockwise, as it is seen.
        """
        angle = math.radians(roll)
        along = torch.tensor([math.cos(angle), math.sin(angle), 0.0], dtype=torch.float64)
        normal = unit(torch.linalg.cross(along, torch.tensor(camera.ray(x, y), dtype=torch.float64)))
        a, b, c = normal.tolist()
        return cls(camera, (a, b, c), height)

    def at(self, x: float, y: float) -> Tensor | None:
        """The place on the ground `[3]`, float64, that is seen at a place in pixels; None above the horizon."""
        ray = torch.tensor(self.camera.ray(x, y), dtype=torch.float64)
        down = float(ray @ self._up)
        return None if down > -_FLAT else ray * (-self.height / down)

    def front(self, place: Tensor) -> Tensor:
        """From a place `[3]` to the camera, level; from one straight below it, to the lower edge of the frame. Unit."""
        back = torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)
        level, other = (v - (v @ self._up) * self._up for v in (-place, back))
        return unit(level if float(level.norm()) > 1e-6 * float(place.norm()) else other)

    def right(self, front: Tensor) -> Tensor:
        """To the right of what looks to the camera, as the camera sees it, level. Unit."""
        aside: Tensor = torch.linalg.cross(self._up, front)
        return aside

    def seen(self, region: Region, wall: tuple[Tensor, Tensor] | None, like: Tensor) -> tuple[Tensor, Tensor]:
        """Positions and normals `[3, h, w]` of what the pixels of a region show, counted from the frame's top left;
        where that is neither ground nor wall, normals are 0.

        wall : a place on it `[3]` and its normal, which lies in the ground and looks at the camera.
        """
        rays = self.camera.rays(region, like)
        position, normal = _met(rays, self._up * -self.height, self._up)
        if wall is not None:
            there, facing = _met(rays, *wall)
            before = (facing != 0).any(0) & ((normal == 0).all(0) | (there[2] > position[2]))
            position, normal = torch.where(before, there, position), torch.where(before, facing, normal)
        return position, normal

    @cached_property
    def _up(self) -> Tensor:
        return torch.tensor(self.up, dtype=torch.float64)


def _met(rays: Tensor, place: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays meet the front of a plane, and its normal there; both 0 where they do not."""
    towards = torch.einsum("c,chw->hw", normal.to(rays), rays)
    meets = towards < -_FLAT
    share = torch.where(meets, float(place @ normal) / torch.where(meets, towards, -1.0), 0.0)
    meets = meets & (share > 0)
    return torch.where(meets, rays * share, 0.0), torch.where(meets, normal.to(rays).reshape(3, 1, 1), 0.0)
