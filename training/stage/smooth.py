"""A filter that smooths light along surfaces and not across their edges, and sums over neighbours."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def smoothed(
    values: Tensor, normal: Tensor, depth: Tensor, width: int | Tensor, passes: int = 1, widest: int = 0
) -> Tensor:
    """Means `[C, h, w]` over about `width` pixels across, of pixels on the same surface.

    A joint bilateral filter along rows, then columns: a neighbour counts by how close it is in depth, relative to it
    (2 % halve its weight), and in normal. normal `[3, h, w]`, depth `[1, h, w]` (0 where there is no surface: such
    pixels count for nothing).

    Of pictures `[n, C, h, w]` all at once each may have a width `[n]` of its own, of at most `widest`.
    """
    guide = torch.cat((depth.clamp_min(1e-3).log() * 50, normal * 2), -3)
    there = (depth > 0).to(values.dtype)
    nearness = [_nearness(guide, there, _steps(width, widest), dim) for dim in (-1, -2)]
    few = _FEW if values.device.type == "cpu" else values.shape[-3]
    return torch.cat([_smoothed(part, nearness, passes) for part in torch.split(values, few, -3)], -3)


_FEW = 3
"""Channels that a CPU smooths at a time: they stay in its cache."""

_Weight = float | Tensor


def _steps(width: int | Tensor, widest: int) -> list[_Weight]:
    """What neighbours from the first to the last count for by their place alone: 1 within the width. An even number of
    pixels is centred by halving the two at the ends.
    """
    if isinstance(width, int):
        reach = width // 2
        end = 0.5 if width % 2 == 0 else 1.0
        return [end if abs(step) == reach else 1.0 for step in range(-reach, reach + 1)]
    reach, half = widest // 2, width.reshape(-1, 1, 1, 1) / 2
    return [(half + 0.5 - abs(step)).clamp(0, 1) for step in range(-reach, reach + 1)]


def _smoothed(values: Tensor, nearness: list[tuple[list[Tensor], Tensor]], passes: int) -> Tensor:
    for _ in range(passes):
        for dim, (weights, counts) in zip((-1, -2), nearness, strict=True):
            values = torch.where(counts, _along(values, weights, dim), values)
    return values


def _nearness(guide: Tensor, there: Tensor, steps: list[_Weight], dim: int) -> tuple[list[Tensor], Tensor]:
    """For neighbours from the first to the last along a dimension, what they count for `[1, h, w]`, together 1; and
    whether any of them counts.
    """
    reach, size = len(steps) // 2, guide.shape[dim]
    stack = _padded(torch.cat((guide, there), -3), reach, dim)
    weights = []
    for number, step in enumerate(steps):
        other = stack.narrow(dim, number, size)
        gap = other[..., :-1, :, :] - guide
        weights.append(torch.exp(-0.7 * (gap * gap).sum(-3, keepdim=True)) * other[..., -1:, :, :] * step)
    total = torch.stack(weights).sum(0)
    return [weight / total.clamp_min(1e-9) for weight in weights], total > 0


def _along(values: Tensor, weights: list[Tensor], dim: int) -> Tensor:
    reach, size = len(weights) // 2, values.shape[dim]
    stack = _padded(values, reach, dim)
    total = torch.zeros_like(values)
    for step, weight in enumerate(weights):
        total.addcmul_(stack.narrow(dim, step, size), weight)
    return total


def _padded(values: Tensor, reach: int, dim: int) -> Tensor:
    return F.pad(values, (reach, reach, 0, 0) if dim == -1 else (0, 0, reach, reach))


def over_neighbours(of: Callable[[Tensor, Tensor], Tensor], image: Tensor) -> Tensor:
    """The sum or the like over each pixel `[C, h, w]` and its eight neighbours. On a CPU pooling takes five times as
    long.
    """
    for dim in (1, 2):
        wide = F.pad(image[None], (0, 0, 1, 1) if dim == 1 else (1, 1, 0, 0), mode="replicate")[0]
        first, second, third = (wide.narrow(dim, start, image.shape[dim]) for start in range(3))
        image = of(of(first, second), third)
    return image
