"""Lights made ready to shade with: each knows a closed form or an approximation, and how to be sampled."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from . import forms
from .beam import Beam
from .brdf import Reflectance, Reflected
from .lights import AreaLight, DirectionalLight, PointLight, SpotLight
from .photometry import REFERENCE_CM
from .sampling import cone_sample
from .values import dot, tensor_of, unit


class Ray(NamedTuple):
    """A direction `[3, h, w]` to a light, its radiance there `[3, h, w]`, and its probability per steradian `[1, h,
    w]`.
    """

    direction: Tensor
    radiance: Tensor
    density: Tensor


class Emitter(ABC):
    """A light at its level, for surfaces of one dtype and device. Radiance is such that surroundings of 1 read 1.

    small : the light is a point, and `approximate` is exact. even : the diffuse part of `approximate` is exact for
    Lambert.
    """

    small = False
    even = False

    @abstractmethod
    def approximate(self, r: Reflectance) -> Reflected:
        """What the surface shows of the light, in closed form."""

    def ray(self, r: Reflectance, u: Tensor) -> Ray:
        """A direction to the light for a point `u` `[2]` of the unit square."""
        raise NotImplementedError("a light without size is not sampled")

    def along(self, r: Reflectance, direction: Tensor) -> tuple[Tensor, Tensor]:
        """Radiance `[3, h, w]` and density `[1, h, w]` that `ray` has, in a given direction."""
        raise NotImplementedError("a light without size is not sampled")


class Distant(Emitter):
    """A directional light."""

    even = True

    def __init__(self, light: DirectionalLight, level: Tensor) -> None:
        self.small = not isinstance(light.angle, Tensor) and light.angle == 0
        self.level = level
        self.direction = unit(tensor_of(light.direction, level)).reshape(3, 1, 1)
        half = torch.deg2rad(tensor_of(light.angle, level)) / 2
        self.sin2 = (half.sin() ** 2).clamp_min(1e-10)
        self.cosine = (1 - self.sin2).sqrt()

    def approximate(self, r: Reflectance) -> Reflected:
        if self.small:
            found = r.at(self.direction)
        else:
            form = forms.sphere(dot(r.surface.normal, self.direction), self.sin2) / self.sin2
            found = r.at(self.direction, sin2=self.sin2, cosine=form)
        return Reflected(found.diffuse * self.level, found.specular * self.level)

    def ray(self, r: Reflectance, u: Tensor) -> Ray:
        direction = cone_sample(self.direction, self.cosine, u)
        return Ray(direction, self.level / self.sin2, self._density())

    def along(self, r: Reflectance, direction: Tensor) -> tuple[Tensor, Tensor]:
        inside = _within(direction, self.direction, self.sin2)
        return inside * (self.level / self.sin2), inside * self._density()

    def _density(self) -> Tensor:
        return (1 + self.cosine) / (2 * math.pi * self.sin2)


class Ball(Emitter):
    """A point, a spot or a sphere."""

    even = True

    def __init__(self, light: PointLight | AreaLight, level: Tensor, cm_per_unit: float) -> None:
        size = light.width if isinstance(light, AreaLight) else light.size
        self.small = not isinstance(size, Tensor) and size == 0
        self.name = light.name
        self.level = level
        self.unit = cm_per_unit
        self.position = tensor_of(light.position, level).reshape(3, 1, 1)
        self.radius = tensor_of(size, level) / 2
        self.beam = Beam(light, level) if isinstance(light, SpotLight) else None

    def _reach(self, r: Reflectance) -> tuple[Tensor, Tensor, Tensor]:
        """Direction, distance in centimetres, and the level that arrives at the surface."""
        gap = (self.position - r.surface.located(f"light '{self.name}'")) * self.unit
        distance = dot(gap, gap).clamp_min(1e-8).sqrt()
        direction = gap / distance
        level = self.level * (REFERENCE_CM / distance) ** 2
        return direction, distance, level if self.beam is None else level * self.beam.share(-direction)

    def _sin2(self, distance: Tensor) -> Tensor:
        return ((self.radius / distance) ** 2).clamp(1e-10, 0.9999)

    def approximate(self, r: Reflectance) -> Reflected:
        direction, distance, level = self._reach(r)
        if self.small:
            found = r.at(direction)
        else:
            sin2 = self._sin2(distance)
            form = forms.sphere(dot(r.surface.normal, direction), sin2) / sin2
            found = r.at(direction, sin2=sin2, cosine=form)
        return Reflected(found.diffuse * level, found.specular * level)

    def ray(self, r: Reflectance, u: Tensor) -> Ray:
        direction, distance, level = self._reach(r)
        sin2 = self._sin2(distance)
        cosine = (1 - sin2).sqrt()
        density = (1 + cosine) / (2 * math.pi * sin2)
        return Ray(cone_sample(direction, cosine, u), level / sin2, density)

    def along(self, r: Reflectance, direction: Tensor) -> tuple[Tensor, Tensor]:
        centre, distance, level = self._reach(r)
        sin2 = self._sin2(distance)
        inside = _within(direction, centre, sin2)
        density = (1 + (1 - sin2).sqrt()) / (2 * math.pi * sin2)
        return inside * (level / sin2), inside * density


def _within(direction: Tensor, centre: Tensor, sin2: Tensor) -> Tensor:
    """1 where unit vectors are inside a cone, from their difference: exact for small cones too."""
    gap = direction - centre
    return (dot(gap, gap) <= 2 * sin2 / (1 + (1 - sin2).sqrt())).to(direction.dtype)
