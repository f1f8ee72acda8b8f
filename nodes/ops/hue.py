"""Hue, and corrections that follow it, on unbounded colour `[3, H, W]`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from rimlight.engine import Curve, apply_curve

from .color import Weights, luminance

HUES = 6
"""Hue goes from 0, red, over yellow, green, cyan, blue and magenta back to red at 6."""

FLAT = Curve.of(*((hue, 1.0) for hue in range(HUES + 1)), extend="loop")


def hue(x: Tensor) -> tuple[Tensor, Tensor]:
    """Hue 0 to 6 and saturation 0 to 1 of red, green and blue, `[1, H, W]` each (the hexcone of A. R. Smith, 1978).

    Saturation is the spread of the three over the largest magnitude, so it knows no brightness. Grey has hue 0.
    """
    red, green, blue = x[0:1], x[1:2], x[2:3]
    high, low = x.amax(0, keepdim=True), x.amin(0, keepdim=True)
    spread = high - low
    turn = torch.where(
        high == red, (green - blue).remainder_(spread * 6),
        torch.where(high == green, (blue - red).add_(spread, alpha=2), (red - green).add_(spread, alpha=4)),
    )  # fmt: skip
    grey = spread == 0
    safe = spread.masked_fill(grey, 1)
    # The largest magnitude may be infinite: those colours count as grey.
    scale = torch.maximum(high.abs(), low.abs()).masked_fill_(grey, 1)
    saturation = (spread / scale).nan_to_num_(0.0).clamp_(0, 1)
    return (turn / safe).masked_fill_(grey, 0).nan_to_num_(0.0, 0.0, 0.0).clamp_(0, HUES), saturation


@dataclass(frozen=True)
class HueCurves:
    """Factors over hue.

    `sat` and `lum` are of saturation and of all three channels, `red`, `green`, `blue` of one channel; the suppressions
    scale what a channel has above the lesser of the other two.
    """

    sat: Curve = FLAT
    lum: Curve = FLAT
    red: Curve = FLAT
    green: Curve = FLAT
    blue: Curve = FLAT
    r_sup: Curve = FLAT
    g_sup: Curve = FLAT
    b_sup: Curve = FLAT

    @property
    def is_identity(self) -> bool:
        return all(is_one(getattr(self, f.name)) for f in fields(self))


def is_one(curve: Curve) -> bool:
    """Whether a curve is 1 everywhere."""
    return curve.is_constant and curve.keys[0].value == 1


def hue_correct(x: Tensor, curves: HueCurves, threshold: float = 0.0, weights: Weights = "rec709") -> Tensor:
    """`x [3, H, W]` with the factors of `curves` at each pixel's hue: channels, suppression, saturation, luminance.

    Colours less saturated than `threshold` follow less, greys with a threshold above 0 not at all.
    """
    if curves.is_identity:
        return x
    position, saturation = hue(x)
    weight = (saturation / threshold).clamp_(max=1) if threshold > 0 else None

    def factor(curve: Curve) -> Tensor:
        value = apply_curve(position, curve)
        return value if weight is None else torch.lerp(torch.ones_like(value), value, weight)

    planes = [x[i : i + 1] for i in range(3)]
    for i, curve in enumerate((curves.red, curves.green, curves.blue)):
        if not is_one(curve):
            planes[i] = planes[i] * factor(curve)
    planes = _suppressed(planes, [None if is_one(c) else factor(c) for c in (curves.r_sup, curves.g_sup, curves.b_sup)])
    result = torch.cat(planes)
    if not is_one(curves.sat):
        grey = luminance(result, weights)
        result = torch.addcmul(grey, result - grey, factor(curves.sat))
    return result if is_one(curves.lum) else result * factor(curves.lum)


def _suppressed(planes: list[Tensor], factors: Sequence[Tensor | None]) -> list[Tensor]:
    out = list(planes)
    for i, factor in enumerate(factors):
        if factor is not None:
            least = torch.minimum(planes[i - 1], planes[i - 2])
            out[i] = torch.addcmul(planes[i], (planes[i] - least).clamp_min_(0), factor - 1)
    return out
