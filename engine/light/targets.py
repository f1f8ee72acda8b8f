"""Lights as the points that shadow rays go to."""

import math

import torch
from torch import Tensor

from ..errors import RimlightError
from .beam import frame
from .lights import AreaLight, DirectionalLight, Light, PointLight
from .values import basis, dot, tensor_of, unit


class Target:
    """A light as points that rays go to, from places in scene units."""

    def __init__(self, light: Light, like: Tensor, cm_per_unit: float) -> None:
        self.axis: Tensor | None = None
        self.place = like.new_zeros(3, 1)  # of a light that is somewhere
        self.plane: tuple[Tensor, Tensor] | None = None
        self.round = True
        if isinstance(light, DirectionalLight):
            self.axis = unit(tensor_of(light.direction, like)).reshape(3, 1)
            size = light.angle
            self.half = self.tall = torch.tan(torch.deg2rad(tensor_of(light.angle, like)) / 2)
        elif isinstance(light, (PointLight, AreaLight)):
            self.place = tensor_of(light.position, like).reshape(3, 1)
            size = light.width if isinstance(light, AreaLight) else light.size
            self.half = self.tall = tensor_of(size, like) / (2 * cm_per_unit)
        else:
            raise RimlightError(f"{light.kind} light '{light.name}' casts no shadow of its own, use ambient occlusion")
        if isinstance(light, AreaLight) and light.shape != "sphere":
            _, first, second = frame(light.aim, light.roll, like)
            self.plane = first.reshape(3, 1), second.reshape(3, 1)
            if light.shape == "rectangle":
                self.round, self.tall = False, tensor_of(light.height, like) / (2 * cm_per_unit)
        self.small = not isinstance(size, Tensor) and size == 0

    @property
    def ends(self) -> bool:
        """Whether rays end at the light: it is not at infinity."""
        return self.axis is None

    def towards(self, place: Tensor, a: float | Tensor, b: float | Tensor) -> Tensor:
        """Vectors `[3, n]` from places to the point at a and b, -1 to 1, of its half sides; of a light at infinity as
        far as it is at distance 1.
        """
        middle = self.axis.expand_as(place) if self.axis is not None else self.place - place
        if self.small:
            return middle
        first, second = self._sides(middle)
        return middle + (a * self.half) * first + (b * self.tall) * second

    def sides(self, place: Tensor, part: float) -> tuple[Tensor, ...]:
        """Its half sides, `[3, n]` or spread, times `part`; none of a light without size."""
        if self.small:
            return ()
        first, second = self._sides(self.axis.expand_as(place) if self.axis is not None else self.place - place)
        return part * self.half * first, part * self.tall * second

    def _sides(self, middle: Tensor) -> tuple[Tensor, Tensor]:
        return self.plane or basis(self.axis if self.axis is not None else unit(middle))

    def ray(self, place: Tensor, u: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Directions `[3, n]` from places `[3, n]` to the points of the light for those of the unit square `[2, n]`, to
        its middle without any; and distances `[n]`, None for a light at infinity.
        """
        middle = self.axis.expand_as(place) if self.axis is not None else self.place - place
        if u is not None:
            first, second = self._sides(middle)
            if self.round:
                r, phi = u[1].sqrt(), 2 * math.pi * u[0]
                a, b = r * phi.cos(), r * phi.sin()
            else:
                a, b = 2 * u[0] - 1, 2 * u[1] - 1
            middle = middle + (a * self.half) * first + (b * self.tall) * second
        distance = dot(middle, middle)[0].clamp_min(1e-12).sqrt()
        return middle / distance, distance if self.axis is None else None

    def width(self, far: Tensor, distance: Tensor | None) -> Tensor:
        """How wide the edge of a shadow is `[n]`, in scene units, that something `far` away throws `[n]`, across the
        light. distance : to the light `[n]`, None where it is at infinity.
        """
        size = 2 * torch.minimum(self.half, self.tall).detach()
        return size * far if distance is None else size * far / (distance.detach() - far).clamp_min(1e-3 * size)
