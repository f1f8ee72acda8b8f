"""Numbers of any kind as callers give them: Python's, NumPy's, whole ones of any length."""

import math
from numbers import Real
from typing import Any


def as_float(value: Any) -> float | None:
    """A number as a float, infinite where it is too large for one; None of what is no number, as true and false."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Real)):
        return None
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf


def shown(value: object, most: int = 60) -> str:
    """A value for a sentence: its `repr`, cut to at most `most` letters."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number that is longer
        return "a number of thousands of digits"
    return text if len(text) <= most else f"{text[: most - 3]}..."
