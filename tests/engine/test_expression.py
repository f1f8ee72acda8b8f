"""Expressions: values, what is refused and how, and the agreement of numbers and tensors."""

import math
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rimlight.engine.errors import RimlightError
from rimlight.engine.expression import Expression
from rimlight.engine.expression_functions import ARGUMENTS, SCALAR, TENSOR
from rimlight.engine.expression_reading import ExpressionError

NAMES = {
    "in.size": 3.0,
    "G.class.from": 5.0,
    "None.mix": 0.5,
    "frame": 12.0,
    "x": 0.25,
    "Blur1.size": 4.0,
    "Grade1.gain.r": 2.0,
    "parent.amount": -1.5,
    "M.matrix.3": 9.0,
}


def value(text: str) -> float:
    return Expression.parse(text).evaluate(NAMES.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("-2 ** 2", -4),
        ("7 // 2 + 7 % -3", 1),
        ("frame / 24", 0.5),
        ("Blur1.size * Grade1.gain.r + parent.amount", 6.5),
        ("M.matrix[3]", 9),
        ("in.size if G.class.from > in.size else-1", 3),
        ("not.5 + None.mix", 0),
        ("  2 *\n (3 + 1)", 8),
        ("1 < 2 < 3", 1),
        ("3 > 2 > 2", 0),
        ("(1 < 2) + (2 >= 2) + (1 != 1)", 2),
        ("2 and 3", 1),
        ("0 or 0", 0),
        ("not frame", 0),
        ("5 if frame > 10 else 1 / 0", 5),
        ("frame == 0 or 12 / frame", 1),
        ("frame != 12 and 1 / (frame - 12)", 0),
        ("clamp(3) + clamp(-3) + clamp(3, 0, 2)", 3),
        ("lerp(2, 4, 0.25)", 2.5),
        ("smoothstep(0, 2, 1)", 0.5),
        ("step(1, 1) + step(1, 0.5)", 1),
        ("min(3, 1, 2) + max(3, 1, 2)", 4),
        ("int(-1.7) + floor(-1.2) + ceil(1.2) + round(2.5) + trunc(1.9)", 2),
        ("fract(-0.25)", 0.75),
        ("sign(-3) + sign(0)", -1),
        ("degrees(pi) + radians(180) / pi", 181),
        ("hypot(3, 4) + atan2(0, 1) + log(e) + log2(8) + log10(100)", 11),
        ("pow(2, 10) + sqrt(9) + abs(-1) + exp(0)", 1029),
        ("True + False", 1),
    ],
)
def test_values(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-14)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in.size + 1.if frame > 2.else 3.and 4", 4),
        ("1if frame else 2", 1),
        ("1_0if 0or 0else .5if 1and 1else 2", 0.5),
        ("0xfor 2", 1),
        ("1e1if not 0else 0b1or 2", 10),
        ("2e-1if 1else 3", 0.2),
    ],
)
def test_words_right_behind_a_number_are_words_without_a_warning(text: str, expected: float) -> None:
    assert value(text) == expected


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1if 2else no(3)", r"no function 'no'.*character 11"),
        ("\t1if\t2else no(3)", r"no function 'no'.*character 12"),
        ("1if 1else 2)", r"character 12"),
        ("1inch", r"character [12]"),
        ("0xfand 1", "cannot be read"),
        ("a.5if 1 else 2", "cannot be read"),
        (r"'\d' + 1", r"'\\' is not part of the language \(at character 2\)"),
    ],
)
def test_what_is_wrong_behind_such_numbers_is_told_by_its_place(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says):
        Expression.parse(text)


def test_names_are_what_it_reads() -> None:
    assert Expression.parse("frame * pi + Blur1.size.x - sin(e)").names == {"frame", "Blur1.size.x"}
    assert Expression.parse("1 + 2").names == frozenset()
    assert Expression.parse("A.matrix[3] if b else 0").names == {"A.matrix.3", "b"}


