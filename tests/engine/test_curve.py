"""Curves: the value at keys and between, outside, edits, and the compact form in scripts."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.engine.curve import Curve, Extend, Key

FRAMES = st.floats(-1000, 1000).map(lambda x: round(x, 3))
VALUES = st.floats(-1e6, 1e6)
KEYS = st.one_of(
    st.builds(Key, FRAMES, VALUES, st.sampled_from(["constant", "linear", "smooth"])),
    st.builds(Key, FRAMES, VALUES, st.just("free"), VALUES, VALUES),
)
CURVES = st.builds(
    lambda keys, before, after: Curve(tuple(sorted(keys, key=lambda k: k.frame)), before=before, after=after),
    st.lists(KEYS, min_size=1, max_size=8, unique_by=lambda k: k.frame),
    st.sampled_from(["hold", "linear", "loop", "bounce"]),
    st.sampled_from(["hold", "linear", "loop", "bounce"]),
)


@given(CURVES)
def test_passes_through_its_keys(curve: Curve) -> None:
    inside = curve.keys if curve.after != "loop" else curve.keys[:-1]
    assert all(curve.at(k.frame) == k.value for k in inside)


@given(CURVES)
def test_data_round_trip(curve: Curve) -> None:
    again = Curve.from_data(json.loads(json.dumps(curve.to_data())))
    assert (again.before, again.after) == (curve.before, curve.after)
    assert [(k.frame, k.value, k.interp) for k in again.keys] == [(k.frame, k.value, k.interp) for k in curve.keys]
    assert again.to_data() == curve.to_data()
    assert all(again.at(x) == curve.at(x) for x in (-2000.0, -3.3, 0.0, 7.7, 2000.0))


@given(CURVES, st.lists(st.floats(-5000, 5000), min_size=1, max_size=20))
def test_sample_agrees_with_at(curve: Curve, xs: list[float]) -> None:
    np.testing.assert_array_equal(curve.sample(xs), [curve.at(x) for x in xs])


@given(st.lists(VALUES, min_size=2, max_size=8), st.sampled_from(["hold", "linear", "loop"]))
def test_smooth_never_leaves_the_range_of_its_neighbours(values: list[float], extend: Extend) -> None:
    curve = Curve.of(*((5.0 * i, v) for i, v in enumerate(values)), extend=extend)
    slack = 1e-9 * max(abs(v) for v in values)
    for i, (a, b) in enumerate(pairwise(values)):
        inside = curve.sample(np.linspace(5.0 * i, 5.0 * i + 4.999, 33))
        assert inside.min() >= min(a, b) - slack
        assert inside.max() <= max(a, b) + slack
        steps = np.diff(inside) * math.copysign(1, b - a)
        assert (steps >= -slack).all()


def test_before_and_after_are_two_settings() -> None:
    curve = Curve((Key(0, 1, "linear"), Key(4, 3, "linear")), before="linear", after="loop")
    assert [curve.at(x) for x in (-2, 0, 2, 4, 5, 9)] == [0, 1, 2, 3, 1.5, 1.5]
    turned = Curve(curve.keys, before="bounce", after="hold")
    assert [turned.at(x) for x in (-1, -5, 4, 99)] == [1.5, 2.5, 3, 3]
    assert turned.to_data()[:2] == ["bounce", "hold"]
    for changed in (turned.shifted(1), turned.scaled(2), turned.with_key(Key(2, 0)), turned.moved(4, 6)):
        assert (changed.before, changed.after) == ("bounce", "hold")
    smooth = Curve.of((0, 0), (2, 2), (4, 0))
    assert Curve(smooth.keys, before="linear").at(-1) == -1 and Curve(smooth.keys, after="linear").at(-1) == 0


def test_old_data_names_one_extension_for_both() -> None:
    curve = Curve.from_data(["loop", [0, 1, "linear"], [4, 3, "linear"]])
    assert (curve.before, curve.after) == ("loop", "loop") and curve.at(-1) == 2.5
    for broken in (["hold", "loop"], ["hold", "twice", [0, 1, "linear"]], ["hold", "loop", "loop", [0, 1, "linear"]]):
        with pytest.raises(ValueError, match=r"expected|no keys"):
            Curve.from_data(broken)


def test_straight_lines_are_exact() -> None:
    curve = Curve.of((0, 0), (10, 5), interp="linear")
    assert [curve.at(x) for x in (0, 2, 5, 9, 10, 12, -1)] == [0, 1, 2.5, 4.5, 5, 5, 0]
    smooth = Curve.of((0, 0), (1, 1), (2, 2), (3, 3), extend="linear")
    assert [smooth.at(x) for x in (-2, 0.25, 1.5, 7)] == [-2, 0.25, 1.5, 7]


def test_two_smooth_keys_ease_in_and_out() -> None:
    curve = Curve.of((0, 0), (4, 1))
    assert [curve.at(x) for x in (0, 1, 2, 3, 4)] == [0, 0.15625, 0.5, 0.84375, 1]  # t * t * (3 - 2 * t)


def test_constant_holds_until_the_next_key() -> None:
    curve = Curve((Key(1, 3, "constant"), Key(5, 7, "linear"), Key(6, 9, "linear")))
    assert [curve.at(x) for x in (0, 1, 4.999, 5, 5.5)] == [3, 3, 3, 7, 8]


def test_free_keys_use_their_slopes() -> None:
    curve = Curve((Key(0, 0, "free", 9, 1), Key(2, 0, "free", -1, 9)))
    assert curve.at(1) == 0.5  # h / 8 * (right - left)
    assert Curve((Key(0, 0, "free", 0, 2), Key(1, 2, "free", 2, 0))).at(0.3) == pytest.approx(0.6, abs=1e-15)
    assert Key(0, 0, "free", 1, 2).broken
    assert not Key(0, 0, "free", 1, 1).broken
    assert not Key(0, 0, "smooth", 1, 2).broken


def test_extensions() -> None:
    points = ((0.0, 0.0), (2.0, 4.0))
    extends: tuple[Extend, ...] = ("hold", "linear", "loop", "bounce")
    at = {e: Curve.of(*points, interp="linear", extend=e).at for e in extends}
    assert [at["hold"](x) for x in (-1, 3)] == [0, 4]
    assert [at["linear"](x) for x in (-1, 3)] == [-2, 6]
    assert [at["loop"](x) for x in (-0.5, 2, 2.5, 5)] == [3, 4, 1, 2]
    assert [at["bounce"](x) for x in (-0.5, 2.5, 3.5, 4.5)] == [1, 3, 1, 1]
    free = Curve((Key(0, 1, "free", 3, 0), Key(1, 1, "free", 0, -2)), before="linear", after="linear")
    assert (free.at(-1), free.at(2)) == (-2, -1)
    held = Curve((Key(0, 1, "constant"), Key(1, 5, "constant")), before="linear", after="linear")
    assert (held.at(-1), held.at(2)) == (1, 5)


def test_numbers_of_keys_are_of_any_kind() -> None:
    curve = Curve.of((np.float32(1), np.int64(2)), (3, 4))  # type: ignore[arg-type]
    assert curve == Curve.of((1.0, 2.0), (3.0, 4.0)) and type(curve.keys[0].frame) is float
    for wrong in (10**400, -(10**5000), float("nan"), True, "2"):
        with pytest.raises(ValueError, match=r"the value of a key is .*, expected a finite number"):
            Key(1.0, wrong)  # type: ignore[arg-type]


def test_one_key_is_a_constant() -> None:
    extends: tuple[Extend, ...] = ("hold", "linear", "loop", "bounce")
    for extend in extends:
        curve = Curve.of((3, 2.5), extend=extend)
        assert curve.is_constant
        assert [curve.at(x) for x in (-10, 3, 10)] == [2.5] * 3
    assert Curve((Key(0, 1), Key(6, 1), Key(9, 1, "linear"))).is_constant
    assert not Curve((Key(0, 1), Key(6, 2))).is_constant
    assert not Curve((Key(0, 1, "free", 0, 1), Key(6, 1))).is_constant


def test_a_closed_loop_is_smooth_where_it_closes() -> None:
    curve = Curve.of((0, 1), (2, 2), (4, 0), (6, 1), extend="loop")
    slope = [(curve.at(x + 1e-6) - curve.at(x - 1e-6)) / 2e-6 for x in (0.0, 6.0)]
    assert slope[0] == pytest.approx(slope[1], abs=1e-6)
    assert slope[0] > 0.1


def test_a_closed_loop_is_the_same_wherever_its_first_key_is() -> None:
    curve = Curve.of((0, 0), (2, 3), (6, -3), (10, 0), extend="loop")
    turned = Curve.of((2, 3), (6, -3), (10, 0), (12, 3), extend="loop")
    xs = np.linspace(-10, 30, 161)
    assert np.allclose(curve.sample(xs), turned.sample(xs), atol=1e-12)


def test_edits_return_new_curves() -> None:
    curve = Curve((Key(1, 0), Key(10, 2.5, "free", 0.5, -0.5)), before="linear", after="linear")
    assert curve.with_key(Key(5, 1)).keys[1] == Key(5, 1)
    assert curve.with_key(Key(1, 4)).keys == (Key(1, 4), curve.keys[1])
    assert curve.without_key(1).keys == curve.keys[1:]
    assert curve.moved(1, 20).keys == (curve.keys[1], Key(20, 0))
    assert curve.moved(1, 1, 7).at(1) == 7
    assert curve.shifted(3).keys == (Key(4, 0), Key(13, 2.5, "free", 0.5, -0.5))
    assert curve.scaled(frames=2, values=4, pivot=1).keys == (Key(1, 0), Key(19, 10, "free", 1, -1))
    assert curve.shifted(3).after == "linear"
    assert curve.range() == (1, 10)
    with pytest.raises(ValueError, match="no key at frame 2"):
        curve.without_key(2)
    with pytest.raises(ValueError, match="two keys at frame 10"):
        curve.moved(1, 10)
    with pytest.raises(ValueError, match="stretched by 0"):
        curve.scaled(frames=0)
    with pytest.raises(ValueError, match="no keys"):
        curve.without_key(1).without_key(10)


def test_compact_form() -> None:
    data = [[1, 0, "smooth"], [10, 2.5, "free", 0.1, -0.2]]
    curve = Curve.from_data(data)
    assert curve == Curve((Key(1, 0), Key(10, 2.5, "free", 0.1, -0.2)))
    assert json.dumps(curve.to_data()) == json.dumps(data)
    assert Curve.of((0, 1), extend="loop").to_data() == ["loop", [0, 1, "smooth"]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "list of keys"),
        ({}, "list of keys"),
        ([], "list of keys"),
        (["loop"], "no keys"),
        (["spin", [0, 1, "smooth"]], "extension"),
        ([1], "expected \\[frame"),
        ([[1, 2]], "expected \\[frame"),
        ([[1, 2, "smooth", 3, 4]], "two slopes"),
        ([[1, 2, "free"]], "two slopes"),
        ([[1, 2, "wavy"]], "interpolation"),
        ([[1, 2, ["free"]]], "interpolation"),
        ([["1", 2, "linear"]], "frame of a key"),
        ([[1, math.nan, "linear"]], "value of a key"),
        ([[math.inf, 0, "linear"]], "frame of a key"),
        ([[1, 10**400, "linear"]], "value of a key"),
        ([[1, True, "linear"]], "value of a key"),
        ([[1, 2, "free", None, 0]], "left of a key"),
        ([[2, 0, "linear"], [1, 0, "linear"]], "rising"),
        ([[2, 0, "linear"], [2, 1, "linear"]], "two keys"),
    ],
)
def test_malformed_data_is_refused_with_a_sentence(data: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        Curve.from_data(data)
    assert len(str(caught.value)) < 200
