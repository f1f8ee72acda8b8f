"""White points against published values."""

import numpy as np
import pytest

from rimlight.nodes.ops import white
from rimlight.nodes.ops.color import LUMINANCE

D50 = (0.34567, 0.35850)


def test_published_chromaticities() -> None:
    assert white.uv_to_xy(white.planckian_uv(2856)) == pytest.approx((0.44757, 0.40745), abs=4e-4)  # illuminant A
    assert white.uv_to_xy(white.planckian_uv(6500)) == pytest.approx((0.31352, 0.32363), abs=2e-4)
    assert white.daylight_xy(6504) == pytest.approx((0.31272, 0.32903), abs=1e-4)
    assert white.daylight_xy(5003) == pytest.approx(D50, abs=2e-4)
    assert white.xy_to_uv((0.3127, 0.3290)) == pytest.approx((0.19783, 0.31221), abs=1e-4)
    assert white.uv_to_xy(white.xy_to_uv((0.2, 0.7))) == pytest.approx((0.2, 0.7))


def test_matrices() -> None:
    expected = [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
    np.testing.assert_allclose(white.rgb_to_xyz("rec709"), expected, atol=1e-6)
    bradford = [
        [1.0478112, 0.0228866, -0.0501270],
        [0.0295424, 0.9904844, -0.0170491],
        [-0.0092345, 0.0150436, 0.7521316],
    ]
    np.testing.assert_allclose(white.adaptation(white.D65, D50), bradford, atol=5e-4)
    with pytest.raises(ValueError, match="no working space 'srgb', known are rec709"):
        white.rgb_to_xyz("srgb")
    with pytest.raises(ValueError, match="no adaptation 'x', known are bradford, cat02"):
        white.adaptation(white.D65, D50, "x")


@pytest.mark.parametrize("space", white.PRIMARIES)
def test_luminance_weights_are_those_of_the_primaries(space: str) -> None:
    assert white.rgb_to_xyz(space)[1].tolist() == pytest.approx(LUMINANCE[space], abs=1e-4)


@pytest.mark.parametrize("space", white.PRIMARIES)
@pytest.mark.parametrize("method", white.CONES)
def test_white_balance_takes_one_white_to_the_other(space: str, method: str) -> None:
    warm, cold = white.white_xy(3200), white.white_xy(7500, 20)
    matrix = np.array(white.white_balance(warm, cold, space, method)).reshape(3, 3)
    np.testing.assert_allclose(
        matrix @ white.white_rgb(3200, space=space), white.white_rgb(7500, 20, space), atol=1e-12
    )
    np.testing.assert_allclose(white.white_balance(warm, warm, space, method), np.eye(3).flatten(), atol=1e-12)


def test_light_has_luminance_one_and_cools_with_kelvin() -> None:
    ratios = []
    for kelvin in (1000, 2000, 3200, 4300, 5600, 6504, 9000, 25000):
        red, green, blue = white.white_rgb(kelvin)
        assert red * 0.212639 + green * 0.7151687 + blue * 0.0721923 == pytest.approx(1, abs=1e-6)
        ratios.append(blue / red)
    assert ratios == sorted(ratios)
    assert white.white_rgb(6504) == pytest.approx((1, 1, 1), abs=2e-3)
    assert white.white_rgb(500) == white.white_rgb(1000)


def test_tint_goes_to_magenta_and_to_green_at_right_angles() -> None:
    for kelvin in (2500.0, 4500.0, 6504.0, 12000.0):
        red, green, blue = white.white_rgb(kelvin)
        pink = white.white_rgb(kelvin, 30)
        assert pink[1] < green
        assert pink[0] + pink[2] > red + blue
        assert white.white_rgb(kelvin, -30)[1] > green
        here, there = (np.array(white.xy_to_uv(white.white_xy(kelvin, t))) for t in (0, 30))
        assert np.hypot(*(there - here)) == pytest.approx(30 / 3000, rel=1e-6)


def test_the_locus_has_no_step() -> None:
    uv = np.array([white.xy_to_uv(white.white_xy(k)) for k in np.linspace(3900, 5100, 601)])
    steps = np.hypot(*np.diff(uv, axis=0).T)
    assert steps.max() < 3 * steps.min()
