"""Film scans as codes of log density, and as light. Pictures `[C, H, W]`, unbounded."""

import math

from torch import Tensor


def _film(black: float, white: float, gamma: float) -> tuple[float, float, float, float]:
    """Exponent per code unit, offset, gain and the linear value of code 0 (see `cineon_to_linear`)."""
    rate = 0.002 / gamma * 1023
    span = (black - white) / 1023 * rate * math.log(10)
    offset, gain = math.exp(span), -1 / math.expm1(span)  # black may be next to white
    return rate, offset, gain, (10 ** (-white / 1023 * rate) - offset) * gain


def cineon_to_linear(x: Tensor, black: float = 95.0, white: float = 685.0, gamma: float = 0.6) -> Tensor:
    """Film log (Kodak Cineon, 0.002 density per code of 1023, as 0..1) to linear: `black` to 0 and `white` to 1.

    Below code 0 the curve goes on in its tangent, so that every linear value has a code.
    """
    rate, offset, gain, start = _film(black, white, gamma)
    slope = (start / gain + offset) * gain * rate * math.log(10)
    curve = x.clamp_min(0).sub_(white / 1023).mul_(rate * math.log(10)).exp_().sub_(offset).mul_(gain)
    return curve.add_(x.clamp_max(0), alpha=slope)


def linear_to_cineon(x: Tensor, black: float = 95.0, white: float = 685.0, gamma: float = 0.6) -> Tensor:
    """The inverse of `cineon_to_linear`, for every value."""
    rate, offset, gain, start = _film(black, white, gamma)
    slope = (start / gain + offset) * gain * rate * math.log(10)
    curve = (x.clamp_min(start) / gain).add_(offset).log10_().div_(rate).add_(white / 1023)
    return curve.add_((x - start).clamp_max_(0), alpha=1 / slope)
