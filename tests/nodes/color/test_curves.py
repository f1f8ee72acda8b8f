"""Curves and HueCorrect at values computed by hand."""

from dataclasses import replace

import pytest
import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.engine import Curve, Region
from rimlight.nodes.ops.hue import FLAT
from stage import run, staged


def through(kind: str, pixels: list[tuple[float, ...]], **values: object) -> list[list[float]]:
    x = torch.tensor(pixels).t()[:, None].contiguous()
    image = picture(x, display=Region(0, 0, len(pixels), 1))
    found: list[list[float]] = run(kind, image, **values)["rgba"][:, 0].t().tolist()
    return found


def line(*points: tuple[float, float]) -> Curve:
    return Curve.of(*points, interp="linear", extend="linear")


def flat(value: float) -> Curve:
    return replace(FLAT, keys=tuple(replace(key, value=value) for key in FLAT.keys))


def test_master_comes_before_the_channels() -> None:
    found = through("Curves", [(0.5, 0.5, -1.0, 0.25)], master=line((0, 0), (1, 2)), red=line((0, 1), (1, 0)))
    assert found[0] == pytest.approx([0.0, 1.0, -2.0, 0.25], abs=1e-6)


def test_curves_go_straight_on_beyond_their_ends() -> None:
    bent = line((0, 0), (0.5, 0.25), (1, 1))
    found = through("Curves", [(-2.0, 0.25, 0.75), (3.0, 60.0, 1.0)], master=bent)
    assert found[0] == pytest.approx([-1.0, 0.125, 0.625], abs=1e-6)
    assert found[1] == pytest.approx([4.0, 89.5, 1.0], abs=1e-4)


def test_curves_agree_with_their_scalar_values() -> None:
    curve = Curve.of((0, 0.1), (0.3, 0.2), (0.6, 0.9), (1, 1), extend="linear")
    found = run("Curves", hdr(), master=curve)["rgba"][:3]
    expected = torch.from_numpy(curve.sample(hdr()["rgba"][:3].numpy()))
    assert_close(found, expected, threshold=1e-5, relative=1e-5)


def test_only_straight_curves_change_nothing() -> None:
    names = ("master", "red", "green", "blue", "alpha")
    assert staged("Curves", hdr()).vertex("node").alias == ("given_image", 1)
    assert staged("Curves", hdr(), **{name: flat(0.5) for name in names}).vertex("node").alias is None
    for name in names:
        assert staged("Curves", hdr(), **{name: flat(0.5)}).vertex("node").alias is None, name


def test_alpha_follows_its_own_curve_when_chosen() -> None:
    found = through("Curves", [(0.5, 0.5, 0.5, 0.25)], alpha=line((0, 1), (1, 0)), channels="rgba")
    assert found[0] == pytest.approx([0.5, 0.5, 0.5, 0.75])


def test_a_hue_is_corrected_alone() -> None:
    """Factor 3 on green (hue 2), 1 on its neighbours half a hue away."""
    bump = Curve.of((0, 1), (1.5, 1), (2, 3), (2.5, 1), (6, 1), extend="loop")
    found = through("HueCorrect", [(0.5, 2.0, 0.5), (4.0, 1.0, 1.0), (0.3, 0.3, 0.3)], lum=bump)
    assert found[0] == pytest.approx([1.5, 6.0, 1.5], abs=1e-5)
    assert found[1] == pytest.approx([4.0, 1.0, 1.0], abs=1e-6)
    assert found[2] == pytest.approx([0.3, 0.3, 0.3], abs=1e-6)


def test_suppression_takes_a_channel_down_to_the_lesser_of_the_others() -> None:
    found = through("HueCorrect", [(0.25, 2.0, 0.5), (4.0, 1.0, 1.5)], g_sup=flat(0))
    assert found[0] == pytest.approx([0.25, 0.25, 0.5], abs=1e-6)
    assert found[1] == pytest.approx([4.0, 1.0, 1.5], abs=1e-6)


def test_pale_colours_follow_less() -> None:
    """Saturation 0.1 of a threshold of 0.2: half of the factor 3 is a factor of 2."""
    found = through("HueCorrect", [(1.0, 0.9, 0.9), (1.0, 0.5, 0.5), (1.0, 1.0, 1.0)], lum=flat(3), sat_thrsh=0.2)
    assert [rgb[0] for rgb in found] == pytest.approx([2.0, 3.0, 1.0], abs=1e-5)


def test_hue_corrections_follow_the_exposure() -> None:
    bump = Curve.of((0, 0.5), (1.5, 1), (2, 3), (2.5, 1), (6, 0.5), extend="loop")
    values = {"sat": bump, "red": bump, "b_sup": bump}
    bright = picture(hdr()["rgba"] * 8)
    once, brighter = run("HueCorrect", hdr(), **values)["rgba"][:3], run("HueCorrect", bright, **values)["rgba"][:3]
    assert_close(brighter, once * 8, threshold=1e-4, relative=1e-5)
