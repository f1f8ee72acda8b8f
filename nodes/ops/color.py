"""Tone and colour arithmetic on scene-linear pictures `[C, H, W]`, unbounded and sign-safe.

Parameters are a number for all channels or one for each. Nothing clamps unless it says so. Where a function has `out`,
the result goes there; it may be `x` itself. Powers are taken by `exp` and `log`: those of torch give the same bits
wherever a value lies in a picture, `pow` does not.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from rimlight.engine import Curve, apply_curve

Values = float | Sequence[float]
Weights = str | tuple[float, float, float]

LUMINANCE: Mapping[str, tuple[float, float, float]] = {
    "rec709": (0.2126, 0.7152, 0.0722),
    "acescg": (0.2722287168, 0.6740817658, 0.0536895174),
    "rec2020": (0.2627, 0.6780, 0.0593),
    "p3-d65": (0.2289745641, 0.6917385218, 0.0792869141),
    "aces2065-1": (0.3439664498, 0.7281660966, -0.0721325464),
    "rec601": (0.299, 0.587, 0.114),
    "average": (1 / 3, 1 / 3, 1 / 3),
}
"""Weights of red, green and blue in luminance, by working space; `max` is accepted beside these names."""

MIDDLE_GREY = 0.18
_LEAST = 1.2e-38  # a little above the smallest float32 with full precision
_MOST_STOPS = 127.0  # the largest power of two that float32 holds


def each_channel(function: Callable[..., Tensor], x: Tensor, *values: Values, out: Tensor | None = None) -> Tensor:
    """`function(x, *numbers, out=out)`, in one go where the numbers are the same for all channels, else for each.

    Raises ValueError when a sequence has another length than `x` has channels.
    """
    count = x.shape[0]
    columns = [[float(v)] * count if isinstance(v, (int, float)) else [float(n) for n in v] for v in values]
    for column in columns:
        if len(column) != count:
            raise ValueError(f"{len(column)} values for a picture of {count} channels, expected one or {count}")
    rows = list(zip(*columns, strict=True))
    if all(row == rows[0] for row in rows[1:]):
        return function(x, *rows[0], out=out) if rows else _same(x, out)
    result = torch.empty_like(x) if out is None else out
    for i, row in enumerate(rows):
        function(x[i : i + 1], *row, out=result[i : i + 1])
    return result


def _same(x: Tensor, out: Tensor | None) -> Tensor:
    return x if out is None or out is x else out.copy_(x)


def luminance(x: Tensor, weights: Weights = "rec709") -> Tensor:
    """Luminance `[1, H, W]` of `x [3, H, W]` by weights or by a name of `LUMINANCE`; `max` is the largest channel."""
    if weights == "max":
        return x.amax(0, keepdim=True)
    if isinstance(weights, str):
        if weights not in LUMINANCE:
            raise ValueError(f"there are no luminance weights '{weights}', known are {', '.join(LUMINANCE)} and max")
        weights = LUMINANCE[weights]
    red, green, blue = weights
    return (x[0:1] * red).add_(x[1:2], alpha=green).add_(x[2:3], alpha=blue)


def affine(x: Tensor, gain: Values = 1.0, offset: Values = 0.0, out: Tensor | None = None) -> Tensor:
    """`x * gain + offset`; without `out`, `x` itself where that changes nothing."""
    return each_channel(_affine, x, gain, offset, out=out)


def _affine(x: Tensor, gain: float, offset: float, out: Tensor | None = None) -> Tensor:
    if offset == 0:
        return _same(x, out) if gain == 1 else torch.mul(x, gain, out=out)
    if gain == 1:
        return torch.add(x, offset, out=out)
    return torch.add(torch.tensor(offset, dtype=x.dtype), x, alpha=gain, out=out)


def exposure(x: Tensor, stops: Values, out: Tensor | None = None) -> Tensor:
    """`x` times two to the power of `stops`."""
    return affine(x, gain_of(stops) if isinstance(stops, (int, float)) else [gain_of(s) for s in stops], out=out)


def gain_of(stops: float) -> float:
    """Two to the power of `stops`, at most what a picture can be multiplied with: an expression may run away."""
    return math.pow(2.0, min(stops, _MOST_STOPS))


def saturation(x: Tensor, amount: Values, weights: Weights = "rec709", out: Tensor | None = None) -> Tensor:
    """`L + amount (x - L)` with L the luminance of `x [3, H, W]`: 0 is grey, 1 unchanged."""
    grey = luminance(x, weights)

    def channel(v: Tensor, s: float, out: Tensor | None) -> Tensor:
        return _same(v, out) if s == 1 else torch.lerp(grey.expand_as(v), v, s, out=out)

    return each_channel(channel, x, amount, out=out)


def above_zero(x: Tensor, exponent: float, high: float | None = None) -> Tensor:
    """`x ** exponent` where `x` is above 0 (and at most `high`), 0 elsewhere: a new tensor. Exponents from 0 on."""
    if exponent < 0.25:
        return x.clamp(0, high).log_().mul_(exponent or 1e-30).exp_()
    # The logarithm of 0 takes twice the time of any other. What stands in for it is taken away again, to the bit.
    least = torch.tensor([_LEAST], device=x.device).log_().mul_(exponent).exp_()
    return x.clamp(_LEAST, high).log_().mul_(exponent).exp_().sub_(least)


def clamp(
    x: Tensor,
    low: float | None = 0.0,
    high: float | None = 1.0,
    low_to: float | None = None,
    high_to: float | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """`x` limited to `low..high`, None for no limit; what is outside becomes `low_to` and `high_to` if given."""
    if low is None and high is None:
        return _same(x, out)
    below = x < low if low is not None and low_to is not None else None
    above = x > high if high is not None and high_to is not None else None
    result = torch.clamp(x, low, high, out=out)
    if below is not None and low_to is not None:
        result.masked_fill_(below, low_to)
    if above is not None and high_to is not None:
        result.masked_fill_(above, high_to)
    return result


def color_matrix(x: Tensor, matrix: Sequence[float]) -> Tensor:
    """`x [3, H, W]` times a 3 x 3 matrix of nine numbers, row by row."""
    if len(matrix) != 9 or x.shape[0] != 3:
        raise ValueError(f"a matrix of {len(matrix)} numbers for {x.shape[0]} channels, expected 9 and 3")
    columns = torch.tensor(matrix, dtype=x.dtype, device=x.device).view(3, 3, 1, 1)
    # Sums of columns beat a matrix product this thin, and no reduced-precision kernel gets in the way.
    result = x[0:1] * columns[:, 0]
    return result.addcmul_(x[1:2], columns[:, 1]).addcmul_(x[2:3], columns[:, 2])


GammaMode = Literal["nuke", "power"]


def grade(
    x: Tensor,
    blackpoint: Values = 0.0,
    whitepoint: Values = 1.0,
    black: Values = 0.0,
    white: Values = 1.0,
    multiply: Values = 1.0,
    add: Values = 0.0,
    gamma: Values = 1.0,
    reverse: bool = False,
    black_clamp: bool = False,
    white_clamp: bool = False,
    gamma_mode: GammaMode = "nuke",
    out: Tensor | None = None,
) -> Tensor:
    """Nuke's Grade: `blackpoint..whitepoint` to `black..white` (lift, gain), times `multiply`, plus `add`, then gamma.

    The clamps come before gamma. With `gamma_mode` nuke, gamma is a power below 1 and a straight line of slope 1/gamma
    above; with power it is a power throughout. Values up to 0 pass gamma unchanged. `reverse` inverts all of it.
    """
    limits = (0.0 if black_clamp else None, 1.0 if white_clamp else None)
    function = partial(_grade_back if reverse else _grade, limits=limits, straight=gamma_mode == "nuke")
    return each_channel(function, x, blackpoint, whitepoint, black, white, multiply, add, gamma, out=out)


Limits = tuple[float | None, float | None]


def _line(
    blackpoint: float, whitepoint: float, black: float, white: float, multiply: float, add: float
) -> tuple[float, float]:
    span = whitepoint - blackpoint
    gain = multiply * ((white - black) / span if span != 0 else 10000.0)
    return gain, add + black - gain * blackpoint


def _grade(x: Tensor, *values: float, limits: Limits, straight: bool, out: Tensor | None) -> Tensor:
    *line, gamma = values
    v = clamp(_affine(x, *_line(*line), out), *limits, out=out)
    if gamma <= 0:
        return _same(torch.where(v < 1, 0.0, torch.where(v > 1, math.inf, v)), out)
    return v if gamma == 1 else _gamma(v, 1 / gamma, straight, out)


def _grade_back(x: Tensor, *values: float, limits: Limits, straight: bool, out: Tensor | None) -> Tensor:
    *line, gamma = values
    gain, offset = _line(*line)
    if gamma <= 0:
        x = (x > 0).to(x.dtype)
    elif gamma != 1:
        x = _gamma(x, gamma, straight, out)
    v = _affine(x, 1.0, -offset, out)
    return clamp(v if gain in (0, 1) else torch.div(v, gain, out=out), *limits, out=out)


def _gamma(v: Tensor, exponent: float, straight: bool, out: Tensor | None = None) -> Tensor:
    # Branches as sums of clamped parts: faster than `where`, and no power of a negative number is ever taken.
    if not straight:
        return torch.add(above_zero(v, exponent), v.clamp_max(0), out=out)
    curved = above_zero(v, exponent, 1.0).add_((v - 1).clamp_min_(0), alpha=exponent)
    return torch.add(curved, v.clamp_max(0), out=out)


@dataclass(frozen=True)
class Correction:
    """One group of ColorCorrect, applied in this order."""

    saturation: Values = 1.0
    contrast: Values = 1.0
    gamma: Values = 1.0
    gain: Values = 1.0
    offset: Values = 0.0

    @property
    def is_identity(self) -> bool:
        factors = (self.saturation, self.contrast, self.gamma, self.gain)
        return all(_all_equal(v, 1) for v in factors) and _all_equal(self.offset, 0)

    def __call__(self, x: Tensor, weights: Weights) -> Tensor:
        """The corrected picture; saturation goes by the luminance `weights`."""
        if not _all_equal(self.saturation, 1):
            x = saturation(x, self.saturation, weights)
        x = each_channel(_contrast_above_zero, x, self.contrast)
        x = each_channel(_gamma_above_zero, x, self.gamma)
        return affine(x, self.gain, self.offset)


IDENTITY = Correction()
SHADOWS = Curve.of((0.0, 1.0), (0.09, 0.0))
"""Weight of the shadows over luminance."""
HIGHLIGHTS = Curve.of((0.5, 0.0), (1.0, 1.0))
"""Weight of the highlights over luminance; the midtones have the rest."""


def color_correct(
    x: Tensor,
    master: Correction = IDENTITY,
    shadows: Correction = IDENTITY,
    midtones: Correction = IDENTITY,
    highlights: Correction = IDENTITY,
    weights: Weights = "rec709",
    shadow_curve: Curve = SHADOWS,
    highlight_curve: Curve = HIGHLIGHTS,
) -> Tensor:
    """ColorCorrect on `x [3, H, W]`: the three ranges are corrected apart, blended by luminance, then `master` applies.

    Contrast is `0.18 (v / 0.18) ** c` and gamma `v ** (1 / g)`, both for values above 0 only.
    """
    if not (shadows.is_identity and midtones.is_identity and highlights.is_identity):
        grey = luminance(x, weights)
        dark, bright = apply_curve(grey, shadow_curve), apply_curve(grey, highlight_curve)
        result = x
        for group, weight in ((shadows, dark), (midtones, 1 - dark - bright), (highlights, bright)):
            if not group.is_identity:
                result = torch.addcmul(result, weight, group(x, weights) - x)
        x = result
    return x if master.is_identity else master(x, weights)


def _all_equal(values: Values, number: float) -> bool:
    return values == number if isinstance(values, (int, float)) else all(v == number for v in values)


def _contrast_above_zero(v: Tensor, amount: float, out: Tensor | None) -> Tensor:
    if amount == 1:
        return _same(v, out)
    positive = above_zero(v / MIDDLE_GREY, max(amount, 0.0)).mul_(MIDDLE_GREY)
    return torch.add(positive, v.clamp_max(0), out=out)


def _gamma_above_zero(v: Tensor, gamma: float, out: Tensor | None) -> Tensor:
    if gamma == 1:
        return _same(v, out)
    if gamma > 0:
        return _gamma(v, 1 / gamma, straight=False, out=out)
    # What ever smaller gammas come to.
    step = torch.where(v > 1, math.inf, (v == 1).to(v.dtype))
    return torch.add(step, v.clamp_max(0), out=out)
