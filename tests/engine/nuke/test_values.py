"""Curves, expressions, channels and names, each by what it must give."""

import pytest

from rimlight.engine.expression import Expression
from rimlight.engine.nuke.channels import channel_of, channels_of
from rimlight.engine.nuke.curves import parse_curve
from rimlight.engine.nuke.expressions import UntranslatableError, translate
from rimlight.engine.nuke.naming import free_name, space_of
from rimlight.engine.nuke.values import format_text


def hermite(p0: float, p1: float, m0: float, m1: float, h: float, u: float) -> float:
    """A cubic from p0 to p1 over h with slopes m0 and m1, at the share u."""
    return (
        (2 * u**3 - 3 * u**2 + 1) * p0
        + (u**3 - 2 * u**2 + u) * h * m0
        + (-2 * u**3 + 3 * u**2) * p1
        + (u**3 - u**2) * h * m1
    )


def test_curves_run_as_their_letters_say() -> None:
    curve, lost = parse_curve("L x1 0 x5 40 S x9 60 x13 20 R x17 30 x21 50 K x25 50 S x29 10 s-5 t2 x33 30")
    assert curve is not None and not lost
    assert curve.at(0) == 0 and curve.at(40) == 30
    assert curve.at(3) == 20  # a straight line between two linear keys
    assert curve.at(7) == pytest.approx(hermite(40, 60, 5, 0, 4, 0.5))
    assert curve.at(15) == pytest.approx(hermite(20, 30, 0, 3.75, 4, 0.5))
    assert curve.at(19) == pytest.approx(hermite(30, 50, 3.75, 2.5, 4, 0.5))
    assert curve.at(28.9) == 50
    assert curve.at(31) == pytest.approx(hermite(10, 30, 2, 0, 4, 0.5))


def test_places_go_on_at_the_last_distance_and_cubic_keys_have_no_kink() -> None:
    curve, _ = parse_curve("C x0 0 1 0")
    assert curve is not None and [key.frame for key in curve.keys] == [0, 1, 2]
    assert curve.at(0.5) == pytest.approx(hermite(0, 1, 1.5, 0, 1, 0.5))
    curve, _ = parse_curve("x10 1 2 x20 3 4 5")
    assert curve is not None and [key.frame for key in curve.keys] == [10, 11, 20, 29, 38]


def test_curves_go_on_beyond_their_keys_and_tell_what_they_lose() -> None:
    curve, _ = parse_curve("l L x1 0 x2 10")
    assert curve is not None and curve.at(0) == -10 and curve.at(3) == 20
    for text, ends in (("l x1 0 k x2 10", (-10, 10)), ("x1 0 l x2 10", (0, 20)), ("l x1 0 k x2 10 l x3 20", (-10, 30))):
        curve, _ = parse_curve(f"L {text}")
        assert curve is not None and (curve.at(0), curve.at(curve.keys[-1].frame + 1)) == ends
    assert parse_curve("x1 0 u2 x5 1")[1] == "the length of handles"
    assert parse_curve("i") == (None, "") and parse_curve("")[0] is None
    same, _ = parse_curve("x1 0 x1 5 x3 1")
    assert same is not None and [(k.frame, k.value) for k in same.keys] == [(1, 5), (3, 1)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14), ("a > 1 ? 10 : 20", 10), ("a < 1 ? 10 : a == 2 ? 30 : 20", 30), ("!a || 0", 0),
        ("a && 3", 1), ("2^3", 8), ("-2^2", -4), ("fmod(7, 4)", 3), ("pow2(3)", 9), ("ln(exp(2))", 2), ("rint(2.6)", 3),
        ("mix(1, 3, 0.5)", 2), ("clamp(7)", 1), ("true + yes", 2), ("(1, 2)", None), ("a a", None), ("[value x]", None),
        ("a = 1", None), ("curve * 2", None), ("what(1)", None), ("", None), ("sin(", None), ("tanh(0)", 0),
        ("010", 10), ("to_sRGB(from_sRGB(0.5))", 0.5),
    ],
)  # fmt: skip
def test_expressions_mean_the_same(text: str, value: float | None) -> None:
    names = {"a": "a"}
    if value is None:
        with pytest.raises(UntranslatableError):
            translate(text, names.get)
        return
    made = Expression.parse(translate(text, names.get))
    assert float(made.evaluate(lambda name: 2.0)) == pytest.approx(value)


def test_channels_get_our_names() -> None:
    assert channels_of("rgb") == "rgb" and channels_of("{rgba.red rgba.green rgba.blue}") == "rgb"
    assert channels_of("{-rgba.red -rgba.green -rgba.blue rgba.alpha}") == "alpha"
    assert channels_of("{rgba.red rgba.green rgba.blue rgba.alpha depth.Z}") == "rgba depth.Z"
    assert channels_of("{rgba.red rgba.green -rgba.blue -}") == "rgba.R rgba.G"
    assert channels_of("all") == "all" and channels_of("") == "none"
    assert [channel_of(t) for t in ("rgba.alpha", "mask.a", "forward.u", "alpha", "-rgba.red", "depth")] == [
        "rgba.A", "mask.A", "forward.u", "rgba.A", "none", "depth",
    ]  # fmt: skip


def test_formats_spaces_and_names() -> None:
    assert format_text("2048 1556 0 0 2048 1556 1 2K") == "2048x1556"
    assert format_text("1828 1556 0 0 1828 1556 2 scope") == "1828x1556@2" and format_text("HD_1080") == ""
    assert space_of("linear") == "Linear Rec.709 (sRGB)" and space_of("default (sRGB)") == ""
    assert space_of("scene_linear (ACES - ACEScg)") == "ACES - ACEScg" and space_of("ACEScct") == "ACEScct"
    assert free_name("a b-c", "X1", ()) == "a_b_c" and free_name("3D", "X1", ()) == "_3D"
    assert free_name("", "Blur1", {"Blur1"}) == "Blur2"
    assert free_name("self", "X1", ()) == "_self" and free_name("parent", "X1", ()) == "_parent"  # words of links
