"""Edits of curves by their keys, against the curve itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.app.curves.keys import (
    Tangent,
    key_at,
    keyed,
    keys_within,
    moved,
    pasted,
    scaled,
    slopes,
    transformed,
    with_slope,
    with_tangents,
    without,
)
from rimlight.app.curves.plane import Plane, marks, round_step
from rimlight.engine import Curve, Key

FOUR = Curve.of((1, 0), (10, 2), (20, 1), (40, 5))

points = st.lists(st.tuples(st.integers(-50, 150), st.floats(-5, 5)), min_size=2, max_size=8, unique_by=lambda p: p[0])


@given(points, st.sampled_from(["smooth", "linear", "constant"]))
def test_slopes_are_those_of_the_curve(given_points: list[tuple[int, float]], interp: str) -> None:
    curve = Curve.of(*given_points, interp=interp)  # type: ignore[arg-type]
    small = 1e-5
    for i in range(1, len(curve.keys) - 1):
        key = curve.keys[i]
        left, right = slopes(curve, i)
        if interp != "constant":
            assert left == pytest.approx((key.value - curve.at(key.frame - small)) / small, abs=1e-3)
            assert right == pytest.approx((curve.at(key.frame + small) - key.value) / small, abs=1e-3)


@given(points)
def test_breaking_a_tangent_changes_nothing_yet(given_points: list[tuple[int, float]]) -> None:
    curve = Curve.of(*given_points)
    inner = range(1, len(curve.keys) - 1)
    broken = with_tangents(curve, inner, "break")
    for frame in range(-50, 151, 7):
        assert broken.at(frame) == pytest.approx(curve.at(frame), abs=1e-6)


@pytest.mark.parametrize("kind", ["smooth", "horizontal", "catmull-rom"])
def test_sides_of_a_broken_key_are_moved_apart(kind: Tangent) -> None:
    """A key that arrived and left at one slope stayed whole, so that X did nothing."""
    curve = with_tangents(with_tangents(FOUR, [1], kind), [1], "break")
    assert curve.keys[1].broken
    before = slopes(curve, 1)[0]
    assert slopes(with_slope(curve, 1, 0.5, "right", curve.keys[1].broken), 1) == (before, 0.5)


def test_tangents_have_the_slopes_of_their_names() -> None:
    assert slopes(with_tangents(FOUR, [1], "horizontal"), 1) == (0.0, 0.0)
    assert slopes(with_tangents(FOUR, [1], "catmull-rom"), 1)[0] == pytest.approx(1 / 19)
    left, right = 2 / 9, -1 / 10
    assert slopes(with_tangents(FOUR, [1], "cubic"), 1)[1] == pytest.approx((left * 10 + right * 9) / 19)
    parabola = Curve.of(*((float(x), x * x / 10) for x in (0, 3, 10)))
    assert slopes(with_tangents(parabola, [1], "cubic"), 1) == pytest.approx((0.6, 0.6))  # exact for parabolas
    assert with_tangents(FOUR, [0, 2], "constant").at(35) == 1.0


def test_a_handle_moves_both_sides_until_they_are_broken() -> None:
    together = with_slope(FOUR, 1, 0.5, "left", broken=False)
    assert slopes(together, 1) == (0.5, 0.5)
    apart = with_slope(together, 1, -1.0, "right", broken=True)
    assert slopes(apart, 1) == (0.5, -1.0)
    assert apart.keys[1].broken


def test_keys_move_onto_others_and_keep_their_order() -> None:
    curve, there = moved(FOUR, {0, 1}, 15.4, 1.0, snap=True)
    assert [(k.frame, k.value) for k in curve.keys] == [(16.0, 1.0), (20.0, 1.0), (25.0, 3.0), (40.0, 5.0)]
    assert there == {0, 2}
    curve, there = moved(FOUR, {1}, 10, 0.0, snap=True)  # lands on the third
    assert [(k.frame, k.value) for k in curve.keys] == [(1.0, 0.0), (20.0, 2.0), (40.0, 5.0)]
    assert there == {1}


def test_scaling_takes_slopes_along() -> None:
    curve = Curve((Key(0, 0, "free", 1, 1), Key(10, 4, "free", 0.5, -2), Key(20, 0, "free", 1, 1)))
    double, _ = scaled(curve, {0, 1, 2}, (0, 0), (2.0, 3.0), snap=False)
    for frame in range(0, 21, 3):
        assert double.at(2 * frame) == pytest.approx(3 * curve.at(frame))
    mirrored, there = scaled(curve, {0, 1, 2}, (10, 0), (-1.0, 1.0), snap=False)
    for frame in range(0, 21, 3):
        assert mirrored.at(20 - frame) == pytest.approx(curve.at(frame))
    assert there == {0, 1, 2}


def test_values_are_keyed_at_a_frame() -> None:
    assert keyed(FOUR, 10, 7).at(10) == 7
    assert len(keyed(FOUR, 10, 7).keys) == 4
    stepped = keyed(Curve.of((1, 0), (10, 2), interp="constant"), 5, 1)
    assert stepped.keys[1] == Key(5, 1, "constant")


def test_the_last_key_leaves_no_curve() -> None:
    assert without(FOUR, {0, 1, 2, 3}) is None
    left = without(FOUR, {1, 2})
    assert left is not None
    assert left.range() == (1.0, 40.0)


def test_exact_numbers_and_pasting() -> None:
    curve, there = transformed(FOUR, [1], lambda key: replace(key, frame=30.0, value=9.0))
    assert there == {2}
    assert curve.keys[2].value == 9.0
    copied = pasted(Curve.of((100, 1)), [FOUR.keys[1], FOUR.keys[2]], 50)
    assert [(k.frame, k.value) for k in copied.keys] == [(50.0, 2.0), (60.0, 1.0), (100.0, 1.0)]
    same, chosen = transformed(FOUR, [2], lambda key: key)
    assert same == FOUR
    assert chosen == {2}


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.5, 2), st.floats(0.5, 2))
def test_zooming_keeps_what_is_under_the_pointer(frame: float, value: float, across: float, up: float) -> None:
    plane = Plane(3, 2, 9, 70)
    at = plane.point(frame, value)
    after = plane.zoomed(at, across, up).point(frame, value)
    assert (after.x(), after.y()) == pytest.approx((at.x(), at.y()), abs=1e-6)


def test_grids_have_round_steps() -> None:
    assert round_step(8, 64) == pytest.approx(10)
    assert round_step(100, 40) == pytest.approx(0.5)
    assert round_step(1000, 64, whole=True) == 1
    assert list(marks(-1, 1, 0.5)) == pytest.approx([-1, -0.5, 0, 0.5, 1])


@given(points, st.integers(-60, 160), st.integers(0, 40))
def test_keys_are_looked_up_by_their_frames(given_points: list[tuple[int, float]], first: int, wide: int) -> None:
    curve = Curve.of(*sorted(given_points))
    inside = [i for i, key in enumerate(curve.keys) if first <= key.frame <= first + wide]
    assert list(keys_within(curve, first, first + wide)) == inside
    assert [key_at(curve, key.frame + 5e-5) for key in curve.keys] == list(range(len(curve.keys)))
    assert key_at(curve, 0.5) is None
