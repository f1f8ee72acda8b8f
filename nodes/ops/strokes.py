"""Brush strokes along polylines as coverage.

Coordinates are pixels, y down; regions are plain half-open tuples (x0, y0, x1, y1).
"""

import torch
from torch import Tensor

from .resample import Box


def draw_stroke(
    points: Tensor,
    width: float,
    region: Box,
    hardness: float = 1.0,
    pressure: Tensor | None = None,
    device: torch.device | str = "cpu",
    strength: Tensor | None = None,
) -> Tensor:
    """Coverage float32 `[1, H, W]` of a round brush drawn along points `[N, 2]`.

    width : diameter in pixels at pressure 1; a brush thinner than a pixel is fainter instead.
    hardness : 1 is a hard edge over one pixel, 0 fades smoothly from the middle of the stroke.
    pressure, strength : `[N]`, factors of the width and of the coverage, linear between the points.

    Where segments overlap the larger coverage counts. It is computed in float64 on the CPU whatever the device of the
    result, so devices agree bit for bit.
    """
    points = points.double().cpu()
    out = torch.zeros(1, max(0, region[3] - region[1]), max(0, region[2] - region[0]))
    one = torch.ones(points.shape[0], dtype=torch.float64)
    sizes, shares = (one if factor is None else factor.double().cpu() for factor in (pressure, strength))
    ends = torch.cat((points, width / 2 * sizes.clamp(min=0.0)[:, None], shares[:, None]), 1)
    if not out.numel() or not points.shape[0] or not bool(torch.isfinite(ends).all()):
        return out.to(device)
    from .strokes_cpu import lay  # compiles, or loads what is compiled

    ends = ends[_distinct(ends)]
    same = (ends[1:, 2:] == ends[:-1, 2:]).all(1)
    yes = torch.ones(1, dtype=torch.bool)
    alike = torch.cat((yes, same)) & torch.cat((same, yes))
    lay(ends.numpy(), alike.numpy(), min(max(hardness, 0.0), 1.0), region[0], region[1], out[0].numpy())
    return out.to(device)


def _distinct(ends: Tensor) -> Tensor:
    """Which rows `[N]` differ from the one before: a point that is there twice would have no sides."""
    other = (ends[1:] != ends[:-1]).any(1)
    return torch.cat((other.new_ones(1), other))
