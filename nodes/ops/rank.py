"""Median and general rank filters over a square window, exact."""

import cv2
import numpy as np
import torch
from torch import Tensor

from .progress import shared

MAX_SIZE = 31
_TILE = 256  # with its margin: 65536 pixels, so that their ranks fit 16 bits
_DEVICE_WINDOW_BYTES = 256 << 20


def rank_margin(size: int) -> int:
    """Pixels of margin that a window of `size` pixels needs on each side."""
    return size // 2


def median(x: Tensor, size: int) -> Tensor:
    """Median of `x [C, H, W]` per channel over `size` x `size` pixels (odd, 1 to 31), without the margin.

    NaN sorts after everything, so it shows only where more than half of the window is NaN.
    """
    return rank_filter(x, size, 0.5)


def rank_filter(x: Tensor, size: int, rank: float) -> Tensor:
    """The value at `rank` (0 the least, 0.5 the median, 1 the greatest) of every square window of `x [C, H, W]`.

    Exact: each result is one of the inputs. `size` is odd, 1 to 31. NaN sorts after everything.
    Returns `x` without `rank_margin(size)` pixels on each side.
    """
    if size < 1 or size > MAX_SIZE or size % 2 == 0:
        raise ValueError(f"rank filter: size is {size}, an odd number from 1 to {MAX_SIZE} is expected")
    if not 0 <= rank <= 1:
        raise ValueError(f"rank filter: rank is {rank}, expected 0 to 1")
    if size == 1:
        return x
    index = round(rank * (size * size - 1))
    if x.device.type != "cpu":
        return _rank_device(x, size, index)
    # OpenCV's sorting networks lose NaN, and know the median of small windows only.
    if size <= 5 and index == size * size // 2 and not bool(torch.isnan(x.sum())):
        return _median_cv(x, size)
    return _rank_cpu(x, size, index)


def _median_cv(x: Tensor, size: int) -> Tensor:
    margin = rank_margin(size)
    out = x.new_empty(x.shape[0], x.shape[1] - 2 * margin, x.shape[2] - 2 * margin)
    for plane, target in zip(x, out, strict=True):
        full = torch.from_numpy(cv2.medianBlur(plane.contiguous().numpy(), size))
        target.copy_(full[margin : margin + out.shape[1], margin : margin + out.shape[2]])
    return out


def _rank_cpu(x: Tensor, size: int, index: int) -> Tensor:
    """Select among the 16-bit ranks of a tile's pixels, which are told apart even where values are the same."""
    from .rank_cpu import select  # compiles, or loads what is compiled

    margin = rank_margin(size)
    height, width = x.shape[1] - 2 * margin, x.shape[2] - 2 * margin
    out = np.empty((x.shape[0], height, width), dtype=np.float32)
    values = x.numpy()
    side = _TILE - 2 * margin

    def work(corner: tuple[int, int, int]) -> None:
        channel, top, left = corner
        patch = values[channel, top : top + _TILE, left : left + _TILE]
        order = patch.argsort(axis=None)
        ranks = np.empty(patch.size, dtype=np.uint16)
        ranks[order] = np.arange(patch.size, dtype=np.uint16)
        ranked = patch.ravel()[order]
        chosen = select(ranks.reshape(patch.shape), size, index, ranked)
        out[channel, top : top + side, left : left + side] = chosen

    corners = [
        (channel, top, left)
        for channel in range(x.shape[0])
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]
    shared(work, corners)
    return torch.from_numpy(out)


def _rank_device(x: Tensor, size: int, index: int) -> Tensor:
    margin = rank_margin(size)
    height, width = x.shape[1] - 2 * margin, x.shape[2] - 2 * margin
    out = x.new_empty(x.shape[0], height, width)
    rows = max(1, _DEVICE_WINDOW_BYTES // (4 * size * size * width))
    for plane, target in zip(x, out, strict=True):
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            windows = plane[top : bottom + 2 * margin].unfold(0, size, 1).unfold(1, size, 1)
            target[top:bottom] = windows.reshape(bottom - top, width, -1).kthvalue(index + 1, dim=-1).values
    return out
