"""The light that is found in normals and shading, against rigs that made them."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere
from light_scenes import sphere_normals
from rimlight.engine import (
    DirectionalLight,
    EnvironmentLight,
    FittedLight,
    Reader,
    Rig,
    SphericalHarmonics,
    Surface,
    direction_of,
    fit_light,
    light_level,
    load_rig,
    shade,
)  # fmt: skip
from source import ROOT

PLATES: Path = ROOT / "resources" / "plates"
NORMAL, INSIDE = sphere_normals(48)
BALL = NORMAL[:, INSIDE[0]]
SKY = torch.zeros(9, 3)
SKY[0], SKY[1], SKY[3] = torch.tensor([0.6, 0.7, 0.9]), 0.25, -0.1
WARM = (1.25, 1.0, 0.6)


def degrees(a: Tensor, b: Tensor) -> float:
    cosine = torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=0)
    return math.degrees(math.acos(min(1.0, float(cosine))))


def shaded(*lights: DirectionalLight | EnvironmentLight | SphericalHarmonics) -> Tensor:
    return sum((g.shading for g in shade(Surface.of(NORMAL, f0=0.0), Rig(lights))), torch.zeros_like(NORMAL))


def sun(azimuth: float, elevation: float, stops: float = 0.0) -> DirectionalLight:
    x, y, z = direction_of(azimuth, elevation).tolist()
    return DirectionalLight(direction=(x, y, z), color=WARM, exposure=stops)


def of_ball(shading: Tensor, **given: Tensor) -> FittedLight:
    return fit_light(BALL, shading[:, INSIDE[0]], **given)


@pytest.mark.parametrize(("azimuth", "elevation"), [(-60, 35), (20, 60), (75, 10), (-110, 30), (0, -40)])
@pytest.mark.parametrize("stops", [-1.0, 1.5])
def test_key_and_sky_are_found(azimuth: float, elevation: float, stops: float) -> None:
    key, sky = sun(azimuth, elevation, stops), SphericalHarmonics(coefficients=SKY)
    found = of_ball(shaded(key, sky))
    assert degrees(found.direction, torch.tensor(key.direction)) < 2.5
    true = light_level(key).float()
    assert degrees(found.key, true) < 1.5
    torch.testing.assert_close(found.key / found.key.sum(), true / true.sum(), rtol=0.02, atol=0)
    torch.testing.assert_close(found.key, true, rtol=0.15, atol=0)
    explained = found.direct(NORMAL) + found.ambient(NORMAL)
    error = (explained - shaded(key, sky))[:, INSIDE[0]].abs().mean()
    assert float(error) < 0.03 * float(shaded(key, sky)[:, INSIDE[0]].mean())
    assert found.confidence > (0.4 if stops > 0 else 0.1)


def test_a_fill_is_told_from_the_key() -> None:
    key, fill = sun(-50, 35, 1.0), sun(60, 0, -1.0).with_(color=(0.5, 0.8, 1.4))
    found = of_ball(shaded(key, fill, SphericalHarmonics(coefficients=0.2 * SKY)))
    assert degrees(found.direction, torch.tensor(key.direction)) < 3
    assert degrees(found.fill_direction, torch.tensor(fill.direction)) < 15
    rig = found.rig()
    assert rig.names == ("key", "fill", "environment")
    torch.testing.assert_close(light_level(rig.light("key")).float(), found.key, rtol=1e-4, atol=0)


def test_scattered_errors_and_shadows_hardly_move_it() -> None:
    key = sun(-45, 40)
    shading = shaded(key, SphericalHarmonics(coefficients=0.5 * SKY))
    generator = torch.Generator().manual_seed(2)
    wrong = torch.rand(1, 48, 48, generator=generator) < 0.1
    found = of_ball(torch.where(wrong, 4 * torch.rand(3, 48, 48, generator=generator), shading))
    assert degrees(found.direction, torch.tensor(key.direction)) < 6
    lit = (torch.arange(48) < 30).float().expand(1, 48, 48)
    cast = shaded(key) * lit + shaded(SphericalHarmonics(coefficients=0.5 * SKY))
    known = fit_light(BALL, cast[:, INSIDE[0]], visibility=lit[0][INSIDE[0]])
    unknown = of_ball(cast)
    assert degrees(known.direction, torch.tensor(key.direction)) < 3
    assert degrees(known.direction, torch.tensor(key.direction)) <= degrees(
        unknown.direction, torch.tensor(key.direction)
    )


def test_it_scales_with_the_light_and_repeats() -> None:
    shading = shaded(sun(30, 20), SphericalHarmonics(coefficients=SKY))
    one, again, bright = of_ball(shading), of_ball(shading), of_ball(shading * 37.3)
    assert torch.equal(one.direction, again.direction) and torch.equal(one.around, again.around)
    assert torch.equal(bright.direction, one.direction)
    torch.testing.assert_close(bright.key, one.key * 37.3, rtol=1e-5, atol=0)
    torch.testing.assert_close(bright.around, one.around * 37.3, rtol=1e-4, atol=1e-6)


def test_it_is_brought_to_the_brightness_of_a_shading_that_no_light_explains() -> None:
    shading = shaded(sun(-30, 30), SphericalHarmonics(coefficients=SKY))[:, INSIDE[0]]
    assert fit_light(BALL, shading).gain == pytest.approx(1, abs=0.03)
    spots = torch.rand(shading.shape[1], generator=torch.Generator().manual_seed(4)) < 0.5
    found = fit_light(BALL, torch.where(spots, shading / 16, shading))
    normal, true = BALL[:, None], shading.mean(0)[~spots]

    def stops(light: FittedLight) -> float:
        fallen = (light.direct(normal) + light.ambient(normal)).mean(0)[0, ~spots]
        return float((fallen / true).log2().median())

    assert found.gain > 1.5 and stops(found) < -1
    brought = found.brought()
    assert abs(stops(brought)) < 0.5 and brought.gain == 1
    assert torch.equal(brought.direction, found.direction)


def test_where_the_shading_says_nothing_the_expectation_decides() -> None:
    towards = direction_of(-70, 20)
    wall = torch.tensor([0.0, 0.0, 1.0])[:, None].expand(3, 100)
    found = fit_light(wall, torch.ones(3, 100), towards=towards)
    assert degrees(found.direction, towards) < 15
    key = sun(60, 30, 1.0)
    told = of_ball(shaded(key), towards=towards)
    assert degrees(told.direction, torch.tensor(key.direction)) < 5


def test_an_expectation_makes_surer_what_goes_with_it_and_less_sure_what_does_not() -> None:
    wall = torch.tensor([0.0, 0.0, 1.0])[:, None].expand(3, 100)
    towards, key = direction_of(-70, 20), sun(-60, 30, 0.0)
    shading = shaded(key, SphericalHarmonics(coefficients=SKY)) * (1 + 0.3 * torch.sin(40 * NORMAL[:1, 0]))
    alone, unasked = fit_light(wall, torch.ones(3, 100), towards=towards), of_ball(shading)
    borne_out, denied = of_ball(shading, towards=towards), of_ball(shading, towards=direction_of(110, -20))
    assert fit_light(wall, torch.ones(3, 100)).confidence < 0.05 < alone.confidence < 0.25
    assert denied.confidence < unasked.confidence < borne_out.confidence
    assert alone.confidence < borne_out.confidence


def test_a_key_that_is_known_stays_and_the_rest_is_solved_for() -> None:
    there, away = sun(-40, 30, 1.0), sun(60, 10)
    shading = shaded(there, away)
    seen = of_ball(shading, known=torch.tensor(away.direction))
    torch.testing.assert_close(seen.direction, torch.tensor(away.direction), atol=1e-5, rtol=0)
    assert seen.confidence == 1 and degrees(seen.fill_direction, torch.tensor(there.direction)) < 3
    assert float(seen.fill.mean()) > float(seen.key.mean()) > 0


def test_surroundings_that_no_surface_looks_at_stay_as_expected() -> None:
    expected = torch.ones(3, 8, 16)
    expected[0] *= 2
    floor = torch.tensor([0.0, 1.0, 0.0])[:, None].expand(3, 60)
    found = fit_light(floor, torch.full((3, 60), 0.8) * torch.tensor([2.0, 1, 1])[:, None], around=expected)
    below = found.around[:, -2:].mean((1, 2))
    assert float(below[0] / below[1]) == pytest.approx(2, rel=0.1)
    assert bool((found.around >= 0).all())
    assert float(below[1]) > 0


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_without_light_there_is_none(value: float) -> None:
    found = fit_light(BALL, torch.full_like(BALL, value))
    assert not found.key.any() and not found.around.any() and found.confidence == 0
    assert bool(torch.isfinite(found.direct(NORMAL) + found.ambient(NORMAL)).all())
    assert found.rig().light("key").exposure < -30


def test_a_wide_key_has_the_same_light_for_what_faces_it() -> None:
    found = of_ball(shaded(sun(0, 0)))
    facing, edge = found.direction[:, None, None], torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    for angle in (0.0, 30.0, 90.0, 180.0):
        torch.testing.assert_close(found.direct(facing, angle)[:, 0, 0], found.key, rtol=1e-3, atol=0)
    grazing = [float(found.direct(edge, angle).mean()) for angle in (0.0, 30.0, 90.0, 180.0)]
    assert grazing == sorted(grazing) and grazing[-1] == pytest.approx(0.5 * float(found.key.mean()), rel=0.1)


def test_the_key_of_the_sample_sequence_is_found_in_its_layers() -> None:
    names = ("normal", "shading", "shadow")
    for frame in ("tea.0001.exr", "tea.0006.exr"):
        layers = Reader().pixels(PLATES / frame, names)
        n, s, v = (torch.nn.functional.avg_pool2d(layers[name][None], 8)[0].flatten(1) for name in names)
        found = fit_light(n, s, visibility=v[0])
        key = load_rig(PLATES / "tea.rig").light("key")
        assert isinstance(key, DirectionalLight)
        assert degrees(found.direction, torch.tensor(key.direction)) < 6
        assert degrees(found.key, light_level(key).float()) < 3


def test_maps_elsewhere_are_fetched_once_and_the_light_is_used_there() -> None:
    shading = shaded(sun(40, 30), EnvironmentLight(pixels=torch.ones(3, 16, 32)))
    plain = of_ball(shading)
    with Elsewhere() as elsewhere:
        found = fit_light(BALL.to(PLACE), shading[:, INSIDE[0]].to(PLACE))
        assert elsewhere.asked_back == ["cpu", "cpu"]
        normal = NORMAL.to(PLACE)
        there = found.direct(normal, 5.0) + found.ambient(normal)
        assert there.device == PLACE and elsewhere.asked_back == ["cpu", "cpu"]
        back = there.cpu()
    assert torch.equal(found.direction, plain.direction) and torch.equal(found.around, plain.around)
    torch.testing.assert_close(back, plain.direct(NORMAL, 5.0) + plain.ambient(NORMAL))


def test_what_is_exactly_black_does_not_tell_more_than_all_that_is_lit() -> None:
    """Shadows that a matte or a camera cut off, of which nothing is known."""
    shading = shaded(sun(40, 30))[:, INSIDE[0]]
    dark = torch.rand(BALL.shape[1], generator=torch.Generator().manual_seed(2)) < 0.15
    found = fit_light(BALL, torch.where(dark, 0.0, shading))
    assert degrees(found.direction, direction_of(40, 30)) < 2
    assert degrees(found.key, torch.tensor(WARM)) < 2
