"""The loop of `edge_aware.bilateral` for processors: one row after the other, a short run of it at a time."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from rimlight.engine import compiled, compiled_part

RUN = 512
"""Pixels that are averaged at a time: what is added up for them stays in the nearest cache."""

HALF, NEVER = np.float32(0.5), np.float32(126)
E1, E2, E3, E4, E5, E6 = (np.float32((-math.log(2)) ** k / math.factorial(k)) for k in range(1, 7))
ONE, ZERO = np.float32(1), np.float32(0)

Floats = npt.NDArray[np.float32]


@compiled_part
def weigh(distance: Floats, near: Any, weight: Floats) -> None:
    """`weight` becomes 2 ** -(distance + near), as exact as float32 is, and 0 from 126 on.

    By the series of what lies around a whole power, which unlike `exp` goes eight at a time.
    """
    for i in range(weight.size):
        d = min(distance[i] + near, NEVER)
        whole = np.int32(d + HALF)
        r = d - np.float32(whole)
        part = ((((((E6 * r + E5) * r + E4) * r + E3) * r + E2) * r + E1) * r) + ONE
        power = np.int32((np.int32(127) - whole) << np.int32(23)).view(np.float32)
        weight[i] = part * power if d < NEVER else ZERO


@compiled
def average(
    x: Floats, key: Floats, disc: npt.NDArray[np.int32], near: Floats, top: int, bottom: int, out: Floats
) -> None:
    """Rows `top` to `bottom` of `out [C, h, w]`: the means of the neighbours in `x [C, H, W]` that look alike.

    key : `[G, H, W]`, scaled so that 2 to the power of minus the squared distance is a neighbour's weight. disc : `[n,
    2]`, rows and columns from a pixel's first neighbour to each. near : `[n]`, squared distance in the picture, scaled
    alike.
    """
    margin_y, margin_x = (key.shape[1] - out.shape[1]) // 2, (key.shape[2] - out.shape[2]) // 2
    distance, weight = np.empty(RUN, np.float32), np.empty(RUN, np.float32)
    weights, total = np.empty(RUN, np.float32), np.empty((x.shape[0], RUN), np.float32)
    for row in range(top, bottom):
        for left in range(0, out.shape[2], RUN):
            count = min(RUN, out.shape[2] - left)
            far, share, sums = distance[:count], weight[:count], weights[:count]
            sums[:] = ZERO
            total[:] = ZERO
            for n in range(disc.shape[0]):
                y, a = row + disc[n, 0], left + disc[n, 1]
                far[:] = ZERO
                for g in range(key.shape[0]):
                    here = key[g, row + margin_y, left + margin_x : left + margin_x + count]
                    there = key[g, y, a : a + count]
                    for i in range(count):
                        step = there[i] - here[i]
                        far[i] += step * step
                weigh(far, near[n], share)
                for i in range(count):
                    sums[i] += share[i]
                for c in range(x.shape[0]):
                    light, into = x[c, y, a : a + count], total[c, :count]
                    for i in range(count):
                        into[i] += light[i] * share[i]
            for c in range(x.shape[0]):
                for i in range(count):
                    out[c, row, left + i] = total[c, i] / sums[i]
