"""The ways in which colours of parameters are taken apart to be edited. Numbers are scene-linear and unbounded."""

import math
from collections.abc import Sequence

from ..swatches import RGB


def hsv(rgb: Sequence[float]) -> tuple[float, float, float]:
    """Hue 0 to 1, saturation, value; for numbers above 1 and below 0 too, where saturation may exceed 1."""
    r, g, b = rgb[:3]
    high, low = max(r, g, b), min(r, g, b)
    span = high - low
    if span == 0:
        return 0.0, 0.0, high
    if high == r:
        hue = ((g - b) / span) % 6
    elif high == g:
        hue = (b - r) / span + 2
    else:
        hue = (r - g) / span + 4
    return hue / 6, span / abs(high) if high else math.inf, high


def from_hsv(hue: float, saturation: float, value: float) -> RGB:
    """The inverse of `hsv`."""
    span = saturation * abs(value)
    low = value - span
    sector = (hue % 1) * 6
    ramp = [abs(sector - 3) - 1, 2 - abs(sector - 2), 2 - abs(sector - 4)]
    r, g, b = (low + span * min(max(v, 0.0), 1.0) for v in ramp)
    return r, g, b


def tmi(rgb: Sequence[float]) -> tuple[float, float, float]:
    """Temperature (red minus blue), magenta (their mean minus green) and intensity (the mean of all three)."""
    r, g, b = rgb[:3]
    return r - b, (r + b) / 2 - g, (r + g + b) / 3


def from_tmi(temperature: float, magenta: float, intensity: float) -> RGB:
    """The inverse of `tmi`."""
    g = intensity - 2 * magenta / 3
    return g + magenta + temperature / 2, g, g + magenta - temperature / 2
