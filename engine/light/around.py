"""Lights from all around: environments and spherical gaussians."""

import torch
from torch import Tensor

from . import sg
from .brdf import Reflectance, Reflected
from .emitters import Emitter, Ray, Sampler
from .environment import Environment
from .lights import SphericalGaussians
from .local import Facets, Frame, Vector
from .sampling import lattice
from .values import Scalar, tensor_of, turned, unit


class Around(Emitter):
    """An environment, turned by `rotation`, at a level.

    The approximation takes the diffuse part as Lambert's whatever the model, and the highlight as the split sum about
    the direction that contributes most (Lagarde 2014). Highlights of a curved wall were off by 14 % of their mean in
    smooth surroundings and by 20 to 35 % in a studio with small lamps, most of it at grazing angles; samples have no
    such error.
    """

    def __init__(self, environment: Environment, rotation: Scalar, level: Tensor) -> None:
        self.environment = environment
        self.rotation = rotation
        self.level = level

    def approximate(self, r: Reflectance) -> Reflected:
        s = r.surface
        diffuse = self.environment.diffuse(turned(s.normal, -self.rotation))
        narrow = (1 - r.alpha).clamp_min(1e-6)  # where it is zero its root has no slope
        towards = unit(s.normal + (r.mirror - s.normal) * (narrow * (narrow.sqrt() + r.alpha)))
        specular = self.environment.reflected(turned(towards, -self.rotation), s.roughness) * r.single
        if s.model.compensate:
            specular = specular + r.regained * r.lost * diffuse
        if s.model.conserve:
            diffuse = diffuse * (1 - r.specular_energy)
        return Reflected(diffuse * self.level, specular * self.level)

    def diffuse(self, r: Reflectance) -> Tensor | None:
        return self.environment.diffuse(turned(r.surface.normal, -self.rotation)) * self.level

    def highlight(self, r: Reflectance, samples: int) -> Tensor:
        """The specular part `[3, h, w]`, from directions of the highlight alone.

        Each stands for the solid angle that is its own and shows the mean radiance over it (Krivanek and Colbert 2008).
        Radiance in points would draw every small lamp once for each of the directions, as they are the same in all
        pixels. What bounces between facets is so even that it takes irradiance for its light.
        """
        s = r.surface
        frame = Frame(r)
        facets = Facets(r, frame)
        turn = frame.turn()
        front = grazing = torch.zeros_like(r.nv)
        for u in lattice(samples, s.normal):
            direction, response = facets.sample(u, turn)
            density = response.density.clamp_min(1e-9)
            back = turned(frame.out(direction), -self.rotation)
            radiance = self.environment.mean(back, 1 / (samples * density))
            shown = response.specular / density * radiance
            at_grazing = shown * response.fresnel
            front, grazing = front + (shown - at_grazing), grazing + at_grazing
        specular = (s.f0 * front + r.f90 * grazing) / (samples * torch.pi)
        if s.model.compensate:
            specular = specular + r.regained * r.lost * self.environment.diffuse(turned(s.normal, -self.rotation))
        return specular * self.level

    def sampler(self, r: Reflectance, frame: Frame) -> Sampler:
        return _Surroundings(self, frame)


class _Surroundings(Sampler):
    """Surroundings as surfaces see them."""

    def __init__(self, light: Around, frame: Frame) -> None:
        self.environment = light.environment
        self.rotation = light.rotation
        self.color = light.level
        self.frame = frame

    def ray(self, u: Tensor) -> Ray:
        direction = self.environment.sample(u).reshape(3, 1, 1)
        radiance, density = self.environment.radiance(direction), self.environment.density(direction)
        return Ray(self.frame.into(turned(direction, self.rotation)), radiance, density)

    def along(self, direction: Vector) -> tuple[Tensor, Tensor]:
        back = turned(self.frame.out(direction), -self.rotation)
        return self.environment.radiance(back), self.environment.density(back)


class Lobes(Emitter):
    """Spherical gaussians in closed form: the diffuse part as in `sg`, highlights as those of discs as spread out.

    Highlights are within 1 % for lobes sharper than the highlight; broad lobes in sharp highlights (sharpness 20,
    roughness 0.2) are off by a third, as a disc has an edge where the lobe has none.
    """

    small = True

    def __init__(self, light: SphericalGaussians, level: Tensor) -> None:
        self.axes = turned(tensor_of(light.axes, level).T, light.rotation).T
        self.sharpness = tensor_of(light.sharpness, level)
        self.amplitudes = tensor_of(light.amplitudes, level)
        self.level = level

    def approximate(self, r: Reflectance) -> Reflected:
        s = r.surface
        diffuse = sg.irradiance(self.axes, self.sharpness, self.amplitudes, s.normal)
        specular = self._specular(r)
        if s.model.conserve:
            diffuse = diffuse * (1 - r.specular_energy)
        return Reflected(diffuse * self.level, specular * self.level)

    def _specular(self, r: Reflectance) -> Tensor:
        total = torch.zeros_like(r.surface.f0)
        for axis, sharp, amplitude in zip(self.axes, self.sharpness, self.amplitudes, strict=True):
            direction = axis.reshape(3, 1, 1)
            sin2 = (4 / sharp).clamp_max(1)  # an even disc of this variance
            flux = amplitude.reshape(3, 1, 1) * (sg.integral(sharp) / torch.pi)
            total = total + r.at(direction, sin2=sin2).specular * flux
        return total
