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

    The diffuse part of closed forms is exact, with what the horizon cuts off. Highlights are off by 1 to 4 % on average
    over a curved wall, for sources of 60 cm at a metre, and at a roughness of 0.05 by up to 9 %; where the horizon has
    most of a large source, by 3 to 9 % for rectangles and 9 to 17 % for discs.
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
        outline = None if self.round else forms.above_horizon(self._corners(gap), r.surface.normal)
        seen = self._seen(r, gap, outline)
        square = dot(seen, seen)
        middle = seen * torch.where(square > 1e-30, square, 1.0).rsqrt()
        if outline is None:
            size = dot(seen, middle)
            facets = r.facets_of_disc(middle, size.clamp_min(1e-10)) * size
        else:
            facets = self._facets(r, outline, middle)
        found = r.at(middle, facets=facets, cosine=dot(seen, r.surface.normal).clamp_min(0))
        radiance = self.radiance
        if self.distribution is not None:
            away = -unit(gap)
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
        if self.distribution is not None:
            return None  # samples know it as well
        gap, normal = self._gap(r), r.surface.normal
        outline = None if self.round else forms.above_horizon(self._corners(gap), normal)
        return dot(self._seen(r, gap, outline), normal).clamp_min(0) * self.radiance

    def reaches(self, r: Reflectance) -> Tensor | None:
        gap, normal = self._gap(r), r.surface.normal
        sides = (dot(normal, self.right) * self.half_width).abs() + (dot(normal, self.up) * self.half_height).abs()
        return (dot(gap, normal) + sides > 0) & (-dot(gap, self.aim) > 0)

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        return _Sheet(self, self._gap(r), frame)

    def _gap(self, r: Reflectance) -> Tensor:
        return (self.position - r.surface.located(f"light '{self.name}'")) * self.unit

    def _seen(self, r: Reflectance, gap: Tensor, outline: forms.Edges | None) -> Tensor:
        """The vector irradiance `[3, h, w]` of what surfaces see of it, over pi and its radiance."""
        if outline is None:
            return forms.disc(gap, self.aim, self.half_width, r.surface.normal)
        return forms.polygon(outline, r.surface.normal) * (-dot(gap, self.aim) > 0)

    def _corners(self, gap: Tensor) -> Tensor:
        """Corners `[4, 3, h, w]`, counter-clockwise for those the light shines on."""
        x, y = self.half_width * self.right, self.half_height * self.up
        return torch.stack((gap - x - y, gap + x - y, gap + x + y, gap - x + y))

    def _facets(self, r: Reflectance, outline: forms.Edges, middle: Tensor) -> Tensor:
        """The density of microfacets towards the light times its solid angle over pi.

        The microfacets that mirror the light to the camera are bounded by the half vectors of its outline; their
        share of all is a polygon's form factor in slopes. What else the reflectance is made of is taken at its middle.
        """
        normal, view = r.surface.normal, r.surface.view
        half = unit(middle + view)
        first, second = basis(normal)

        def slopes(points: Tensor) -> Tensor:
            h = unit(points, 1) + view
            return torch.stack([torch.cat((dot(first, x), dot(second, x))) / dot(normal, x).clamp_min(1e-3) for x in h])

        share = forms.slopes(forms.Edges(*(slopes(x) for x in outline)), r.alpha)
        return 4 * dot(view, half) * share / (torch.pi * dot(normal, half).clamp_min(0.05))


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
