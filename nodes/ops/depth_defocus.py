"""Blur by depth: the picture is cut into slices of one blur each, which are laid over one another from far to near.

Every slice is blurred together with its coverage, so that what is near spreads over what is far and not the other way.
Behind an edge that has become soft lies what was hidden; it is made up from what is seen beside it at that depth, by
dividing by all the coverage that has come together.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .filters import splat
from .fir import finite
from .progress import Progress, part, silent

_RATIO = 1.2  # of the blur of one slice to the next, at least a pixel apart
_COVERED = 1e-3  # coverage below which a pixel stays as it was


def slices(largest: float) -> list[float]:
    """Diameters of the slices up to one that is not smaller than `largest`, from 0 on."""
    sizes = [0.0]
    while sizes[-1] < largest:
        sizes.append(max(sizes[-1] + 1, sizes[-1] * _RATIO))
    return sizes


def blur_of_depth(depth: Tensor, math_mode: str, center: float, size: float, dof: float, largest: float) -> Tensor:
    """Signed diameters of blur in pixels, of the shape of `depth`, above 0 behind the plane of focus.

    math_mode : what depth is. `depth`: distances; a thin lens, `size` is the blur at infinity, and distances of 0 or
    less mean that nothing is there. `far=0`: one over the distance. `far=1`: one less that. `direct`: `size` is the
    blur of one unit away from the plane. center : the plane of focus. dof : depth about the plane that stays sharp.
    """

    def blur(z: Tensor) -> Tensor:
        if math_mode == "depth":
            return torch.where(z > 0, 1 - center / z.clamp_min(1e-30), 1.0)
        if math_mode == "far=0":
            return 1 - z / center
        if math_mode == "far=1":
            return 1 - (1 - z) / (1 - center)
        return z - center

    z = depth.double().nan_to_num(math.inf if math_mode in ("depth", "direct") else 0.0, math.inf, -math.inf)
    signed = blur(z)
    if dof > 0:
        around = blur(torch.tensor([center - dof / 2, center + dof / 2], dtype=torch.float64, device=z.device)).abs()
        nearer = signed < 0
        # The bound on the side where blur is negative: in front.
        front, behind = (around[0], around[1]) if math_mode in ("depth", "direct", "far=1") else (around[1], around[0])
        signed = torch.where(nearer, (signed + front).clamp_max(0), (signed - behind).clamp_min(0))
    return (signed * size).clamp(-largest, largest).float()


def depth_defocus(
    x: Tensor, blur: Tensor, margin: int, kernel: Callable[[float], Tensor], progress: Progress = silent
) -> Tensor:
    """`x [C, H, W]` blurred by `blur [1, H, W]` from `blur_of_depth`, without `margin` pixels on each side.

    margin : `bokeh_margin` of half the largest blur. kernel : gives the aperture's image for a diameter.
    """
    sizes = slices(float(blur.abs().max()) if blur.numel() else 0.0)
    low, share = _place(blur.abs(), sizes)
    height, width = x.shape[1] - 2 * margin, x.shape[2] - 2 * margin
    color, covered = x.new_zeros(x.shape[0], height, width), x.new_zeros(1, height, width)
    x = finite(x)
    everything = torch.cat((x, torch.ones_like(blur)))

    def spread(weight: Tensor, size: float, progress: Progress) -> Tensor:
        image = kernel(size)
        cut = margin - image.shape[0] // 2
        part_of = (everything * weight)[:, cut : x.shape[1] - cut, cut : x.shape[2] - cut]
        return splat(part_of, image, progress)

    order = [(i, False) for i in reversed(range(len(sizes)))] + [(i, True) for i in range(len(sizes))]
    for k, (i, near) in enumerate(order):
        progress(k / len(order))
        mine = (low == i) & ((blur < 0) if near else (blur >= 0))
        if not bool(mine.any()):
            continue
        # Between two sizes a pixel is part of both; these are one surface and add up before they cover what is behind.
        watch, second = part(progress, k, len(order)), torch.where(mine, share, 0.0)
        slice_ = spread(torch.where(mine, 1 - share, 0.0), sizes[i], part(watch, 0, 2))
        watch(0.5)
        if bool((second > 0).any()):
            slice_ = slice_ + spread(second, sizes[i + 1], part(watch, 1, 2))
            watch(1.0)
        over = slice_[-1:].clamp(0, 1)
        color = torch.addcmul(slice_[:-1], color, 1 - over)
        covered = torch.addcmul(over, covered, 1 - over)
    before = x[:, margin : margin + height, margin : margin + width]
    return torch.where(covered > _COVERED, color / covered.clamp_min(_COVERED), before)


def _place(size: Tensor, sizes: list[float]) -> tuple[Tensor, Tensor]:
    """The slice that is not larger than a diameter, and how much of the way it is to the next."""
    if len(sizes) == 1:
        return torch.zeros_like(size, dtype=torch.long), torch.zeros_like(size)
    knots = torch.tensor(sizes, device=size.device)
    low = (torch.searchsorted(knots, size.contiguous(), right=True) - 1).clamp(0, len(sizes) - 1)
    high = (low + 1).clamp_max(len(sizes) - 1)
    gap = (knots[high] - knots[low]).clamp_min(1e-6)
    return low, ((size - knots[low]) / gap).clamp(0, 1)
