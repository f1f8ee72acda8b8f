"""Between the student's guess of a light and an editable rig."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from ..light import (
    ACESCG,
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    WorkingSpace,
    equirect,
    extract_key,
    light_level,
    picture_of,
    rotate_environment,
)
from .student import ENVIRONMENT_ROWS, LightGuess

_Around = (EnvironmentLight, SphericalGaussians, SphericalHarmonics)
_ROWS = 32
_KEY_RADIUS = 8.0  # degrees


def rig_of_guess(guess: LightGuess, index: int = 0, space: WorkingSpace = ACESCG) -> Rig:
    """One guess of a batch as an editable rig of a directional light `key` and an environment `around`."""
    level = guess.key[index].detach().float().cpu()
    brightness = float(level @ level.new_tensor(space.luminance))
    red, green, blue = (level / brightness).tolist()
    x, y, z = guess.direction[index].detach().float().cpu().tolist()
    key = DirectionalLight(
        name="key",
        direction=(x, y, z),
        angle=min(float(guess.angle[index]), 180.0),
        exposure=float(torch.tensor(brightness).log2()),
        color=(red, green, blue),
    )
    return Rig((key, EnvironmentLight(name="around", pixels=guess.environment[index].detach().float().clone())))


def guess_of_rig(rig: Rig, like: Tensor, origin: Tensor | None = None, space: WorkingSpace = ACESCG) -> LightGuess:
    """What the student would say of a rig, a batch of one: its brightest light, and all others as surroundings.

    like : gives dtype and device. origin : `[3]`, the middle of the picture's subject, from where lights with a
    position are looked at; without one they are looked at from 100 cm before the camera.
    """
    middle = like.new_tensor([0.0, 0.0, -100.0 / rig.cm_per_unit]) if origin is None else origin.to(like)
    around = like.new_zeros(3, _ROWS, 2 * _ROWS)
    single: list[tuple[Tensor, Tensor, Tensor]] = []
    for light in rig.active():
        if isinstance(light, _Around):
            level = light_level(light, space).to(like).reshape(3, 1, 1)
            picture = rotate_environment(equirect.resized(picture_of(light, like), _ROWS, 2 * _ROWS), light.rotation)
            around = around + level * picture
        else:
            single.append(_seen_from(light, middle, rig.cm_per_unit, space))
    if not single:
        key, around = _brightest(around, space)
        single.append(key)
    single.sort(key=lambda item: -float(item[1].detach().sum()))
    (direction, level, angle), *others = single
    around = equirect.resized(around, ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS)
    areas = equirect.solid_angles(ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS, like)
    towards = equirect.directions(ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS, like)
    for other, strength, _ in others:
        # A lobe about as narrow as the picture's pixels, with the light's irradiance.
        lobe = torch.exp(12 * (torch.einsum("c,chw->hw", other, towards) - 1))[None] * areas
        around = around + strength.reshape(3, 1, 1) * (lobe / lobe.sum() / areas) * torch.pi
    return LightGuess(direction[None], level[None], angle[None], around[None])


def _brightest(around: Tensor, space: WorkingSpace) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Direction, level and diameter of the brightest lobe of surroundings, and the surroundings without it."""
    try:
        light, rest = extract_key(around, _KEY_RADIUS, space)
    except RimlightError:  # even light from all sides
        towards = around.new_tensor([0.0, 0.0, 1.0])
        return (towards, around.new_full((3,), 1e-8), around.new_tensor(60.0)), around
    return _seen_from(light, around.new_zeros(3), 1.0, space), rest


def _seen_from(light: Light, middle: Tensor, cm_per_unit: float, space: WorkingSpace) -> tuple[Tensor, Tensor, Tensor]:
    """Direction `[3]`, level `[3]` and diameter in degrees of a light seen from a place."""
    level = light_level(light, space).to(middle)
    if isinstance(light, DirectionalLight):
        direction = torch.as_tensor(light.direction, dtype=middle.dtype, device=middle.device)
        angle = torch.as_tensor(light.angle, dtype=middle.dtype, device=middle.device)
        return F.normalize(direction, dim=0), level, angle
    if not isinstance(light, PointLight | AreaLight):
        raise RimlightError(f"a light of the kind '{light.kind}' cannot be relit with")
    away = torch.as_tensor(light.position, dtype=middle.dtype, device=middle.device) - middle
    distance = away.norm().clamp_min(1e-3)
    size = torch.as_tensor(light.size if isinstance(light, PointLight) else light.width, dtype=middle.dtype)
    angle = torch.rad2deg(2 * torch.atan(size.to(middle) / cm_per_unit / (2 * distance)))
    return away / distance, level * (100 / (distance * cm_per_unit)) ** 2, angle
