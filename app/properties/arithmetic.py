"""What is typed into a number field: numbers, arithmetic, and operations on the number that was there.

`0.5`, `1/3`, `2*pi`, `frame + 10`; `+1`, `*2`, `/4`, `%3` and `+=1`, `-=1`, `*=2` change what was there; several
numbers, `0.1 0.2 0.3`, are one for each component.
"""

import math
import re

from rimlight.engine import Expression, ExpressionError

_RELATIVE = re.compile(r"\s*([-+*/%])=\s*(.+)|\s*([+*/%])\s*(.+)", re.DOTALL)
_NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def evaluate(text: str, current: float, frame: float) -> float:
    """The number that `text` means where `current` stood. Raises ExpressionError with a sentence."""
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return _number(text, current, frame)
    sign, operand = (found[1], found[2]) if found[1] else (found[3], found[4])
    by = _number(operand, current, frame)
    if sign in "/%" and by == 0:
        raise ExpressionError(f"{current:.12g} cannot be divided by 0")
    if sign == "%":
        return math.fmod(current, by)
    return {"+": current + by, "-": current - by, "*": current * by}[sign] if sign != "/" else current / by


def several(text: str) -> tuple[float, ...]:
    """The numbers of a list, `0.1, 0.2 0.3`; empty for anything else and for a single one."""
    words = [word for word in re.split(r"[\s,;]+", text.strip(" \t\n()[]{}")) if word]
    if len(words) < 2 or not all(_NUMBERS.fullmatch(word) for word in words):
        return ()
    return tuple(float(word) for word in words)


def _number(text: str, current: float, frame: float) -> float:
    def known(name: str) -> float:
        if name == "frame":
            return frame
        if name == "value":
            return current
        raise ExpressionError(f"'{name}' is no number; begin with = for an expression")

    return Expression.parse(text.strip()).evaluate(known)
