"""Lights made ready to shade with: each knows a closed form or an approximation, and how to be sampled."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from . import forms
from .beam import Beam, Pattern, distribution_of
from .brdf import Reflectance, Reflected
from .lights import AreaLight, PointLight, SpotLight
from .local import Frame, Vector
from .photometry import REFERENCE_CM
from .values import Carried, Scalar, Triple, basis, dot, tensor_of, unit

_LIMIT = 1.4
"""How many times wider than the highlight a disc may be for its closed form to beat 32 samples."""

_WIDEST = 0.3
"""The sine of the half angle of the widest disc whose closed form does."""


class Ray(NamedTuple):
    """A direction to a light in the surfaces' frames, its radiance there, before the light's colour, and its
    probability per steradian: `[1 or 3, h, w]` or spread to it.
    """

    direction: Vector
    radiance: Tensor
    density: Tensor


class Sampler(ABC):
    """A light with size, ready to be sampled from surfaces. `color` `[3, h, w]` or spread is that of all samples."""

    color: Tensor

    @abstractmethod
    def ray(self, u: Tensor) -> Ray:
        """A direction to the light for a point `u` `[2]` of the unit square."""

    @abstractmethod
    def along(self, direction: Vector) -> tuple[Tensor, Tensor]:
        """Radiance and density `[1 or 3, h, w]`, or spread to it, that `ray` has in a given direction."""


class Emitter(Carried, ABC):
    """A light at its level, for surfaces of one dtype and device. Radiance is such that surroundings of 1 read 1.

    small : the light is a point, and `approximate` is exact. even : its diffuse part is what `diffuse` gives.
    """

    small = False
    even = False

    @abstractmethod
    def approximate(self, r: Reflectance) -> Reflected:
        """What the surface shows of the light, in closed form."""

    def diffuse(self, r: Reflectance) -> Tensor | None:
        """The diffuse part `[3, h, w]` that Lambert's surfaces show, where it is known exactly or better than samples
        tell.
        """
        return None

    def highlight(self, r: Reflectance, samples: int) -> Tensor | None:
        """The specular part `[3, h, w]` from so many directions, where there is a better way than `integrate`."""
        return None

    def trust(self, r: Reflectance, samples: int) -> Tensor | None:
        """How far to take `approximate` rather than so many samples, `[1, h, w]` from 0 to 1; None is nowhere."""
        return None

    def reaches(self, r: Reflectance) -> Tensor | None:
        """Where any of the light stands above the surface, `[1, h, w]`; None may be everywhere."""
        return None

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        """What samples the light from surfaces in their frames."""
        raise NotImplementedError("a light without size is not sampled")


class Cone(Sampler):
    """Light of one radiance from a cone about `axis`, a unit vector, whose half angle has the squared sine `sin2`,
    `[1, h, w]` or spread to it, above 0 and below 1.
    """

    def __init__(self, axis: Vector, sin2: Tensor, color: Tensor) -> None:
        self.axis = axis
        self.first, self.second = (Vector(*x.chunk(3)) for x in basis(torch.cat(axis)))
        self.cosine = (1 - sin2).sqrt()
        self.density = (1 + self.cosine) / (2 * math.pi * sin2)
        self.versine = sin2 / (1 + self.cosine)
        self.color = color
        self.one = torch.ones_like(sin2)

    def ray(self, u: Tensor) -> Ray:
        low = u[0] * self.versine
        r, phi = (low * (2 - low)).sqrt(), 2 * math.pi * u[1]
        a, b, c = r * phi.cos(), r * phi.sin(), 1 - low
        direction = (
            torch.addcmul(torch.addcmul(a * x, b, y), c, z)
            for x, y, z in zip(self.first, self.second, self.axis, strict=True)
        )
        return Ray(Vector(*direction), self.one, self.density)

    def along(self, direction: Vector) -> tuple[Tensor, Tensor]:
        # By the difference to the axis, which is exact for small cones too.
        x, y, z = (a - b for a, b in zip(direction, self.axis, strict=True))
        gap = torch.addcmul(torch.addcmul(x * x, y, y), z, z)
        inside = (gap <= 2 * self.versine).to(gap.dtype)
        return inside, inside * self.density


class _Round(Emitter):
    """A light that is seen as a disc.

    Its closed highlight is off by 0.2 % of the mean where the disc's half angle is a quarter of the highlight's width
    (GGX's alpha), 0.6 % at half of it, 3 % at 1.4 times; 32 samples by 1.4, 2.1 and 3.7 %, and the more the fewer they
    are. So small lights need no samples but in mirrors.
    """

    even = True

    def diffuse(self, r: Reflectance) -> Tensor | None:
        return self.approximate(r).diffuse

    def trust(self, r: Reflectance, samples: int) -> Tensor | None:
        sine = self.half_sine(r)
        limit = _LIMIT * min(1.0, (32 / samples) ** 0.75)
        wide = torch.maximum(sine / (limit * r.alpha), sine / _WIDEST)
        return (4 - 4 * wide).clamp(0, 1)

    @abstractmethod
    def half_sine(self, r: Reflectance) -> Tensor:
        """The sine of the disc's half angle `[1, h, w]`, or spread to it."""


class Distant(_Round):
    """A directional light towards `direction` `[3]`, `angle` degrees wide, at a level `[3, 1, 1]`.

    Directions `[3, n]`, angles `[n]` and levels `[3, n, 1]` are one for each of the surface's n rows.
    """

    def __init__(self, direction: Triple, angle: Scalar, level: Tensor) -> None:
        self.small = not isinstance(angle, Tensor) and angle == 0
        self.level = level
        self.direction = unit(tensor_of(direction, level)).reshape(3, -1, 1)
        half = torch.deg2rad(tensor_of(angle, level)) / 2
        self.sin2 = (half.sin() ** 2).clamp_min(1e-10).reshape(1, -1, 1)

    def approximate(self, r: Reflectance) -> Reflected:
        if self.small:
            found = r.at(self.direction)
        else:
            form = forms.sphere(dot(r.surface.normal, self.direction), self.sin2) / self.sin2
            found = r.at(self.direction, sin2=self.sin2, cosine=form)
        return Reflected(found.diffuse * self.level, found.specular * self.level)

    def half_sine(self, r: Reflectance) -> Tensor:
        return self.sin2.sqrt()

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        return Cone(frame.into(self.direction), self.sin2, self.level / self.sin2)


class Ball(_Round):
    """A point, a spot or a sphere."""

    def __init__(self, light: PointLight | AreaLight, level: Tensor, cm_per_unit: float) -> None:
        size = light.width if isinstance(light, AreaLight) else light.size
        self.small = not isinstance(size, Tensor) and size == 0
        self.name = light.name
        self.level = level
        self.unit = cm_per_unit
        self.position = tensor_of(light.position, level).reshape(3, 1, 1)
        self.radius = tensor_of(size, level) / 2
        self.beam = Beam(light, level) if isinstance(light, SpotLight) else None
        distribution = distribution_of(light, level)
        self.pattern = None if distribution is None else Pattern(light, distribution, level)

    def _reach(self, r: Reflectance) -> tuple[Tensor, Tensor, Tensor]:
        """Direction, distance in centimetres, and the level that arrives, within a lamp that at its skin."""
        gap = (self.position - r.surface.located(f"light '{self.name}'")) * self.unit
        distance = dot(gap, gap).clamp_min(1e-8).sqrt()
        direction = gap / distance
        level = self.level * (REFERENCE_CM / torch.maximum(distance, self.radius)) ** 2
        for part in (self.beam, self.pattern):
            if part is not None:
                level = level * part.share(-direction)
        return direction, distance, level

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

    def half_sine(self, r: Reflectance) -> Tensor:
        return self._sin2(self._reach(r)[1]).sqrt()

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        direction, distance, level = self._reach(r)
        sin2 = self._sin2(distance)
        return Cone(frame.into(direction), sin2, level / sin2)
