"""Numbers of Nuke's knobs, plain, animated or computed, and formats."""

import re
from collections.abc import Sequence
from typing import Any

from ..curve import Curve
from ..values import Expr
from .curves import mapped
from .words import Word, items

Component = float | Curve | Expr

TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def scaled(value: Component, factor: float, shift: float = 0.0) -> Component:
    """A number, curve or expression times a factor, then shifted."""
    if factor == 1 and shift == 0:
        return value
    if isinstance(value, Curve):
        return mapped(value, values=factor, shift=shift)
    if isinstance(value, Expr):
        text = value.text if factor == 1 else f"({value.text}) * {factor:g}"
        return Expr(text if shift == 0 else f"{text} + {shift:g}")
    return value * factor + shift


def number_of(text: str) -> float | None:
    """The number in a text, 1 and 0 for what is on and off; None for anything else."""
    try:
        number = float(int(text, 16)) if text.lower().startswith("0x") else float(text)
    except ValueError:
        return 1.0 if text in TRUE else 0.0 if text in FALSE else None
    return number if abs(number) < 1e100 else None


def whole(text: str, default: int) -> int:
    """A whole number, also one in hexadecimal; `default` for anything else."""
    try:
        return int(text, 16) if text.lower().startswith("0x") else int(float(text))
    except (ValueError, OverflowError):
        return default


def real(text: str, default: Any) -> Any:
    """A number of sensible size; `default` for anything else."""
    try:
        number = float(text)
    except ValueError:
        return default
    return number if abs(number) < 1e9 else default


def without_baked(source: str, parts: Sequence[Word]) -> tuple[str, float | None]:
    """An expression, and the value that Nuke wrote behind it, `x1 26` or `26`, if it did."""
    if not parts or not parts[0].quoting:
        found = re.search(r"\s+(?:i\s*)?x-?[\d.]+\s+(-?[\d.e+-]+)\s*\Z", source)
        return (source[: found.start()], number_of(found[1])) if found else (re.sub(r"\s+i\s*\Z", "", source), None)
    rest = [word.text for word in parts[1:] if word.text not in ("i", "I")]
    return parts[0].text, number_of(rest[-1]) if rest else None


def bare(text: str) -> str:
    """A name without what is written now one way, now another: case, blanks, dashes."""
    return re.sub(r"[\s_-]+", "", text.lower())


def format_text(text: str) -> str:
    """A format of ours for Nuke's `1920 1080 0 0 1920 1080 1 HD_1080`; empty where it names none."""
    words = [word.text for word in items(text)]
    numbers = [n for n in (number_of(word) for word in words[:7]) if n is not None]
    if len(numbers) < 2 or not 1 <= numbers[0] <= 65536 or not 1 <= numbers[1] <= 65536:
        return ""
    aspect = numbers[6] if len(numbers) == 7 else numbers[2] if len(numbers) == 3 else 1.0
    size = f"{int(numbers[0])}x{int(numbers[1])}"
    return size if aspect == 1 or not 0 < aspect < 100 else f"{size}@{aspect:g}"
