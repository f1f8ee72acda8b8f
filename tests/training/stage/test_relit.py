"""Lighting views: the ledger closes, white furnaces stay white, shadows take what they should."""

import math

import numpy as np
import pytest
import torch

from rimlight.engine import ACESCG, EnvironmentLight, latlong_directions, latlong_solid_angles
from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.lighting import KeyLight, Lighting, Sun, Surroundings, made_up, sample_lighting
from rimlight.training.stage.primitives import Primitives, Solid, Texture, random_primitives
from rimlight.training.stage.relit import LightStage
from rimlight.training.stage.smooth import smoothed
from rimlight.training.stage.view import View

DULL = Texture("plain", 1.0, (0.5, 0.4, 0.3), (0.5, 0.4, 0.3), (0.9, 0.9), (0.0, 0.0, 0.0))


def ball() -> View:
    """A ball without highlights, alone in the sky."""
    solid = Solid("sphere", (0.0, 0.0, -100.0), (20.0, 20.0, 20.0), torch.eye(3), DULL, True)
    scene = Primitives((solid,), torch.eye(3), torch.zeros(3))
    keys = torch.tensor([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]]), torch.tensor([1.0, 1.0])
    return take(scene, Plan(32, 32, 40.0, samples=4, directions=64, keys=2, key_rays=8, bounce=4), 1, {}, keys=keys)


@pytest.fixture(scope="module")
def cluttered() -> View:
    scene, fov = random_primitives(np.random.default_rng(11))
    return take(scene, Plan(32, 32, fov, samples=2, directions=64, key_rays=4, bounce=4), 11, {})


def test_the_ledger_closes(cluttered: View) -> None:
    stage, rng = LightStage(cluttered), np.random.default_rng(2)
    whole = (cluttered.surface == 1).expand(3, -1, -1)
    for _ in range(6):
        lit = stage.light(sample_lighting(rng))
        again = cluttered.albedo * lit.shading + lit.specular
        assert torch.equal(lit.beauty[whole], again[whole])
        assert bool(lit.beauty.isfinite().all()) and float(lit.shading.min()) >= 0
        assert float(lit.shadow.min()) >= 0 and float(lit.shadow.max()) <= 1.01
        assert lit.illumination.shape == (3, 32, 64) and len(lit.rig) >= 1


def test_lightings_together_are_what_each_is_alone(cluttered: View) -> None:
    stage, rng = LightStage(cluttered), np.random.default_rng(4)
    lightings = [sample_lighting(rng) for _ in range(5)]
    lightings.append(Lighting(None, backdrop=0.0))
    for one, lighting in zip(stage.light_all(lightings), lightings, strict=True):
        alone = LightStage(cluttered).light(lighting)
        assert one.key == alone.key and one.rig == alone.rig
        for name in ("beauty", "shading", "specular", "shadow", "illumination"):
            torch.testing.assert_close(getattr(one, name), getattr(alone, name), rtol=1e-4, atol=1e-6)


def test_even_surroundings_leave_an_open_ball_white() -> None:
    view = ball()
    lit = LightStage(view).light(Lighting(torch.ones(3, 16, 32), exposure=1.0))
    there = view.surface[0] == 1
    assert torch.allclose(lit.shading[:, there], torch.tensor(2.0), rtol=0.02)
    assert torch.allclose(lit.illumination, torch.tensor(2.0), rtol=1e-4)
    assert torch.allclose(lit.beauty[:, view.surface[0] == 0], torch.tensor(2.0), rtol=0.01)
    assert lit.key == -1 and float(lit.shadow[0][there].min()) > 0.97


def test_a_key_light_follows_lambert() -> None:
    view = ball()
    lit = LightStage(view).light(Lighting(None, keys=(KeyLight(0, exposure=1.0),)))
    there = view.surface[0] == 1
    cosine = (view.normal * view.key_directions[0].reshape(3, 1, 1)).sum(0)
    facing = there & (cosine > 0.2)
    assert torch.allclose(lit.shading[:, facing], (2 * cosine[facing]).expand(3, -1), rtol=0.02)
    assert float(lit.shading[:, there & (view.key_visibility[0] == 0)].abs().sum()) == 0 and lit.key == 0
    assert float(lit.beauty[:, view.surface[0] == 0].max()) == 0


