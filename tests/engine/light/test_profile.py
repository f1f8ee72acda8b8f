"""Profiles against candelas in closed form: where they are looked up, how much light they are, and what lights show."""

import math

import pytest
import torch
from torch import Tensor

from profiles import SHIPPED, lumens_of
from rimlight.engine import (
    AreaLight,
    ParameterError,
    PointLight,
    Profile,
    Rig,
    RimlightError,
    SpotLight,
    Surface,
    shade,
)
from rimlight.engine.light.beam import frame
from rimlight.engine.light.lights import Light, ProfileLevel
from rimlight.engine.light.photometry import light_level
from rimlight.engine.light.profile import Distribution, Goniometer

FULL = torch.linspace(-90, 90, 73)


def directions(count: int = 4000, seed: int = 3) -> Tensor:
    """Unit vectors `[3, 1, n]`: forward, right, up, in double precision."""
    found = torch.randn(3, 1, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return found / found.norm(dim=0)


def cosine_lobe(power: float = 1.0, step: float = 1.0, candela: float = 100.0) -> Profile:
    """A lamp of type C whose candelas fall with a power of the cosine to its axis."""
    vertical = torch.arange(0, 90 + step / 2, step)
    fall = torch.cos(torch.deg2rad(vertical)).clamp_min(0) ** power
    return Profile("C", vertical, torch.zeros(1), candela * fall[None])


def even(candela: float = 10.0) -> Profile:
    return Profile("C", torch.tensor([0.0, 180.0]), torch.zeros(1), torch.full((1, 2), candela))


def leaning(kind: Goniometer) -> Profile:
    """A lamp of any type, brightest up and to the right: 2 + right + 3 up, in its angles, before the light of type C
    that is behind it.
    """
    if kind == "C":
        v, h = torch.linspace(0, 180, 121), torch.linspace(0, 360, 121)
        a, b = torch.meshgrid(torch.deg2rad(h), torch.deg2rad(v), indexing="ij")
        return Profile(kind, v, h, 4 + b.sin() * a.cos() + 3 * b.sin() * a.sin())
    h, v = (torch.deg2rad(x) for x in torch.meshgrid(FULL, FULL, indexing="ij"))
    right, up = (h.sin(), h.cos() * v.sin()) if kind == "B" else (v.cos() * h.sin(), v.sin())
    return Profile(kind, FULL, FULL, 4 + right + 3 * up)


@pytest.mark.parametrize("power", [1.0, 4.0, 20.0])
def test_a_cosine_lobe_is_met_between_the_angles(power: float) -> None:
    profile = cosine_lobe(power)
    forward, right, up = directions().split(1)
    found = Distribution(profile, 1.0, forward[..., :0]).share(forward, right, up) * profile.mean
    # Straight between angles a curve is off by an eighth of its bend times the square of the step.
    most = 100 * power * math.radians(1) ** 2 / 8 * 1.1
    assert float((found - 100 * forward.clamp_min(0) ** power).abs().max()) < most
    assert profile.lumens == pytest.approx(100 * 2 * math.pi / (power + 1), rel=1e-3)
    assert profile.peak == 100 and profile.mean == profile.lumens / (4 * math.pi)


@pytest.mark.parametrize("kind", ["A", "B", "C"])
def test_angles_lie_where_goniometers_have_them(kind: Goniometer) -> None:
    profile = leaning(kind)
    forward, right, up = directions().split(1)
    found = Distribution(profile, 1.0, forward[..., :0]).share(forward, right, up) * profile.mean
    before = (forward > 0) | (kind == "C")
    wanted = torch.where(before, 4 + right + 3 * up, 0.0)
    clear = (forward.abs() > 0.01) | (kind == "C")  # on the edge of what was measured both are right
    assert float(((found - wanted) * clear).abs().max()) < 4e-3
    assert profile.lumens == pytest.approx(16 * math.pi if kind == "C" else 8 * math.pi, rel=1e-3)


def test_steps_may_differ() -> None:
    vertical = torch.cat((torch.arange(0, 10, 0.5), torch.arange(10, 91, 2.0)))
    lobe = torch.cos(torch.deg2rad(vertical)).clamp_min(0)[None]
    forward, right, up = directions().split(1)
    found = Distribution(Profile("C", vertical, torch.zeros(1), lobe), 1.0, forward[..., :0]).share(forward, right, up)
    assert float((found / 4 - forward.clamp_min(0)).abs().max()) < 5e-4  # the mean is a quarter


@pytest.mark.parametrize("name", SHIPPED)
def test_light_together_is_that_of_the_formula(name: str) -> None:
    candela, vertical, horizontal = SHIPPED[name]
    v, h = (torch.tensor(x, dtype=torch.float64) for x in (vertical, horizontal))
    table = torch.tensor([[candela(a, b) for a in vertical] for b in horizontal], dtype=torch.float64)
    if len(horizontal) > 1:
        last = horizontal[-1]
        h, table = torch.cat((h, 2 * last - h.flip(0)[1:])), torch.cat((table, table.flip(0)[1:]))
        if last == 90:
            h, table = torch.cat((h, 180 + h[1:])), torch.cat((table, table[1:]))
    assert Profile("C", v, h, table).lumens == pytest.approx(lumens_of(candela), rel=5e-3)


def test_a_profile_is_spread_about_its_axis_or_from_behind() -> None:
    forward, right, up = directions().split(1)
    like = forward[..., :0]
    angle = torch.acos(forward)
    wider = Distribution(cosine_lobe(), 2.0, like).share(forward, right, up)
    assert float((wider / 4 - torch.cos(angle / 2).clamp_min(0) * (angle < math.pi / 2 * 2)).abs().max()) < 1e-3
    # What shines behind is made narrower towards there.
    vertical = torch.arange(90, 181, 1.0)
    behind = Profile("C", vertical, torch.zeros(1), -torch.cos(torch.deg2rad(vertical)).clamp_max(0)[None])
    narrower = Distribution(behind, -0.5, like).share(forward, right, up)
    wanted = torch.where(math.pi - angle < math.pi / 4, torch.cos(2 * (math.pi - angle)), 0.0)
    assert float((narrower / 4 - wanted).abs().max()) < 1e-3
    # Of all types alike.
    turned = Distribution(leaning("B"), 0.5, like).share(forward, right, up) * leaning("B").mean
    twice = 2 * angle
    along = torch.sin(twice) / torch.sin(angle)
    wanted = torch.where(twice < math.pi / 2, 4 + along * right + 3 * along * up, 0.0)
    clear = (twice - math.pi / 2).abs() > 0.02
    assert float(((turned - wanted) * clear).abs().max()) < 5e-3


def wall(width: int = 48, height: int = 32) -> Surface:
    """A white wall 2 m away, straight ahead, 3 m wide."""
    y, x = torch.meshgrid(torch.linspace(100, -100, height), torch.linspace(-150, 150, width), indexing="ij")
    place = torch.stack((x, y, torch.full_like(x, -200.0)))
    normal = torch.zeros_like(place)
    normal[2] = 1
    return Surface.of(normal, position=place, roughness=0.6, f0=0.0)


def shown(light: Light, surface: Surface, samples: int = 0) -> Tensor:
    (group,) = shade(surface, Rig((light,)), samples=samples)
    return group.shading


@pytest.mark.parametrize("level", ["brightest", "power", "candela"])
def test_an_even_profile_is_a_plain_light(level: ProfileLevel) -> None:
    surface = wall()
    plain = shown(PointLight(position=(30.0, 20.0, -60.0)), surface)
    light = PointLight(position=(30.0, 20.0, -60.0), profile=even(10.0), profile_level=level)
    share = 10 / math.pi if level == "candela" else 1.0
    torch.testing.assert_close(shown(light, surface), plain * share)


def test_candelas_are_lux_by_the_square_of_the_distance() -> None:
    """A nit is a pixel value of 1, so a white surface reads candela / distance^2 / pi."""
    light = PointLight(position=(0.0, 0.0, 0.0), profile=cosine_lobe(3.0, candela=500.0), profile_level="candela")
    surface = wall(49, 33)
    square = (surface.position**2).sum(0)  # type: ignore[operator]
    cosine = 200 / square.sqrt()
    lux = 500 * cosine**3 * cosine / (square / 1e4)
    torch.testing.assert_close(shown(light, surface)[0], lux / math.pi, rtol=2e-3, atol=0)
    assert float(light_level(light)[0]) == pytest.approx(500 / 4 / math.pi * 0.5, rel=1e-3)


def test_the_brightest_direction_reads_one_and_power_stays() -> None:
    facing, place = (torch.tensor([0.0, 0.0, z]).reshape(3, 1, 1) for z in (1.0, -100.0))
    towards = Surface.of(facing, position=place)
    lobe = cosine_lobe(3.0, candela=500.0)
    assert float(shown(PointLight(profile=lobe), towards)[0]) == pytest.approx(1)
    power = PointLight(profile=lobe, profile_level="power")
    assert float(shown(power, towards)[0]) == pytest.approx(8, rel=1e-3)  # 4 pi over 2 pi / 4
    assert torch.allclose(light_level(power), light_level(PointLight()))


@pytest.mark.parametrize("roll", [0.0, 30.0, 90.0])
def test_a_profile_turns_with_the_light(roll: float) -> None:
    """What is to the right of the axis is where `frame` has it, as for gobos."""
    aim = (0.3, -0.2, -1.0)
    surface = wall()
    light = PointLight(aim=aim, roll=roll, profile=leaning("C"))
    _, right, up = frame(aim, roll, torch.empty(0))
    assert surface.position is not None
    out = surface.position / surface.position.norm(dim=0)
    wanted = 4 + (out * right).sum(0) + 3 * (out * up).sum(0)
    found = shown(light, surface)[0] / shown(PointLight(), surface)[0]
    torch.testing.assert_close(found / found.mean(), wanted / wanted.mean(), rtol=2e-3, atol=0)


def test_a_spot_cuts_its_profile_off_with_its_cone() -> None:
    surface, lobe = wall(), cosine_lobe(6.0)
    both = shown(SpotLight(cone=60, penumbra=10, profile=lobe), surface)
    cone, profile = shown(SpotLight(cone=60, penumbra=10), surface), shown(PointLight(profile=lobe), surface)
    plain = shown(PointLight(), surface)
    torch.testing.assert_close(both, cone * profile / plain)


@pytest.mark.parametrize("shape", ["rectangle", "disc"])
@pytest.mark.parametrize("samples", [0, 512])
def test_a_panel_that_falls_with_the_cosine_is_a_plain_panel(shape: str, samples: int) -> None:
    surface, where = wall(), {"position": (40.0, 20.0, -50.0), "aim": (-0.2, -0.1, -1.0), "shape": shape}
    plain = shown(AreaLight(**where), surface, samples)
    found = shown(AreaLight(**where, profile=cosine_lobe(1.0)), surface, samples)
    # The corner of a rectangle is exact without a profile, and sampled with one.
    torch.testing.assert_close(found, plain, rtol=0.02 if samples else 2e-3, atol=1e-3)


@pytest.mark.parametrize("shape", ["rectangle", "disc", "sphere"])
def test_a_lamp_with_size_is_as_bright_from_afar_as_one_without(shape: str) -> None:
    lobe = cosine_lobe(8.0)
    far = wall()
    far = far.with_(position=far.position * 10)  # type: ignore[operator]
    small = shown(PointLight(position=(300.0, 0.0, 0.0), aim=(-0.3, 0.0, -1.0), profile=lobe), far)
    kinds = {"position": (300.0, 0.0, 0.0), "aim": (-0.3, 0.0, -1.0), "width": 20.0, "height": 20.0}
    large = AreaLight(shape=shape, profile=lobe, **kinds)  # type: ignore[arg-type]
    for samples in (0, 128):
        torch.testing.assert_close(shown(large, far, samples), small, rtol=0.01, atol=1e-5)


def test_bands_and_samples_see_the_same_profile() -> None:
    """A sampled sphere is as bright as its closed form, in any band of rows."""
    surface = wall()
    light = PointLight(position=(20.0, 0.0, -80.0), size=20.0, profile=leaning("C"))
    torch.testing.assert_close(shown(light, surface, 256), shown(light, surface), rtol=0.01, atol=0)
    part = Surface.of(
        surface.normal[:, 4:9],
        position=surface.position[:, 4:9],
        roughness=0.6,
        f0=0.0,  # type: ignore[index]
    )
    torch.testing.assert_close(shown(light, part), shown(light, surface)[:, 4:9])


def test_where_it_points_and_how_far_it_is_spread_can_be_fitted() -> None:
    surface, lobe = wall(), leaning("C")
    aim = torch.tensor([0.2, -0.1, -1.0], requires_grad=True)
    scale = torch.tensor(1.3, requires_grad=True)
    light = PointLight(position=(0.0, 0.0, 0.0), aim=aim, profile=lobe, profile_scale=scale)
    shown(light, surface).sum().backward()
    assert aim.grad is not None and scale.grad is not None
    step = 1e-2
    moved = [shown(light.with_(aim=aim.detach(), profile_scale=1.3 + s), surface).sum() for s in (step, -step)]
    assert float(scale.grad) == pytest.approx(float(moved[0] - moved[1]) / (2 * step), rel=0.05)
    assert bool(aim.grad.isfinite().all()) and bool((aim.grad != 0).any())


def test_on_the_axis_derivatives_are_finite() -> None:
    here = torch.tensor([0.0, 0.0, -100.0], requires_grad=True)
    surface = Surface.of(torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1), position=here.reshape(3, 1, 1))
    shown(PointLight(profile=leaning("C")), surface).sum().backward()
    assert here.grad is not None and bool(here.grad.isfinite().all())


