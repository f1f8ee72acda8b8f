"""The simple ones of OpenColorIO's fixed functions as torch operations."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .luts import Op

# SMPTE ST 2084 (PQ).
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def fixed_function(style: str, params: Sequence[float], inverse: bool) -> Op | None:
    """The op for a style named as in OCIO without its prefix, or None where there is no translation."""
    if style == "LIN_TO_PQ":
        return _pq_to_linear if inverse else _linear_to_pq
    if style == "REC2100_SURROUND":
        return _surround(params[0], inverse)
    if style == "ACES_GAMUT_COMP_13":
        return _gamut_compress(params, inverse)
    return None


def _linear_to_pq(x: Tensor) -> Tensor:
    """1.0 is 100 cd/m2, so 100 is the top of the curve; mirrored for negatives."""
    power = (x.abs() * 0.01).pow(_M1)
    return ((_C1 + _C2 * power) / (1 + _C3 * power)).pow(_M2).copysign(x)


def _pq_to_linear(x: Tensor) -> Tensor:
    power = x.abs().pow(1 / _M2)
    return (100 * ((power - _C1).clamp_min(0) / (_C2 - _C3 * power)).pow(1 / _M1)).copysign(x)


def _surround(gamma: float, inverse: bool) -> Op:
    """ITU-R BT.2100 surround: a power on luminance that keeps the ratios of the channels, a plain gain below 1e-4."""
    power, least = (1.0 / gamma, 1e-4**gamma) if inverse else (gamma, 1e-4)

    def apply(x: Tensor) -> Tensor:
        luminance = (0.2627 * x[0] + 0.6780 * x[1] + 0.0593 * x[2]).abs().clamp_min(least)
        return x * luminance.pow(power - 1.0)

    return apply


def _gamut_compress(params: Sequence[float], inverse: bool) -> Op:
    """ACES 1.3 reference gamut compression: distances from the neutral axis are compressed beyond a threshold.

    `params` are the limits of cyan, magenta, yellow, their three thresholds, and the power.
    """
    limits, thresholds, power = params[0:3], params[3:6], params[6]
    # The scale that takes a distance equal to the limit exactly to the gamut's edge.
    scales = [
        (limit - t) / (((1 - t) / (limit - t)) ** -power - 1) ** (1 / power)
        for limit, t in zip(limits, thresholds, strict=True)
    ]

    def apply(x: Tensor) -> Tensor:
        t = torch.tensor(thresholds, dtype=x.dtype, device=x.device).view(3, 1, 1)
        s = torch.tensor(scales, dtype=x.dtype, device=x.device).view(3, 1, 1)
        achromatic = x.amax(dim=0)
        magnitude = achromatic.abs()
        distance = torch.where(magnitude == 0, 0.0, (achromatic - x) / magnitude.clamp_min(1e-38))
        over = ((distance - t) / s).clamp_min(0)
        raised = over.pow(power)
        if inverse:
            beyond = t + s * (raised / (1 - raised).clamp_min(1e-30)).pow(1 / power)
            changed = torch.where(distance >= t + s, distance, beyond)
        else:
            changed = t + s * over / (1 + raised).pow(1 / power)
        return torch.where(distance < t, x, achromatic - changed * magnitude)

    return apply
