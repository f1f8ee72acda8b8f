"""Area lights that are flat: rectangle and disc."""

import math

import torch
from torch import Tensor

from . import forms
from .beam import frame
from .brdf import Reflectance, Reflected
from .emitters import Emitter, Ray
from .lights import AreaLight
from .photometry import REFERENCE_CM
from .values import basis, dot, tensor_of, unit


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

    def approximate(self, r: Reflectance) -> Reflected:
        gap = self._gap(r)
        square = dot(gap, gap).clamp_min(1e-8)
        facing = (-dot(gap, self.aim) / square.sqrt()).clamp_min(0)
        nearest = self._nearest(r, gap, square)
        form = self._form(r, gap, square, facing)
        found = r.at(nearest, facets=self._facets(r, gap, square, facing, nearest), cosine=form)
        return Reflected(found.diffuse * self.radiance, found.specular * self.radiance)

    def ray(self, r: Reflectance, u: Tensor) -> Ray:
        gap = self._gap(r) + self._spot(u)
        square = dot(gap, gap).clamp_min(1e-8)
        direction = gap / square.sqrt()
        cosine = (-dot(direction, self.aim)).clamp_min(0)
        return Ray(direction, self.radiance * (cosine > 0), square / (self.area * cosine.clamp_min(1e-6)))

    def along(self, r: Reflectance, direction: Tensor) -> tuple[Tensor, Tensor]:
        gap = self._gap(r)
        cosine = -dot(direction, self.aim)
        away = -dot(gap, self.aim)
        distance = away / cosine.clamp_min(1e-6)
        off = direction * distance - gap
        x, y = dot(off, self.right) / self.half_width, dot(off, self.up) / self.half_height
        on = (x * x + y * y <= 1) if self.round else (x.abs() <= 1) & (y.abs() <= 1)
        inside = (on & (cosine > 1e-6) & (away > 0)).to(direction.dtype)
        return inside * self.radiance, inside * distance * distance / (self.area * cosine.clamp_min(1e-6))

    def _gap(self, r: Reflectance) -> Tensor:
        return (self.position - r.surface.located(f"light '{self.name}'")) * self.unit

    def _spot(self, u: Tensor) -> Tensor:
        """The point of the light for a point of the unit square, from its centre."""
        if self.round:
            radius, phi = u[0].sqrt(), 2 * math.pi * u[1]
            x, y = radius * phi.cos(), radius * phi.sin()
        else:
            x, y = 2 * u[0] - 1, 2 * u[1] - 1
        return x * self.half_width * self.right + y * self.half_height * self.up

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
