"""Between the student's guess of a light and an editable rig."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from ..light import equirect
from ..light.beam import sent_share
from ..light.environment import rotate_environment
from ..light.equirect import latlong_directions, latlong_solid_angles
from ..light.keylight import extract_key
from ..light.lights import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    SphericalGaussians,
    SphericalHarmonics,
)
from ..light.photometry import ACESCG, WorkingSpace, light_level
from ..light.rig import Rig
from ..light.shading import picture_of
from ..light.values import tensor_of
from .codes import ENVIRONMENT_ROWS, LightGuess
from .recording import sent

_Around = (EnvironmentLight, SphericalGaussians, SphericalHarmonics)
_ROWS = 32
_KEY_RADIUS = 8.0  # degrees
_BESIDE = 1e-3
"""The least share of a light, so that one that shines past the middle, alone, is still a light and no darkness."""


def rig_of_guess(guess: LightGuess, index: int = 0, space: WorkingSpace = ACESCG) -> Rig:
    """One guess of a batch as an editable rig of a directional light `key` and an environment `around`."""
    numbers = torch.cat((guess.direction[index], guess.key[index], guess.angle[index : index + 1]))
    direction, level, angle = numbers.detach().float().cpu().split([3, 3, 1])  # type: ignore[no-untyped-call]
    brightness = float(level @ level.new_tensor(space.luminance))
    red, green, blue = (level / brightness).tolist()
    x, y, z = direction.tolist()
    key = DirectionalLight(
        name="key",
        direction=(x, y, z),
        angle=min(float(angle), 180.0),
        exposure=float(torch.tensor(brightness).log2()),
        color=(red, green, blue),
    )
    return Rig((key, EnvironmentLight(name="around", pixels=guess.environment[index].detach().float().clone())))


class _Single(NamedTuple):
    """A light with a direction: where it is seen `[3]`, its level `[3]` there, and its diameter in degrees."""

    direction: Tensor
    level: Tensor
    angle: Tensor


class _Wide(NamedTuple):
    """A light from all around: its picture `[3, 32, 64]`, its level `[3]`, and the degrees that it is turned by."""

    picture: Tensor
    level: Tensor
    rotation: Tensor


class LightParts(NamedTuple):
    """What a rig is seen as from one place: lights with a direction, at least one, the brightest first, and others."""

    single: tuple[_Single, ...]
    wide: tuple[_Wide, ...]


def guess_of_rig(rig: Rig, like: Tensor, origin: Tensor | None = None) -> LightGuess:
    """What the student would say of a rig, a batch of one: its brightest light, and all others as surroundings.

    like : gives dtype and device. origin : `[3]`, the middle of the picture's subject, from where lights with a
    position are looked at; without one they are looked at from 100 cm before the camera.
    """
    middle = like.new_tensor([0.0, 0.0, -100.0 / rig.cm_per_unit]) if origin is None else origin.to(like)
    return guess_of_parts(sent(light_parts(rig, like, middle), like.device))


def light_parts(rig: Rig, like: Tensor, middle: Tensor, space: WorkingSpace = ACESCG) -> LightParts:
    """What `guess_of_rig` is made from: numbers where `middle` `[3]` is, pictures where `like` is."""
    wide: list[_Wide] = []
    single: list[_Single] = []
    for light in rig.active():
        if isinstance(light, _Around):
            picture = equirect.resized(picture_of(light, like), _ROWS, 2 * _ROWS)
            wide.append(_Wide(picture, light_level(light, space).to(middle), tensor_of(light.rotation, middle)))
        else:
            single.append(_seen_from(light, middle, rig.cm_per_unit, space))
    if not single:
        found, rest = _brightest(_together(tuple(sent(one, like.device) for one in wide), like), space)
        return LightParts((found,), (_Wide(rest, middle.new_ones(3), middle.new_zeros(())),))
    single.sort(key=lambda one: -float(one.level.detach().sum()))
    return LightParts(tuple(single), tuple(wide))


def guess_of_parts(parts: LightParts) -> LightGuess:
    """The guess of parts that are all on one device, to which nothing is asked back."""
    (direction, level, angle), *others = parts.single
    around = equirect.resized(_together(parts.wide, level), ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS)
    areas = latlong_solid_angles(ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS, level)
    towards = latlong_directions(ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS, level)
    for other, strength, _ in others:
        # A lobe about as narrow as the picture's pixels, with the light's irradiance.
        lobe = torch.exp(12 * (torch.einsum("c,chw->hw", other, towards) - 1))[None] * areas
        around = around + strength.reshape(3, 1, 1) * (lobe / lobe.sum() / areas) * torch.pi
    return LightGuess(direction[None], level[None], angle[None], around[None])


def _together(wide: tuple[_Wide, ...], like: Tensor) -> Tensor:
    """The surroundings `[3, 32, 64]` that lights from all around make."""
    around = like.new_zeros(3, _ROWS, 2 * _ROWS)
    for picture, level, rotation in wide:
        around = around + level.reshape(3, 1, 1) * rotate_environment(picture, rotation)
    return around


def _brightest(around: Tensor, space: WorkingSpace) -> tuple[_Single, Tensor]:
    """Direction, level and diameter of the brightest lobe of surroundings, and the surroundings without it."""
    try:
        light, rest = extract_key(around, _KEY_RADIUS, space)
    except RimlightError:  # even light from all sides
        towards = around.new_tensor([0.0, 0.0, 1.0])
        return _Single(towards, around.new_full((3,), 1e-8), around.new_tensor(60.0)), around
    return _seen_from(light, around.new_zeros(3), 1.0, space), rest


def _seen_from(light: Light, middle: Tensor, cm_per_unit: float, space: WorkingSpace) -> _Single:
    """Direction `[3]`, level `[3]` and diameter in degrees of a light seen from a place."""
    level = light_level(light, space).to(middle)
    if isinstance(light, DirectionalLight):
        direction = torch.as_tensor(light.direction, dtype=middle.dtype, device=middle.device)
        angle = torch.as_tensor(light.angle, dtype=middle.dtype, device=middle.device)
        return _Single(F.normalize(direction, dim=0), level, angle)
    if not isinstance(light, PointLight | AreaLight):
        raise RimlightError(f"a light of the kind '{light.kind}' cannot be relit with")
    away = torch.as_tensor(light.position, dtype=middle.dtype, device=middle.device) - middle
    distance = away.norm().clamp_min(1e-3)
    size = torch.as_tensor(light.size if isinstance(light, PointLight) else light.width, dtype=middle.dtype)
    angle = torch.rad2deg(2 * torch.atan(size.to(middle) / cm_per_unit / (2 * distance)))
    share = sent_share(light, -away).clamp_min(_BESIDE)
    return _Single(away / distance, level * share * (100 / (distance * cm_per_unit)) ** 2, angle)
