"""Area lights that are flat: rectangle and disc."""

import math

import torch
from torch import Tensor

from . import forms
from .beam import distribution_of, frame
from .brdf import Reflectance, Reflected
from .emitters import Emitter, Ray, Sampler
from .lights import AreaLight
from .local import Frame, Vector
from .photometry import REFERENCE_CM
from .values import basis, dot, tensor_of, unit

_LEAST_COSINE = 0.02
"""To the light's plane, below which a profile that shines along it gets no more radiance."""


class Flat(Emitter):
    """One side of a rectangle or disc. `gap` is the vector from surface to light's centre in centimetres.

    The closed forms against integrals, on average over a curved wall, for sources of 60 cm at a metre: rectangle 0.1
    % diffuse and 2 to 4 % highlights; disc 5 % diffuse and 4 to 8 % highlights.
    """

    def __init__(self, light: AreaLight, level: Tensor, cm_per_unit: float) -> None:
        self.name = light.name
        self.level = level
        self.unit = cm_per_unit
        self.round = light.shape == "disc"
        self.position = tensor_of(light.position, level).reshape(3, 1, 1)
        self.aim, self.right, self.up = frame(light.aim, light.roll, level)
        self.half_width = tensor_of(light.width, level) / 2
        self.half_height = self.half_width if self.round else tensor_of(light.height, level) / 2
        self.area = self.half_width * self.half_height * (math.pi if self.round else 4.0)
        self.radiance = level * (math.pi * REFERENCE_CM**2) / self.area
        self.distribution = distribution_of(light, level)

    def approximate(self, r: Reflectance) -> Reflected:
        gap = self._gap(r)
        square = dot(gap, gap).clamp_min(1e-8)
        facing = (-dot(gap, self.aim) / square.sqrt()).clamp_min(0)
        nearest = self._nearest(r, gap, square)
        form = self._form(r, gap, square, facing)
        found = r.at(nearest, facets=self._facets(r, gap, square, facing, nearest), cosine=form)
        radiance = self.radiance
        if self.distribution is not None:
            away = -gap * square.rsqrt()
            radiance = radiance * self.emitted(*(dot(away, axis) for axis in (self.aim, self.right, self.up)))
        return Reflected(found.diffuse * radiance, found.specular * radiance)

    def emitted(self, forward: Tensor, right: Tensor, up: Tensor) -> Tensor:
        """The radiance of a profile in directions from the light, of that without one, where it is as bright to all
        sides: from afar its intensity falls with the cosine, and the profile is to be met. A direction is a unit vector
        by its components, `[1, h, w]` each as the result.
        """
        assert self.distribution is not None
        return self.distribution.share(forward, right, up) / forward.clamp_min(_LEAST_COSINE)

    def diffuse(self, r: Reflectance) -> Tensor | None:
        if self.round or self.distribution is not None:
            return None  # samples know it as well
        gap = self._gap(r)
        return forms.polygon(self._corners(gap), r.surface.normal) * (-dot(gap, self.aim) > 0) * self.radiance

    def reaches(self, r: Reflectance) -> Tensor | None:
        gap, normal = self._gap(r), r.surface.normal
        sides = (dot(normal, self.right) * self.half_width).abs() + (dot(normal, self.up) * self.half_height).abs()
        return (dot(gap, normal) + sides > 0) & (-dot(gap, self.aim) > 0)

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        return _Sheet(self, self._gap(r), frame)

    def _gap(self, r: Reflectance) -> Tensor:
        return (self.position - r.surface.located(f"light '{self.name}'")) * self.unit

    def _form(self, r: Reflectance, gap: Tensor, square: Tensor, facing: Tensor) -> Tensor:
        normal = r.surface.normal
        if self.round:
            sin2 = self.half_width**2 / (self.half_width**2 + square)
            return forms.sphere(dot(normal, gap) / square.sqrt(), sin2) * facing
        return forms.polygon(self._corners(gap), normal) * (facing > 0)

    def _corners(self, gap: Tensor) -> Tensor:
        """Corners `[4, 3, h, w]`, counter-clockwise for those the light shines on."""
        x, y = self.half_width * self.right, self.half_height * self.up
        return torch.stack((gap - x - y, gap + x - y, gap + x + y, gap - x + y))

    def _facets(self, r: Reflectance, gap: Tensor, square: Tensor, facing: Tensor, nearest: Tensor) -> Tensor:
        """The density of microfacets towards the light times its solid angle over pi.

        The microfacets that mirror the light to the camera are bounded by the half vectors of its outline; their
        share of all is a polygon's form factor in slopes. What else the reflectance is made of is taken at the
        nearest direction.
        """
        normal, view = r.surface.normal, r.surface.view
        half = unit(nearest + view)
        vh, nh = dot(view, half), dot(normal, half).clamp_min(0.05)
        if self.round:
            sin2 = self.half_width**2 / (self.half_width**2 + square)
            return r.facets_of_disc(unit(gap), sin2 * facing) * sin2 * facing
        first, second = basis(normal)
        corners = []
        for corner in self._corners(gap):
            h = unit(unit(corner) + view)
            up = dot(normal, h).clamp_min(1e-3)
            corners.append(torch.cat((dot(first, h), dot(second, h))) / up)
        share = forms.slopes(torch.stack(corners), r.alpha) * (facing > 0)
        return 4 * vh * share / (torch.pi * nh)

    def _nearest(self, r: Reflectance, gap: Tensor, square: Tensor) -> Tensor:
        """The direction of the point of the light that is nearest to where the mirrored view's ray meets its plane."""
        mirror = r.mirror
        cosine = -dot(mirror, self.aim)
        distance = torch.where(cosine > 1e-3, -dot(gap, self.aim) / cosine.clamp_min(1e-3), square.sqrt())
        off = mirror * distance - gap
        x, y = dot(off, self.right), dot(off, self.up)
        if self.round:
            scale = (self.half_width / (x * x + y * y).clamp_min(1e-12).sqrt()).clamp_max(1)
            x, y = x * scale, y * scale
        else:
            x = torch.minimum(torch.maximum(x, -self.half_width), self.half_width)
            y = torch.minimum(torch.maximum(y, -self.half_height), self.half_height)
        return unit(gap + x * self.right + y * self.up)


