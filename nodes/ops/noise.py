"""Seeded noise that depends on coordinates only: tiles equal crops, proxy scales and devices agree.

The hash is 32-bit integer arithmetic, the same bits on every device.
"""

import math
from typing import Literal, TypeVar

import torch
from torch import Tensor

from .resample import Box

T = TypeVar("T", Tensor, float)

_STRIP = 1 << 16
"""Values that are hashed at a time on a processor, so that they stay in its cache over the twenty steps."""

_BELOW_ONE = 1 - 2.0**-24  # the last half rounds to the even, and of a whole 1 the Gaussian would be infinite
_GRADIENTS = 12  # the edge midpoints of a cube, as in Perlin's improved noise (2002)


def white_noise(
    channels: int,
    region: Box,
    seed: int,
    frame: int = 0,
    distribution: Literal["uniform", "gaussian"] = "uniform",
    device: torch.device | str = "cpu",
) -> Tensor:
    """Independent noise for each pixel and channel, float32 `[channels, H, W]`.

    `uniform` lies between 0 and 1; `gaussian` has mean 0 and deviation 1 and reaches 5.3 deviations at most.
    """
    x = _integers(region[0], region[2], device)[None, None, :]
    y = _integers(region[1], region[3], device)[None, :, None]
    c = _integers(0, channels, device)[:, None, None]
    rows = _mix(_mix(_key(seed, frame, device) ^ c) + y)
    out = torch.empty((channels, y.shape[1], x.shape[2]), device=device)
    height = max(1, _STRIP // max(1, channels * x.shape[2])) if out.device.type == "cpu" else max(1, y.shape[1])
    for top in range(0, y.shape[1], height):
        uniform = _shifted(_mixed(rows[:, top : top + height] + x), 8).float().add_(0.5).mul_(2.0**-24)
        uniform.clamp_max_(_BELOW_ONE)
        if distribution == "gaussian":
            uniform.mul_(2.0).sub_(1.0).erfinv_().mul_(math.sqrt(2.0))
        out[:, top : top + height].copy_(uniform)
    return out


def gradient_noise(x: Tensor, y: Tensor, z: float, seed: int) -> Tensor:
    """Perlin's improved gradient noise on the grid of columns x `[W]` and rows y `[H]` at depth z, `[H, W]`.

    Cells are one unit wide. The mean is 0, the range is about -1 to 1, and it is 0 at whole numbers. The lattice
    repeats after 2^32 cells.
    """
    device = x.device
    columns, column_of, fx = _lattice(x)
    rows, row_of, fy = _lattice(y)
    depth = math.floor(z)
    fz = z - depth
    # The two layers of the lattice are blended where they are small; every pixel then needs two dimensions only.
    values: Tensor | None = None
    for layer, share in ((0, 1.0 - _fade(fz)), (1, _fade(fz))):
        key = _key(seed, depth + layer, device)
        table = _gradients(_mix(_mix(key ^ rows[:, None]) + columns[None, :]))
        part = torch.stack((table[0], table[1], table[2] * (fz - layer))) * share
        values = part if values is None else values + part
    assert values is not None
    # Along y on the lattice's columns first, then along x.
    below, above = values.index_select(1, row_of), values.index_select(1, row_of + 1)
    wy, dy = _fade(fy)[:, None], fy[:, None]
    at = torch.lerp(below[1] * dy + below[2], above[1] * (dy - 1.0) + above[2], wy)
    slope = torch.lerp(below[0], above[0], wy)
    dx = fx[None, :]
    left = at.index_select(1, column_of) + slope.index_select(1, column_of) * dx
    right = at.index_select(1, column_of + 1) + slope.index_select(1, column_of + 1) * (dx - 1.0)
    return torch.lerp(left, right, _fade(fx)[None, :])


def fractal_noise(
    region: Box,
    size: tuple[float, float],
    seed: int,
    z: float = 0.0,
    octaves: int = 6,
    lacunarity: float = 2.0,
    gain: float = 0.5,
    turbulence: bool = False,
    origin: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Octaves of gradient noise, float32 `[1, H, W]`, divided by the sum of their amplitudes.

    region : pixels, y down, at the proxy scale.
    size : width and height of the largest features, in full-size pixels.
    z : depth in the noise; change it over time to let it boil.
    lacunarity, gain : factors of frequency and amplitude from each octave to the next.
    turbulence : add the absolute values: 0 to about 1 instead of about -1 to 1.
    origin : the pixel (at the proxy scale) where the noise has its zero point, such as the bottom left of the frame;
        the rows above it count upwards, as an artist does.
    scale : the proxy scale, so that a half-size picture shows the same noise.
    """
    if min(size) <= 0 or scale <= 0 or octaves < 1:
        raise ValueError(
            f"the noise cannot have size {size[0]:g}x{size[1]:g} and {octaves} octaves: both must be positive"
        )
    x = (torch.arange(region[0], region[2], dtype=torch.float64, device=device) + 0.5 - origin[0]) / (scale * size[0])
    y = (origin[1] - 0.5 - torch.arange(region[1], region[3], dtype=torch.float64, device=device)) / (scale * size[1])
    return fractal_noise_at(x, y, z, seed, octaves, lacunarity, gain, turbulence)[None]


def fractal_noise_at(
    x: Tensor,
    y: Tensor,
    z: float,
    seed: int,
    octaves: int = 6,
    lacunarity: float = 2.0,
    gain: float = 0.5,
    turbulence: bool = False,
) -> Tensor:
    """`fractal_noise` on the grid of columns x `[W]` and rows y `[H]`, in sizes of the largest features, `[H, W]`."""
    total = torch.zeros(y.numel(), x.numel(), device=x.device)
    frequency, amplitude, sum_of_amplitudes = 1.0, 1.0, 0.0
    for octave in range(octaves):
        layer = gradient_noise(x * frequency, y * frequency, z * frequency, _octave_seed(seed, octave))
        total += (layer.abs() if turbulence else layer) * amplitude
        sum_of_amplitudes += abs(amplitude)
        frequency *= lacunarity
        amplitude *= gain
    return total / sum_of_amplitudes


def fractal_noise_through(points: Tensor, seed: int, octaves: int = 6) -> Tensor:
    """`fractal_noise` at any places `[3, ...]`, in sizes of the largest features, `[...]`: on grids the same numbers.

    Slower than `fractal_noise_at`, as neighbours share no work.
    """
    flat = points.flatten(1)
    out = torch.empty(flat.shape[1], device=points.device)
    size = _STRIP if out.device.type == "cpu" else max(1, len(out))
    for start in range(0, len(out), size):
        part = flat[:, start : start + size].double()
        total = torch.zeros(part.shape[1], device=points.device)
        for octave in range(octaves):
            total += _noise_through(part * 2.0**octave, _octave_seed(seed, octave)) * 0.5**octave
        out[start : start + size] = total / (2 - 2.0 ** (1 - octaves))
    return out.reshape(points.shape[1:])


def _noise_through(points: Tensor, seed: int) -> Tensor:
    """`gradient_noise` at any places `[3, n]`, `[n]`."""
    cell = torch.floor(points)
    x, y, z = (points - cell).float()
    column, row, depth = cell.long().to(torch.int32)
    start = _mix(torch.tensor(_signed(seed * 0x9E3779B1 + 0x3C6EF372), dtype=torch.int32, device=points.device))
    table = _gradients(torch.arange(_GRADIENTS, dtype=torch.int32, device=points.device) << 4)
    layers = []
    for back in (0, 1):
        key, lines = _mixed(depth + back + start), []
        for up in (0, 1):
            line, ends = _mixed(key ^ (row + up)), []
            for right in (0, 1):
                kind = (_shifted(_mixed(line + (column + right)), 4) % _GRADIENTS).long()
                gx, gy, gz = table.index_select(1, kind)
                ends.append(gx * (x - right) + gy * (y - up) + gz * (z - back))
            lines.append(torch.lerp(ends[0], ends[1], _fade(x)))
        layers.append(torch.lerp(lines[0], lines[1], _fade(y)))
    return torch.lerp(layers[0], layers[1], _fade(z))


def _octave_seed(seed: int, octave: int) -> int:
    """Octaves of their own, or all of them would be zero at the same points."""
    return seed + 7919 * octave


def _integers(start: int, stop: int, device: torch.device | str) -> Tensor:
    return torch.arange(start, stop, dtype=torch.int32, device=device)


def _signed(value: int) -> int:
    """The low 32 bits of a number as a signed integer, which is what int32 tensors hold."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def _shifted(h: Tensor, bits: int) -> Tensor:
    """Logical right shift; torch's own keeps the sign."""
    return (h >> bits).bitwise_and_((1 << (32 - bits)) - 1)


def _mix(h: Tensor) -> Tensor:
    """A bijection of 32-bit integers in which every input bit moves every output bit (multiply and xor-shift)."""
    return _mixed(h.clone())


def _mixed(h: Tensor) -> Tensor:
    """As `_mix`, written over `h`."""
    h.bitwise_xor_(_shifted(h, 16)).mul_(_signed(0x7FEB352D))
    h.bitwise_xor_(_shifted(h, 15)).mul_(_signed(0x846CA68B))
    return h.bitwise_xor_(_shifted(h, 16))


def _key(seed: int, layer: int, device: torch.device | str) -> Tensor:
    start = torch.tensor(_signed(seed * 0x9E3779B1 + 0x3C6EF372), dtype=torch.int32, device=device)
    return _mix(_mix(start) + _signed(layer))


def _lattice(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The lattice points that coordinates need (int32, sorted), the index of the one before each, and the fractions."""
    cell = torch.floor(x.double())
    fraction = (x.double() - cell).float()
    whole = cell.long()
    points = torch.unique(torch.cat((whole, whole + 1)))
    return points.to(torch.int32), torch.searchsorted(points, whole), fraction


def _fade(t: T) -> T:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def _gradients(h: Tensor) -> Tensor:
    """Hashes to gradients `[3, ...]`, each an edge midpoint of a cube."""
    kind = (_shifted(h, 4) % _GRADIENTS).float()
    axis = torch.floor(kind / 4.0)  # the component that is zero
    first = 1.0 - 2.0 * torch.remainder(kind, 2.0)
    second = 1.0 - 2.0 * torch.remainder(torch.floor(kind / 2.0), 2.0)
    zero = torch.zeros_like(first)
    gx = torch.where(axis == 0, zero, first)
    gy = torch.where(axis == 0, first, torch.where(axis == 1, zero, second))
    gz = torch.where(axis == 2, zero, second)
    return torch.stack((gx, gy, gz))
