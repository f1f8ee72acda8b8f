"""Motion blur, along one direction for the whole picture or along a vector per pixel."""

import math

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from .filters import add_dots
from .fir import finite
from .progress import Progress, silent

_SAMPLES_PER_PIXEL = 8


def motion_margin(length: float) -> int:
    """Pixels of margin for a path that reaches `length` pixels from its pixel along an axis."""
    return math.ceil(abs(length)) if length else 0


def streak_kernel(vector: tuple[float, float], start: float = -0.5, end: float = 0.5) -> Tensor:
    """Kernel of a point moving from `start` to `end` times `vector` (x right, y down, pixels), float64, sum 1.

    Odd sizes `[2 * my + 1, 2 * mx + 1]`, with m = motion_margin(max(|start|, |end|) * |component|).
    """
    far = max(abs(start), abs(end))
    mx, my = (motion_margin(far * component) for component in vector)
    length = abs(end - start) * max(abs(vector[0]), abs(vector[1]))
    count = max(1, math.ceil(length * _SAMPLES_PER_PIXEL))
    t = start + (end - start) * (torch.arange(count, dtype=torch.float64) + 0.5) / count
    kernel = torch.zeros(2 * my + 1, 2 * mx + 1, dtype=torch.float64)
    add_dots(kernel, t * vector[0] + mx, t * vector[1] + my, torch.full_like(t, 1 / count))
    return kernel


def vector_blur(
    x: Tensor,
    motion: Tensor,
    margin: int,
    start: float = -0.5,
    end: float = 0.5,
    samples: int = 16,
    progress: Progress = silent,
) -> Tensor:
    """Average `x` along each pixel's own motion.

    Parameters
    ----------
    x : `[C, H, W]` with `margin` extra pixels on each side. NaN counts as 0.
    motion : `[2, H - 2 * margin, W - 2 * margin]`, pixels per frame, x right and y down. NaN counts as no motion.
    margin : the farthest a path may reach, in pixels; longer paths are shortened to it, direction kept.
    start, end : shutter interval in frames, around the current one.
    samples : points per path, bilinear, at 1/32 pixel.
    progress : called with the share done.
    """
    height, width = x.shape[1] - 2 * margin, x.shape[2] - 2 * margin
    if tuple(motion.shape) != (2, height, width):
        raise ValueError(f"vector blur: motion is {tuple(motion.shape)}, expected {(2, height, width)}")
    if samples < 1:
        raise ValueError(f"vector blur: {samples} samples found, expected 1 or more")
    motion = torch.where(torch.isfinite(motion), motion, 0.0)
    far = max(abs(start), abs(end)) * torch.hypot(motion[0], motion[1])
    motion = motion * (margin / far.clamp_min(max(margin, 1e-6)))
    # What is here at time t came from where it is now, minus t times its motion.
    times = [-start - (end - start) * (i + 0.5) / samples for i in range(samples)]
    gather = _gather_cv if x.device.type == "cpu" else _gather_torch
    return gather(finite(x), motion, margin, times, progress)


def _snapped(motion: Tensor, t: float) -> Tensor:
    """The way at time `t`, to 1/32 pixel, OpenCV's resolution.

    Rounded before the pixel's own place is added, so that a tile rounds as the whole picture does.
    """
    return (motion * (32 * t)).round_().div_(32)


def _gather_cv(x: Tensor, motion: Tensor, margin: int, times: list[float], progress: Progress = silent) -> Tensor:
    height, width = motion.shape[1:]
    column = torch.arange(margin, margin + width, dtype=torch.float32)[None, :]
    row = torch.arange(margin, margin + height, dtype=torch.float32)[:, None]
    out = x.new_empty(x.shape[0], height, width)
    # OpenCV gathers up to four interleaved channels with one look at the path.
    groups = list(zip(torch.split(x, 4), torch.split(out, 4), strict=True))
    for group, (source, target) in enumerate(groups):
        pixels = source.permute(1, 2, 0).contiguous().numpy()
        total = torch.zeros(height, width, source.shape[0])
        for i, t in enumerate(times):
            progress((group + i / len(times)) / len(groups))
            shift = _snapped(motion, t)
            map_x, map_y = (column + shift[0]).numpy(), (row + shift[1]).numpy()
            moved = cv2.remap(pixels, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            total.add_(torch.from_numpy(moved).view_as(total), alpha=1 / len(times))
        target.copy_(total.permute(2, 0, 1))
    return out


def _gather_torch(x: Tensor, motion: Tensor, margin: int, times: list[float], progress: Progress = silent) -> Tensor:
    height, width = motion.shape[1:]
    column = torch.arange(margin, margin + width, device=x.device, dtype=x.dtype)[None, :]
    row = torch.arange(margin, margin + height, device=x.device, dtype=x.dtype)[:, None]
    total = x.new_zeros(x.shape[0], height, width)
    for i, t in enumerate(times):
        progress(i / len(times))
        shift = _snapped(motion, t)
        grid_x = (2 * (column + shift[0]) + 1) / x.shape[2] - 1
        grid_y = (2 * (row + shift[1]) + 1) / x.shape[1] - 1
        grid = torch.stack((grid_x, grid_y), dim=-1)[None]
        moved = F.grid_sample(x[None], grid, padding_mode="border", align_corners=False)[0]
        total.add_(moved, alpha=1 / len(times))
    return total