def test_illumination_has_the_energy_of_the_key() -> None:
    lit = LightStage(ball()).light(Lighting(None, keys=(KeyLight(1, exposure=0.0),)))
    up = latlong_directions(32, 64, lit.illumination)[1].clamp_min(0)
    areas = latlong_solid_angles(32, 64, lit.illumination)[0]
    irradiance = (lit.illumination * up * areas).sum((1, 2)) / math.pi
    assert torch.allclose(irradiance, torch.ones(3), rtol=0.01)


def test_a_sun_goes_where_a_key_is_and_turns_its_sky() -> None:
    view = ball()
    sky = torch.zeros(3, 32, 64)
    sky[:, :16, 40:48] = 1.0
    lighting = Lighting(sky, rotation=13.0, sun=Sun(azimuth=-100.0, elevation=2.0, level=(2.0, 1.0, 0.5)))
    lit = LightStage(view).light(lighting)
    key = next(one for one in lit.rig if one.kind == "directional")
    around = next(one for one in lit.rig if isinstance(one, EnvironmentLight))
    assert tuple(round(float(x), 3) for x in key.direction) == (0.6, 0.0, 0.8)
    assert float(around.rotation) == pytest.approx(math.degrees(math.atan2(0.6, 0.8)) + 100.0)
    assert tuple(key.color) == (2.0, 1.0, 0.5) and lit.key == 0


def test_half_of_the_sky_hidden_is_half_of_the_light(cluttered: View) -> None:
    """Where visibility is struck out for half of the directions by hand, even light falls to that share."""
    view = ball()
    above = view.directions[:, 0] > 0
    half = View(**{**vars(view), "bits": view.bits * above[:, None, None].to(torch.uint8)})
    lit, whole = (LightStage(v).light(Lighting(torch.ones(3, 16, 32))) for v in (half, view))
    middle = (slice(None), slice(15, 17), slice(15, 17))
    assert torch.allclose(lit.shading[middle] / whole.shading[middle], torch.tensor(0.5), atol=0.08)


def test_smoothing_keeps_edges_and_means() -> None:
    values = torch.rand(2, 12, 16, generator=torch.Generator().manual_seed(1))
    normal = torch.zeros(3, 12, 16)
    normal[2] = 1
    depth = torch.full((1, 12, 16), 50.0)
    depth[:, :, 8:] = 100.0
    values[:, :, 8:] += 10
    out = smoothed(values, normal, depth, 4)
    assert float(out[:, :, :8].max()) < 1 and float(out[:, :, 8:].min()) > 10
    assert float(out[:, :, :8].std()) < 0.6 * float(values[:, :, :8].std())
    assert torch.allclose(smoothed(torch.ones(1, 12, 16), normal, depth, 4), torch.ones(1, 12, 16))


def test_surroundings_are_normalised_and_keep_their_energy() -> None:
    picture = torch.full((3, 32, 64), 0.2)
    picture[:, 6:8, 40:42] = 300.0
    found = Surroundings.of(picture * 7, "sunny")
    areas = latlong_solid_angles(32, 64, picture) / (4 * math.pi)
    luminance = torch.tensor(ACESCG.luminance)
    assert float(luminance @ (found.picture * areas).sum((1, 2))) == pytest.approx(1.0, rel=1e-4)
    assert found.sun is not None and 45 < found.sun.elevation < 60
    taken = ((found.picture - found.rest) * areas * 4).sum((1, 2))
    assert torch.allclose(taken, torch.tensor(found.sun.level), rtol=0.01)
    assert Surroundings.of(torch.ones(3, 16, 32)).sun is None


def test_lightings_repeat_by_seed() -> None:
    known = [made_up(np.random.default_rng(k)) for k in range(3)]
    first, second = ([sample_lighting(np.random.default_rng(s), known) for s in range(20)] for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert (a.keys, a.exposure, a.color, a.rotation, a.sun) == (b.keys, b.exposure, b.color, b.rotation, b.sun)
        assert a.environment is b.environment or torch.equal(a.environment, b.environment)
    assert {len(one.keys) for one in first} >= {0, 1} and any(one.sun is not None for one in first)


def test_photographs_stand_behind_some_scenes() -> None:
    view, picture = ball(), torch.full((3, 8, 8), 0.5)
    rng = np.random.default_rng(4)
    lightings = [sample_lighting(rng, (), (picture,)) for _ in range(60)]
    behind = [one for one in lightings if one.background is not None]
    assert 8 < len(behind) < 32 and all(one.environment is not None for one in behind)
    lit = LightStage(view).light(behind[0])
    outside = view.surface[0] == 0
    shown = behind[0].background.mean() * behind[0].backdrop
    assert torch.allclose(lit.beauty[:, outside], shown, rtol=1e-4)
