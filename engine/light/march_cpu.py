"""`march.trace` for processors: one ray after the other, from its start to its end.

The same steps in the same order as in `march.cu`. Sizes and units are those of `Rays`, `Bounds` and `DepthField`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiling import compiled, compiled_part
from . import bounds, march

# Numba takes 0.5 for a double, and makes doubles of all that is computed with it. As the same is to be found as on a
# GPU, numbers have names here.
ZERO, QUARTER, HALF, ONE, TWO, FOUR = (np.float32(x) for x in (0, 0.25, 0.5, 1, 2, 4))
STILL, LITTLE, LEAST = (np.float32(x) for x in (1e-9, 1e-6, 1e-18))
NUDGE, ENOUGH, SLACK, CLEAR = (np.float32(x) for x in (march.NUDGE, march.ENOUGH, march.SLACK, march.CLEAR))
FIRST, LARGEST = np.float32(16), np.float32(bounds.LARGEST)

Float = np.floating[Any]
Floats = npt.NDArray[Float]

Ray = tuple[Float, Float, Float, Float, Float, Float]
"""Where a ray starts, u and v in cells and w as 1 / depth, and their change per cell."""

Cell = tuple[Float, Float, tuple[Float, ...], tuple[Float, ...], Float, Float, Float]
"""Column and row of a cell of one pixel, 1 / depth of its corners, 1 for those of the near surface, the means of the
near and of the far one, and how deep they are."""


@compiled_part
def between(x: Float, low: Float, high: Float) -> Float:
    """`x` limited to `low..high`."""
    return min(max(x, low), high)


@compiled_part
def one_over(x: Float) -> Float:
    """The reciprocal, finite also for what stands still: a ray along an axis meets none of the planes across it."""
    return ONE / (STILL if abs(x) < STILL else x)


@compiled_part
def cell_at(inverse: Floats, deep: Floats, split: Floats, u: Float, v: Float) -> Cell:
    """The cell that a ray is in, and the near and the far surface that its corners belong to."""
    x, y = np.floor(u), np.floor(v)
    rows, columns = split.shape
    row, column = min(max(int(y) - 1, 0), rows - 1), min(max(int(x) - 1, 0), columns - 1)
    a, b = inverse[row, column], inverse[row, column + 1]
    c, d = inverse[row + 1, column], inverse[row + 1, column + 1]
    low, high = min(a, b, c, d), max(a, b, c, d)
    # Nearer to what is near, as there may be a third surface far behind both.
    edge, whole = low + (ONE - QUARTER) * (high - low), ONE - split[row, column]
    near_a, near_b = ONE if a > edge else whole, ONE if b > edge else whole
    near_c, near_d = ONE if c > edge else whole, ONE if d > edge else whole
    count, total = near_a + near_b + near_c + near_d, near_a * a + near_b * b + near_c * c + near_d * d
    mean, rest = total / max(count, ONE), (a + b + c + d - total) / max(FOUR - count, ONE)
    return x, y, (a, b, c, d), (near_a, near_b, near_c, near_d), mean, rest, deep[row, column]


@compiled_part
def hit(behind: Float, slack: Float, deep: Float) -> Float:
    """How much a ray is blocked that far behind a surface: over the last quarter of what is solid less and less."""
    return between(behind / slack, ZERO, ONE) * between((deep - behind) / (slack + QUARTER * deep), ZERO, ONE)


@compiled_part
def place_at(ray: Ray, t: Float, cell: Cell, pixel: Float) -> tuple[Float, Float, Float, Float, Float, Float]:
    """A place along a ray: the shares of the near and of the far surface, how far behind each it is, and how much each
    blocks it.
    """
    u, v, w, du, dv, dw = ray
    left, top, (a, b, c, d), (near_a, near_b, near_c, near_d), mean, rest, deep = cell
    x, y = between(u + du * t - left, ZERO, ONE), between(v + dv * t - top, ZERO, ONE)
    xy = x * y
    at_a, at_b, at_c, at_d = ONE - x - y + xy, x - xy, y - xy, xy
    one, two, three, four = at_a * near_a, at_b * near_b, at_c * near_c, at_d * near_d
    share = one + two + three + four
    inverse = one * a + two * b + three * c + four * d
    other = at_a + at_b + at_c + at_d - share
    beyond = (at_a - one) * a + (at_b - two) * b + (at_c - three) * c + (at_d - four) * d
    depth = ONE / (w + dw * t)
    slack = depth * SLACK * pixel
    # Where none of a surface is left it is as deep as it is on average.
    behind = depth - (share + LITTLE) / max(inverse + LITTLE * mean, LEAST)
    farther = depth - (other + LITTLE) / max(beyond + LITTLE * rest, LEAST)
    return share, other, behind, farther, hit(behind, slack, deep), hit(farther, slack, deep)


@compiled_part
def meets(ray: Ray, a: Float, b: Float, cell: Cell, pixel: Float) -> tuple[Float, Float, Float]:
    """What a ray meets within the cell that it crosses from a to b: how much it is blocked, where, and 1 where it goes
    through a surface there.
    """
    share, other, into, into_far, near_hit, far_hit = place_at(ray, a, cell, pixel)
    first = share * near_hit + other * far_hit
    share, other, out, out_far, near_hit, far_hit = place_at(ray, b, cell, pixel)
    last = share * near_hit + other * far_hit
    # Into a surface, or out of it: that only away from where rays start, so that what is noise there shadows nothing.
    if a > CLEAR:
        near, far = into * out < ZERO, into_far * out_far < ZERO
    else:
        near, far = into <= ZERO < out, into_far <= ZERO < out_far
    gone = into / (into - out) if near else into_far / (into_far - out_far) if far else HALF
    where = a + between(gone, ZERO, ONE) * (b - a)
    share, other, _, _, near_hit, far_hit = place_at(ray, where, cell, pixel)
    inside = share * (ONE if near else near_hit) + other * (ONE if far else far_hit)
    most = max(inside, first, last)
    if most == inside:
        return most, where, ONE if near or far else ZERO
    return most, a if most == first else b, ZERO


@compiled
def follow(
    bounds: tuple[Floats, ...],
    width: int,
    field: tuple[Floats, ...],
    pixel: Float,
    rays: Floats,
    begin: int,
    met: Floats,
    steps: int,
) -> None:
    """Follow rays `[8, n]` until they are blocked, come to their end or have looked at `steps` cells. What they meet
    goes into `met` `[4, m]`, from column `begin` on.

    bounds : `Bounds.tensors`. field : `inverse`, `deep` and `split` of a `DepthField`.
    """
    nearest, farthest, across, down = bounds
    inverse, deep, split = field
    for n in range(rays.shape[1]):
        u, v, w, du, dv, dw = rays[0, n], rays[1, n], rays[2, n], rays[3, n], rays[4, n], rays[5, n]
        end, far = rays[6, n], rays[7, n]
        ray = (u, v, w, du, dv, dw)
        over_u, over_v = one_over(du), one_over(dv)
        right, below = ONE if du > ZERO else ZERO, ONE if dv > ZERO else ZERO
        most, at, through = ZERO, ZERO, ZERO
        t, size, seen = ZERO if end > NUDGE else end, FIRST, 0
        while t < end and seen < steps:
            seen += 1
            fine = ONE / size
            column, row = np.floor((u + du * t) * fine), np.floor((v + dv * t) * fine)
            leave = min(((column + right) * size - u) * over_u, ((row + below) * size - v) * over_v)
            leave = min(max(leave, t), end)
            # The sizes lie side by side: cells of size s begin at 2 width (1 - 1 / s).
            index = int(column) + int(2 * width * (ONE - fine)) + int(row) * 2 * width
            # 1 / depth of the ray less that of a plane like the cell's through its middle, and how much that changes.
            x, y = (column + HALF) * size - u, (row + HALF) * size - v
            level = w + across[index] * x + down[index] * y
            change = dw - across[index] * du - down[index] * dv
            here, there = level + change * t, level + change * leave
            if min(here, there) > nearest[index] or max(here, there) < farthest[index]:
                t, size = min(leave + NUDGE, end), min(TWO * size, LARGEST)
            elif size > ONE:
                size *= HALF
            else:
                middle = HALF * (t + leave)
                cell = cell_at(inverse, deep, split, u + du * middle, v + dv * middle)
                blocked, where, passed = meets(ray, t, leave, cell, pixel)
                if blocked > most:
                    most, at, through = blocked, where, passed
                t = end if most > ENOUGH else leave + NUDGE
        to = begin + n
        met[0, to], met[1, to], met[2, to] = most, at, through
        # How far in space that is: there it does not grow evenly.
        share, stop = at / max(end, LITTLE), w + dw * end
        met[3, to] = far * share * stop / (w + (stop - w) * share)
