"""Expressions of Nuke over the animation of their own knob, `curve * 2` or `curve(frame - 3)`, as curves of ours.

What moves the keys or puts all of them on another straight scale gives a curve again; all else, as `max(curve, 0)`,
bends it between the keys and has no counterpart.
"""

import math
import re

from ..curve import Curve
from ..errors import RimlightError
from ..expression import Expression
from .curves import mapped
from .expressions import UntranslatableError, translate

_AT = re.compile(r"\bcurve\s*\(\s*(?:frame|t|x)\s*(?:([-+])\s*(\d+\.?\d*|\.\d+)\s*)?\)")
_CURVE = re.compile(r"\bcurve\b")
_TRIED = (-1000.0, -3.7, 0.0, 1.0, 2.5, 1000.0)
"""Values that tell a straight scale from others."""


def driven(source: str, curve: Curve) -> Curve | None:
    """What an expression makes of the curve behind it, None where that is no curve or it asks for anything else."""
    moves = {_moved(*found) for found in _AT.findall(source)}
    plain = _AT.sub(" curve ", source)
    if len(_AT.findall(source)) < len(_CURVE.findall(source)):
        moves.add(0.0)
    if len(moves) != 1:
        return None
    try:
        made = Expression.parse(translate(plain, {"curve": "frame"}.get))
        values = [made.evaluate(lambda name, value=value: value) for value in _TRIED]  # type: ignore[misc]
    except (UntranslatableError, RimlightError):
        return None
    shift, factor = values[2], values[3] - values[2]
    if not all(
        math.isclose(v, shift + factor * t, rel_tol=1e-9, abs_tol=1e-9) for t, v in zip(_TRIED, values, strict=True)
    ):
        return None
    scaled = mapped(curve, values=factor, shift=shift)
    (move,) = moves
    return scaled.shifted(move)


def _moved(sign: str, number: str) -> float:
    """How far the keys go: `curve(frame - 3)` shows later what was."""
    return 0.0 if not number else float(number) if sign == "-" else -float(number)