def test_parse_is_cached_and_equal_by_text() -> None:
    assert Expression.parse("frame + 1") is Expression.parse("frame + 1")
    assert Expression.parse("frame+1") != Expression.parse("frame + 1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("1 +", "cannot be read"),
        ("1) + (2", r"cannot be read.*character 2"),
        ("a = 1", "cannot be read"),
        ("1; 2", r"character 2"),
        ("a ? b : c", r"'a if test else b' \(at character 3\)"),
        ("Moon.kelvin /", "something is missing at its end"),
        ("sqrt(2) +", "missing at its end"),
        ("a != 1 && b", r"'and' \(at character 8\)"),
        ("2 ^ 3", r"'\*\*' for a power"),
        ("'text'", "allowed are numbers"),
        ("f'{frame}'", "allowed are numbers"),
        ("1j", "allowed are numbers"),
        ("[1]", "allowed are numbers"),
        ("(1, 2)", "allowed are numbers"),
        ("{}", "allowed are numbers"),
        ("lambda: 1", "allowed are numbers"),
        ("[x for x in y]", "allowed are numbers"),
        ("().__class__", "allowed are numbers"),
        ("sin(1).real", "allowed are numbers"),
        ("x[frame]", "allowed are numbers"),
        ("x[0:1]", "allowed are numbers"),
        ("x is x", "allowed are numbers"),
        ("1 << 3", "allowed are numbers"),
        ("~1", "allowed are numbers"),
        ("math.sin(1)", "allowed are numbers"),
        ("(sin)(1)(2)", "allowed are numbers"),
        ("...", "allowed are numbers"),
        ("None", "allowed are numbers"),
        ("__import__(1)", "no function '__import__'"),
        ("eval(1)", "no function 'eval'"),
        ("sin", r"expected sin\(...\)"),
        ("sin()", "sin takes 1 argument, found 0"),
        ("min(1)", "min takes 2 to 64 arguments, found 1"),
        ("clamp(1, high=2)", "plain arguments"),
        ("max(*x)", "plain arguments"),
        ("1e400", "too large"),
        ("  3 + nothing(1)", r"character 7"),
        ("0 + é(1)", r"character 5"),
        ("1\0", "cannot be read|cannot"),
        ("9" * 4001, "4001 characters"),
        ("+".join("x" * 200), "levels deep"),
        ("-" * 3000 + "1", "nested"),
        ("(" * 1000 + ")" * 1000, "nested"),
    ],
)
def test_everything_else_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says) as caught:
        Expression.parse(text)
    assert isinstance(caught.value, RimlightError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 + frame / 0", r"division by zero \(at character 5\)"),
        ("1 // 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("smoothstep(1, 1, 1)", "division by zero"),
        ("9 ** 9 ** 9 ** 9", "too large"),
        ("9e99 * 9e99 * 9e99 * 9e99", "too large"),
        ("exp(1000)", "too large"),
        ("2 + sqrt(-1)", r"no real value here \(at character 5\)"),
        ("log(0)", "no real value"),
        ("(-8) ** 0.5", "no real value"),
        ("asin(2)", "no real value"),
        ("0 ** -1", "no real value"),
        ("frame + Blur2.size", r"there is no 'Blur2.size' \(at character 9\)"),
    ],
)
def test_no_finite_value_is_an_error(text: str, says: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError, match=says):
        value(text)
    assert time.process_time() - started < 5  # a bomb would take minutes


def test_errors_of_the_lookup_come_through() -> None:
    def lookup(name: str) -> float:
        raise RimlightError(f"no {name}")

    with pytest.raises(RimlightError, match="no frame"):
        Expression.parse("1 + frame").evaluate(lookup)
    with pytest.raises(ExpressionError, match="'frame' is nan"):
        Expression.parse("1 + frame").evaluate(lambda name: math.nan)


def test_tensors_broadcast_and_keep_their_shape(device: torch.device) -> None:
    r = torch.linspace(-1, 2, 12, device=device).view(1, 3, 4)
    b = torch.ones(3, 1, 1, device=device)
    run = Expression.parse("(r > 0) * 2 + (0.5 if r > 1 and not b < frame else -frame)").evaluate_tensors
    got = run({"r": r, "b": b, "frame": 1.0})
    expected = (r > 0) * 2.0 + torch.where(r > 1, 0.5, -1.0)
    assert got.shape == (3, 3, 4)
    assert got.dtype == torch.float32
    assert got.device == r.device
    assert torch.equal(got, expected.expand(3, 3, 4))
    chosen = Expression.parse("r if frame > 0 else missing").evaluate_tensors({"r": r, "frame": 1.0})
    assert torch.equal(chosen, r)
    flat = Expression.parse("frame / 3").evaluate_tensors({"r": r, "frame": 1.0})
    assert torch.equal(flat, torch.full_like(r, 1 / 3))
    assert Expression.parse("2").evaluate_tensors({}).shape == ()


