"""Rays around bright light, as a lens, a filter of wires or wet lashes make them."""

import math

import torch
from torch import Tensor

from .filters import add_dots, splat
from .progress import Progress, part, silent

_SAMPLES = 8  # along a pixel of a ray


def share_above(light: Tensor, tolerance: float) -> Tensor:
    """How much of the light of a pixel is above a level, `[1, H, W]`: (brightest - tolerance) / brightest, else 0."""
    level = light.amax(dim=0, keepdim=True)
    return torch.where(level > tolerance, (level - tolerance) / level, 0.0)


def glint_margin(length: float) -> int:
    """Pixels of margin that rays of a length need on each side."""
    return math.ceil(length)


def star_kernel(
    rays: int, length: float, odd_length: float, angle: float, falloff: float, start: float = 1.0, end: float = 1.0
) -> Tensor:
    """A star, float64, `[2 m + 1, 2 m + 1]` with m = the margin of the longer rays; it sums to 1 if start and end are.

    rays : evenly around. length, odd_length : of every first and of every second ray, in pixels. angle : degrees of the
    first, 0 to the right, counter-clockwise. falloff : power of the way left to the end that a ray is as bright as.
    start, end : factors at the middle and at the ends.
    """
    margin = glint_margin(max(length, odd_length))
    kernel, total = torch.zeros(2 * margin + 1, 2 * margin + 1, dtype=torch.float64), 0.0
    for ray in range(rays):
        reach = odd_length if ray % 2 else length
        turn = math.radians(angle + 360 * ray / rays)
        count = max(1, math.ceil(reach * _SAMPLES))
        t = (torch.arange(count, dtype=torch.float64) + 0.5) / count
        weight = (1 - t) ** falloff * (reach / count if reach else 1.0)
        total += float(weight.sum())
        x, y = margin + t * reach * math.cos(turn), margin - t * reach * math.sin(turn)
        add_dots(kernel, x, y, weight * (start + (end - start) * t))
    return kernel / total if total else kernel


def glint(x: Tensor, kernels: list[Tensor], progress: Progress = silent) -> Tensor:
    """Every channel of `x [C, H, W]` spread over its star; without half the stars on each side."""
    pairs = enumerate(zip(x, kernels, strict=True))
    return torch.cat([splat(plane[None], kernel, part(progress, i, len(kernels))) for i, (plane, kernel) in pairs])
