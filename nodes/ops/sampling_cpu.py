"""The loop of `sampling` for processors, where every pixel has a footprint of its own."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from rimlight.engine import compiled, compiled_part

from .resample import BOX, CUBIC, TRIANGLE

ZERO, HALF, ONE, TWO, PI = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2), np.float32(math.pi)

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@compiled_part
def sinc(t: Any) -> Any:
    """sin(pi t) / (pi t), float32, 1 at 0."""
    return np.float32(math.sin(PI * t) / (PI * t)) if t != ZERO else ONE


@compiled_part
def weigh(t: Any, form: int, numbers: Floats) -> Any:
    """The weight of a kernel at a signed distance, as `Filter.weight` has it."""
    if form == CUBIC:
        t = abs(t)
        if t < ONE:
            return (t * numbers[0] + numbers[1]) * t * t + numbers[2]
        rest = TWO - t
        return (rest * numbers[3] + numbers[4]) * rest * rest if t < TWO else ZERO
    if form == TRIANGLE:
        return max(ONE - abs(t), ZERO)
    if form == BOX:
        return ONE if -HALF <= t < HALF else ZERO
    if abs(t) >= numbers[0]:
        return ZERO
    return sinc(t) * sinc(t / numbers[1]) if numbers[1] > ZERO else sinc(t)


@compiled
def gather(
    table: Floats,
    place: tuple[int, int, int, int],
    shrink: float,
    position: Doubles,
    footprint: Doubles,
    level: npt.NDArray[np.int64],
    number: int,
    form: int,
    numbers: Floats,
    support: float,
    whole: bool,
    out: Floats,
) -> None:
    """Filtered pixels of those that read one level of the source; the others are left as they are.

    table : `[(height + 2) (width + 2), C]`, a level with a ring of what lies outside. place : x0, y0, width and height
    of it. shrink : its pixels per pixel of the source. position : `[2, N]`, x and y in the source. footprint : `[3, N]`
    as in `Footprint`. level : `[N]`; those that are `number` are done. form, numbers, support : of the kernel. whole :
    whether kernels that are not widened add up to one without being divided by their sum. out : `[N, C]`.
    """
    x0, y0, width, height = place
    row_size = width + 2
    for i in range(level.size):
        if level[i] != number:
            continue
        p00, p01, p11 = footprint[0, i] * shrink, footprint[1, i] * shrink, footprint[2, i] * shrink
        x, y = position[0, i] * shrink - 0.5, position[1, i] * shrink - 0.5
        reach_x, reach_y = support * (p00 + abs(p01)), support * (p11 + abs(p01))
        left, right = math.ceil(x - reach_x), math.ceil(x + reach_x)
        top, bottom = math.ceil(y - reach_y), math.ceil(y + reach_y)
        f00, f01, f11 = np.float32(p00), np.float32(p01), np.float32(p11)
        det = f00 * f11 - f01 * f01
        q00, q01, q11 = f11 / det, -f01 / det, f00 / det
        total = ZERO
        for row in range(top, bottom):
            dy = np.float32(row - y)
            line = (min(max(row - y0, -1), height) + 1) * row_size + 1
            # Of the box around a long and slanted footprint most is empty. A pixel more on each side is for rounding.
            middle = -dy * q01 / q00
            first, last = middle - support / q00, middle + support / q00
            if q01 != ZERO:
                middle = -dy * q11 / q01
                first = max(first, middle - support / abs(q01))
                last = min(last, middle + support / abs(q01))
            for column in range(max(left, math.floor(x + first) - 1), min(right, math.ceil(x + last) + 2)):
                dx = np.float32(column - x)
                weight = weigh(dx * q00 + dy * q01, form, numbers) * weigh(dx * q01 + dy * q11, form, numbers)
                if weight != ZERO:  # also, what lies beside the kernel may be no number
                    total += weight
                    at = line + min(max(column - x0, -1), width)
                    for c in range(out.shape[1]):
                        out[i, c] += table[at, c] * weight
        if not (whole and p00 == 1 and p11 == 1 and p01 == 0):
            for c in range(out.shape[1]):
                out[i, c] /= total
