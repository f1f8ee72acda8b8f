"""Pictures of one still thing, each under a light of its own, and what they show of its surfaces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import DirectionalLight, Rig, RimlightError, StandingLight, Surface, WorkingSpace

from ..merge.series import Shot
from .one_light import arriving, mirrored

_FEWEST = 3


@dataclass(frozen=True)
class LitPicture:
    """A picture and the light it was made under."""

    shot: Shot
    light: DirectionalLight | StandingLight


@dataclass(frozen=True)
class Lit:
    """Surfaces under each light, as if all lights were white.

    seen : `[n, 3, p]`. lights : towards each light, as long as it is strong there, `[n, 3, p]`. tint : the lights'
    colours `[n, 3, p]`, their mean over the channels 1.
    """

    seen: Tensor
    lights: Tensor
    tint: Tensor


def with_lights(shots: Sequence[Shot], rig: Rig) -> tuple[LitPicture, ...]:
    """Pictures, each with its light. Raises RimlightError where these do not go together."""
    lights = rig.active().lights
    if len(shots) != len(lights):
        raise RimlightError(
            f"there are {len(shots)} pictures and {len(lights)} lights that shine; each picture needs one, in order"
        )
    if len(shots) < _FEWEST:
        raise RimlightError(f"found {len(shots)} pictures, it takes {_FEWEST} under different lights")
    found = []
    for shot, light in zip(shots, lights, strict=True):
        if not isinstance(light, DirectionalLight | StandingLight):
            raise RimlightError(
                f"light '{light.name}' shines from all around; each picture needs a light from one side"
            )
        found.append(LitPicture(shot, light))
    return tuple(found)


def lit_by_each(
    pictures: Sequence[LitPicture],
    read: Callable[[Shot], Tensor],
    place: Tensor,
    gains: Tensor | None,
    cm_per_unit: float,
    space: WorkingSpace,
) -> Lit:
    """What pictures show of surfaces at `place` `[3, h, w]`, in units of `cm_per_unit`.

    read : red, green and blue `[3, h, w]` of a shot, less what is not its light's. gains : by how much each picture
    is brighter than its light says, `[n, 3]`.
    """
    seen, lights, tints = [], [], []
    for i, each in enumerate(pictures):
        color, towards = arriving(each.light, place, cm_per_unit, space)
        strength = color.mean(0, keepdim=True)
        tint = torch.where(color > 0, color / strength.clamp_min(1e-30), 1.0)
        picture = read(each.shot)
        if gains is not None:
            picture = picture / gains[i].reshape(3, 1, 1)
        seen.append((picture / tint).flatten(1))
        lights.append((towards * strength).flatten(1))
        tints.append(tint.flatten(1))
    return Lit(torch.stack(seen), torch.stack(lights), torch.stack(tints))


def highlights(pictures: Sequence[LitPicture], surface: Surface, cm_per_unit: float, space: WorkingSpace) -> Tensor:
    """What a surface mirrors of each light `[n, 3, p]`."""
    return torch.stack([mirrored(each.light, surface, cm_per_unit, space).flatten(1) for each in pictures])
