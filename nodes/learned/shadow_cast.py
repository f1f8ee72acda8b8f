"""Shadows cast anew over the surfaces of a picture, and how far what casts them is from where they fall."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import Camera, DirectionalLight, Light, March, Occluders, Region, cast_shadow, unit

from ..ops.resize import grown, reduced
from ..ops.shadow_light import spread_known

_SIDE = 256
"""Pixels of the long side at which the distance of casters is looked for."""
_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the scene's size, the reaches between which the distance of a caster is told."""
_SEEN = 0.1
_FORM = 1 / 48
"""Of the picture's long side, the size of forms that estimated depth is taken to know."""


def large_forms(depth: Tensor, subject: Tensor | None, gone: bool = False) -> Tensor:
    """Estimated depth `[1, H, W]` without its ripples; a subject `[1, H, W]` is apart from the rest, or `gone`."""
    sigma = _FORM * max(depth.shape[1:])
    logs, all_of_it = depth.clamp_min(1e-6).log(), torch.ones_like(depth)
    if subject is None:
        return spread_known(logs, all_of_it, sigma).exp()
    inside = (subject > 0.5).to(depth.dtype)
    behind = spread_known(logs, 1 - inside, sigma)
    return (behind if gone else torch.where(inside > 0, spread_known(logs, inside, sigma), behind)).exp()


@dataclass(frozen=True)
class Scene:
    """Surfaces: position and normal `[3, H, W]` over `region`, counted from the top left of the camera's frame.

    there : `[1, H, W]`, 1 where there is a surface. thickness in centimetres.
    """

    position: Tensor
    normal: Tensor
    there: Tensor
    camera: Camera
    region: Region
    cm_per_unit: float
    thickness: float
    bias: float
    check: Callable[[], None]

    def visibility(self, light: Light, reach: float, rays: int) -> Tensor:
        """The share `[1, H, W]` of a light that arrives; reach in centimetres."""
        self.check()
        march = March(reach or self.size(), self.bias, 512, rays)
        return torch.where(self.there > 0, cast_shadow(self._occluders(), light, march, self.check).visibility, 1.0)

    def size(self) -> float:
        """As far as there are surfaces, in centimetres."""
        depth = -self.position[2][self.there[0] > 0]
        if not depth.numel():
            return 0.0
        near, far = float(depth.min()), float(depth.max())
        return (far - near + 2 * self.camera.tan_x * far) * self.cm_per_unit

    def pixels(self, length: Tensor) -> Tensor:
        """How many pixels a length in centimetres `[1, H, W]` takes where a surface is seen."""
        depth = (-self.position[2:]).clamp_min(1e-6) * self.cm_per_unit
        return length * self.camera.width / (2 * self.camera.tan_x * depth)

    def casters(self, direction: tuple[float, float, float], shadow: Tensor, otherwise: float) -> Tensor:
        """Centimetres `[1, H, W]` from where shadows fall to what casts them from a direction.

        shadow : `[1, H, W]`, 1 where it is. Where the surfaces of the picture show no caster it is `otherwise`.
        """
        small = self._reduced()
        whole, light = small.size(), DirectionalLight(direction=direction)
        distance = torch.zeros_like(small.there)
        blocked = torch.zeros_like(small.there)
        for share in _SHARES:
            now = 1 - small.visibility(light, share * whole, 1) if whole > 0 else blocked
            distance = distance + (now - blocked).clamp_min(0) * share * whole * math.sqrt(0.5)
            blocked = torch.maximum(blocked, now)
        weight = blocked * reduced(shadow, (small.region.height, small.region.width))
        seen = weight.clamp_min(0)
        near = spread_known(distance / blocked.clamp_min(1e-6), seen, 4.0)
        trust = spread_known(seen, torch.ones_like(seen), 8.0)
        trust = trust / (trust + _SEEN)
        found = torch.lerp(torch.full_like(near, otherwise), near, trust)
        return grown(found, (self.region.height, self.region.width))

    def _reduced(self) -> "Scene":
        scale = _SIDE / max(self.region.height, self.region.width)
        if scale >= 1:
            return self
        c = self.camera
        camera = Camera(
            max(1, round(c.width * scale)), max(1, round(c.height * scale)), c.tan_x, c.pixel_aspect, c.center_x,
            c.center_y,
        )  # fmt: skip
        region = self.region.scaled(scale)
        size = (region.height, region.width)
        normal = unit(reduced(self.normal, size))
        return Scene(
            reduced(self.position, size), normal, (reduced(self.there, size) > 0.5).to(normal.dtype), camera, region,
            self.cm_per_unit, self.thickness, self.bias, self.check,
        )  # fmt: skip

    def _occluders(self) -> Occluders:
        return Occluders(
            self.position, self.normal, self.camera, self.region, self.cm_per_unit, self.thickness, self.check
        )
