"""A light that was found in a shading: a key, a fill and surroundings, as shading again and as a rig."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from . import equirect, forms
from .environment import irradiance_map
from .lights import DirectionalLight, EnvironmentLight
from .photometry import ACESCG, WorkingSpace
from .rig import Rig

_FILL_DEGREES = 40.0
"""Diameter that the fill is taken to have."""
_MAP_ROWS = 32
_NOTHING = -40.0
"""Stops of a light that is none."""


@dataclass(frozen=True, eq=False)
class FittedLight:
    """A light that explains a shading.

    direction : `[3]`, unit, towards the key light. key : `[3]`, its level: what a white surface reads that faces it.
    fill_direction, fill : the same of the strongest other light. around : `[3, 8, 16]`, radiance of the surroundings
    without the two, lat-long. confidence : 0 to 1, how much worse keys that are 30 degrees away or more go with the
    shading and with where the key was expected. gain : times which all three are as bright as the shading on the
    whole: errors count relative to the shading, so that of what no light explains, such as a dark coat before a bright
    wall, the dark decides.
    """

    direction: Tensor
    key: Tensor
    fill_direction: Tensor
    fill: Tensor
    around: Tensor
    confidence: float
    gain: float = 1.0

    def brought(self) -> Self:
        """The same as bright as the shading on the whole."""
        key, fill, around = (x * self.gain for x in (self.key, self.fill, self.around))
        return replace(self, key=key, fill=fill, around=around, gain=1.0)

    @property
    def nbytes(self) -> int:
        """Bytes of its tensors, for caches."""
        return 4 * (12 + self.around.numel())

    def direct(self, normal: Tensor, angle: float = 0.0) -> Tensor:
        """Shading `[3, h, w]` by the key on unit normals `[3, h, w]`, before shadows, seen as a disc of a diameter in
        degrees, 0 to 180. The disc gives the same to a surface that faces it, whatever its size.
        """
        return _of_disc(self.direction, self.key, normal, angle)

    def ambient(self, normal: Tensor) -> Tensor:
        """Shading `[3, h, w]` by all but the key on unit normals `[3, h, w]`."""
        return equirect.sample(self._irradiance.to(normal), normal) + _of_disc(
            self.fill_direction, self.fill, normal, _FILL_DEGREES
        )

    def rig(self, space: WorkingSpace = ACESCG) -> Rig:
        """As editable lights: `key` and `fill`, directional, and `environment`."""
        key = _directional("key", self.direction, self.key, 0.0, space)
        fill = _directional("fill", self.fill_direction, self.fill, _FILL_DEGREES, space)
        return Rig((key, fill, EnvironmentLight(name="environment", pixels=self.around.cpu())))

    @cached_property
    def _irradiance(self) -> Tensor:
        return irradiance_map(equirect.resized(self.around, _MAP_ROWS, 2 * _MAP_ROWS), _MAP_ROWS)


def _directional(name: str, direction: Tensor, level: Tensor, angle: float, space: WorkingSpace) -> DirectionalLight:
    x, y, z = direction.tolist()
    brightness = float(level.cpu() @ torch.tensor(space.luminance))
    if not brightness > 0:
        return DirectionalLight(name=name, direction=(x, y, z), angle=angle, exposure=_NOTHING)
    red, green, blue = (level / brightness).tolist()
    return DirectionalLight(
        name=name, direction=(x, y, z), angle=angle, exposure=math.log2(brightness), color=(red, green, blue)
    )


def _of_disc(direction: Tensor, level: Tensor, normal: Tensor, angle: float) -> Tensor:
    cosine = torch.einsum("c,chw->hw", direction.to(normal), normal)[None]
    sin2 = normal.new_tensor(math.sin(math.radians(angle) / 2) ** 2).clamp_min(1e-10)
    return level.to(normal).reshape(3, 1, 1) * (forms.sphere(cosine, sin2) / sin2)
