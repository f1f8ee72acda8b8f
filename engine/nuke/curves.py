"""Animation curves of Nuke, `curve x1 0 x25 1`, as ours. Their format is in the NDK's guide, "Curve serialisation".

A key is a value; `xN` before it says where, else it is as far from the last as that from the one before. `K`, `L`, `S`,
`R`, `C` and `H` (constant, linear, smooth, Catmull-Rom, cubic, horizontal) say how the curve runs from there on, `k`
and `l` what lies outside the keys: as it is at the first for before, as it is at the last for after; `sN` and `tN`
after a value are the slopes on its left and right, `uN` and `vN` how far its handles reach.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ..curve import MIN_STEP, Curve, Extend, Interp, Key

_TOKEN = re.compile(r"([A-Za-z])?(-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)?\Z")
_INTERPS = "KLSRCH"
_MOST_CUBIC = 500
"""Keys of a natural spline, which are solved for all at once; with more, between close keys, Catmull-Rom is as good."""


@dataclass
class _Key:
    x: float
    y: float
    interp: str
    left: float | None = None
    right: float | None = None
    extend: Extend = "hold"


def parse_curve(text: str) -> tuple[Curve | None, str]:
    """The curve of the words after `curve`, and what of it could not be kept, empty for nothing.

    None where it has no keys.
    """
    keys: list[_Key] = []
    interp, lost, place = "S", "", None
    extend: Extend = "hold"
    for token in text.split():
        found = _TOKEN.match(token)
        if found is None or not token:
            lost = f"'{token[:20]}' in a curve"
            continue
        letter, number = found[1] or "", found[2]
        if number is None:
            if letter in _INTERPS:
                interp = letter
            elif letter in "kl":
                extend = "linear" if letter == "l" else "hold"
            continue
        value = float(number)
        if letter == "x":
            place = value
        elif not letter:
            keys.append(_Key(_next_place(keys) if place is None else place, value, interp, extend=extend))
            place = None
        elif keys and letter in "st":
            last = keys[-1]
            if letter == "s":
                last.left = last.right = value
            else:
                last.right = value
        elif letter in "uv" and value != 1:
            lost = "the length of handles"
    return (_made(keys) if keys else None), lost


def _next_place(keys: list[_Key]) -> float:
    if len(keys) < 2:
        return keys[0].x + 1 if keys else 0.0
    return 2 * keys[-1].x - keys[-2].x


def _made(keys: list[_Key]) -> Curve | None:
    good: list[_Key] = []
    for key in sorted((k for k in keys if max(abs(k.x), abs(k.y)) < 1e15), key=lambda k: k.x):
        if good and key.x - good[-1].x < MIN_STEP:
            good.pop()
        good.append(key)
    if not good:
        return None
    if len(good) > _MOST_CUBIC:
        good = [replace(k, interp="R") if k.interp == "C" else k for k in good]
    cubic = _natural(good) if any(k.interp == "C" for k in good) else []
    made = tuple(_key(good, i, cubic) for i in range(len(good)))
    return Curve(made, before=good[0].extend, after=good[-1].extend)


def _key(keys: list[_Key], i: int, cubic: list[float]) -> Key:
    key = keys[i]
    if key.left is not None or key.right is not None:
        left = key.left if key.left is not None else key.right
        right = key.right if key.right is not None else key.left
        assert left is not None and right is not None
        return Key(key.x, key.y, "free", left, right)
    if key.interp in "RH":
        before, after = keys[max(i - 1, 0)], keys[min(i + 1, len(keys) - 1)]
        run = after.x - before.x
        slope = (after.y - before.y) / run if key.interp == "R" and run > 0 else 0.0
        return Key(key.x, key.y, "free", slope, slope)
    if key.interp == "C":
        return Key(key.x, key.y, "free", cubic[i], cubic[i])
    return Key(key.x, key.y, cast(Interp, {"K": "constant", "L": "linear"}.get(key.interp, "smooth")))


def _natural(keys: list[_Key]) -> list[float]:
    """Slopes of the natural cubic spline: no bend at the ends, the same bend on both sides of every key."""
    count = len(keys)
    if count == 1:
        return [0.0]
    x, y = np.array([k.x for k in keys]), np.array([k.y for k in keys])
    h = np.diff(x)
    chord = np.diff(y) / h
    system, right = np.zeros((count, count)), np.zeros(count)
    system[0, :2], right[0] = (2, 1), 3 * chord[0]
    system[-1, -2:], right[-1] = (1, 2), 3 * chord[-1]
    for i in range(1, count - 1):
        system[i, i - 1 : i + 2] = 1 / h[i - 1], 2 / h[i - 1] + 2 / h[i], 1 / h[i]
        right[i] = 3 * (chord[i - 1] / h[i - 1] + chord[i] / h[i])
    found = [float(slope) for slope in np.linalg.solve(system, right)]
    return [slope if math.isfinite(slope) else 0.0 for slope in found]


def mapped(curve: Curve, places: float = 1.0, values: float = 1.0, shift: float = 0.0) -> Curve:
    """With values times a factor and then shifted, and places times a factor above 0."""
    scaled = curve.scaled(places, values)
    return replace(scaled, keys=tuple(replace(k, value=k.value + shift) for k in scaled.keys))
