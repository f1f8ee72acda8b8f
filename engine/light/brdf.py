"""How much of the light from a direction a surface sends to the camera."""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from . import ggx
from .surface import Surface
from .values import dot, unit

_MIN_COSINE = 1e-3
"""Normals that turn away from the camera, as in normal maps and estimates, are shaded as if seen at this cosine."""


class Reflected(NamedTuple):
    """`pi * f * cosine` per component: what the surface shows of a light of level 1 from one direction.

    diffuse : `[1 or 3, h, w]`, without the albedo. specular : `[3, h, w]`.
    """

    diffuse: Tensor
    specular: Tensor


class Reflectance:
    """The reflectance of a surface, with all that does not depend on the light computed once."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.nv = dot(surface.normal, surface.view).clamp_min(_MIN_COSINE)
        self.alpha = ggx.alpha_of(surface.roughness)

    @cached_property
    def f90(self) -> Tensor:
        """Reflectance at grazing angles `[1, h, w]`: 1, but going to 0 where f0 is below 0.02, so that f0 of 0 means no
        specular.
        """
        return (50 * self.surface.f0.amax(0, keepdim=True)).clamp(0, 1)

    @cached_property
    def energy(self) -> ggx.Energy:
        """What one bounce reflects of constant white surroundings, to the camera and in the mean over all sides."""
        return ggx.energy(self.nv, self.surface.roughness)

    @cached_property
    def single(self) -> Tensor:
        """What one bounce reflects of constant white surroundings `[3, h, w]`: the split sum's second factor."""
        return self.surface.f0 * self.energy.scale + self.f90 * self.energy.bias

    @cached_property
    def lost(self) -> Tensor:
        """What one bounce of a white metal would lose of constant surroundings `[1, h, w]`."""
        return 1 - self.energy.scale - self.energy.bias

    @cached_property
    def mean_lost(self) -> Tensor:
        """The same `[1, h, w]` in the mean over all directions that light comes from; above 0."""
        return (1 - self.energy.mean_scale - self.energy.mean_bias).clamp_min(1e-4)

    @cached_property
    def regained(self) -> Tensor:
        """The colour `[3, h, w]` of what comes out after more than one bounce."""
        mean = self.surface.f0 + (self.f90 - self.surface.f0) / 21
        return mean * mean * (1 - self.mean_lost) / (1 - mean * self.mean_lost)

    @cached_property
    def specular_energy(self) -> Tensor:
        """All that the specular part reflects of constant white surroundings `[3, h, w]`."""
        return self.single + self.regained * self.lost if self.surface.model.compensate else self.single

    @cached_property
    def diffuse_share(self) -> Tensor:
        """The diffuse part's share towards the camera `[3, h, w]`, by what the specular part reflects."""
        e = self.energy
        mean = self.surface.f0 * e.mean_scale + self.f90 * e.mean_bias
        if self.surface.model.compensate:
            mean = mean + self.regained * self.mean_lost
        return (1 - self.specular_energy) / (1 - mean).clamp_min(1e-4)

    @cached_property
    def mirror(self) -> Tensor:
        """The view mirrored at the normal `[3, h, w]`: where the middle of the highlight comes from."""
        s = self.surface
        return unit(2 * dot(s.normal, s.view) * s.normal - s.view)

    def at(
        self, light: Tensor, *, sin2: Tensor | None = None, facets: Tensor | None = None, cosine: Tensor | None = None
    ) -> Reflected:
        """The reflectance for unit vectors `light` `[3, h, w]` (or spread) from the surface; none from behind it.

        For lights wider than a point: sin2 is the squared sine of the half angle of a disc about `light` over which
        the highlight is averaged; or facets stands in for the density D of microfacets. cosine stands in for the
        cosine to the light in what is diffuse.
        """
        s = self.surface
        nl = dot(s.normal, light).clamp_min(0)
        half = unit(light + s.view)
        vh = dot(s.view, half).clamp(0, 1)
        model = s.model
        kept = ggx.kept(nl, s.roughness) if model.compensate or model.conserve else None
        even = nl if cosine is None else cosine
        diffuse = even * self.burley(nl, vh * vh) if model.diffuse == "burley" else even
        if facets is None:
            facets = self._facets(half) if sin2 is None else self.facets_of_disc(light, sin2)
        shown = nl if sin2 is None else even
        specular = self.fresnel(vh) * (torch.pi * facets * ggx.visibility(shown, self.nv, self.alpha) * shown)
        if kept is not None and model.conserve:
            diffuse = diffuse * self._left(*kept)
        if kept is not None and model.compensate:
            specular = specular + self.regained * (self.lost / self.mean_lost * (1 - kept[0] - kept[1]) * even)
        return Reflected(diffuse, specular)

    def fresnel(self, vh: Tensor) -> Tensor:
        """Schlick's reflectance `[3, h, w]` at a cosine to the microfacet, `[1, h, w]`, 0 to 1."""
        x = 1 - vh
        x5 = (x * x) ** 2 * x
        return self.surface.f0 * (1 - x5) + self.f90 * x5

    def _facets(self, half: Tensor) -> Tensor:
        return ggx.distribution(self._sin2(half), self.alpha)

    def facets_of_disc(self, light: Tensor, sin2: Tensor) -> Tensor:
        """The mean of D `[1, h, w]`, per steradian, over the half vectors of a disc of light: half as wide, and
        stretched at grazing angles. light, sin2 : as in `at`.
        """
        half = unit(light + self.surface.view)
        vh = dot(self.surface.view, half)
        return ggx.disc_mean(self._sin2(half), sin2 / (4 * vh.clamp_min(0.05)), self.alpha)

    def _sin2(self, half: Tensor) -> Tensor:
        """Squared sine between normal and half vector, from their difference: exact where they are close."""
        gap = self.surface.normal - half
        versine = (0.5 * dot(gap, gap)).clamp(0, 1)
        return versine * (2 - versine)

    def _left(self, scale: Tensor, bias: Tensor) -> Tensor:
        """The diffuse part's factor where light comes in at a cosine that keeps `scale` and `bias`."""
        taken = self.surface.f0 * scale + self.f90 * bias
        if self.surface.model.compensate:
            taken = taken + self.regained * (1 - scale - bias)
        return self.diffuse_share * (1 - taken)

    def burley(self, nl: Tensor, square: Tensor) -> Tensor:
        """What Burley (2012) multiplies Lambert's part by `[1, h, w]`: a retro-reflective edge on rough surfaces, a
        darker one on smooth.

        nl : cosine to the light `[1, h, w]`, 0 to 1. square : `[1, h, w]`, the squared cosine between light and half
        vector.
        """
        grazing = 2 * self.surface.roughness * square - 0.5
        return (1 + grazing * (1 - nl) ** 5) * (1 + grazing * (1 - self.nv) ** 5)