class _Sheet(Sampler):
    """The light as surfaces see it, `gap` from its middle. Its plane is described by half its sides."""

    def __init__(self, light: Flat, gap: Tensor, frame: Frame) -> None:
        self.light = light
        self.round = light.round
        self.color = light.radiance
        self.area = light.area
        self.gap, self.aim = frame.into(gap), frame.into(light.aim)
        self.right, self.up = frame.into(light.right), frame.into(light.up)
        self.wide, self.tall = light.half_width, light.half_height
        # Distances to the light's plane, and across it.
        self.away = -dot(gap, light.aim)
        self.across, self.along_up = dot(gap, light.right), dot(gap, light.up)
        self.shines = (self.away > 0).to(gap.dtype)

    def ray(self, u: Tensor) -> Ray:
        if self.round:
            radius, phi = u[0].sqrt(), 2 * math.pi * u[1]
            a, b = radius * phi.cos(), radius * phi.sin()
        else:
            a, b = 2 * u[0] - 1, 2 * u[1] - 1
        a, b = a * self.wide, b * self.tall
        x, y, z = (
            torch.addcmul(torch.addcmul(g, a, r), b, t) for g, r, t in zip(self.gap, self.right, self.up, strict=True)
        )
        square = torch.addcmul(torch.addcmul(x * x, y, y), z, z).clamp_min(1e-8)
        inverse = square.rsqrt()
        cosine = (self.away * inverse).clamp_min(1e-6)
        direction = Vector(x * inverse, y * inverse, z * inverse)
        return Ray(direction, self._radiance(direction), square / (self.area * cosine))

    def along(self, direction: Vector) -> tuple[Tensor, Tensor]:
        cosine = (-direction.dot(self.aim)).clamp_min(1e-6)
        distance = self.away / cosine
        x = (distance * direction.dot(self.right) - self.across) / self.wide
        y = (distance * direction.dot(self.up) - self.along_up) / self.tall
        off = torch.addcmul(x * x, y, y) if self.round else torch.maximum(x.abs(), y.abs())
        inside = ((off <= 1) & (cosine > 1e-6)).to(off.dtype) * self.shines
        return inside * self._radiance(direction), inside * distance * distance / (self.area * cosine)

    def _radiance(self, direction: Vector) -> Tensor:
        if self.light.distribution is None:
            return self.shines
        out = (-direction.dot(axis) for axis in (self.aim, self.right, self.up))
        return self.shines * self.light.emitted(*out)
