"""Spatial denoising of scene-linear pictures whose noise grows with light.

The noise model is variance = read**2 + shot * max(x, 0). A transform makes the noise even, an undecimated a-trous
wavelet (Starck and Murtagh) splits it by scale, each coefficient is shrunk by its local signal-to-noise ratio (an
empirical Wiener filter), and the transform's inverse brings back the mean of the light: the exact inverse of means in
the even scale lies a quarter of `shot` below it, a quarter of a photon (Makitalo and Foi 2013). Scaling picture, read
noise and shot noise by one factor scales the result by it.
"""

import math

import torch
from torch import Tensor

from .fir import finite, separable, spline_blur
from .progress import Progress, part, silent

_SPLINE = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
_LEAST_READ = 0.1  # in units of `shot`, one photon: keeps the transform's slope finite at black
_EVIDENCE = 1.5  # local power must exceed the noise's by this factor before detail is kept
_BINS = 24
_SAMPLES = 1 << 19  # values that the noise is estimated from

# Orthonormal: luma, then two opponent channels. White noise stays white.
_OPPONENT = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]], dtype=torch.float64)
_OPPONENT = _OPPONENT / _OPPONENT.norm(dim=1, keepdim=True)


def denoise_margin(levels: int) -> int:
    """Pixels of margin that `denoise` with that many `levels` needs on each side."""
    return 2 * (2**levels - 1) + _window(levels - 1) if levels else 0


def stabilize(x: Tensor, read: float, shot: float) -> Tensor:
    """Map linear light to a scale where noise has variance 1: the integral of 1 / sigma(x), unbounded both ways."""
    read = _read_floor(read, shot)
    if shot == 0:
        return x / read
    # (2 / shot) * (sqrt(shot x + read^2) - read), in the form that does not cancel near black.
    positive = x.clamp_min(0)
    return x.clamp_max(0) / read + 2 * positive / ((shot * positive + read * read).sqrt() + read)


def unstabilize(y: Tensor, read: float, shot: float, taken: Tensor | None = None) -> Tensor:
    """The exact inverse of `stabilize`; of means, the mean of the light where normal noise of the variance `taken`, of
    the shape of `y`, was averaged away.
    """
    read = _read_floor(read, shot)
    square = y.clamp_min(0).square()
    if taken is not None:
        deviation = taken.clamp_min(1e-12).sqrt()
        # Farther below there is nothing, and the square of what lies far enough below is infinite.
        low = y.maximum(-20 * deviation)
        z = low / deviation
        density = torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        square = (low * low + taken) * torch.special.ndtr(z) + low * deviation * density
    return y * read + square * (shot / 4)


def denoise(
    x: Tensor,
    read: float,
    shot: float,
    luma: float = 1.0,
    chroma: float = 1.0,
    levels: int = 4,
    progress: Progress = silent,
) -> Tensor:
    """Remove noise from `x [C, H, W]`, scene-linear.

    Parameters
    ----------
    x : the picture with `denoise_margin(levels)` extra pixels on each side. With 3 channels they are taken as RGB and
        split into luma and chroma; otherwise every channel is luma. NaN counts as 0.
    read : standard deviation of the noise at black, linear units.
    shot : growth of the noise's variance per unit of light, linear units. Both 0 is the identity.
    luma, chroma : strengths; 0 leaves the noise, 1 takes the noise model at its word.
    levels : wavelet scales, each twice as wide; 4 reaches blotches of about 16 pixels.
    progress : called with the share done.

    Returns `x` denoised, without the margin.
    """
    if min(read, shot, luma, chroma, levels) < 0:
        raise ValueError(
            f"denoise: read {read}, shot {shot}, luma {luma}, chroma {chroma}, levels {levels}, expected none below 0"
        )
    margin = denoise_margin(levels)
    if levels == 0 or (read == 0 and shot == 0):
        return x[:, margin : x.shape[1] - margin, margin : x.shape[2] - margin]
    y = stabilize(finite(x), read, shot)
    color = x.shape[0] == 3
    progress(0.0)
    if color:
        y = torch.einsum("ij,jhw->ihw", _OPPONENT.to(y), y)
    strengths = [luma, chroma, chroma] if color else [luma] * x.shape[0]
    count = x.shape[0]
    shrunk = [
        _shrink(plane[None], strength, levels, part(progress, i, count))
        for i, (plane, strength) in enumerate(zip(y, strengths, strict=True))
    ]
    result, taken = (torch.cat(planes) for planes in zip(*shrunk, strict=True))
    progress(1.0)
    if color:
        back = _OPPONENT.to(y)
        result, taken = torch.einsum("ji,jhw->ihw", back, result), torch.einsum("ji,jhw->ihw", back.square(), taken)
    progress(1.0)
    return unstabilize(result, read, shot, taken)


