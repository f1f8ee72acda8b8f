"""Normals, albedo and the strength of lights, from made-up surfaces whose truth is known."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.photometric_stereo import albedo, balance, fit_surfaces


def ring(count: int, tilt: float = 40.0, first: float = 10.0) -> Tensor:
    """Unit directions `[count, 3, 1]` around the camera's axis."""
    turn = torch.deg2rad(torch.arange(count) * 360 / count + first)
    s, c = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    return torch.stack((s * turn.cos(), s * turn.sin(), torch.full_like(turn, c)), 1)[:, :, None]


def surfaces(count: int, steepest: float = 45.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Unit normals `[3, count]` and albedo `[3, count]`."""
    g = torch.Generator().manual_seed(seed)
    tilt = torch.deg2rad(torch.rand(count, generator=g) * steepest)
    turn = torch.rand(count, generator=g) * 2 * math.pi
    normal = torch.stack((tilt.sin() * turn.cos(), tilt.sin() * turn.sin(), tilt.cos()))
    return normal, torch.rand(3, count, generator=g) * 0.8 + 0.1


def lit(normal: Tensor, lights: Tensor) -> Tensor:
    return (lights * normal).sum(1).clamp_min(0)


def degrees(a: Tensor, b: Tensor) -> Tensor:
    return torch.rad2deg(torch.linalg.cross(a, b, dim=0).norm(dim=0).asin())


@pytest.mark.parametrize("count", [3, 4, 6, 12])
def test_surfaces_that_all_lights_reach_are_found_exactly(count: int) -> None:
    normal, paint = surfaces(500)
    lights = ring(count) * 2.5
    found = fit_surfaces(lit(normal, lights) * paint[0], lights)
    assert float(degrees(found.normal, normal).max()) < 0.1
    assert torch.allclose(found.bright, paint[0], rtol=2e-3)


def test_the_unit_of_pictures_and_of_lights_changes_no_normal() -> None:
    normal, paint = surfaces(200)
    seen = lit(normal, ring(6)) * paint[0]
    one, other = fit_surfaces(seen, ring(6)), fit_surfaces(seen * 1e4, ring(6) * 1e-3)
    assert float(degrees(one.normal, other.normal).max()) < 0.05


@pytest.mark.parametrize("what", ["shadow", "highlight"])
def test_a_picture_that_contradicts_the_others_counts_little(what: str) -> None:
    normal, paint = surfaces(500, 25)
    lights = ring(8)
    seen = lit(normal, lights) * paint[0]
    which = torch.arange(500) % 8
    wrong = torch.zeros_like(seen) if what == "shadow" else seen + 1.5
    broken = torch.where(torch.arange(8)[:, None] == which, wrong, seen)
    plain = torch.linalg.lstsq(lights[:, :, 0], broken).solution
    found = fit_surfaces(broken, lights)
    error = degrees(found.normal, normal)
    assert float(degrees(torch.nn.functional.normalize(plain, dim=0), normal).median()) > 5
    assert float(error.median()) < 0.2 and float(error.quantile(0.95)) < 1
    assert float(found.weight.gather(0, which[None]).median()) < 0.05


def test_where_two_lights_reach_what_was_known_before_decides() -> None:
    normal, paint = surfaces(300, 30)
    lights = ring(4)
    seen = lit(normal, lights) * paint[0]
    seen[2:] = 0
    tilted = torch.nn.functional.normalize(normal + torch.tensor([0.05, -0.05, 0.0])[:, None], dim=0)
    alone, helped = fit_surfaces(seen, lights), fit_surfaces(seen, lights, tilted, 0.3)
    assert float(degrees(helped.normal, normal).median()) < 5 < float(degrees(alone.normal, normal).median())
    assert float(alone.error.median()) > 3 * float(fit_surfaces(lit(normal, lights) * paint[0], lights).error.median())


def test_expected_errors_rank_real_ones() -> None:
    normal, paint = surfaces(2000, 70)
    lights = ring(8, 50)
    g = torch.Generator().manual_seed(1)
    shadowed = torch.rand(8, 2000, generator=g) < torch.linspace(0, 0.8, 2000)
    seen = lit(normal, lights) * paint[0] * ~shadowed + 0.002 * torch.randn(8, 2000, generator=g)
    found = fit_surfaces(seen, lights)
    real, expected = (x.argsort().argsort().double() for x in (degrees(found.normal, normal), found.error))
    assert float(torch.corrcoef(torch.stack((real, expected)))[0, 1]) > 0.5


def test_lights_are_balanced_from_the_pictures_alone() -> None:
    normal, paint = surfaces(1500, 60)
    lights = torch.cat((ring(6, 45), ring(5, 20, 30)))
    g = torch.Generator().manual_seed(2)
    gain = (0.3 * torch.randn(11, 3, generator=g)).exp()
    gain = gain / gain.log().mean(0).exp()
    seen = lit(normal, lights)[:, None] * paint * gain[:, :, None]
    found = balance(seen, lights)
    off = (found / gain).log()  # of gains that are off by 0.25 in the mean, and by 0.7 at most
    assert float(off.abs().mean()) < 0.02 and float(off.abs().max()) < 0.05
    assert float((off - off.mean(1, keepdim=True)).abs().max()) < 0.01
    uneven, even = (fit_surfaces(x.mean(1), lights).normal for x in (seen, seen / found[:, :, None]))
    for share in (0.5, 0.9):
        assert float(degrees(even, normal).quantile(share)) < 0.35 * float(degrees(uneven, normal).quantile(share))


def test_albedo_by_channel() -> None:
    normal, paint = surfaces(300)
    lights = ring(5)
    facing = lit(normal, lights)
    assert torch.allclose(albedo(facing[:, None] * paint, facing, torch.ones_like(facing)), paint, rtol=1e-4)
    assert bool((albedo(torch.zeros(5, 3, 2), torch.zeros(5, 2), torch.zeros(5, 2)) == 0).all())
