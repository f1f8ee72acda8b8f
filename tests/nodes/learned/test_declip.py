"""Declip on the rendered plate, cut off by the test itself, and on hills with a closed form."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pictures import coordinates, picture
from rimlight.engine import ACESCG, LINEAR_REC709, Image, Reader, Region
from rimlight.nodes.ops.clipped import clip_levels
from source import ROOT
from stage import staged

PLATE: Path = ROOT / "resources" / "plates" / "tea.0001.exr"
FRAME = Region(0, 0, 128, 72)
CUT = 0.25


def rendered() -> Tensor:
    """The teapot and the man at a fifth of the size."""
    x = Reader().pixels(PLATE, ["rgba"])["rgba"][:3]
    return torch.nn.functional.adaptive_avg_pool2d(x, (72, 128))


def lamp(peak: float = 6.0, color: tuple[float, float, float] = (1.0, 0.7, 0.4)) -> Tensor:
    """A round glow on a dim wall; its red is the brightest."""
    x, y = coordinates(FRAME)
    glow = torch.exp(-((x - 64) ** 2 + (y - 36) ** 2) / (2 * 14.0**2))
    return torch.tensor(color)[:, None, None] * (0.05 + peak * glow)


def in_rec709() -> Tensor:
    """From ACEScg to linear Rec.709."""
    rec709, working = (torch.tensor(s.from_xyz, dtype=torch.float64).reshape(3, 3) for s in (LINEAR_REC709, ACESCG))
    return (rec709 @ working.inverse()).float()


def run(x: Tensor, **values: object) -> Image:
    made: Image = staged("learned.declip", picture(x, FRAME, FRAME), **values).evaluate("node")
    return made


def error(a: Tensor, b: Tensor, where: Tensor) -> float:
    return float((a - b)[where].abs().mean())


def test_the_level_is_found_in_what_was_cut_and_only_there() -> None:
    x = rendered()
    assert clip_levels(x) == (math.inf,) * 3
    assert clip_levels(x.clamp(max=CUT)) == pytest.approx((0.99 * CUT,) * 3)
    assert clip_levels(lamp().clamp(max=1.0))[0] == pytest.approx(0.99)


def test_a_channel_that_ends_where_others_do_is_cut_off_too() -> None:
    """The sun in its glow: so little of its blue is cut off that nothing piles up, and yet it says nothing more."""
    x, y = coordinates(FRAME)
    away = torch.hypot(x - 64, y - 36)
    blue = torch.where(away < 1.2, 1.0, 0.8 * torch.exp(-away / 12))
    cut = torch.stack((1.5 * torch.exp(-away / 40), torch.exp(-away / 30) * 1.3, blue)).clamp(max=1.0)
    assert clip_levels(cut) == pytest.approx((0.99,) * 3)
    tops = [float(run(cut, peak=p)["rgba"].max()) for p in (0.5, 2.5, 5.0)]
    assert tops[0] < tops[1] < tops[2]


def test_what_glows_on_all_sides_is_a_light_and_no_speck() -> None:
    x, y = coordinates(FRAME)
    away = torch.hypot(x - 64, y - 36)
    glow = (0.1 + 1.2 * torch.exp(-away / 16)).expand(3, -1, -1).clamp(max=1.0)
    cloth = torch.where(away < 2.5, 1.0, 0.8 + 0.15 * torch.exp(-away / 6)).expand(3, -1, -1)
    lamp_top, speck_top = (float(run(x, level=(0.99,) * 3, peak=4.0)["rgba"].max()) for x in (glow, cloth))
    assert lamp_top > 2 and speck_top < 1.3


def test_rendered_light_comes_closer_to_the_truth() -> None:
    truth = rendered()
    cut = truth.clamp(max=CUT)
    out = run(cut)["rgba"]
    some = cut >= 0.99 * CUT
    assert error(out, truth, some) < 0.75 * error(cut, truth, some)


def test_what_was_not_cut_is_bit_equal_and_trusted() -> None:
    cut = rendered().clamp(max=CUT)
    out = run(cut)
    whole = (cut < 0.99 * CUT).all(0)
    assert torch.equal(out["rgba"][:, whole], cut[:, whole])
    assert bool((out["confidence"][0][whole] == 1).all()) and bool((out["confidence"][0][~whole] < 1).all())
    assert bool((out["rgba"] >= cut).all())


def test_a_channel_that_is_left_tells_the_others() -> None:
    truth = lamp(peak=2.0)
    cut = truth.clone()
    cut[0] = cut[0].clamp(max=1.0)
    out = run(cut)["rgba"]
    assert float((out / truth - 1).abs().max()) < 0.05
    some = (cut[:1] >= 0.99).expand(3, -1, -1)
    without = run(cut, ratios=False)["rgba"]
    assert error(without, truth, some) > error(out, truth, some)


def test_channels_are_cut_off_in_the_space_of_the_file() -> None:
    """A glow whose red an sRGB file could not hold: no channel of ACEScg is at its limit."""
    to_working = in_rec709().inverse()
    truth = torch.einsum("ij,jhw->ihw", to_working, lamp(peak=2.0))
    cut = torch.einsum("ij,jhw->ihw", to_working, lamp(peak=2.0).clamp(max=torch.tensor([1.0, 9, 9])[:, None, None]))
    some = (torch.einsum("ij,jhw->ihw", in_rec709(), cut)[:1] >= 0.99).expand(3, -1, -1)
    found = run(cut)
    assert error(found["rgba"], truth, some) < 0.1 * error(cut, truth, some)
    assert torch.equal(found["rgba"][~some], cut[~some])
    assert error(run(cut, camera="working")["rgba"], truth, some) > 0.5 * error(cut, truth, some)
    assert torch.equal(run(cut, camera="rec709")["rgba"], found["rgba"])


def test_what_a_render_clamped_is_looked_for_in_the_working_space() -> None:
    cut = lamp(peak=2.0).clamp(max=1.0)
    assert torch.equal(run(cut)["rgba"], run(cut, camera="working")["rgba"])


def test_a_lamp_gets_a_hill_whose_height_follows_the_peak() -> None:
    cut = lamp().clamp(max=1.0)
    tops = [float(run(cut, peak=p, size=1000)["rgba"].max()) for p in (0, 1, 2, 4)]
    assert tops == sorted(tops) and tops[0] < 2.6 and tops[1] < 2 * tops[0] and tops[3] > tops[1] * 1.5
    out = run(cut, size=1000)["rgba"]
    middle = out[:, 36, 64]
    assert bool((middle >= out.flatten(1).amax(1) * 0.98).all())
    small = float(run(cut, peak=4, size=2)["rgba"].max())
    assert small < tops[3]


def test_specks_in_a_bright_cloth_do_not_sparkle_and_a_lamp_on_a_dark_wall_shines() -> None:
    specks, lamps = torch.full((3, 72, 128), 0.8), torch.full((3, 72, 128), 0.02)
    for x in (specks, lamps):
        x[:, 4:68:8, 4:124:8] = 1.0
    assert float(run(specks)["rgba"].max()) < 1.15
    assert float(run(lamps)["rgba"].max()) > 1.9


def test_a_channel_that_was_dark_at_the_border_does_not_outshine_the_peak() -> None:
    x, y = coordinates(FRAME)
    away = torch.hypot(x - 64, y - 36)
    yellow = (1.6 - away / 20).clamp(0, 1)
    cut = torch.stack((yellow, yellow, torch.where(away < 8, 0.8, 0.002)))  # white in the middle of yellow
    for peak, most in ((0.0, 2.0), (2.5, 2.5), (5.0, 5.0)):
        out = run(cut, level=(0.99, 0.99, 0.99), peak=peak, core=0.0)["rgba"]
        assert 1.5 < float(out.max()) <= 2**most


def test_the_core_turns_white() -> None:
    cut = lamp().clamp(max=1.0)
    colored, white = (run(cut, core=c)["rgba"][:, 36, 64] for c in (0.0, 1.0))
    assert float(colored.max() / colored.min()) > 1.25 > 1.15 > float(white.max() / white.min())


def test_exposure_passes_through() -> None:
    cut = rendered().clamp(max=CUT)
    one, eight = run(cut)["rgba"], run(cut * 8)["rgba"]
    assert float((eight / 8 - one).abs().max()) < 1e-4 * float(one.max())


def test_a_given_level_and_one_that_nothing_reaches() -> None:
    x = lamp()
    assert torch.equal(run(x)["rgba"], x)
    assert torch.equal(run(x, level=(100.0, 100.0, 100.0))["rgba"], x)
    out = run(x, level=(3.0, 3.0, 3.0))["rgba"]
    assert bool((out >= x).all()) and bool((out > x).any())


def test_mix_is_a_mix() -> None:
    cut = rendered().clamp(max=CUT)
    full, half = run(cut)["rgba"], run(cut, mix=0.5)["rgba"]
    assert torch.allclose(half, (full + cut) / 2, atol=1e-6)


def test_values_that_are_no_numbers_stay_where_they_are() -> None:
    cut = lamp().clamp(max=1.0)
    cut[:, 3, 3], cut[0, 5, 5] = torch.nan, torch.inf
    out = run(cut)["rgba"]
    assert bool(torch.isnan(out[:, 3, 3]).all())
    assert bool(torch.isfinite(out[:, 10:, 10:]).all())


def test_what_was_found_goes_with_the_picture() -> None:
    cut = rendered().clamp(max=CUT)
    about = run(cut).info.metadata
    assert about["rimlight:clip_level"] == pytest.approx(0.99 * CUT)
    assert about["rimlight:clipped"] == pytest.approx(float((cut >= 0.99 * CUT).any(0).float().mean()), abs=1e-4)
    assert run(rendered()).info.metadata["rimlight:clipped"] == 0


def test_a_dark_thing_beside_a_light_does_not_colour_it() -> None:
    x = torch.full((3, FRAME.height, FRAME.width), 0.3)
    x[:, 16:56, 30:98] = 1.0
    x[:, 30:34, 60:64] = torch.tensor([0.02, 0.0005, 0.0005])[:, None, None]
    out = run(x)["rgba"][:, 26:38, 56:68]
    light = out[:, out.amin(0) >= 1]
    assert light.shape[1] > 100 and float((light.amax(0) / light.amin(0)).max()) < 1.1
