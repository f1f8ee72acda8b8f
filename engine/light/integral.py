"""Light with size, integrated by samples: half drawn from the light and half from the highlight."""

import torch
from torch import Tensor

from . import ggx
from .brdf import Reflectance, Reflected
from .emitters import Emitter
from .local import Facets, Frame, Response
from .sampling import lattice

_SPARSE = 4
"""What is lost between facets and given back changes so little with the direction that every fourth sample will do."""


def integrate(r: Reflectance, emitter: Emitter, samples: int, diffuse: Tensor | None = None) -> Reflected:
    """What the surface shows of a light with size, from so many sampled directions; `diffuse` `[3, h, w]` where that
    part is known exactly.

    The samples are weighted by the balance heuristic (Veach and Guibas 1995).
    """
    half = max(1, samples // 2)
    frame = Frame(r)
    facets = Facets(r, frame)
    light = emitter.sampler(r, frame)
    sums = _Sums(r, half, diffuse is None)
    for i, u in enumerate(lattice(half, r.surface.normal)):
        ray = light.ray(u)
        response = facets.at(ray.direction)
        sums.add(i, response, ray.radiance / (ray.density + response.density))
        direction, response = facets.sample(u)
        radiance, density = light.along(direction)
        sums.add(i, response, radiance / (density + response.density).clamp_min(1e-9))
    found = sums.total(light.color / (half * torch.pi))
    return found if diffuse is None else Reflected(diffuse, found.specular)


class _Sums:
    """Sums over samples, `[1 or 3, h, w]`, before the surface's and the light's colours."""

    def __init__(self, r: Reflectance, half: int, diffuse: bool) -> None:
        model = r.surface.model
        self.r = r
        self.diffuse = diffuse
        self.burley = model.diffuse == "burley"
        self.conserve = diffuse and model.conserve
        self.step = _SPARSE if half >= 4 * _SPARSE else 1
        self.share = half / len(range(0, half, self.step))
        self.compensate = model.compensate
        zero = torch.zeros_like(r.nv)
        self.front, self.grazing = zero, zero  # the highlight's share of f0 and of f90
        self.even, self.lost = zero, zero  # the cosine, and what of it is lost between facets
        self.cosines, self.scale, self.bias = zero, zero, zero  # what is diffuse, and what of it the highlight takes

    def add(self, number: int, response: Response, weight: Tensor) -> None:
        """A sample of a response, by the light's radiance over the samples' density."""
        shown = response.specular * weight
        turned = shown * response.fresnel
        self.front, self.grazing = self.front + (shown - turned), self.grazing + turned
        rarely = self.compensate and number % self.step == 0
        if not (self.diffuse or rarely):
            return
        even = response.cosine * weight
        kept = ggx.kept(response.cosine, self.r.surface.roughness) if rarely or self.conserve else None
        if rarely and kept is not None:
            self.lost = torch.addcmul(self.lost, even, 1 - kept[0] - kept[1])
        if self.diffuse:
            if self.burley:
                even = even * self.r.burley(response.cosine, response.square)
            self.cosines = self.cosines + even
            if self.conserve and kept is not None:
                self.scale = torch.addcmul(self.scale, even, kept[0])
                self.bias = torch.addcmul(self.bias, even, kept[1])

    def total(self, color: Tensor) -> Reflected:
        """The reflected light, for a light of a colour `[3, h, w]` or spread to it."""
        r = self.r
        specular = r.surface.f0 * self.front + r.f90 * self.grazing
        if self.compensate:
            specular = specular + r.regained * (r.lost / r.mean_lost * self.lost * self.share)
        diffuse = self.cosines
        if self.conserve:
            taken = r.surface.f0 * self.scale + r.f90 * self.bias
            if self.compensate:
                taken = taken + r.regained * (self.cosines - self.scale - self.bias)
            diffuse = r.diffuse_share * (self.cosines - taken)
        return Reflected(diffuse * color, specular * color)
