"""A filter that smooths light along surfaces and not across their edges."""

import torch
import torch.nn.functional as F
from torch import Tensor


def smoothed(values: Tensor, normal: Tensor, depth: Tensor, width: int, passes: int = 1) -> Tensor:
    """Means `[C, h, w]` over about `width` pixels across, of pixels on the same surface.

    A joint bilateral filter along rows, then columns: a neighbour counts by how close it is in depth, relative to it
    (2 % halve its weight), and in normal. normal `[3, h, w]`, depth `[1, h, w]` (0 where there is no surface: such
    pixels count for nothing).
    """
    guide = torch.cat((depth.clamp_min(1e-3).log() * 50, normal * 2))
    there = (depth > 0).to(values.dtype)
    for _ in range(passes):
        for dim in (2, 1):
            values = _along(values, guide, there, width, dim)
    return values


def _along(values: Tensor, guide: Tensor, there: Tensor, width: int, dim: int) -> Tensor:
    reach = width // 2
    pad = (reach, reach, 0, 0) if dim == 2 else (0, 0, reach, reach)
    stack = F.pad(torch.cat((values, guide, there))[None], pad)[0]
    count, size = values.shape[0], values.shape[dim]
    total, weights = torch.zeros_like(values), torch.zeros_like(there)
    for step in range(-reach, reach + 1):
        other = stack.narrow(dim, reach + step, size)
        gap = other[count:-1] - guide
        # An even number of pixels is centred by halving the two at the ends.
        end = 0.5 if width % 2 == 0 and abs(step) == reach else 1.0
        weight = torch.exp(-0.7 * (gap * gap).sum(0, keepdim=True)) * other[-1:] * end
        total, weights = total + other[:count] * weight, weights + weight
    return torch.where(weights > 0, total / weights.clamp_min(1e-9), values)