def estimate_noise(x: Tensor) -> tuple[float, float]:
    """Estimate (read, shot) of `x [C, H, W]` from its finest diagonal detail.

    Pixels are sorted into bins of brightness, the noise of each is taken from the median absolute deviation, which
    ignores edges, and the line variance = read**2 + shot * x is fitted with relative weights. Flat areas help; a
    picture without noise gives (0, 0). The estimate belongs to the whole picture: take it once, not per tile.
    """
    x = finite(x).double()
    even = x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
    a, b, c, d = even[:, ::2, ::2], even[:, ::2, 1::2], even[:, 1::2, ::2], even[:, 1::2, 1::2]
    detail, level = ((a - b - c + d) / 2).flatten(), ((a + b + c + d) / 4).flatten()
    if detail.numel() == 0:
        return 0.0, 0.0
    chunks = detail[level.argsort()].tensor_split(_BINS), level.sort().values.tensor_split(_BINS)
    points = [
        (float(light.median().clamp_min(0)), (float(noise.abs().median()) / 0.67449) ** 2)
        for noise, light in zip(*chunks, strict=True)
        if noise.numel()
    ]
    typical = sorted(variance for _, variance in points)[len(points) // 2]
    if typical == 0:
        return 0.0, 0.0
    light, variance = (torch.tensor(column, dtype=torch.float64) for column in zip(*points, strict=True))
    weight = 1 / (variance + 0.1 * typical) ** 2
    mean_l, mean_v = (weight * light).sum() / weight.sum(), (weight * variance).sum() / weight.sum()
    spread = (weight * (light - mean_l) ** 2).sum()
    slope = (weight * (light - mean_l) * (variance - mean_v)).sum() / spread if spread > 0 else torch.zeros(())
    shot = max(0.0, float(slope))
    black = float(mean_v) - shot * float(mean_l)
    if black < 0:
        shot = float((weight * light * variance).sum() / (weight * light * light).sum())
    return math.sqrt(max(0.0, black)), shot


def sample_rows(x: Tensor) -> Tensor:
    """Pairs of neighbouring rows from all over `x [C, H, W]`, of half a million values: enough to estimate noise."""
    pairs, wanted = x.shape[1] // 2, max(1, _SAMPLES // (2 * x.shape[0] * max(1, x.shape[2])))
    if pairs <= wanted:
        return x
    first = 2 * (torch.arange(wanted, device=x.device) * pairs // wanted)
    return x[:, torch.stack((first, first + 1), dim=1).flatten()]


def _read_floor(read: float, shot: float) -> float:
    return max(read, _LEAST_READ * shot)


def _window(level: int) -> int:
    return 1 + (1 << level)


def _dilated(level: int) -> Tensor:
    taps = torch.zeros(4 * 2**level + 1, dtype=torch.float64)
    taps[:: 2**level] = torch.tensor(_SPLINE, dtype=torch.float64)
    return taps


def _powers(levels: int) -> tuple[list[float], float]:
    """Variance that white noise of variance 1 has in each level's detail, and in the rest, from the cascade's 1-D
    kernels.
    """
    size = 4 * 2**levels + 1
    kernel = torch.zeros(size, dtype=torch.float64)
    kernel[size // 2] = 1
    powers = []
    for level in range(levels):
        taps = _dilated(level)
        smoother = torch.nn.functional.conv1d(kernel[None, None], taps[None, None], padding=taps.numel() // 2)[0, 0]
        powers.append(float((kernel @ kernel) ** 2 - 2 * (kernel @ smoother) ** 2 + (smoother @ smoother) ** 2))
        kernel = smoother
    return powers, float((kernel @ kernel) ** 2)


def _shrink(y: Tensor, strength: float, levels: int, progress: Progress) -> tuple[Tensor, Tensor]:
    """Wavelet shrinkage of `y [1, H, W]` with noise of variance 1, and the variance of what it takes away there; drops
    the margin.
    """
    left = denoise_margin(levels)
    result = torch.zeros_like(y[:, left : y.shape[1] - left, left : y.shape[2] - left])
    taken = torch.zeros_like(result)
    powers, rest = _powers(levels)
    for level, power in enumerate(powers):
        progress(level / levels)
        taps = _dilated(level)
        cut = taps.numel() // 2
        smooth = separable(y, taps, taps)
        progress((level + 0.5) / levels)
        detail = y[:, cut:-cut, cut:-cut] - smooth
        left -= cut
        window = _window(level)
        spare = left - window
        if spare:
            detail = detail[:, spare:-spare, spare:-spare]
        local = spline_blur(detail.square(), 2 * window + 1, 2 * window + 1, 0)
        noise = _EVIDENCE * strength**2 * power
        gain = (local - noise).clamp_min(0) / local.clamp_min(1e-20)
        result += detail[:, window:-window, window:-window] * gain
        taken += (1 - gain).square() * local
        y = smooth
    # Details of neighbouring levels have something in common.
    return result + y[:, left : y.shape[1] - left, left : y.shape[2] - left], taken * ((1 - rest) / sum(powers))
