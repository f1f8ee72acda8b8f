"""The student's architecture: any size and exposure, its budget, and what it promises whatever its weights."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models import TINY
from rimlight.engine import (
    DirectionalLight,
    LightGuess,
    Rig,
    Student,
    StudentConfig,
    estimated_albedo,
    fit_irradiance,
    light_strength,
    picture_level,
    quarter_maps,
    reduce_picture,
    refine_light,
    rig_of_guess,
    shade_estimate,
    shade_guess,
)


def student(config: StudentConfig = TINY) -> Student:
    torch.manual_seed(3)
    return Student(config).eval().requires_grad_(False)


def picture(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(5)) * 4


def test_the_parameters_are_within_the_budget() -> None:
    assert sum(p.numel() for p in Student().parameters()) <= 5_000_000


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (33, 64), (65, 47), (128, 96)])
def test_any_size_is_taken(height: int, width: int) -> None:
    seen = student()(picture(height, width))
    size = ((height + 1) // 2, (width + 1) // 2)
    for name in ("shading", "share", "normal", "depth", "roughness", "f0", "shadow", "error"):
        value = getattr(seen, name)
        assert value.shape[-2:] == size and value.isfinite().all(), name
    assert seen.light.environment.shape == (1, 3, 8, 16)


def test_light_is_solved_for_in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the precision is not enough for equations, and a GPU refuses them."""
    asked: list[tuple[bool, set[torch.dtype]]] = []

    def fit(*tensors: Tensor) -> Tensor:
        asked.append((torch.is_autocast_enabled("cpu"), {tensor.dtype for tensor in tensors}))
        return fit_irradiance(*tensors)

    monkeypatch.setattr("rimlight.engine.inference.codes.fit_irradiance", fit)
    with torch.autocast("cpu", torch.bfloat16):
        seen = student()(picture(64, 64))
    assert asked == [(False, {torch.float32})]
    assert seen.light.key.isfinite().all()


def test_layers_are_within_their_ranges() -> None:
    seen = student()(picture(64, 64, 2) * torch.tensor([1.0, 1e4]).reshape(2, 1, 1, 1))
    torch.testing.assert_close(seen.normal.norm(dim=1), torch.ones(2, 32, 32))
    torch.testing.assert_close(seen.light.direction.norm(dim=1), torch.ones(2))
    for name in ("share", "roughness", "f0", "shadow"):
        value = getattr(seen, name)
        assert value.min() >= 0 and value.max() <= 1
    for value in (seen.shading, seen.depth, seen.error, seen.light.key, seen.light.environment, seen.light.angle):
        assert value.min() > 0


@pytest.mark.parametrize("factor", [2.0**-20, 2.0**-3, 2.0**13])
def test_a_power_of_two_scales_what_is_light_and_nothing_else(factor: float) -> None:
    net, x = student(), picture(48, 64)
    plain, scaled = net(x), net(x * factor)
    assert torch.equal(scaled.normal, plain.normal) and torch.equal(scaled.code, plain.code)
    assert torch.equal(scaled.shading, plain.shading * factor)
    torch.testing.assert_close(scaled.light.key, plain.light.key * factor, rtol=1e-5, atol=0)


@pytest.mark.parametrize("factor", [0.37, 7.3, 1e5])
def test_any_factor_scales_light_within_rounding(factor: float) -> None:
    net, x = student(), picture(48, 64)
    torch.testing.assert_close(net(x * factor).shading, net(x).shading * factor, rtol=1e-4, atol=0)


def test_the_level_hardly_sees_a_sun_and_ignores_black() -> None:
    x = torch.ones(1, 3, 100, 100)
    x[..., 0, 0] = 1e4
    assert float(picture_level(x)) == pytest.approx(1.0, rel=0.05)
    x[..., 50:, :] = 0
    assert float(picture_level(x)) == pytest.approx(1.0, rel=0.1)
    matte = torch.zeros(1, 1, 100, 100)
    matte[..., 10:20, 10:20] = 1
    x[..., 10:20, 10:20] = 5
    assert float(picture_level(x, matte)) == pytest.approx(5.0)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), -3.0, 1e-38])
def test_pictures_without_light_give_finite_layers(value: float) -> None:
    seen = student()(torch.full((1, 3, 16, 16), value))
    assert seen.shading.isfinite().all() and seen.normal.isfinite().all() and seen.light.key.isfinite().all()


