import numpy as np

from rimlight.nodes.ops.bilateral_cpu import RUN, average, weigh


def test_weights_are_powers_of_two_and_end() -> None:
    distance = np.linspace(0, 130, 13001, dtype=np.float32)
    weight = np.empty_like(distance)
    weigh(distance, np.float32(0.5), weight)
    total = distance + np.float32(0.5)
    there = total < 126
    np.testing.assert_allclose(weight[there], np.exp2(-total[there].astype(np.float64)), rtol=4e-7)
    assert not weight[~there].any() and not there.all()


def test_runs_and_blocks_of_rows_do_not_show() -> None:
    """Columns on both sides of where one run of pixels ends and the next begins are alike, and so are rows."""
    draw = np.random.default_rng(4)
    x = draw.random((2, 5, RUN + 9), dtype=np.float32)
    disc = np.array([(1, 1), (0, 1), (1, 2), (2, 1), (1, 0)], np.int32)
    near = np.array([0, 1, 1, 1, 1], np.float32)
    whole = np.empty((2, 3, RUN + 7), np.float32)
    average(x, x, disc, near, 0, 3, whole)
    rows = np.empty_like(whole)
    for top in range(3):
        average(x, x, disc, near, top, top + 1, rows)
    assert np.array_equal(whole, rows)
    part = np.empty((2, 3, 7), np.float32)
    average(np.ascontiguousarray(x[:, :, RUN:]), np.ascontiguousarray(x[:, :, RUN:]), disc, near, 0, 3, part)
    assert np.array_equal(whole[:, :, RUN:], part)
