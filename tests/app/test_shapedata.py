"""Changes of shapes as plain data: still ones stay still, keyed ones get keys."""

import pytest

from rimlight.app.shapedata import (
    key_frames,
    pair_of,
    with_key,
    with_number,
    with_point_after,
    with_points,
    without_key,
    without_points,
)

A, B = [[0, 0], [1, 0], [0, 1]], [[5, 5], [6, 5], [5, 6]]


def test_a_still_shape_stays_still_until_it_is_keyed() -> None:
    assert with_points({"name": "s", "points": A}, B, 3) == {"name": "s", "points": B}
    keyed = with_key({"name": "s", "points": A}, A, 1)
    assert keyed == {"name": "s", "keys": [{"frame": 1, "points": A}]} and key_frames(keyed) == (1.0,)


def test_a_new_key_goes_on_as_the_one_before_it_and_the_last_one_leaves_its_points() -> None:
    keyed = {"keys": [{"frame": 1, "interp": "linear", "points": A}, {"frame": 9, "points": A}]}
    both = with_points(keyed, B, 5)
    assert both["keys"][1] == {"frame": 5, "interp": "linear", "points": B} and key_frames(both) == (1, 5, 9)
    assert with_points(both, A, 5)["keys"][1]["points"] == A
    one = without_key(without_key(both, B, 5), A, 9)
    assert key_frames(one) == (1,) and without_key(one, B, 1) == {"points": B}


def test_a_number_that_is_animated_gets_a_key() -> None:
    assert with_number({"points": A}, "feather", 4.0, 2) == {"points": A, "feather": 4.0}
    moving = with_number({"feather": {"keys": [[1, 0, "smooth"]]}}, "feather", 4.0, 2)
    assert moving == {"feather": {"keys": [[1, 0, "smooth"], [2, 4, "smooth"]]}}


def bezier(before: object, after: object, t: float) -> tuple[float, float]:
    """A point of the outline between two of its points."""
    (px, py), (sx, sy) = pair_of(before, "at"), pair_of(after, "at")
    (ox, oy), (ix, iy) = pair_of(before, "out"), pair_of(after, "in")
    u = 1 - t
    weights = u**3, 3 * u * u * t, 3 * u * t * t, t**3
    xs, ys = (px, px + ox, sx + ix, sx), (py, py + oy, sy + iy, sy)
    return sum(w * x for w, x in zip(weights, xs, strict=True)), sum(w * y for w, y in zip(weights, ys, strict=True))


def test_a_point_more_leaves_the_outline_as_it_is_at_every_key() -> None:
    round_ones = [{"at": [0, 0], "out": [0, 60]}, {"at": [100, 0], "in": [-20, 80], "feather": [8, 0]}, [50, -40]]
    moved = [[10, 0], {"at": [120, 0], "in": [-30, 40]}, [50, -40]]
    shape = {"name": "s", "keys": [{"frame": 1, "points": round_ones}, {"frame": 9, "points": moved}]}
    more = with_point_after(shape, 0, 0.25)
    for old, new in zip((round_ones, moved), (key["points"] for key in more["keys"]), strict=True):
        assert len(new) == 4
        for i in range(5):
            t = i / 4
            assert bezier(new[0], new[1], t) == pytest.approx(bezier(old[0], old[1], 0.25 * t), abs=0.01)
            assert bezier(new[1], new[2], t) == pytest.approx(bezier(old[0], old[1], 0.25 + 0.75 * t), abs=0.01)
            assert bezier(new[2], new[3], t) == pytest.approx(bezier(old[1], old[2], t), abs=0.01)
    assert more["keys"][0]["points"][1]["feather"] == [1.25, 0]


def test_corners_stay_corners_and_the_last_stretch_closes_the_shape() -> None:
    assert with_point_after({"points": [[0, 0], [8, 0], [0, 8]]}, 2, 0.5) == {
        "points": [[0, 0], [8, 0], [0, 8], [0, 4]]
    }


def test_points_are_taken_out_at_every_key() -> None:
    keys = [{"frame": 1, "points": A}, {"frame": 2, "points": B}]
    assert without_points({"keys": keys}, {0, 2})["keys"] == [
        {"frame": 1, "points": [[1, 0]]}, {"frame": 2, "points": [[6, 5]]},
    ]  # fmt: skip
    assert without_points({"points": A}, {1}) == {"points": [[0, 0], [0, 1]]}


def test_a_point_more_leaves_a_feather_outline_of_its_own_as_it_is() -> None:
    before = {"at": [0, 0], "out": [0, 60], "feather": [-10, 0], "feather_in": [0, 0], "feather_out": [0, 90]}
    after = {"at": [100, 0], "in": [0, 60], "feather": [10, 0], "feather_in": [0, 90], "feather_out": [0, 0]}
    points = with_point_after({"points": [before, after, [50, -40]]}, 0, 0.25)["points"]

    def soft(point: dict[str, list[float]]) -> dict[str, object]:
        at = [point["at"][i] + point["feather"][i] for i in (0, 1)]
        return {"at": at, "in": point["feather_in"], "out": point["feather_out"]}

    for i in range(5):
        t = i / 4
        assert bezier(soft(points[0]), soft(points[1]), t) == pytest.approx(
            bezier(soft(before), soft(after), 0.25 * t), abs=0.01
        )
        assert bezier(soft(points[1]), soft(points[2]), t) == pytest.approx(
            bezier(soft(before), soft(after), 0.25 + 0.75 * t), abs=0.01
        )
