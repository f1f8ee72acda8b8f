"""Equirectangular pictures of all directions, `[C, h, w]`.

The centre column is the direction the camera looks (0, 0, -1), columns go on to the right, the top row is up. So column
`u` in 0..1 has the azimuth `360 * (1 - u)` degrees, and row `v` the elevation `90 - 180 * v`.
"""

import math
from collections.abc import Callable
from functools import cache, lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..fourier import repeats
from .areas import means
from .values import plainly

Kernel = Callable[[Tensor], Tensor]
"""The weight at a cosine to an output's direction; hashable, and kernels that are equal weigh alike."""

_AT_A_TIME = 1 << 22
"""Weights that are in memory at a time where they are not kept."""
_MANY = 64 * 128
"""Pixels of the largest picture whose directions are kept."""
_KEPT = 7 * 64 * 64 * 65
"""Weights of which the spectra are kept: an environment's levels at 64 rows. In single precision they are 15 MB."""


def latlong_directions(height: int, width: int, like: Tensor) -> Tensor:
    """Unit vectors `[3, height, width]` of the pixels' centres."""
    if height * width > _MANY:
        return _directions(height, width, like)
    return _kept_directions(height, width, like.dtype, like.device).clone()


def _directions(height: int, width: int, like: Tensor) -> Tensor:
    rows, columns = _angles(height, width, like)
    e, phi = rows[:, None], columns[None]
    return torch.stack((e.cos() * phi.sin(), e.sin().expand(height, width), -e.cos() * phi.cos()))


