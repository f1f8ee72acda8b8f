"""Surfaces for the tests of light."""

import math

import torch
from torch import Tensor

from rimlight.engine import Model, Surface


def sphere_normals(size: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Normals `[3, size, size]` of a ball seen through a long lens, and where it is `[1, size, size]`."""
    steps = (torch.arange(size, dtype=dtype) + 0.5) / size * 2 - 1
    x, y = steps[None].expand(size, size), -steps[:, None].expand(size, size)
    inside = x * x + y * y < 0.99
    z = (1 - x * x - y * y).clamp_min(0).sqrt()
    normal = torch.stack((x, y, z))
    up = torch.tensor([0.0, 0.0, 1.0], dtype=dtype).reshape(3, 1, 1)
    return torch.where(inside, normal, up), inside[None]


def table(rows: int = 9, columns: int = 9, f0: float = 1.0, model: Model | None = None) -> Surface:
    """A surface facing z: roughness 0 to 1 down the rows, seen from the front to 85 degrees along the columns."""
    angle = torch.linspace(0, math.radians(85), columns)
    view = torch.stack((angle.sin(), torch.zeros(columns), angle.cos()))[:, None].expand(3, rows, columns)
    normal = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).expand(3, rows, columns)
    roughness = torch.linspace(0, 1, rows)[None, :, None].expand(1, rows, columns)
    return Surface.of(normal, view=view, roughness=roughness, f0=f0, model=model)
