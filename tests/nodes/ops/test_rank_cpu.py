import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from rimlight.nodes.ops.rank_cpu import select


@pytest.mark.parametrize("index", [0, 1, 24, 40, 48])
@pytest.mark.parametrize("kind", ["noise", "across", "down", "board"])
def test_windows_know_their_values_by_rank(kind: str, index: int) -> None:
    """Of a whole tile, whose ranks go to 65535: near ones side by side, and the lowest beside the highest."""
    row, column = np.mgrid[0:256, 0:256]
    noise = np.random.default_rng(3).random((256, 256))
    values = {
        "noise": noise,
        "across": column + noise,
        "down": -row + noise,
        "board": 1000.0 * ((row + column) % 2) + noise,
    }[kind].astype(np.float32)
    order = values.argsort(axis=None)
    ranks = np.empty(values.size, np.uint16)
    ranks[order] = np.arange(values.size, dtype=np.uint16)
    found = select(ranks.reshape(values.shape), 7, index, values.ravel()[order])
    windows = sliding_window_view(values, (7, 7)).reshape(250, 250, 49)
    assert np.array_equal(found, np.partition(windows, index, axis=2)[:, :, index])
