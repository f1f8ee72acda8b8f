"""The loop of `strokes.draw_stroke`: how much of each pixel a round brush along a line covers."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from rimlight.engine import compiled, compiled_part

Doubles = npt.NDArray[np.float64]


@compiled_part
def covered(distance: Any, radius: Any, hardness: Any) -> Any:
    """The coverage at a distance from the middle of a brush, 0 to 1."""
    faint = min(2.0 * radius, 1.0)
    radius = max(radius, 0.5)
    soft = radius * (1.0 - hardness)
    if soft > 1.0:
        t = min(max((radius - distance) / soft, 0.0), 1.0)
        return t * t * (3.0 - 2.0 * t) * faint
    return min(max(radius + 0.5 - distance, 0.0), 1.0) * faint


@compiled_part
def narrowed(low: Any, high: Any, slope: Any, offset: Any, least: Any) -> Any:
    """The part of low <= x <= high where slope x + offset >= least; nothing is left where low > high."""
    if slope > 0:
        return max(low, (least - offset) / slope), high
    if slope < 0:
        return low, min(high, (least - offset) / slope)
    return (low, high) if offset >= least else (1.0, 0.0)


@compiled
def lay(
    ends: Doubles, alike: npt.NDArray[np.bool_], hardness: float, x0: int, y0: int, out: npt.NDArray[np.float32]
) -> None:
    """Raise `out [H, W]`, whose first pixel is x0, y0, to the coverage of a brush along points.

    ends : `[N, 4]`, of each point x, y, radius and strength. alike : `[N]`, whether the brush is the same at a point
    and those beside it.

    A side covers what lies beside it, by the brush where it is nearest, and beyond its ends by the brush there. Where
    the brush does not change, the latter only counts beyond both sides that meet: elsewhere one of them is nearer.
    """
    height, width = out.shape
    for i in range(len(ends)):
        x, y, radius, strength = ends[i]
        in_x = in_y = out_x = out_y = 0.0
        if i > 0:
            in_x, in_y = x - ends[i - 1, 0], y - ends[i - 1, 1]
        if i + 1 < len(ends):
            out_x, out_y = ends[i + 1, 0] - x, ends[i + 1, 1] - y
        changes = not alike[i]
        reach = max(radius, 0.5) + 0.5
        if radius > 0:
            first, last = max(0, math.floor(y - reach - y0)), min(height, math.ceil(y + reach - y0))
            for row in range(first, last):
                v = row + y0 + 0.5 - y
                half = math.sqrt(max(reach * reach - v * v, 0.0))
                low, high = x - half, x + half
                if i > 0 and (alike[i] or i + 1 == len(ends)):
                    low, high = narrowed(low, high, in_x, v * in_y - x * in_x, -1e-9)
                if i + 1 < len(ends) and (alike[i] or i == 0):
                    low, high = narrowed(low, high, -out_x, x * out_x - v * out_y, -1e-9)
                # A pixel more on either side: what is too far away has no coverage.
                for column in range(max(0, int(low - x0 - 0.5)), min(width, math.ceil(high - x0 + 0.5))):
                    u = column + x0 + 0.5 - x
                    ahead = i == 0 or u * in_x + v * in_y < 0.0
                    behind = i + 1 == len(ends) or u * out_x + v * out_y > 0.0
                    if changes and ahead and behind:
                        continue  # beside both sides
                    found = covered(math.sqrt(u * u + v * v), radius, hardness) * strength
                    if found > out[row, column]:
                        out[row, column] = found
        if i + 1 == len(ends):
            break
        dx, dy = out_x, out_y
        length = math.sqrt(dx * dx + dy * dy)
        if length < 1e-9 or max(radius, ends[i + 1, 2]) <= 0:
            continue
        reach = (max(radius, ends[i + 1, 2], 0.5) + 0.5) * length
        rise = abs(dx) * reach / (length * length)
        first = max(0, math.floor(min(y, ends[i + 1, 1]) - rise - y0))
        last = min(height, math.ceil(max(y, ends[i + 1, 1]) + rise - y0))
        for row in range(first, last):
            v = row + y0 + 0.5 - y
            low, high = x0 - 1.0, x0 + width + 1.0
            low, high = narrowed(low, high, dx, v * dy - x * dx, 0.0)
            low, high = narrowed(low, high, -dx, x * dx - v * dy, -length * length)
            low, high = narrowed(low, high, -dy, v * dx + x * dy, -reach)
            low, high = narrowed(low, high, dy, -v * dx - x * dy, -reach)
            for column in range(max(0, int(low - x0 - 0.5)), min(width, math.ceil(high - x0 + 0.5))):
                u = column + x0 + 0.5 - x
                t = (u * dx + v * dy) / (length * length)
                if 0.0 <= t <= 1.0:
                    distance = abs(v * dx - u * dy) / length
                    found = covered(distance, radius + t * (ends[i + 1, 2] - radius), hardness)
                    found *= strength + t * (ends[i + 1, 3] - strength)
                    if found > out[row, column]:
                        out[row, column] = found
