"""Physics with the layers that the student estimated, and the student's refinement of it."""

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..light import ACESCG, Camera, Environment, EnvironmentCache, Reflectance, Rig, Surface, WorkingSpace, shade, unit
from ..light.around import Around
from ..light.emitters import Distant
from ..region import Region
from .student import LightGuess, Prediction, Student, physics_maps

FIELD_OF_VIEW = 30.0
"""Degrees that a frame is taken to be wide where nothing says it."""


def quarter_maps(seen: Prediction) -> Prediction:
    """The maps at 1/4 of the picture, where relighting is refined."""
    size = ((seen.shading.shape[-2] + 1) // 2, (seen.shading.shape[-1] + 1) // 2)

    def small(x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(x, size)

    return replace(
        seen,
        shading=small(seen.shading.log()).exp(),
        share=small(seen.share),
        normal=unit(small(seen.normal), 1),
        depth=small(seen.depth.log()).exp(),
        roughness=small(seen.roughness),
        f0=small(seen.f0),
        shadow=small(seen.shadow),
        error=small(seen.error),
    )


def estimated_albedo(picture: Tensor, seen: Prediction) -> Tensor:
    """The albedo `[b, 3, h, w]` of a picture at the size of the maps: what light is not specular, by the shading."""
    return picture.clamp_min(0) * (1 - seen.share) / seen.shading


def shade_estimate(
    seen: Prediction,
    rigs: Sequence[Rig],
    fields_of_view: Sequence[float],
    distance: float = 100.0,
    space: WorkingSpace = ACESCG,
    environments: EnvironmentCache | None = None,
) -> tuple[Tensor, Tensor]:
    """Shading and specular light `[b, 3, h, w]` of estimated surfaces under a rig each, without cast shadows.

    fields_of_view : degrees that each frame is wide. distance : centimetres at which the relative depth is 1.
    """
    diffuse, specular = [], []
    for i, (rig, degrees) in enumerate(zip(rigs, fields_of_view, strict=True)):
        _, height, width = seen.normal[i].shape
        camera = Camera.from_fov(width, height, degrees)
        surface = Surface.of(
            seen.normal[i],
            position=camera.position(seen.depth[i] * (distance / rig.cm_per_unit), Region(0, 0, width, height)),
            roughness=seen.roughness[i],
            f0=seen.f0[i],
        )
        groups = shade(surface, rig, space=space, environments=environments)
        black = torch.zeros_like(seen.normal[i])
        diffuse.append(sum((g.shading for g in groups), black))
        specular.append(sum((g.specular for g in groups), black))
    return torch.stack(diffuse), torch.stack(specular)


def shade_guess(seen: Prediction, light: LightGuess, fields_of_view: Tensor) -> tuple[Tensor, Tensor]:
    """As `shade_estimate`, under a guessed light each, for all pictures at once: a picture is a row of one surface.

    fields_of_view : `[b]`, degrees that each frame is wide.
    """
    _, _, height, width = seen.normal.shape

    def rows(maps: Tensor) -> Tensor:
        return maps.flatten(2).transpose(0, 1)

    def pictures(values: Tensor) -> Tensor:
        return values.transpose(0, 1).reshape(-1, 3, height, width)

    half = torch.tan(torch.deg2rad(fields_of_view) / 2)
    rays = Camera(width, height, 1.0).rays(Region(0, 0, width, height), seen.normal).reshape(3, 1, -1)
    surface = Surface.of(
        rows(seen.normal),
        view=-rays * torch.stack((half, half, torch.ones_like(half)))[..., None],
        roughness=rows(seen.roughness),
        f0=rows(seen.f0),
    )
    reflectance = Reflectance(surface)
    key = Distant(light.direction.T, light.angle, light.key.T[..., None]).approximate(reflectance)
    around = Around(Environment(light.environment), 0.0, light.key.new_ones(())).approximate(reflectance)
    return pictures(key.diffuse + around.diffuse), pictures(key.specular + around.specular)


def refine_light(
    student: Student,
    seen: Prediction,
    quarter: Prediction,
    albedo: Tensor,
    physics: tuple[Tensor, Tensor],
    light: LightGuess,
    code: Tensor,
) -> tuple[Tensor, Tensor]:
    """Shading and specular light `[b, 3, h, w]` at 1/4 of the picture, physics times what the student adds.

    quarter : `quarter_maps(seen)`. albedo : `[b, 3, h, w]` at 1/4. physics : from `shade_estimate` with
    `quarter`. light, code : of the target.
    """
    diffuse, specular = physics
    maps = physics_maps(diffuse, specular, albedo, quarter.normal, quarter.roughness, quarter.f0, light)
    first, second = student.relight(seen, maps, code).exp().chunk(2, 1)
    return diffuse * first, specular * second
