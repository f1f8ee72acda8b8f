"""Lights whose RGB is said as temperature and tint."""

import pytest
import torch

from rimlight.engine import (
    ACESCG,
    LINEAR_REC709,
    DirectionalLight,
    Vec3,
    WorkingSpace,
    kelvin_tint,
    light_level,
    tempered,
    white_rgb,
)  # fmt: skip

SPACES = pytest.mark.parametrize("space", [ACESCG, LINEAR_REC709], ids=["ACEScg", "Rec.709"])
WHITES = pytest.mark.parametrize(
    "white", [(1900.0, 0.0), (2856.0, 5.0), (4500.0, -20.0), (6504.0, 0.0), (12000.0, 15.0)]
)


def rgb_of(white: tuple[float, float], space: WorkingSpace, level: float = 1.0) -> Vec3:
    red, green, blue = (white_rgb(*white, space) * level).tolist()
    return red, green, blue


@SPACES
@WHITES
def test_temperature_and_tint_are_those_of_the_lights(space: WorkingSpace, white: tuple[float, float]) -> None:
    kelvin, tint = kelvin_tint(rgb_of(white, space), space)
    assert kelvin == pytest.approx(white[0], rel=1e-3)
    assert tint == pytest.approx(white[1], abs=0.05)


@SPACES
@pytest.mark.parametrize("color", [(1.0, 0.8, 0.55), (0.3, 0.36, 0.5), (20.0, 19.0, 15.0), (1.0, 0.9, 0.9)])
def test_a_colour_near_the_whites_becomes_temperature_and_tint_and_the_light_stays(
    space: WorkingSpace, color: Vec3
) -> None:
    light = DirectionalLight(name="key", exposure=-1.5, color=color)
    said = tempered(light, space)
    assert said.color == (1.0, 1.0, 1.0) and said.kelvin != 6504
    torch.testing.assert_close(light_level(said, space), light_level(light, space), rtol=1e-6, atol=0)


@SPACES
@pytest.mark.parametrize("white", [(4504.21, 32.27), (4718.3, 39.0), (4467.0, 37.6), (4247.4, -44.0)])
def test_a_tinted_white_is_found_where_the_line_of_whites_bends(
    space: WorkingSpace, white: tuple[float, float]
) -> None:
    light = DirectionalLight(color=rgb_of(white, space, 3.0))
    said = tempered(light, space)
    assert (said.kelvin, said.tint) == pytest.approx(white, rel=1e-3)
    torch.testing.assert_close(light_level(said, space), light_level(light, space), rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "light",
    [
        DirectionalLight(color=(1.0, 0.02, 0.02)),  # stage red
        DirectionalLight(color=(0.1, 1.0, 0.1)),
        DirectionalLight(color=(0.05, 0.05, 1.0)),
        DirectionalLight(color=(0.0, 0.0, 0.0)),
        DirectionalLight(color=(2.0, 2.0, 2.0)),
        DirectionalLight(color=(1.0, 0.8, 0.6), kelvin=4000.0),  # a gel on a lamp
        DirectionalLight(color=(1.0, 0.8, 0.6), tint=5.0),
    ],
)
def test_other_colours_stay_as_they_are(light: DirectionalLight) -> None:
    assert tempered(light, ACESCG) is light


def test_no_white_is_searched_for_where_none_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("rimlight.engine.light.temperature.white_rgb", lambda *given: asked.append(given))
    for color in ((1.0, 0.03, 0.01), (0.15, 1.0, 0.1), (0.0, 0.04, 1.0), (-0.5, 2.0, 1.0)):
        light = DirectionalLight(color=color)
        assert tempered(light, ACESCG) is light
    assert not asked
