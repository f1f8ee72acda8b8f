"""Whole pictures in another size, where they are only looked at."""

import torch
from torch import Tensor


def reduced(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`x [C, H, W]` in a smaller size, every pixel of it counted."""
    if tuple(x.shape[1:]) == size:
        return x
    x = torch.nan_to_num(x, 0.0, 0.0, 0.0)
    return torch.nn.functional.interpolate(x[None], size, mode="bilinear", antialias=True, align_corners=False)[0]


def grown(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`x [C, h, w]` in a larger size, bilinear."""
    if tuple(x.shape[1:]) == size:
        return x
    return torch.nn.functional.interpolate(x[None], size, mode="bilinear", align_corners=False)[0]
