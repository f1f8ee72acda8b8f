"""What is seen of the lights from all around, as a mirror or a dome shows it."""

import torch
from torch import Tensor

from . import equirect
from .environment import Environment, rotate_environment
from .lights import EnvironmentLight, SphericalGaussians, SphericalHarmonics
from .photometry import ACESCG, WorkingSpace, light_level
from .rig import Rig
from .shading import picture_of
from .values import tensor_of

AROUND = (EnvironmentLight, SphericalGaussians, SphericalHarmonics)


def surroundings(rig: Rig, directions: Tensor, rows: int, space: WorkingSpace = ACESCG) -> Tensor:
    """Radiance `[3, h, w]` of the rig's active lights from all around, seen along unit vectors `[3, h, w]`.

    rows : height of the lat-long pictures that are looked up; finer ones are averaged down to it, so that a small ball
    does not flicker. Shares of `specular` count. Raises RimlightError when a light's picture was not read.
    """
    total = torch.zeros_like(directions)
    for light in rig.active():
        if not isinstance(light, AROUND):
            continue
        picture = picture_of(light, directions)
        if picture.shape[1] > rows:
            picture = equirect.resized(picture, rows, 2 * rows)
        level = tensor_of(light_level(light, space), directions).reshape(3, 1, 1) * light.specular
        total = total + Environment(rotate_environment(picture, light.rotation)).radiance(directions) * level
    return total
