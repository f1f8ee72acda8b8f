"""A room of a wall and a floor with two lamps in the picture, whose light is known in closed form."""

import math

import torch
from torch import Tensor

FIELD_OF_VIEW = 40.0
"""Degrees that the frame is wide."""
_LAMPS = (((-0.7, 0.1, -2.4), (1.0, 0.6, 0.3)), ((0.6, 0.3, -2.2), (0.6, 0.8, 1.0)))
"""Place in camera space and colour of each."""
_RADIUS, _AMBIENT = 0.07, 0.02
"""Of a lamp as it is seen, and the light that comes from no lamp."""


def lamp_room(strengths: tuple[float, float] = (1.0, 1.0), height: int = 144, width: int = 256) -> Tensor:
    """The room `[3, h, w]`, scene-linear: lamps of these strengths from the left, a checkered wall and floor."""
    slope = math.tan(math.radians(FIELD_OF_VIEW / 2))
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    across, up = (2 * x / width - 1) * slope, (1 - 2 * y / height) * slope * height / width
    rays = torch.stack((across, up, -torch.ones_like(across)))
    depth = (-0.5 / up.clamp_max(-1e-6)).clamp_max(3.0)  # a floor half a unit below, up to a wall
    wall = (depth >= 3.0)[None]
    position = rays * depth
    normal = torch.where(wall, torch.tensor([0.0, 0, 1])[:, None, None], torch.tensor([0.0, 1, 0])[:, None, None])
    shading, shining = torch.full((3, height, width), _AMBIENT), torch.zeros(3, height, width)
    for (place, color), strength in zip(_LAMPS, strengths, strict=True):
        way = torch.tensor(place)[:, None, None] - position
        far = way.square().sum(0)
        hue = strength * torch.tensor(color)[:, None, None]
        shading = shading + hue * 0.3 * (way * normal).sum(0).clamp_min(0) / far.sqrt() / far
        seen = (rays * -place[2] - torch.tensor(place)[:, None, None]).norm(dim=0) < _RADIUS
        shining = torch.maximum(shining, hue * 25 * seen)
    side = width // 20
    albedo = 0.3 + 0.3 * ((x // side + y // side) % 2)
    return torch.where(shining > 0, shining, albedo * shading)
