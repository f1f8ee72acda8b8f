"""Film grain: noise of even strength with grains of a size, by coordinates, seed and frame alone."""

import math

import torch
from torch import Tensor

from .fir import separable
from .noise import white_noise
from .resample import Box

_CLUMPS = (1.0, 2.0, 4.0)
"""Sizes of the grains that are mixed, in units of the smallest."""
_FULL_WIDTH = 2 * math.sqrt(2 * math.log(2))
_PIXEL = 1 / 12  # variance of a pixel's box


def grain(
    region: Box, size: float, irregularity: float, seed: int, frame: int, scale: float = 1.0,
    device: torch.device | str = "cpu",
) -> Tensor:  # fmt: skip
    """Noise `[1, H, W]` with mean 0 and deviation 1 at full size, correlated over a grain's size.

    size : width of a grain at half its height, in pixels of `region`; 0 is noise from pixel to pixel.
    irregularity : how much larger grains are mixed in; the deviation stays.
    scale : the proxy scale of the pixels. Grains smaller than a pixel of the proxy average out in it, as they would in
        the full picture made smaller.
    """
    shares = [1.0] + [irregularity / 2**i for i in range(len(_CLUMPS) - 1)] if irregularity else [1.0]
    length = math.sqrt(sum(share * share for share in shares))
    total: Tensor | None = None
    for i, (share, clump) in enumerate(zip(shares, _CLUMPS, strict=False)):
        layer = _even(region, size * clump, seed + 104729 * i, frame, scale, device).mul_(share / length)
        total = layer if total is None else total.add_(layer)
    assert total is not None
    return total


def _even(region: Box, size: float, seed: int, frame: int, scale: float, device: torch.device | str) -> Tensor:
    """Gaussian noise filtered by a Gaussian."""
    full = (size / scale / _FULL_WIDTH) ** 2
    block = (1 / scale**2 - 1) * _PIXEL  # what the proxy's own averaging adds to the width
    sigma = scale * math.sqrt(full + block) if size else 0.0
    strength = math.sqrt((full + _PIXEL) / (full + _PIXEL + block))
    taps = _taps(sigma)
    margin = len(taps) // 2
    grown = region[0] - margin, region[1] - margin, region[2] + margin, region[3] + margin
    noise = white_noise(1, grown, seed, frame, "gaussian", device)
    return separable(noise, taps, taps).mul_(strength)


def _taps(sigma: float) -> list[float]:
    """A Gaussian whose squares sum to 1, so that white noise keeps its deviation."""
    margin = math.ceil(3 * sigma)
    weights = [math.exp(-0.5 * (i / sigma) ** 2) if i else 1.0 for i in range(-margin, margin + 1)]
    length = math.sqrt(sum(w * w for w in weights))
    return [w / length for w in weights]
