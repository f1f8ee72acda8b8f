"""How numbers are typed, stepped and spread over sliders."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.app.properties.arithmetic import evaluate, several
from rimlight.app.properties.colors import from_hsv, from_tmi, hsv, tmi
from rimlight.app.properties.numbers import Linear, Log, Mired, exact, rounded, scrub_step, scrubbed, short, step_digit
from rimlight.engine import ExpressionError, Spec


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", 0.5), ("1/4", 0.25), ("2 * pi", 2 * math.pi), ("frame + 1", 11.0), ("-3", -3.0),
        ("+1", 5.0), ("*2", 8.0), ("/ 4", 1.0), ("%3", 1.0), ("+=2", 6.0), ("-=2", 2.0), ("*=0.5", 2.0),
        ("value*3", 12.0),
    ],
)  # fmt: skip
def test_what_is_typed_where_4_stood(text: str, expected: float) -> None:
    assert evaluate(text, 4.0, 10.0) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["1 +", "blue", "/0", "%0", "__import__('os')", "1/0"])
def test_what_cannot_be_read_is_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, 4.0, 10.0)


def test_lists_of_numbers() -> None:
    assert several("0.1, 0.2 0.3") == (0.1, 0.2, 0.3)
    assert several("[1, -2, 3e2]") == (1.0, -2.0, 300.0)
    assert several("1 - 2") == several("5") == several("a b") == ()


@pytest.mark.parametrize(
    ("text", "cursor", "steps", "after"),
    [
        ("0.18", 4, 1, "0.19"), ("0.18", 2, 1, "0.28"), ("0.18", 0, 1, "1.18"), ("99", 2, 1, "100"),
        ("99", 0, 1, "109"), ("-1.5", 1, 1, "-0.5"), ("0.1", 2, -2, "-0.1"), ("5", 0, -10, "-5"), ("1.", 1, 1, "2"),
    ],
)  # fmt: skip
def test_the_digit_behind_the_cursor(text: str, cursor: int, steps: float, after: str) -> None:
    stepped = step_digit(text, cursor, steps)
    assert stepped is not None
    assert stepped[0] == after


def test_the_cursor_stays_before_its_digit_when_the_number_grows() -> None:
    assert step_digit("99.5", 0, 1) == ("109.5", 1)
    assert step_digit("9", 1, 1) == ("10", 2)
    assert step_digit("frame", 0, 1) is None


@given(st.floats(-1e6, 1e6))
def test_edited_numbers_are_exact_and_shown_ones_short(value: float) -> None:
    assert float(exact(value)) == value
    assert float(short(value)) == pytest.approx(value, rel=1e-5, abs=1e-300)


def test_frames_above_a_million_are_shown_whole() -> None:
    assert [short(v) for v in (1001234, -1001234.0, 1234567.5, 1e12)] == ["1001234", "-1001234", "1234568", "1e+12"]
    assert [short(v) for v in (0.1234567, 99.5, -0.0, math.nan, math.inf)] == ["0.123457", "99.5", "0", "nan", "inf"]


@pytest.mark.parametrize(
    ("value", "step", "after"),
    [(1001234.5, 0.5, 1001234.5), (12345.678, 0.5, 12345.68), (0.1234567, 0.0025, 0.1235), (1.0049999, 0.05, 1.005)],
)
def test_a_drag_keeps_as_many_digits_as_its_steps_have(value: float, step: float, after: float) -> None:
    assert scrubbed(value, step) == after


@pytest.mark.parametrize("scale", [Linear(-2, 6), Log(0.001, 10), Mired(2000, 12000)])
@given(position=st.floats(0, 1))
def test_scales_have_inverses_and_ends(scale: Linear, position: float) -> None:
    assert scale.to(scale.of(position)) == pytest.approx(position, abs=1e-9)
    assert scale.of(0) == pytest.approx(scale.low)
    assert scale.of(1) == pytest.approx(scale.high)


def test_kelvin_is_spread_as_the_eye_sees_it() -> None:
    scale = Mired(2000, 12000)
    assert scale.of(0.5) == pytest.approx(2 / (1 / 2000 + 1 / 12000))


def test_a_slider_gives_round_numbers() -> None:
    assert rounded(Linear(0, 4), 0.333, 100, False) == pytest.approx(1.33)
    assert rounded(Linear(0, 100), 0.333, 50, True) == 33.0
    assert len(repr(rounded(Linear(0, 1), 0.123456, 200, False))) <= 6


finite = st.floats(-4, 16).map(lambda v: round(v, 4))


@given(st.tuples(finite, finite, finite))
def test_colours_come_back_from_hsv_and_temperature(rgb: tuple[float, float, float]) -> None:
    if max(rgb) != 0:
        assert from_hsv(*hsv(rgb)) == pytest.approx(rgb, abs=1e-9)
    assert from_tmi(*tmi(rgb)) == pytest.approx(rgb, abs=1e-9)


def test_points_are_dragged_finely_whatever_their_range() -> None:
    pixel = Spec("pixel", float, 2, (960.0, 540.0), "a place", soft=(0, 1920), unit="px", role="point")
    assert scrub_step(pixel) == 0.5 and scrub_step(replace(pixel, role="")) == 4.8