def test_a_batch_gives_what_single_pictures_give() -> None:
    net, x = student(), picture(32, 48, 2)
    both = net(x)
    for i in range(2):
        torch.testing.assert_close(net(x[i : i + 1]).shading[0], both.shading[i], rtol=1e-4, atol=1e-6)


def test_the_albedo_is_what_of_the_picture_is_not_specular_by_its_shading() -> None:
    net, x = student(), picture(32, 32)
    seen, small = net(x), reduce_picture(x, 16, 16)
    albedo = estimated_albedo(small, seen)
    torch.testing.assert_close(albedo * seen.shading + small * seen.share, small)


def test_relighting_is_linear_in_the_lights_strength() -> None:
    net, x = student(), picture(64, 64)
    seen = net(x)
    quarter = quarter_maps(seen)
    albedo = estimated_albedo(reduce_picture(x, 16, 16), quarter)

    def lit(strength: float) -> Tensor:
        light = LightGuess(
            torch.tensor([[0.6, 0.0, 0.8]]), torch.full((1, 3), strength), torch.tensor([5.0]),
            torch.full((1, 3, 8, 16), 0.1 * strength),
        )  # fmt: skip
        rig = Rig((DirectionalLight(direction=(0.6, 0.0, 0.8), angle=5.0, color=(strength,) * 3),))
        physics = shade_estimate(quarter, (rig,), (30.0,))
        shading, specular = refine_light(net, seen, quarter, albedo, physics, light, net.light_code(light))
        return albedo * shading + specular

    torch.testing.assert_close(lit(8.0), lit(1.0) * 8, rtol=1e-4, atol=1e-6)


def test_pictures_shaded_at_once_under_guessed_lights_are_those_shaded_one_by_one_under_rigs() -> None:
    g = torch.Generator().manual_seed(3)
    quarter = quarter_maps(student()(picture(32, 48, 3)))
    fields = torch.tensor([20.0, 35.0, 60.0])
    direction = torch.tensor([[0.6, 0.0, 0.8], [-0.6, 0.64, 0.48], [0.0, 0.8, -0.6]])
    around = torch.rand(3, 3, 8, 16, generator=g) ** 3
    light = LightGuess(direction, torch.rand(3, 3, generator=g) + 0.1, torch.tensor([1.0, 8.0, 30.0]), around)
    rigs = [rig_of_guess(light, i) for i in range(3)]
    wanted = shade_estimate(quarter, rigs, fields.tolist())
    torch.testing.assert_close(shade_guess(quarter, light, fields), wanted, rtol=1e-4, atol=1e-5)
    other = shade_guess(quarter, replace(light, direction=-direction), fields)
    assert float((other[0] - wanted[0]).abs().max()) > 0.1


def test_the_code_of_a_light_does_not_depend_on_its_strength_but_on_its_direction() -> None:
    net = student()

    def code(direction: tuple[float, float, float], strength: float) -> Tensor:
        return net.light_code(LightGuess(
            torch.tensor([direction]), torch.full((1, 3), strength), torch.tensor([5.0]),
            torch.full((1, 3, 8, 16), 0.1 * strength),
        ))  # fmt: skip

    torch.testing.assert_close(code((0.0, 0.0, 1.0), 1.0), code((0.0, 0.0, 1.0), 64.0), rtol=1e-4, atol=1e-5)
    assert (code((0.0, 0.0, 1.0), 1.0) - code((1.0, 0.0, 0.0), 1.0)).abs().max() > 0.01


def test_the_strength_of_even_surroundings_is_their_radiance() -> None:
    light = LightGuess(
        torch.tensor([[0.0, 0.0, 1.0]]), torch.zeros(1, 3), torch.tensor([1.0]), torch.full((1, 3, 8, 16), 2.5)
    )
    torch.testing.assert_close(light_strength(light), torch.tensor([2.5]))


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    net, x = Student(TINY), picture(64, 64, 2)
    seen = net(x)
    light = seen.light
    refined = net.relight(seen, torch.rand(2, 14, 16, 16), net.light_code(light))
    values = (seen.shading.log(), seen.share, seen.normal, seen.depth, seen.roughness, seen.f0, seen.shadow, seen.error,
              light.direction, light.key, light.angle, light.environment, refined)  # fmt: skip
    sum((v * torch.linspace(0.5, 1.5, v.numel()).reshape(v.shape)).sum() for v in values).backward()
    missing = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert missing == []
