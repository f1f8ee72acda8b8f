"""Pictures under another light by factors."""

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.edge_aware import guided_whole
from rimlight.nodes.ops.highlights import peaks, widened
from rimlight.nodes.ops.quotient import (
    along_edges,
    brightness_of,
    from_inside,
    kept_exposure,
    level,
    limited,
    softened,
    stops_of,
)  # fmt: skip

GENERATOR = torch.Generator().manual_seed(1)
LIGHT = torch.rand(3, 32, 48, generator=GENERATOR) + 0.05


def test_stops_are_logarithms_and_regular_in_the_dark() -> None:
    assert_close(stops_of(LIGHT), LIGHT.log2(), threshold=1e-6)
    assert bool(torch.isfinite(stops_of(torch.zeros(3, 4, 4))).all())
    dark = LIGHT.clone()
    dark[:, 0, 0] = -1.0
    assert float(stops_of(dark).min()) == pytest.approx(float((1e-3 * dark.clamp_min(0).mean()).log2()), abs=1e-4)
    assert_close(brightness_of(LIGHT, (0.0, 1.0, 0.0)), LIGHT[1:2].log2(), threshold=1e-6)


def test_a_limit_holds_the_ends_and_leaves_the_middle() -> None:
    stops = torch.linspace(-8, 8, 101).reshape(1, 1, -1)
    out = limited(stops + 5, 2.0) - 5
    assert float(out.abs().max()) < 2 and bool((out.diff() > 0).all())
    assert_close(limited(stops * 0.01, 4.0), stops * 0.01, threshold=1e-4)


def test_the_level_stays_or_is_taken() -> None:
    stops = torch.rand(3, 32, 48, generator=GENERATOR) * 3
    kept = LIGHT * kept_exposure(LIGHT, stops, 0.0).exp2()
    assert float(level(kept)) == pytest.approx(float(level(LIGHT)), rel=1e-5)
    assert torch.equal(kept_exposure(LIGHT, stops, 1.0), stops)
    half = level(LIGHT * kept_exposure(LIGHT, stops, 0.5).exp2()) / level(LIGHT)
    assert float(half) == pytest.approx(float(level(LIGHT * stops.exp2()) / level(LIGHT)) ** 0.5, rel=1e-4)
    black = torch.zeros(3, 4, 4)
    assert bool(torch.isfinite(kept_exposure(black, torch.ones(3, 4, 4), 0.0)).all())


def test_stops_are_smoothed_within_edges() -> None:
    plate = torch.full((3, 40, 40), 0.1)
    plate[..., 20:] = 2.0
    stops = torch.zeros(1, 40, 40)
    stops[..., 20:] = 1.0
    noisy = stops + 0.3 * torch.randn(1, 40, 40, generator=GENERATOR)
    out = along_edges(noisy, plate, 9.0)
    assert float((out - stops).square().mean()) < 0.1 * float((noisy - stops).square().mean())
    assert_close(along_edges(noisy, plate * 50, 9.0), out, threshold=1e-4)
    assert torch.equal(along_edges(noisy, plate, 0.0), noisy)


def test_texture_does_not_go_into_stops() -> None:
    """Whatever the stops are, at outlines and elsewhere; finer than a third of the size that they are smoothed over."""
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(128.0), indexing="ij")
    plate = torch.where((x - 64).square() + (y - 48).square() < 900, 2.0, 0.1).expand(3, -1, -1)
    coarse = 3 * torch.randn(1, 3, 12, 16, generator=torch.Generator().manual_seed(1))
    stops = torch.nn.functional.interpolate(coarse, (96, 128), mode="bicubic")[0] + plate.log2()
    without = along_edges(stops, plate, 12.0)
    for texture in (x % 2, x // 2 % 2, (x + y) % 2, y // 2 % 2):
        brought = along_edges(stops, plate * 2.0**-texture, 12.0) - without
        assert float(brought.abs().mean()) < 0.02
        assert float(brought.abs().flatten().quantile(0.9)) < 0.05


def test_shadows_soften_but_not_across_edges() -> None:
    seen = torch.zeros(1, 40, 60)
    seen[..., 30:] = 1.0
    flat = softened(seen, torch.zeros(1, 40, 60), 15.0)
    assert 0.2 < float(flat[0, 20, 27]) < 0.5 < float(flat[0, 20, 33]) < 0.8
    edge = torch.where(torch.arange(60) < 30, -2.0, 2.0).expand(1, 40, 60)
    kept = softened(seen, edge, 15.0)
    assert float(kept[0, 20, 27]) < 0.1 and float(kept[0, 20, 33]) > 0.9


def test_wide_penumbras_are_those_of_the_filter_at_full_size() -> None:
    y, x = torch.meshgrid(torch.arange(300.0), torch.arange(500.0), indexing="ij")
    seen = ((x - 250).square() + (y - 150).square() > 80**2).float()[None]
    guide = torch.where(x + 0.3 * y > 290, 0.0, -2.0)[None]
    out = softened(seen, guide, 150.0)
    off = (out - guided_whole(seen, guide, 150.0, 0.5)).abs()
    assert float(off.mean()) < 2e-3 and float(off.max()) < 0.03
    across = out[0, 150, 240:250].diff().abs()
    assert float(across.max()) > 5 * float(across.median())


def test_a_soft_edge_gets_what_is_inside() -> None:
    alpha = torch.zeros(1, 40, 40)
    alpha[:, 10:30, 10:30] = 0.5
    alpha[:, 12:28, 12:28] = 1.0
    stops = torch.full((3, 40, 40), 9.0)
    stops[:, 12:28, 12:28] = 1.0
    out = from_inside(stops, alpha)
    assert_close(out[:, 10:30, 10:30], torch.ones(3, 20, 20), threshold=1e-3)
    assert torch.equal(from_inside(stops, torch.ones(1, 40, 40)), stops)
    assert torch.equal(from_inside(stops, torch.zeros(1, 40, 40)), stops)


def test_highlights_are_small_and_most_of_the_light() -> None:
    plate = torch.full((3, 96, 96), 0.5)
    specular = 0.1 * plate
    plate[:, 40:43, 40:43] = 6.0
    specular[:, 40:43, 40:43] = 5.8
    found = peaks(specular, plate)
    assert float(found[:, 41, 41].min()) > 5 and float(found[:, :36].max()) == 0
    wide = widened(found, 60.0)
    assert float(wide.sum()) == pytest.approx(float(found.sum()), rel=1e-3)
    assert float(wide.max()) < 0.8 * float(found.max())
    assert torch.equal(widened(found, 0.0), found)
    assert_close(peaks(specular * 7, plate * 7), found * 7, threshold=1e-5)
