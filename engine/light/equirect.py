"""Equirectangular pictures of all directions, `[C, h, w]`.

The centre column is the direction the camera looks (0, 0, -1), columns go on to the right, the top row is up. So column
`u` in 0..1 has the azimuth `360 * (1 - u)` degrees, and row `v` the elevation `90 - 180 * v`.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..fourier import repeats


def directions(height: int, width: int, like: Tensor) -> Tensor:
    """Unit vectors `[3, height, width]` of the pixels' centres."""
    rows, columns = _angles(height, width, like)
    e, phi = rows[:, None], columns[None]
    return torch.stack((e.cos() * phi.sin(), e.sin().expand(height, width), -e.cos() * phi.cos()))


def solid_angles(height: int, width: int, like: Tensor) -> Tensor:
    """Steradians `[1, height, 1]` of a pixel of each row, exact: over the picture they sum to 4 pi."""
    edges = torch.linspace(0.5, -0.5, height + 1, dtype=torch.float64) * math.pi
    sines = edges.sin()
    area = (sines[:-1] - sines[1:]) * 2 * math.pi / width
    return area.to(dtype=like.dtype, device=like.device)[None, :, None]


def coordinates(direction: Tensor) -> tuple[Tensor, Tensor]:
    """Column u and row v, both in 0..1, of directions `[3, ...]` of any length."""
    x, y, z = direction.unbind(0)
    v = 0.5 - torch.atan2(y, (x * x + z * z).clamp_min(1e-20).sqrt()) / math.pi
    ahead = torch.where((x == 0) & (z == 0), 1.0, -z)  # straight up has no column, and its slope must not be NaN
    return 0.5 + torch.atan2(x, ahead) / (2 * math.pi), v


def sample(picture: Tensor, direction: Tensor) -> Tensor:
    """The picture `[C, H, W]` in directions `[3, h, w]`, bilinear and closed at the seam: `[C, h, w]`."""
    return sample_levels(picture[None], direction, None)


def sample_levels(levels: Tensor, direction: Tensor, level: Tensor | None) -> Tensor:
    """A stack of pictures `[L, C, H, W]` in directions `[3, h, w]` at fractional levels `[1, h, w]`: `[C, h, w]`."""
    count, _, height, width = levels.shape
    u, v = coordinates(direction)
    padded = _closed(levels)
    x = (2 * (u * width + 1) / (width + 2)) - 1
    y = (2 * (v * height + 1) / (height + 2)) - 1
    if level is None or count == 1:
        return F.grid_sample(padded[:1], torch.stack((x, y), -1)[None], padding_mode="border", align_corners=False)[0]
    z = 2 * (level[0] + 0.5) / count - 1
    grid = torch.stack((x, y, z.expand_as(x)), -1)[None, None]
    volume = padded.permute(1, 0, 2, 3)[None]
    return F.grid_sample(volume, grid, padding_mode="border", align_corners=False)[0, :, 0]


def _closed(levels: Tensor) -> Tensor:
    """One more pixel on every side: across the seam, and over the poles, half a turn away."""
    half = levels.shape[-1] // 2
    top, bottom = levels[..., :1, :].roll(half, -1), levels[..., -1:, :].roll(half, -1)
    rows = torch.cat((top, levels, bottom), -2)
    return torch.cat((rows[..., -1:], rows, rows[..., :1]), -1)


def convolve(picture: Tensor, kernel: Callable[[Tensor], Tensor], height: int, width: int) -> Tensor:
    """The mean of a picture `[C, H, W]` about each direction of an output of `height` x `width`: `[C, height, width]`.

    kernel : the weight at a cosine to the output's direction; the weights are normalised with the solid angles, so that
        a constant picture stays what it is. Exact but for the pixels' size: with the kernel depending on the angle
        alone, a pair of rows is a circular convolution, done by FFT. `width` divides the picture's width.
    """
    _, h_in, w_in = picture.shape
    step = w_in // width
    rows_in, _ = _angles(h_in, w_in, picture)
    rows_out, _ = _angles(height, width, picture)
    # Output columns lie on the grid of input columns, shifted by half a pixel where the sizes differ.
    shift = 0.5 * (step - 1)
    turn = (torch.arange(w_in, device=picture.device, dtype=picture.dtype) - shift) * (2 * math.pi / w_in)
    areas = solid_angles(h_in, w_in, picture)[0]
    long = repeats(w_in) * w_in
    source = torch.fft.rfft((torch.cat((picture, torch.ones_like(picture[:1]))) * areas).repeat(1, 1, long // w_in))
    out = []
    for part in torch.split(rows_out, max(1, (1 << 22) // (h_in * w_in))):
        cosine = (
            part.sin()[:, None, None] * rows_in.sin()[None, :, None]
            + part.cos()[:, None, None] * rows_in.cos()[None, :, None] * turn.cos()
        )
        weights = torch.fft.rfft(kernel(cosine.clamp(-1, 1)), long)
        # The kernel is even in the turn, so that correlation and convolution differ only by the half pixel's sign.
        rows = torch.einsum("rjf,cjf->crf", weights.conj(), source)
        out.append(torch.fft.irfft(rows, n=long)[..., :w_in:step])
    sums = torch.cat(out, 1)
    return sums[:-1] / sums[-1:]


def _angles(height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Elevations of rows and angles of columns to the right of the centre, in radians."""
    rows = 0.5 - (torch.arange(height, dtype=like.dtype, device=like.device) + 0.5) / height
    columns = (torch.arange(width, dtype=like.dtype, device=like.device) + 0.5) / width - 0.5
    return rows * math.pi, columns * (2 * math.pi)


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """The picture `[C, H, W]` in another size: solid-angle means when smaller, bilinear when larger."""
    _, h, w = picture.shape
    if height >= h and width >= w:
        return sample(picture, directions(height, width, picture))
    weights = solid_angles(h, w, picture).expand(1, h, w)
    both = F.interpolate(torch.cat((picture * weights, weights))[None], (height, width), mode="area")[0]
    return both[:-1] / both[-1:]