def test_tensors_follow_ieee(device: torch.device) -> None:
    x = torch.tensor([-1.0, 0.0, 1.0], device=device)
    run = {t: Expression.parse(t).evaluate_tensors({"x": x}).tolist() for t in ("1 / x", "0 / 0", "9.0 ** 999")}
    assert run["1 / x"] == [-1, math.inf, 1]
    assert all(math.isnan(v) for v in run["0 / 0"])
    assert run["9.0 ** 999"] == [math.inf] * 3
    assert Expression.parse("0 if x == 0 else 1 / x").evaluate_tensors({"x": x}).tolist() == [-1, 0, 1]
    with pytest.raises(ExpressionError, match=r"no 'y', known are x \(at character 5\)"):
        Expression.parse("x + y").evaluate_tensors({"x": x})


def test_both_tables_hold_the_same_functions() -> None:
    assert SCALAR.keys() == TENSOR.keys() == ARGUMENTS.keys()


FINE = {"asin", "acos", "atan2", "clamp", "smoothstep"}
TEXTS = [
    *(f"{n}({', '.join('abcd'[: max(low, min(3, high))])})" for n, (low, high) in ARGUMENTS.items() if n not in FINE),
    *("asin(a / 100)", "acos(a / 100)", "atan2(a, b)", "clamp(a, 0, 5)", "clamp(a)", "clamp(a, b)", "clamp(a, b, c)"),
    *("smoothstep(a, a + 1, b)", "a + b - c", "a * b / c", "a // b", "a % b", "a ** 2", "abs(a) ** b", "-a", "not a"),
    *("a < b", "a <= b <= c", "a == b", "a != a", "a and b", "a or b", "a if b > c else d", "True * a", "pi * e * a"),
]
NUMBERS = st.integers(-400, 400).map(lambda i: i / 16)


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=15)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6))
def test_numbers_and_tensors_agree(text: str, rows: list[tuple[float, ...]]) -> None:
    expression = Expression.parse(text)
    columns = torch.tensor(rows, dtype=torch.float32).unbind(1)
    got = expression.evaluate_tensors(dict(zip("abcd", columns, strict=True)))
    for result, row in zip(got.tolist(), rows, strict=True):
        try:
            expected = expression.evaluate(dict(zip("abcd", row, strict=True)).__getitem__)
        except ExpressionError:
            continue
        if abs(expected) < 1e30:
            assert result == pytest.approx(expected, rel=2e-4, abs=2e-5)


@given(st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32))
def test_rand_is_the_same_for_numbers_and_tensors(a: float, b: float) -> None:
    expression = Expression.parse("rand(a, b)")
    number = expression.evaluate({"a": a, "b": b}.__getitem__)
    assert 0 <= number < 1
    assert expression.evaluate_tensors({"a": torch.tensor([a]), "b": b}).item() == number


def test_rand_is_uniform_and_noise_is_smooth() -> None:
    x = torch.arange(20000, dtype=torch.float32)
    rand = Expression.parse("rand(x)").evaluate_tensors({"x": x})
    assert rand.mean().item() == pytest.approx(0.5, abs=0.01)
    assert rand.var().item() == pytest.approx(1 / 12, abs=0.005)
    assert abs(torch.corrcoef(torch.stack([rand[1:], rand[:-1]]))[0, 1].item()) < 0.03
    fine = torch.arange(10000, dtype=torch.float32) / 100
    for text in ("noise(x)", "noise(x, 0.5)", "noise(x, 0.5, x)"):
        noise = Expression.parse(text).evaluate_tensors({"x": fine})
        assert noise.abs().max() <= 1
        assert noise.diff().abs().max() < 0.1
        assert noise.std() > 0.2