def test_what_was_not_read_is_told() -> None:
    with pytest.raises(RimlightError, match=r"point light 'lamp': its profile .* was not read"):
        shown(PointLight(name="lamp", profile_file="a.ies"), wall())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vertical": torch.tensor([0.0, 0.0, 1.0])}, "the vertical angles do not rise"),
        ({"vertical": torch.tensor([0.0, 90.0, 190.0])}, "go from 0 to 190, those of type C lie within 0 to 180"),
        ({"candela": torch.tensor([[0.0, -1.0, 1.0]])}, "expected candelas from 0 upwards, and some light"),
        ({"candela": torch.zeros(1, 3)}, "some light"),
        ({"candela": torch.tensor([[0.0, math.inf, 1.0]])}, "expected finite numbers"),
        ({"candela": torch.ones(2, 3)}, r"shapes \[3\], \[1\], \[2, 3\], expected"),
        ({"kind": "D"}, "type D, expected A, B or C"),
    ],
)
def test_damaged_profiles_are_refused(change: dict[str, Tensor], message: str) -> None:
    whole = {
        "kind": "C", "vertical": torch.tensor([0.0, 45.0, 90.0]), "horizontal": torch.zeros(1),
        "candela": torch.ones(1, 3),
    }  # fmt: skip
    with pytest.raises(ParameterError, match=message):
        Profile(**(whole | change))  # type: ignore[arg-type]


def test_lights_refuse_a_profile_without_scale_or_level() -> None:
    with pytest.raises(ParameterError, match=r"profile_scale = 0\.0: expected another number than 0"):
        PointLight(profile_scale=0.0)
    with pytest.raises(ParameterError, match="profile_level = nits: expected brightest, power or candela"):
        PointLight(profile_level="nits")  # type: ignore[arg-type]
