"""Whole pictures in another size, where they are only looked at."""

import torch
from torch import Tensor


def within(height: int, width: int, most: int) -> tuple[int, int]:
    """The size of a picture of this shape whose long side is at most `most`, never larger than it is."""
    scale = min(1.0, most / max(height, width, 1))
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`x [C, H, W]` in another size, bilinear, every pixel counted where it becomes smaller."""
    if tuple(x.shape[1:]) == size:
        return x
    return torch.nn.functional.interpolate(x[None], size, mode="bilinear", antialias=True, align_corners=False)[0]


def reduced(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`x [C, H, W]` in a smaller size, as `resized`, NaN and infinity counting as 0."""
    return x if tuple(x.shape[1:]) == size else resized(torch.nan_to_num(x, 0.0, 0.0, 0.0), size)


def grown(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`x [C, h, w]` in a larger size, bilinear."""
    if tuple(x.shape[1:]) == size:
        return x
    return torch.nn.functional.interpolate(x[None], size, mode="bilinear", align_corners=False)[0]
