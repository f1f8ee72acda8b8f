"""How numbers are written, stepped by their digits, and spread over a slider."""

import math
import re
from dataclasses import dataclass
from typing import Protocol

from rimlight.engine import Spec

UNITS = {"deg": "°", "stops": "st", "frames": "f", "K": "K", "cm": "cm", "m": "m", "px": "px", "%": "%"}
"""What stands behind a number, by the unit of its declaration."""
LOG_RATIO = 50
"""From this ratio of the ends of a range on, equal distances on the slider are equal factors."""
DIGITS = 6
"""So many of a number are shown where there is room."""
_LARGE = 1e12
"""From here on numbers are shown with an exponent."""


def short(value: float, digits: int = DIGITS) -> str:
    """A number as it is shown; all digits before the point are, as of frames above a million."""
    whole = len(str(int(abs(value)))) if abs(value) < _LARGE else 0
    text = f"{value:.{max(digits, whole)}g}"
    return "0" if text == "-0" else text


def exact(value: float) -> str:
    """A number as it is edited: the shortest text that gives it back."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return str(int(value))
    return repr(float(value))


def step_digit(text: str, cursor: int, steps: float) -> tuple[str, int] | None:
    """A number with the digit behind the cursor changed by `steps`, and where the cursor is then.

    At the end of the text the last digit is meant. None for text that is no plain number.
    """
    found = re.fullmatch(r"\s*([-+]?)(\d*)(\.(\d*))?\s*", text)
    if found is None or not (found[2] or found[4]):
        return None
    sign, decimals = found[1], found[4] or ""
    point = text.find(".") if "." in text else len(text.rstrip())
    first = text.index(sign) + len(sign) if sign else len(text) - len(text.lstrip())
    at = min(max(cursor, first), len(text.rstrip()) - 1)
    if at == point:
        at += 1 if decimals else -1
    place = point - at - 1 if at < point else point - at
    value = round(float(text) + steps * 10.0**place, max(len(decimals), -place) + 1)
    shown = f"{value:.{max(len(decimals), -place, 0)}f}"
    if float(shown) == 0:
        shown = shown.lstrip("-")
    if cursor >= len(text.rstrip()):
        return shown, len(shown)
    moved_point = shown.find(".") if "." in shown else len(shown)
    there = moved_point - place - 1 if place >= 0 else moved_point - place
    return shown, max(there, 0)


class Scale(Protocol):
    """Where values stand on a slider: `to` gives 0 to 1 inside the range, `of` is its inverse."""

    def to(self, value: float) -> float: ...
    def of(self, position: float) -> float: ...


@dataclass(frozen=True)
class Linear:
    """Equal steps of the slider are equal differences."""

    low: float
    high: float

    def to(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    def of(self, position: float) -> float:
        return self.low + position * (self.high - self.low)


@dataclass(frozen=True)
class Log:
    """Equal steps of the slider are equal ratios; both ends are above zero."""

    low: float
    high: float

    def to(self, value: float) -> float:
        if value <= 0:
            return 0.0
        return math.log(value / self.low) / math.log(self.high / self.low)

    def of(self, position: float) -> float:
        return float(self.low * (self.high / self.low) ** position)


@dataclass(frozen=True)
class Mired:
    """For kelvin: the eye sees equal steps in its inverse."""

    low: float
    high: float

    def to(self, value: float) -> float:
        return (1 / self.low - 1 / max(value, 1e-9)) / (1 / self.low - 1 / self.high)

    def of(self, position: float) -> float:
        return 1 / (1 / self.low - position * (1 / self.low - 1 / self.high))


def scale_of(spec: Spec) -> Scale | None:
    """How the slider of a parameter runs; None for one without a range."""
    if spec.soft is None:
        return None
    low, high = spec.soft
    if spec.unit == "K":
        return Mired(low, high)
    if low > 0 and high / low >= LOG_RATIO and spec.type is float:
        return Log(low, high)
    return Linear(low, high)


def rounded(scale: Scale, position: float, width: int, integral: bool) -> float:
    """The roundest value of a slider within the pixel at `position`, 0 to 1; width in pixels."""
    value = scale.of(position)
    if integral:
        return float(round(value))
    spread = abs(scale.of(position + 0.5 / max(width, 1)) - scale.of(position - 0.5 / max(width, 1)))
    if spread <= 0 or not math.isfinite(spread):
        return value
    step = 10.0 ** math.floor(math.log10(spread * 2))
    return round(value / step) * step if step >= 1 else float(f"{round(value / step) * step:.12g}")


def scrub_step(spec: Spec) -> float:
    """By how much a pixel of a drag in the field changes a value."""
    if spec.soft is not None and spec.role != "point":  # which is put on a pixel
        return (spec.soft[1] - spec.soft[0]) / 400
    return 0.5 if spec.type is int or spec.unit in ("px", "frame", "frames", "K") else 0.005


def scrubbed(value: float, step: float) -> float:
    """A value that a drag by steps reached, rounded to a round part of a step, however large it is."""
    return round(value, 1 - math.floor(math.log10(step)))
