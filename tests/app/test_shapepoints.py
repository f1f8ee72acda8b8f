"""Points of shapes: round, sharp, moved with all they have, feathered."""

import math

import pytest

from rimlight.app.shapedata import pair_of
from rimlight.app.shapepoints import (
    cusped,
    feathered,
    is_smooth,
    mapped,
    outward,
    point_with,
    smoothed,
    with_handle,
    without_feather,
)

K = 4 / 3 * (math.sqrt(2) - 1)


@pytest.mark.parametrize("angles", [(0, 90, 180, 270), (0, 50, 140, 200, 290), (0, -90, -180, -270)])
def test_points_of_a_circle_get_its_handles(angles: tuple[int, ...]) -> None:
    places = [(50 + 40 * math.cos(math.radians(a)), 30 + 40 * math.sin(math.radians(a))) for a in angles]
    points = [smoothed([list(place) for place in places], i) for i in range(len(places))]
    assert all(map(is_smooth, points))
    for before, after in zip(points, [*points[1:], points[0]], strict=True):
        (px, py), (ox, oy) = pair_of(before, "at"), pair_of(before, "out")
        (sx, sy), (ix, iy) = pair_of(after, "at"), pair_of(after, "in")
        for t in (0.25, 0.5, 0.75):
            w = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            x = w[0] * px + w[1] * (px + ox) + w[2] * (sx + ix) + w[3] * sx
            y = w[0] * py + w[1] * (py + oy) + w[2] * (sy + iy) + w[3] * sy
            assert math.hypot(x - 50, y - 30) == pytest.approx(40, rel=2e-3)


def test_a_quarter_has_the_handle_that_everybody_knows() -> None:
    found = smoothed([[10, 0], [0, 10], [-10, 0], [0, -10]], 0)
    assert found["out"] == pytest.approx([0, 10 * K], abs=1e-3) and found["in"] == pytest.approx([0, -10 * K], abs=1e-3)


def test_the_ends_of_an_open_shape_point_at_their_neighbours() -> None:
    line = [[0, 0], [30, 0], [30, 30]]
    assert smoothed(line, 0, closed=False) == {"at": [0, 0], "out": [10, 0]}
    assert smoothed(line, 2, closed=False) == {"at": [30, 30], "in": [0, -10]}
    assert is_smooth(smoothed([[0, 0], [10, 0], [0, 0]], 1)), "back the way it came is a turn too"


def test_a_cusp_has_no_handles_and_keeps_its_feather() -> None:
    assert cusped({"at": [1, 2], "in": [3, 4], "out": [-3, -4]}) == [1, 2]
    assert cusped({"at": [1, 2], "in": [3, 4], "feather": [5, 0]}) == {"at": [1, 2], "feather": [5, 0]}


def test_handles_that_are_one_line_turn_together() -> None:
    point = {"at": [0, 0], "in": [-10, 0], "out": [20, 0]}
    assert with_handle(point, "out", (0, 5)) == {"at": [0, 0], "in": [0, -10], "out": [0, 5]}
    assert with_handle(point, "out", (0, 5), alike=True) == {"at": [0, 0], "in": [0, -5], "out": [0, 5]}
    broken = with_handle(point, "out", (0, 5), alone=True)
    assert broken == {"at": [0, 0], "in": [-10, 0], "out": [0, 5]} and not is_smooth(broken)
    assert with_handle(broken, "in", (4, 4))["out"] == [0, 5], "what is broken stays so"


def test_a_point_is_moved_with_its_handles_and_feather() -> None:
    point = {
        "at": [10, 0],
        "in": [-1, 0],
        "out": [2, 0],
        "feather": [0, 3],
        "feather_in": [0, 0],
        "feather_out": [1, 1],
    }
    quarter = mapped(point, lambda x, y: (5 - 2 * y, 2 * x))
    assert quarter == {
        "at": [5, 20], "in": [0, -2], "out": [0, 4], "feather": [-6, 0], "feather_in": [0, 0], "feather_out": [-2, 2],
    }  # fmt: skip
    assert mapped([1, 2], lambda x, y: (x + 1, y)) == [2, 2]


@pytest.mark.parametrize("turned", [False, True])
def test_feather_goes_out_whichever_way_round_the_points_are(turned: bool) -> None:
    points = [[0, 0], [10, 0], [10, 10], [0, 10]]
    corner = math.sqrt(0.5)
    if turned:
        points = points[::-1]
    at = points.index([10, 10])
    assert outward(points, at) == pytest.approx((corner, corner))
    more = feathered(points, at, 4)
    assert more["feather"] == pytest.approx([4 * corner, 4 * corner], abs=1e-3)
    points[at] = more
    assert feathered(points, at, -4) == [10, 10]
    assert without_feather({**more, "feather_in": [0, 0]}) == [10, 10]


def test_handles_of_the_feather_count_where_they_are_nothing() -> None:
    assert point_with([1, 2], feather_in=(0, 0)) == {"at": [1, 2], "feather_in": [0, 0]}
    assert point_with({"at": [1, 2], "in": [1, 0]}, **{"in": (0, 0)}) == [1, 2]
