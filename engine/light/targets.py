"""Lights as the points that shadow rays go to."""

import math

import torch
from torch import Tensor

from ..errors import RimlightError
from .beam import frame
from .lights import AreaLight, DirectionalLight, Light, PointLight
from .values import basis, dot, tensor_of, unit


class Target:
    """A light as points that rays go to."""

    def __init__(self, light: Light, position: Tensor, cm_per_unit: float) -> None:
        self.axis: Tensor | None = None
        self.radius = tensor_of(0.0, position)
        size: object = 1.0
        if isinstance(light, DirectionalLight):
            self.axis = unit(tensor_of(light.direction, position)).reshape(3, 1, 1)
            self.first, self.second = basis(self.axis)
            size, self.round = light.angle, True
            self.half = self.tall = torch.tan(torch.deg2rad(tensor_of(light.angle, position)) / 2)
        elif isinstance(light, (PointLight, AreaLight)):
            self.gap = tensor_of(light.position, position).reshape(3, 1, 1) - position
            size = light.width if isinstance(light, AreaLight) else light.size
            self.half = self.tall = tensor_of(size, position) / (2 * cm_per_unit)
            self.round = not isinstance(light, AreaLight) or light.shape != "rectangle"
            if isinstance(light, AreaLight) and light.shape != "sphere":
                _, self.first, self.second = frame(light.aim, light.roll, position)
                if not self.round:
                    self.tall = tensor_of(light.height, position) / (2 * cm_per_unit)
            else:
                self.first, self.second = basis(unit(self.gap))
        else:
            raise RimlightError(f"{light.kind} light '{light.name}' casts no shadow of its own, use ambient occlusion")
        self.small = not isinstance(size, Tensor) and size == 0

    def ray(self, u: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Directions `[3, h, w]` to the points of the light for those of the unit square `[2, h, w]`, to its middle
        without any; and distances, None for a light at infinity.
        """
        middle = self.gap if self.axis is None else self.axis
        if u is not None:
            if self.round:
                r, phi = u[1:].sqrt(), 2 * math.pi * u[:1]
                a, b = r * phi.cos(), r * phi.sin()
            else:
                a, b = 2 * u[:1] - 1, 2 * u[1:] - 1
            middle = middle + (a * self.half) * self.first + (b * self.tall) * self.second
        distance = dot(middle, middle).clamp_min(1e-12).sqrt()
        return middle / distance, distance if self.axis is None else None

    def width(self, far: Tensor, distance: Tensor | None) -> Tensor:
        """How wide the edge of a shadow is that something `far` away throws, across the light."""
        size = 2 * torch.minimum(self.half, self.tall).detach()
        return size * far if distance is None else size * far / (distance.detach() - far).clamp_min(1e-3 * size)
