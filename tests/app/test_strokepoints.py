"""Points along strokes: where they are, what a pull takes along, and what is left without one."""

import numpy as np
import pytest

from rimlight.app.strokepoints import at, distance_to, line_of, places_of, points_of, pulled, without

STRAIGHT = line_of([(0, 0, 1), (100, 0, 0.5)])
EVEN = [0.0, 25.0, 50.0, 75.0, 100.0]
ANGLE = line_of([(0, 0, 1), (50, 0, 1), (50, 50, 1)])


def test_points_are_even_along_the_line_with_both_ends() -> None:
    assert places_of(ANGLE, 24) == [0, 25, 50, 75, 100] and at(ANGLE, 75) == (50, 25)
    assert places_of(ANGLE, 101) == [] == places_of(line_of([(3, 4, 1)]), 1) == places_of(line_of([(3, 4, 1)] * 2), 1)
    assert len(places_of(ANGLE, 90)) == 3, "a line that is just long enough can be bent in the middle"


def test_a_pull_bends_a_straight_line_softly_up_to_the_neighbours() -> None:
    made, places = pulled(STRAIGHT, EVEN, 2, (0, 8))
    xs, ys, pressure = made.T
    assert ys[(xs <= 25) | (xs >= 75)].tolist() == [0] * int(((xs <= 25) | (xs >= 75)).sum())
    assert np.interp([37.5, 50, 62.5], xs, ys) == pytest.approx([4, 8, 4], abs=0.05)
    assert float(np.abs(np.diff(ys)).max()) < 1, "without a corner"
    assert pressure == pytest.approx(1 - xs / 200), "what the brush does stays along the line"
    assert [at(made, place) for place in places] == [
        pytest.approx(p, abs=1e-9) for p in ((0, 0), (25, 0), (50, 8), (75, 0), (100, 0))
    ]


def test_an_end_goes_the_whole_way_and_dense_lines_get_no_more_points() -> None:
    made, places = pulled(STRAIGHT, EVEN, 4, (5, 5))
    assert made[-1].tolist() == [105, 5, 0.5] and made[0].tolist() == [0, 0, 1] and at(made, places[4]) == (105, 5)
    dense = line_of([(x, 0, 1) for x in range(101)])
    assert len(pulled(dense, EVEN, 2, (0, 8))[0]) == 101
    assert pulled(dense, EVEN, 2, (0, 0))[0].tolist() == dense.tolist()


def test_without_a_point_neighbours_are_joined_and_ends_cut() -> None:
    flat, places = without(*pulled(STRAIGHT, EVEN, 2, (0, 30)), 2)
    assert float(np.abs(flat[:, 1]).max()) < 1e-9 and flat[0, 0] == 0 and flat[-1, 0] == 100
    assert places == pytest.approx([0, 25, 75, 100])
    assert without(STRAIGHT, EVEN, 0)[0].tolist() == [[25, 0, 0.875], [100, 0, 0.5]]
    end, places = without(STRAIGHT, EVEN, 4)
    assert end.tolist() == [[0, 0, 1], [75, 0, 0.625]] and places == EVEN[:4]
    corner, _ = without(ANGLE, EVEN, 2)
    assert corner[0].tolist() == [0, 0, 1] and corner[-1].tolist() == [50, 50, 1]
    assert distance_to(corner[:, :2], (50, 0), (1, 1)) > 5, "the corner is cut in a curve"


def test_points_as_data_are_short() -> None:
    assert points_of(line_of([(1.23456, 2, 1), (3, 4, 0.123456)])) == [[1.235, 2], [3, 4, 0.1235]]


def test_distance_to_a_line_is_in_units_of_the_widget() -> None:
    assert distance_to(STRAIGHT[:, :2], (50, 3), (2, 2)) == 6
    assert distance_to(STRAIGHT[:1, :2], (3, 4), (1, 1)) == 5
