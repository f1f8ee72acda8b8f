"""The loop of `rank.rank_filter` for processors: a window slides along each row, and what it holds is known by rank."""

import numpy as np
import numpy.typing as npt

from rimlight.engine import compiled

GROUP = 64
"""Ranks that are counted together."""


@compiled
def select(
    ranks: npt.NDArray[np.uint16], size: int, index: int, ranked: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The value at `index` in order of every window of `size` by `size` pixels within `ranks [H, W]`.

    ranks : each pixel's place among all in order, 0 to 65535 and each once. ranked : the values in that order.

    From one window to the next (Huang, Yang and Tang, 1979) a column of it goes and one comes, and the group that holds
    the wanted one is the same or lies near.
    """
    rows, columns = ranks.shape[0] - size + 1, ranks.shape[1] - size + 1
    out = np.empty((rows, columns), np.float32)
    held = np.empty(1 << 16, np.uint8)
    counts = np.empty((1 << 16) // GROUP, np.int32)
    for row in range(rows):
        held[:] = 0
        counts[:] = 0
        group, below = 0, 0  # where the wanted one is, and how many are held in the groups before it
        for column in range(ranks.shape[1]):
            for y in range(row, row + size):
                came = np.intp(ranks[y, column])
                held[came] = 1
                counts[came // GROUP] += 1
                below += int(came // GROUP < group)
            if column < size - 1:
                continue
            if column >= size:
                for y in range(row, row + size):
                    went = np.intp(ranks[y, column - size])
                    held[went] = 0
                    counts[went // GROUP] -= 1
                    below -= int(went // GROUP < group)
            while below > index:
                group -= 1
                below -= int(counts[group])
            while below + counts[group] <= index:
                below += int(counts[group])
                group += 1
            rank, left = group * GROUP, index - below
            while True:
                left -= int(held[rank])
                if left < 0:
                    break
                rank += 1
            out[row, column - size + 1] = ranked[rank]
    return out
