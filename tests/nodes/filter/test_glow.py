import pytest
import torch

from compare import assert_close
from pictures import above_one, impulse, inside, picture, ramp
from rimlight.engine import Project, Region
from stage import colors, run, staged


def test_only_light_above_the_tolerance_glows() -> None:
    assert torch.equal(run("Glow", ramp(), tolerance=2.0)["rgba"], ramp()["rgba"])
    x = impulse()["rgba"]
    only = run("Glow", impulse(), tolerance=40.0, size=4, effect_only=True, edges="black")["rgba"]
    assert float(only[0].sum()) == pytest.approx(60, rel=1e-3)
    both = run("Glow", impulse(), tolerance=40.0, size=4, edges="black")["rgba"]
    assert_close(both[:3], (x + only)[:3], threshold=1e-5)
    assert torch.equal(both[3], x[3])


def test_brightness_and_tint_scale_it() -> None:
    one = run("Glow", above_one(), effect_only=True)["rgba"]
    two = run("Glow", above_one(), effect_only=True, brightness=2, tint=(1, 0.5, 0))["rgba"]
    assert_close(two[:3], one[:3] * torch.tensor([2.0, 1.0, 0.0])[:, None, None], threshold=1e-4)


def test_saturation_keeps_the_luminance_of_the_working_space() -> None:
    weights = torch.tensor(colors().config(Project()).luminance)
    one = run("Glow", above_one(), effect_only=True)["rgba"]
    grey = run("Glow", above_one(), effect_only=True, saturation=0)["rgba"]
    assert_close(grey[0], torch.einsum("c,chw->hw", weights, one[:3]), threshold=1e-3)
    assert_close(grey[0], grey[2], threshold=1e-5)


def test_the_colour_of_a_highlight_is_kept() -> None:
    x = torch.zeros(3, 12, 16)
    x[:, 6, 8] = torch.tensor([30.0, 3.0, 0.6])
    glow = run("Glow", picture(x), effect_only=True, size=5)["rgba"][:, 6, 8]
    assert_close(glow / glow[0], torch.tensor([1, 0.1, 0.02]), threshold=1e-5)


def test_negative_light_survives_and_does_not_glow() -> None:
    y = run("Glow", picture(torch.full((4, 12, 16), -2.0)))["rgba"]
    assert torch.equal(y, torch.full((4, 12, 16), -2.0))


def test_it_spreads_over_the_edge_of_an_element() -> None:
    assert run("Glow", inside(), size=3).region == Region(0, 0, 16, 12)


def test_no_brightness_is_no_node() -> None:
    assert staged("Glow", ramp(), brightness=0).vertex("node").alias is not None
