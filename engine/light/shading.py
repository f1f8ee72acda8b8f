"""Shading a surface by a rig: per light what the diffuse and the specular part show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..cores import Check, unchecked
from ..errors import RimlightError
from . import sg, sh
from .around import Around, Lobes
from .brdf import Reflectance, Reflected
from .emitters import Ball, Distant, Emitter
from .environment import Environment, EnvironmentCache
from .equirect import latlong_directions
from .flagged import Spread, past_flags
from .flagged_sky import around
from .flat import Flat
from .integral import integrate
from .lights import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    SphericalGaussians,
    SphericalHarmonics,
)
from .photometry import ACESCG, WorkingSpace, light_level
from .rig import Rig
from .surface import Surface
from .values import indices, tensor_of

_GAUSSIANS_HEIGHT = 128
_HARMONICS_HEIGHT = 32
_FLAG_RAYS = 16
_FEW_FLAG_RAYS = 4
"""Points of a light from which flags are looked past, where it is sampled and where it is not."""


@dataclass(frozen=True, eq=False)
class LightGroup:
    """What one light does to a picture.

    name : the light's unique name in its rig. shading : `[3, h, w]`, irradiance / pi, to be multiplied with the albedo.
    specular : `[3, h, w]`, radiance. Shadows are in both.
    """

    name: str
    shading: Tensor
    specular: Tensor


def beauty(albedo: Tensor, groups: Sequence[LightGroup]) -> Tensor:
    """The picture `[3, h, w]` of an albedo `[3, h, w]` under light groups, added in their order."""
    total = torch.zeros_like(albedo)
    for group in groups:
        total = total + (albedo * group.shading + group.specular)
    return total


def shade(
    surface: Surface,
    rig: Rig,
    *,
    samples: int = 0,
    space: WorkingSpace = ACESCG,
    visibility: Mapping[str, Tensor] | None = None,
    environments: EnvironmentCache | None = None,
    grain: Tensor | float = 0.0,
) -> tuple[LightGroup, ...]:
    """The light groups of the rig's active lights, in order, past its flags.

    Every pixel depends on itself alone, so bands of a picture give the same as the whole. Differentiable with respect
    to the surface's tensors and to lights given as tensors.

    samples : 0 for closed forms: exact for lights without size and, for Lambert, for the diffuse part of spheres and
        directional lights; highlights of lights with size are an integral over GGX's slopes (`ggx.disc_mean`,
        `forms.slopes`), see `flat` and `around` for the errors. Else the number of directions per
        pixel and light, half drawn from the light and half from the highlight, weighted by the balance heuristic.
        Highlights of surroundings take all of them, each for the mean radiance over its share of the highlight.
        They are the same in every pixel and run, so there is no noise and nothing crawls; errors shrink with their
        number. Where the closed form of a round light is nearer the truth than so many samples, it is taken.
    visibility : by unique light name, the share `[1, h, w]` of the light that no shadow takes.
    environments : where prepared environments are kept from call to call. grain : see `flag_shares`.

    Raises RimlightError when a light or flag needs positions or a picture that are not there.
    """
    reflectance = Reflectance(surface)
    active = rig.active()
    groups = []
    for name, light in zip(active.names, active.lights, strict=True):
        emitter = emitter_of(light, rig.cm_per_unit, surface.normal, space, samples > 0, environments)
        if samples and not emitter.small:
            found = _sampled(reflectance, emitter, samples)
        else:
            found = emitter.approximate(reflectance)
        if rig.flags_of(light):
            rays = _FLAG_RAYS if samples else _FEW_FLAG_RAYS
            diffuse, specular = flag_shares(
                reflectance, rig, light, rays=rays, grain=grain, environments=environments
            )  # fmt: skip
            found = Reflected(found.diffuse * diffuse, found.specular * specular)
        groups.append(_group(name, light, found, surface, (visibility or {}).get(name)))
    return tuple(groups)


def flag_shares(
    r: Reflectance,
    rig: Rig,
    light: Light,
    *,
    rays: int = _FLAG_RAYS,
    grain: Tensor | float = 0.0,
    environments: EnvironmentCache | None = None,
    check: Check = unchecked,
) -> tuple[Tensor, Tensor]:
    """The shares `[3, h, w]` of a light's diffuse and of its specular part that the flags of a rig let through; both
    are one tensor where the light has a direction or a place, see `flagged`.

    rays : points of a light with size that are looked from, and parts of a card before surroundings. grain : width of a
    pixel on the surface in scene units, `[1, h, w]` or a number, over which edges are averaged.
    """
    flags = rig.flags_of(light)
    place = r.surface.located(f"flag '{flags[0].name}'")
    size = tensor_of(grain, place)
    if isinstance(light, (EnvironmentLight, SphericalGaussians, SphericalHarmonics)):
        emitter = emitter_of(light, rig.cm_per_unit, place, exact=True, environments=environments)
        assert isinstance(emitter, Around)
        return around(flags, emitter, r, rig.cm_per_unit, size, rays, check)
    share = past_flags(flags, light, place, rig.cm_per_unit, rays, Spread(size.flatten()), check)
    return share, share


def _sampled(r: Reflectance, emitter: Emitter, samples: int) -> Reflected:
    """What the surface shows of a light with size: by samples, and in closed form where that is nearer the truth."""
    model = r.surface.model
    plain = model.diffuse == "lambert" and not model.conserve
    trust = emitter.trust(r, samples)
    closed = emitter.approximate(r) if trust is not None else None
    exact = (closed.diffuse if closed is not None and emitter.even else emitter.diffuse(r)) if plain else None
    highlight = emitter.highlight(r, samples)
    if highlight is not None:
        return Reflected(integrate(r, emitter, samples).diffuse if exact is None else exact, highlight)
    wanted = emitter.reaches(r) if trust is None else (trust < 1).expand_as(r.nv)
    which = None if wanted is None else indices(wanted.flatten())
    if which is None or len(which) == r.nv.numel():
        found = integrate(r, emitter, samples, exact)
    else:
        some = Reflectance(r.surface.some(which))
        part = integrate(some, emitter, samples, None if exact is None else r.nv.new_zeros(1))

        def everywhere(x: Tensor) -> Tensor:
            flat = x.flatten(1)
            return flat.new_zeros(flat.shape[0], r.nv.numel()).index_copy(1, which, flat).reshape(-1, *r.nv.shape[1:])

        diffuse = everywhere(part.diffuse) if exact is None else exact
        found = Reflected(diffuse, everywhere(part.specular))
    if closed is None or trust is None:
        return found
    share = trust.detach()
    diffuse = found.diffuse if exact is not None else found.diffuse + (closed.diffuse - found.diffuse) * share
    return Reflected(diffuse, found.specular + (closed.specular - found.specular) * share)


def _group(name: str, light: Light, found: Reflected, surface: Surface, seen: Tensor | None) -> LightGroup:
    shading, specular = found.diffuse, found.specular
    if isinstance(light.diffuse, Tensor) or light.diffuse != 1:
        shading = shading * light.diffuse
    if isinstance(light.specular, Tensor) or light.specular != 1:
        specular = specular * light.specular
    if seen is not None:
        share = 1 - light.shadow * (1 - seen)
        shading, specular = shading * share, specular * share
    shape = (3, *surface.normal.shape[1:])
    return LightGroup(name, shading.expand(shape), specular.expand(shape))


def emitter_of(
    light: Light,
    cm_per_unit: float,
    like: Tensor,
    space: WorkingSpace = ACESCG,
    exact: bool = False,
    environments: EnvironmentCache | None = None,
) -> Emitter:
    """The emitter of a light for surfaces of the dtype and device of `like`; `exact` where it is to be sampled."""
    level = tensor_of(light_level(light, space), like).reshape(3, 1, 1)
    if isinstance(light, DirectionalLight):
        return Distant(light.direction, light.angle, level)
    if isinstance(light, PointLight) or (isinstance(light, AreaLight) and light.shape == "sphere"):
        return Ball(light, level, cm_per_unit)
    if isinstance(light, AreaLight):
        return Flat(light, level, cm_per_unit)
    if isinstance(light, SphericalGaussians) and not exact:
        return Lobes(light, level)
    if isinstance(light, (EnvironmentLight, SphericalGaussians, SphericalHarmonics)):
        # Not moved before it is looked up: who keeps it has it where it is wanted.
        own = light.pixels if isinstance(light, EnvironmentLight) else None
        picture = picture_of(light, like) if own is None else own
        environment = environments.get(picture, like) if environments is not None else Environment(picture.to(like))
        return Around(environment, light.rotation, level)
    raise RimlightError(f"a light of the kind '{light.kind}' cannot be shaded with")


def picture_of(light: EnvironmentLight | SphericalGaussians | SphericalHarmonics, like: Tensor) -> Tensor:
    """The equirectangular picture `[3, h, w]` of a light from all around, before its level and rotation."""
    if isinstance(light, EnvironmentLight):
        if light.pixels is None:
            where = f"its file '{light.file}' was not read" if light.file else "it names no file"
            raise RimlightError(f"environment light '{light.name}' has no picture: {where}")
        return light.pixels.to(like)
    if isinstance(light, SphericalGaussians):
        around = latlong_directions(_GAUSSIANS_HEIGHT, 2 * _GAUSSIANS_HEIGHT, like)
        return sg.radiance(light.axes.to(like), light.sharpness.to(like), light.amplitudes.to(like), around)
    around = latlong_directions(_HARMONICS_HEIGHT, 2 * _HARMONICS_HEIGHT, like)
    return sh.radiance(light.coefficients.to(like), around)
