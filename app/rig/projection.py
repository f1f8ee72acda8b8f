"""How directions lie on the dome's disc: x to the right, y up, 1 at the rim.

Front and back are orthographic: the half-sphere of lights on the camera's side as the camera sees it, and the half
behind what is lit, in the same left and right, as if one looked through it. All is the whole sphere, equidistant: the
angle from the camera grows evenly from the middle to the rim, which is straight behind.
"""

import math
from enum import StrEnum

import torch
from torch import Tensor

from rimlight.engine import Vec3


class Side(StrEnum):
    """Which half of the sphere of directions is seen: that of the camera, the one behind the subject, or both."""

    FRONT = "front"
    BACK = "back"
    ALL = "all"


def to_disc(direction: Vec3, side: Side) -> tuple[float, float]:
    """Where a unit direction lies."""
    x, y, z = direction
    if side is not Side.ALL:
        return x, y
    across = math.hypot(x, y)
    if across < 1e-9:
        return (0.0, 0.0) if z >= 0 else (0.0, 1.0)
    radius = math.atan2(across, z) / math.pi
    return x / across * radius, y / across * radius


def from_disc(x: float, y: float, side: Side) -> Vec3:
    """The direction at a place on or off the disc: past the rim of a half it goes on around to the other half."""
    radius = math.hypot(x, y)
    if side is Side.ALL:
        angle = min(radius, 1.0) * math.pi
        across = math.sin(angle) / radius if radius > 1e-9 else math.pi
        return x * across, y * across, math.cos(angle)
    sign = -1.0 if side is Side.BACK else 1.0
    if radius > 1:
        x, y = x / radius, y / radius
        radius = max(2 - radius, 0.0)
        x, y, sign = x * radius, y * radius, -sign
    return x, y, sign * math.sqrt(max(0.0, 1 - radius * radius))


def hidden(direction: Vec3, side: Side) -> bool:
    """Whether a direction is on the half that is not shown."""
    return side is not Side.ALL and (direction[2] < 0) != (side is Side.BACK)


def directions(size: int, side: Side) -> tuple[Tensor, Tensor]:
    """Unit vectors `[3, size, size]` of a square's pixels, the disc touching its edges, and `[1, size, size]` how much
    of each pixel is in it.
    """
    steps = (torch.arange(size, dtype=torch.float32) + 0.5) / size * 2 - 1
    x, y = steps[None].expand(size, size), -steps[:, None].expand(size, size)
    radius = torch.hypot(x, y)
    inside = ((1 - radius) * size / 2 + 0.5).clamp(0, 1)[None]
    if side is Side.ALL:
        angle = radius.clamp_max(1) * math.pi
        across = torch.where(radius > 1e-6, angle.sin() / radius.clamp_min(1e-6), math.pi)
        return torch.stack((x * across, y * across, angle.cos())), inside
    fit = (0.999 / radius.clamp_min(1e-6)).clamp_max(1)
    x, y = x * fit, y * fit
    z = (1 - x * x - y * y).clamp_min(0).sqrt()
    return torch.stack((x, y, -z if side is Side.BACK else z)), inside
