"""Cosine transforms, which solve smooth problems over pictures with free edges at once.

Along one axis at a time, so that results do not depend on the thread count.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .cores import Check, unchecked
from .fourier import repeats

_STRIP = 1 << 19  # numbers


def cosine_transform(x: Tensor) -> Tensor:
    """DCT-II along the last axis of any shape, `2 sum_n x[n] cos(pi k (2 n + 1) / 2 N)`.

    By one FFT of length N (Makhoul, 1980).
    """
    count, times = x.shape[-1], repeats(x.shape[-1])
    half = count // 2 + 1
    order = torch.cat((x[..., ::2], x[..., 1::2].flip(-1)), -1)
    spectrum = torch.fft.rfft(order, times * count)[..., : half * times : times] * _turn(count, -1.0, x)
    return 2 * torch.cat((spectrum.real, -spectrum.imag[..., 1 : (count + 1) // 2].flip(-1)), -1)


def inverse_cosine_transform(x: Tensor) -> Tensor:
    """The inverse of `cosine_transform`, along the last axis of any shape."""
    count, times = x.shape[-1], repeats(x.shape[-1])
    half = count // 2 + 1
    mirrored = torch.cat((torch.zeros_like(x[..., :1]), x[..., count - half + 1 :].flip(-1)), -1)
    turned = torch.complex(x[..., :half], -mirrored) * (_turn(count, 1.0, x) * times / 2)
    spectrum = turned.new_zeros(*turned.shape[:-1], times * count // 2 + 1)
    spectrum[..., : half * times : times] = turned  # of a row that repeats
    order = torch.fft.irfft(spectrum, times * count)[..., :count]
    out = torch.empty_like(order)
    out[..., ::2] = order[..., : (count + 1) // 2]
    out[..., 1::2] = order[..., (count + 1) // 2 :].flip(-1)
    return out


def screened_poisson(right: Tensor, down: Tensor, base: Tensor, reach: float, check: Check = unchecked) -> Tensor:
    """The picture `[C, H, W]` whose differences are nearest to the given ones up to a size, and which beyond it is
    `base` `[C, H, W]`.

    Least squares, `|dx - right|^2 + |dy - down|^2 + (2 pi / reach)^2 |x - base|^2`, edges free (Bhat et al. 2008).
    right : `[C, H, W - 1]`. down : `[C, H - 1, W]`. reach : wavelength in pixels at which both count alike. check : as
    `cores` has it. Computed in float64.
    """
    weight = (2 * math.pi / reach) ** 2
    flow = base.double() * -weight
    flow[..., :-1] += right
    flow[..., 1:] -= right
    flow[:, :-1] += down
    flow[:, 1:] -= down
    return poisson(flow, weight, check).to(base.dtype)


def poisson(source: Tensor, weight: float = 0.0, check: Check = unchecked) -> Tensor:
    """The picture `[C, H, W]`, float64, edges free, whose Laplacian less `weight` times itself is `source`, float64;
    where the weight is 0 that of mean 0. check : as `cores` has it.
    """
    waves_x, waves_y = (
        2 * torch.cos(math.pi * torch.arange(n, device=source.device, dtype=torch.float64) / n) - 2
        for n in (source.shape[2], source.shape[1])
    )
    stiffness = waves_y[:, None] + waves_x - weight
    if weight == 0:
        stiffness[0, 0] = math.inf  # the mean, which no difference knows
    spectrum = _by_rows(cosine_transform, _by_rows(cosine_transform, source, check).mT, check).mT
    spectrum /= stiffness
    solved = _by_rows(inverse_cosine_transform, spectrum, check)
    return _by_rows(inverse_cosine_transform, solved.mT, check).mT


def _by_rows(transform: Callable[[Tensor], Tensor], x: Tensor, check: Check) -> Tensor:
    """A transform along the rows of `x [C, H, W]`; on a processor of some at a time, which is as fast."""
    count = max(1, _STRIP // x.shape[-1]) if x.device.type == "cpu" else x.shape[-2]
    parts = []
    for part in torch.split(x, count, -2):
        check()
        parts.append(transform(part))
    return torch.cat(parts, -2)


def _turn(count: int, sign: float, like: Tensor) -> Tensor:
    """Half a row of complex numbers of length one: a real row has no more in its spectrum."""
    angle = torch.arange(count // 2 + 1, device=like.device, dtype=torch.float64) * (sign * math.pi / (2 * count))
    return torch.polar(torch.ones_like(angle), angle)
