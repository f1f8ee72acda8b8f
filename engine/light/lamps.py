"""The lights of a rig made ready once, apart from the surfaces that they light.

What is made of numbers is made on the processor, where that is quickest, and goes to a GPU in one piece; what work on
surfaces then does with it is the same for all lights of a kind, so that a GPU can record it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .around import Around
from .brdf import Reflectance
from .emitters import Emitter
from .environment import EnvironmentCache
from .lights import EnvironmentLight, SphericalHarmonics
from .photometry import ACESCG, WorkingSpace
from .rig import Rig
from .shading import emitter_of
from .surface import Surface
from .values import tensor_of


class Lamp(NamedTuple):
    """A light, and the shares of it that enter the diffuse and the specular part, tensors without dimensions."""

    emitter: Emitter
    diffuse: Tensor
    specular: Tensor


def lamps_of(
    rig: Rig, like: Tensor, space: WorkingSpace = ACESCG, environments: EnvironmentCache | None = None
) -> tuple[Lamp, ...]:
    """The rig's active lights in order. Their numbers are on the CPU, their pictures where `like` is, of its dtype.

    Raises RimlightError when a light needs a picture that is not there.
    """
    numbers = torch.empty(0, dtype=like.dtype)
    lamps = []
    for light in rig.active():
        wide = isinstance(light, EnvironmentLight | SphericalHarmonics)
        emitter = emitter_of(light, rig.cm_per_unit, like if wide else numbers, space, environments=environments)
        if isinstance(emitter, Around):
            emitter.rotation = tensor_of(emitter.rotation, numbers)
        lamps.append(Lamp(emitter, tensor_of(light.diffuse, numbers), tensor_of(light.specular, numbers)))
    return tuple(lamps)


def lit_by(surface: Surface, lamps: Sequence[Lamp]) -> tuple[Tensor, Tensor]:
    """Shading and specular light `[3, h, w]` of all lamps together, in closed form and without shadows."""
    reflectance = Reflectance(surface)
    diffuse, specular = torch.zeros_like(surface.normal), torch.zeros_like(surface.normal)
    for lamp in lamps:
        found = lamp.emitter.approximate(reflectance)
        diffuse, specular = diffuse + found.diffuse * lamp.diffuse, specular + found.specular * lamp.specular
    return diffuse, specular
