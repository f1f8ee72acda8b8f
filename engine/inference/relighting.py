"""Physics with the layers that the student estimated, and the student's refinement of it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..light.around import Around
from ..light.brdf import Reflectance
from ..light.camera import Camera
from ..light.emitters import Distant
from ..light.environment import Environment, EnvironmentCache
from ..light.lamps import Lamp, lamps_of, lit_by
from ..light.photometry import ACESCG, WorkingSpace
from ..light.rig import Rig
from ..light.surface import Surface
from ..light.values import unit
from ..region import Region
from .codes import LightGuess
from .detail import enlarged, reduce_picture
from .lights import LightParts, guess_of_parts, light_parts
from .recording import sent
from .refiner import physics_maps
from .student import Prediction, Student

Precision = Callable[[], AbstractContextManager[None]]

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
    seen: Prediction, rigs: Sequence[Rig], fields_of_view: Sequence[float], space: WorkingSpace = ACESCG
) -> tuple[Tensor, Tensor]:
    """Shading and specular light `[b, 3, h, w]` of estimated surfaces under a rig each, without cast shadows.

    fields_of_view : degrees that each frame is wide. A relative depth of 1 is 100 cm away.
    """
    lit = [
        lit_by(
            _surface(seen, i, degrees, 100.0 / rig.cm_per_unit),
            sent(lamps_of(rig, seen.normal, space, None), seen.normal.device),
        )
        for i, (rig, degrees) in enumerate(zip(rigs, fields_of_view, strict=True))
    ]
    return torch.stack([diffuse for diffuse, _ in lit]), torch.stack([specular for _, specular in lit])


def _surface(seen: Prediction, index: int, field_of_view: float, depth: float) -> Surface:
    """The surface of one picture, at `depth` scene units where the relative depth is 1."""
    _, height, width = seen.normal[index].shape
    camera = Camera.from_fov(width, height, field_of_view)
    return Surface.of(
        seen.normal[index],
        position=camera.position(seen.depth[index] * depth, Region(0, 0, width, height)),
        roughness=seen.roughness[index],
        f0=seen.f0[index],
    )


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


class Target(NamedTuple):
    """The light that one picture is to be put under, on the picture's device.

    lamps : for physics. parts : for the student. code : `[1, n]`, the illumination code that takes the place of their
    own.
    """

    lamps: tuple[Lamp, ...]
    parts: LightParts
    code: Tensor | None

    def settings(self) -> tuple[object, ...]:
        """What two targets have in common that the same work is done for."""
        numbers = len(self.parts.single), len(self.parts.wide), self.code is None
        return *numbers, *(lamp.emitter.settings() for lamp in self.lamps)


class View(NamedTuple):
    """How a picture is seen: degrees that it is wide, and scene units to where its relative depth is 1."""

    field_of_view: float
    distance: float


def target_of(
    rig: Rig,
    view: View,
    like: Tensor,
    space: WorkingSpace = ACESCG,
    environments: EnvironmentCache | None = None,
    code: Tensor | None = None,
) -> Target:
    """The target that a rig is, seen from the middle of a picture. like : a tensor of any shape that gives dtype and
    device. code : `[1, n]`, as of `Target`. Raises RimlightError where a file of the rig was not read.
    """
    camera = Camera.from_fov(1, 1, view.field_of_view)
    middle = camera.position(torch.full((1, 1, 1), view.distance, dtype=like.dtype), Region(0, 0, 1, 1)).flatten()
    numbers = lamps_of(rig, like, space, environments), light_parts(rig, like, middle, space)
    lamps, parts = sent(numbers, like.device)
    return Target(lamps, parts, code)


def refined(
    student: Student, precision: Precision, view: View, seen: Prediction, small: Tensor, target: Target
) -> tuple[Tensor, Tensor]:
    """What the student adds to physics in one picture, natural logarithms of ratios `[1, 3, h, w]` for the shading and
    for the specular light, at the size of the maps. A GPU can record it.

    precision : in which the student computes. small : `[1, 3, h, w]`, the picture that the student looked at.
    """
    quarter = quarter_maps(seen)
    albedo = estimated_albedo(reduce_picture(small, *quarter.normal.shape[-2:]), quarter)
    light = guess_of_parts(target.parts)
    coarse = _lit(quarter, view, target)
    with precision():
        code = student.light_code(light) if target.code is None else target.code
        fine = refine_light(student, seen, quarter, albedo, coarse, light, code)
    tiny = torch.finfo(torch.float32).tiny
    first, second = (
        enlarged((b.clamp_min(tiny) / a.clamp_min(tiny)).log(), *seen.shading.shape[-2:])
        for a, b in zip(coarse, fine, strict=True)
    )
    return first, second


def relit(
    student: Student, precision: Precision, view: View, seen: Prediction, small: Tensor, target: Target,
    albedo: Tensor, plate: Tensor, matte: Tensor | None,
) -> Tensor:  # fmt: skip
    """One picture `[1, 3, H, W]` under other light. A GPU can record it.

    albedo, plate : `[1, 3, H, W]`. matte : `[1, 1, H, W]`, where there is one the plate stays outside it.
    """
    first, second = refined(student, precision, view, seen, small, target)
    diffuse, specular = _lit(seen, view, target)
    size = plate.shape[-2:]
    found = albedo * enlarged(diffuse * first.exp(), *size) + enlarged(specular * second.exp(), *size)
    return found if matte is None else torch.lerp(plate, found, matte)


def _lit(seen: Prediction, view: View, target: Target) -> tuple[Tensor, Tensor]:
    """Shading and specular light `[1, 3, h, w]` of a target on estimated surfaces, without cast shadows."""
    diffuse, specular = lit_by(_surface(seen, 0, *view), target.lamps)
    return diffuse[None], specular[None]


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
