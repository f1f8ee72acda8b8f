"""Shadows told by strokes, on scenes whose light is known."""

import pytest
import torch
from torch import Tensor

from pictures import coordinates
from rimlight.engine import Region
from rimlight.nodes.ops.scribble_shadow import stroked_shadow
from rimlight.nodes.ops.shadow_light import share_of_light
from truth import discs, grain, in_shadow

FRAME = Region(0, 0, 256, 192)
X, Y = coordinates(FRAME)
NONE = torch.zeros(1, 192, 256)
DISC = ((110.0, 100.0, 55.0),)


def line(x0: float, y0: float, x1: float, y1: float, width: float = 4.0) -> Tensor:
    """A stroke `[1, h, w]` from one place to another."""
    across, down = x1 - x0, y1 - y0
    share = (((X - x0) * across + (Y - y0) * down) / (across**2 + down**2)).clamp(0, 1)
    return (width + 0.5 - torch.hypot(X - x0 - share * across, Y - y0 - share * down)).clamp(0, 1)[None]


def off(found: tuple[Tensor, Tensor], picture: Tensor, truth: Tensor, where: Tensor) -> float:
    """Stops by which the picture without the shadow is off the truth, on average."""
    return float((picture / share_of_light(*found) / truth).log2().abs().mean(0)[where].mean())


@pytest.mark.parametrize(("penumbra", "most"), [(3.0, 0.1), (12.0, 0.35), (40.0, 0.35)])
def test_a_stroke_tells_the_whole_shadow_with_its_edge_and_its_depth(penumbra: float, most: float) -> None:
    v, light = discs(FRAME, penumbra, DISC), grain(FRAME)
    picture, inside = in_shadow(light, v), v[0] < 0.98
    found = stroked_shadow(picture, line(90, 80, 130, 120), NONE, NONE, 80.0, 24.0)
    assert off(found, picture, light, inside) < most
    assert off(found, picture, light, ~inside) < 0.05


def test_darker_paint_of_another_colour_beside_it_is_none_of_the_shadow() -> None:
    v, light = discs(FRAME, 4.0, DISC), grain(FRAME)
    light[:, :, 175:] *= torch.tensor([0.06, 0.12, 0.2])[:, None, None]
    picture = in_shadow(light, v)
    visibility, _ = stroked_shadow(picture, line(90, 80, 130, 120), NONE, NONE, 80.0, 24.0)
    assert float(visibility[:, :, 185:].min()) > 0.95
    assert float(visibility[:, 80:120, 80:140].max()) < 0.05


def test_another_shadow_far_away_stays() -> None:
    v = discs(FRAME, 4.0, ((60.0, 60.0, 35.0), (190.0, 130.0, 35.0)))
    picture = in_shadow(grain(FRAME), v)
    visibility, _ = stroked_shadow(picture, line(50, 50, 70, 70), NONE, NONE, 60.0, 24.0)
    assert float(visibility[0, 60, 60]) < 0.05 and float(visibility[0, 115:145, 175:205].min()) > 0.95


def test_lit_strokes_say_what_is_no_shadow() -> None:
    v, light = discs(FRAME, 4.0, DISC), grain(FRAME)
    light[:, 40:160, 165:220] *= 0.2  # as dark as shadow, of the same colour, and it touches the shadow
    picture, stroke = in_shadow(light, v), line(90, 80, 130, 120)
    without, told = (
        stroked_shadow(picture, stroke, lit, NONE, 120.0, 24.0)[0][0, 60:140, 185:210]
        for lit in (NONE, line(192, 50, 192, 150, 14.0))
    )
    assert float(told.min()) > 0.9 and float(without.mean()) < float(told.mean())


def on_a_rug(penumbra: float) -> tuple[Tensor, Tensor, Tensor]:
    """A pale floor, a dark rug on it with nothing but shadow, a strip of which goes on into light; the light, the
    picture and where it is in shadow.
    """
    away = torch.maximum((X - 110).abs() - 58, (Y - 100).abs() - 54)
    t = (away / penumbra + 0.5).clamp(0, 1)
    rug = (((X - 110).abs() < 62) & ((Y - 100).abs() < 58)) | (((Y - 100).abs() < 9) & (X > 110))
    light = torch.where(rug, grain(FRAME) * torch.tensor([0.4, 0.48, 0.72])[:, None, None], grain(FRAME) * 1.6)
    v = (t * t * (3 - 2 * t))[None]
    return light, in_shadow(light, v), v[0] < 0.98


@pytest.mark.parametrize("penumbra", [3.0, 12.0])
def test_a_stroke_over_one_paint_tells_shadow_from_paint(penumbra: float) -> None:
    light, picture, inside = on_a_rug(penumbra)
    guessed, told = (
        off(stroked_shadow(picture, line(80, 80, 140, 120), NONE, one, 80.0, 24.0), picture, light, inside)
        for one in (NONE, line(110, 100, 240, 100, 5.0))
    )
    assert told < 0.75 * guessed


def test_it_scales_with_no_exposure() -> None:
    picture = in_shadow(grain(FRAME), discs(FRAME, 6.0, DISC))
    one, other = (stroked_shadow(x, line(90, 80, 130, 120), NONE, NONE, 80.0, 24.0) for x in (picture, picture * 37))
    torch.testing.assert_close(one[0], other[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(one[1], other[1], atol=1e-2, rtol=0)


def test_without_strokes_in_it_there_is_no_shadow() -> None:
    picture = in_shadow(grain(FRAME), discs(FRAME, 6.0, DISC))
    visibility, gains = stroked_shadow(picture, NONE, NONE, line(10, 10, 60, 60), 80.0, 24.0)
    assert torch.equal(visibility, torch.ones_like(visibility)) and not bool(gains.any())
    black, _ = stroked_shadow(torch.zeros_like(picture), line(90, 80, 130, 120), NONE, NONE, 80.0, 24.0)
    assert bool(torch.isfinite(black).all())


def test_strokes_thinner_than_the_pixels_at_which_shadows_are_told_count() -> None:
    """A shadow is told at 256 pixels: of a picture four times as large strokes of two pixels are half of one there."""
    fine = torch.nn.functional.interpolate(in_shadow(grain(FRAME), discs(FRAME, 6.0, DISC))[None], scale_factor=4)[0]
    stroke = torch.zeros(1, *fine.shape[1:])
    stroke[:, 396:398, 320:560] = 1
    visibility, _ = stroked_shadow(fine, stroke, torch.zeros_like(stroke), torch.zeros_like(stroke), 320.0, 96.0)
    assert float(visibility[0, 320:480, 360:520].max()) < 0.05 and float(visibility[0, :, 800:].min()) > 0.95