@cache  # for good, as are all tensors that a GPU may have recorded the place of
def _kept_directions(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    with plainly():
        return _directions(height, width, torch.empty(0, dtype=dtype, device=device))


def latlong_solid_angles(height: int, width: int, like: Tensor) -> Tensor:
    """Steradians `[1, height, 1]` of a pixel of each row, exact: over the picture they sum to 4 pi."""
    return _solid_angles(height, width, like.dtype, like.device).clone()


@cache
def _solid_angles(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    with plainly():
        edges = torch.linspace(0.5, -0.5, height + 1, dtype=torch.float64) * math.pi
        sines = edges.sin()
        area = (sines[:-1] - sines[1:]) * 2 * math.pi / width
        return area.to(dtype=dtype, device=device)[None, :, None]


def coordinates(direction: Tensor) -> tuple[Tensor, Tensor]:
    """Column u and row v, both in 0..1, of directions `[3, ...]` of any length."""
    x, y, z = direction.unbind(0)
    v = 0.5 - torch.atan2(y, (x * x + z * z).clamp_min(1e-20).sqrt()) / math.pi
    ahead = torch.where((x == 0) & (z == 0), 1.0, -z)  # straight up has no column, and its slope must not be NaN
    return 0.5 + torch.atan2(x, ahead) / (2 * math.pi), v


def sample(picture: Tensor, direction: Tensor) -> Tensor:
    """The picture `[C, H, W]` in directions `[3, h, w]`, bilinear and closed at the seam: `[C, h, w]`. Pictures
    `[h, C, H, W]` are one for each row of directions.
    """
    return sample_levels(picture[None], direction, None)


def sample_levels(levels: Tensor, direction: Tensor, level: Tensor | None) -> Tensor:
    """A stack of pictures `[L, C, H, W]` in directions `[3, h, w]` at fractional levels `[1, h, w]`: `[C, h, w]`.
    Stacks `[L, h, C, H, W]` are one for each row of directions.
    """
    count, *rows, channels, height, width = levels.shape
    if direction.numel() == 0:  # a band of a picture in which there is no surface
        return levels.new_zeros((channels, *direction.shape[1:]))
    u, v = coordinates(direction)
    padded = closed(levels).reshape(count, *(rows or (1,)), channels, height + 2, width + 2)
    x = (2 * (u * width + 1) / (width + 2)) - 1
    y = (2 * (v * height + 1) / (height + 2)) - 1
    size = (padded.shape[1], -1, x.shape[-1])
    if level is None or count == 1:
        grid = torch.stack((x, y), -1).reshape(*size, 2)
        found = F.grid_sample(padded[0], grid, padding_mode="border", align_corners=False)
    else:
        z = 2 * (level[0] + 0.5) / count - 1
        grid = torch.stack((x, y, z.expand_as(x)), -1).reshape(*size, 3)[:, None]
        volume = padded.permute(1, 2, 0, 3, 4)
        found = F.grid_sample(volume, grid, padding_mode="border", align_corners=False)[:, :, 0]
    return found.transpose(0, 1).reshape(channels, *x.shape)


def closed(levels: Tensor) -> Tensor:
    """Pictures `[..., h, w]`, a pixel wider on every side: across the seam, and over the poles, half a turn away."""
    half = levels.shape[-1] // 2
    top, bottom = levels[..., :1, :].roll(half, -1), levels[..., -1:, :].roll(half, -1)
    rows = torch.cat((top, levels, bottom), -2)
    return torch.cat((rows[..., -1:], rows, rows[..., :1]), -1)


def convolve(picture: Tensor, kernel: Kernel, height: int, width: int) -> Tensor:
    """The mean of a picture `[..., H, W]` about each direction of an output of `height` x `width`:
    `[..., height, width]`.

    kernel : the weight at a cosine to the output's direction; the weights are normalised with the solid angles, so that
        a constant picture stays what it is. Exact but for the pixels' size: with the kernel depending on the angle
        alone, a pair of rows is a circular convolution, done by FFT. `width` divides the picture's width.
    """
    return convolve_all(picture, (kernel,), height, width)[0]


def convolve_all(picture: Tensor, kernels: tuple[Kernel, ...], height: int, width: int) -> Tensor:
    """`convolve` with some kernels: `[K, ..., height, width]`. Their weights do not depend on the picture: those for
    small pictures are kept.
    """
    *lead, h_in, w_in = picture.shape
    sizes = (h_in, w_in, height, width)
    long = repeats(w_in) * w_in
    with_ones = torch.cat((picture.reshape(-1, h_in, w_in), picture.new_ones(1, h_in, w_in)))
    light = with_ones * latlong_solid_angles(h_in, w_in, picture)[0]
    source = torch.fft.rfft(light.repeat(1, 1, long // w_in)).permute(2, 1, 0)
    if len(kernels) * height * h_in * (long // 2 + 1) <= _KEPT:
        parts = iter((_kept_weights(kernels, sizes, picture.dtype, picture.device),))
    else:
        some = max(1, _AT_A_TIME // (h_in * w_in))
        starts = range(0, height, some)
        parts = (_weights(kernel, sizes, slice(i, i + some), picture) for kernel in kernels for i in starts)
    out = []
    for weights in parts:
        rows = (weights @ source).permute(2, 1, 0)
        out.append(torch.fft.irfft(rows, n=long)[..., : w_in : w_in // width])
    sums = torch.cat(out, 1) if len(out) > 1 else out[0]
    found = sums[:-1] / sums[-1:]
    return found.reshape(-1, len(kernels), height, width).transpose(0, 1).reshape(len(kernels), *lead, height, width)


@lru_cache(8)
def _kept_weights(
    kernels: tuple[Kernel, ...], sizes: tuple[int, int, int, int], dtype: torch.dtype, device: torch.device
) -> Tensor:
    """`_weights` of all rows of some kernels, one below the other."""
    with plainly():
        like = torch.empty(0, dtype=dtype, device=device)
        parts = [_weights(kernel, sizes, slice(None), like) for kernel in kernels]
        return torch.cat(parts, 1).resolve_conj().contiguous()


def _weights(kernel: Kernel, sizes: tuple[int, int, int, int], rows: slice, like: Tensor) -> Tensor:
    """Spectra `[frequencies, rows, H]` of what rows of an input count for in some rows of an output.

    sizes : height and width of the input, and of the output.
    """
    h_in, w_in, height, width = sizes
    step = w_in // width
    rows_in, _ = _angles(h_in, w_in, like)
    rows_out = _angles(height, width, like)[0][rows]
    # Output columns lie on the grid of input columns, shifted by half a pixel where the sizes differ.
    shift = 0.5 * (step - 1)
    turn = (torch.arange(w_in, device=like.device, dtype=like.dtype) - shift) * (2 * math.pi / w_in)
    cosine = (
        rows_out.sin()[:, None, None] * rows_in.sin()[None, :, None]
        + rows_out.cos()[:, None, None] * rows_in.cos()[None, :, None] * turn.cos()
    )
    long = repeats(w_in) * w_in
    # The kernel is even in the turn, so that correlation and convolution differ only by the half pixel's sign.
    weights: Tensor = torch.fft.rfft(kernel(cosine.clamp(-1, 1)), long)
    return weights.conj().permute(2, 0, 1)


def _angles(height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Elevations of rows and angles of columns to the right of the centre, in radians."""
    rows = 0.5 - (torch.arange(height, dtype=like.dtype, device=like.device) + 0.5) / height
    columns = (torch.arange(width, dtype=like.dtype, device=like.device) + 0.5) / width - 0.5
    return rows * math.pi, columns * (2 * math.pi)


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """Pictures `[..., H, W]` in another size: bilinear when larger, else means over solid angles. These are exact for
    any size, so that no sun is brighter or darker for where among the pixels it lies.
    """
    *lead, h, w = picture.shape
    flat = picture.reshape(-1, h, w)
    if height >= h and width >= w:
        return sample(flat, latlong_directions(height, width, picture)).reshape(*lead, height, width)
    if h % height or w % width:
        across, wanted = (torch.linspace(0, 1, n + 1, dtype=torch.float64) for n in (w, width))
        found = means(flat, (_heights(h), across), (_heights(height), wanted))
        return found.reshape(*lead, height, width)
    weights = latlong_solid_angles(h, w, picture).expand(1, h, w)
    both = F.interpolate(torch.cat((flat * weights, weights))[None], (height, width), mode="area")[0]
    return (both[:-1] / both[-1:]).reshape(*lead, height, width)


def _heights(rows: int) -> Tensor:
    """Where rows begin and end `[rows + 1]`, from 0 at the top to 2, as heights on the sphere: evenly by area."""
    return 1 - torch.linspace(0, math.pi, rows + 1, dtype=torch.float64).cos()
