"""Shading is differentiable with respect to layers and lights: against finite differences, in double precision."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    Model,
    PointLight,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    Surface,
    shade,
)


def values(*shape: int, low: float = 0.2, high: float = 0.8) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    x = torch.rand(*shape, generator=generator, dtype=torch.float64) * (high - low) + low
    return x.requires_grad_()


def picture(surface: Surface, light: Light, samples: int = 0) -> Tensor:
    (group,) = shade(surface, Rig((light,)), samples=samples)
    return 0.5 * group.shading + group.specular


def at(distance: float) -> Tensor:
    """Positions of two pixels on a wall."""
    x, y = torch.tensor([[[5.0, -4.0]], [[2.0, 3.0]]], dtype=torch.float64).unbind(0)
    return torch.stack((x, y, torch.full_like(x, -distance)))


LIGHTS: dict[str, Light] = {
    "directional": DirectionalLight(direction=(0.3, 0.4, 0.8)),
    "sun": DirectionalLight(direction=(0.3, 0.4, 0.8), angle=10),
    "point": PointLight(position=(10, 20, -60)),
    "spot": SpotLight(position=(10, 20, -40), aim=(-0.1, -0.3, -1), cone=80, penumbra=40, falloff=1),
    "rectangle": AreaLight(position=(10, 20, -50), width=30, height=20),
    "disc": AreaLight(position=(10, 20, -50), width=30, shape="disc"),
    "sphere": AreaLight(position=(10, 20, -50), width=10, shape="sphere"),
    "gaussians": SphericalGaussians(sharpness=torch.tensor([6.0]), axes=torch.tensor([[0.3, 0.4, 0.866]])),
}


@pytest.mark.parametrize("name", LIGHTS)
def test_layers(name: str) -> None:
    def run(normal: Tensor, roughness: Tensor, f0: Tensor, position: Tensor) -> Tensor:
        surface = Surface.of(
            normal + torch.tensor([0, 0, 1.5]).reshape(3, 1, 1), position=position, roughness=roughness, f0=f0,
            model=Model("burley", conserve=True),
        )  # fmt: skip
        return picture(surface, LIGHTS[name])

    position = at(100.0).requires_grad_()
    inputs = (values(3, 1, 2, low=-0.3, high=0.3), values(1, 1, 2, low=0.31, high=0.72), values(3, 1, 2), position)
    assert torch.autograd.gradcheck(run, inputs, eps=1e-6, atol=1e-5, rtol=1e-3)


CASES: dict[str, tuple[Callable[[Tensor], Light], list[float]]] = {
    "directional": (
        lambda v: DirectionalLight(direction=v[:3], exposure=v[3], kelvin=5000 + 100 * v[4]),
        [0.3, 0.4, 0.8, 1, 2],
    ),
    "sun": (lambda v: DirectionalLight(direction=v[:3], angle=v[3]), [0.3, 0.4, 0.8, 12]),
    "point": (lambda v: PointLight(position=v[:3], color=v[3:6]), [10, 20, -60, 1, 0.5, 0.3]),
    "spot": (
        lambda v: SpotLight(position=v[:3], aim=v[3:6], cone=v[6], penumbra=v[7], falloff=v[8]),
        [10, 20, -40, -0.1, -0.3, -1, 80, 40, 1.5],
    ),
    "rectangle": (
        lambda v: AreaLight(position=v[:3], aim=v[3:6], width=v[6], height=v[7], roll=v[8]),
        [10, 20, -50, 0.1, -0.2, -1, 30, 20, 15],
    ),
    "sphere": (lambda v: AreaLight(position=v[:3], width=v[3], shape="sphere"), [10, 20, -50, 12]),
    "gaussians": (
        lambda v: SphericalGaussians(axes=v[None, :3] / v[:3].norm(), sharpness=v[3:4], amplitudes=v[None, 4:7]),
        [0.3, 0.4, 0.8, 7, 1, 2, 3],
    ),
    "harmonics": (
        lambda v: SphericalHarmonics(coefficients=torch.diag(v[:3]).repeat(3, 1), rotation=v[3]),
        [1, 0.6, 0.3, 20],
    ),
    "environment": (
        lambda v: EnvironmentLight(
            pixels=torch.outer(v[1:4], torch.arange(8.0).double()).reshape(3, 2, 4), rotation=v[0]
        ),
        [20, 1.0, 0.7, 0.3],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_lights(name: str) -> None:
    make, start = CASES[name]
    normal = torch.tensor([[[0.1, -0.2]], [[0.1, 0.05]], [[1.0, 1.0]]], dtype=torch.float64)
    surface = Surface.of(normal, position=at(100.0), roughness=0.47)
    inputs = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: picture(surface, make(v)), (inputs,), eps=1e-6, atol=1e-5, rtol=1e-3)


def test_samples_have_gradients_too() -> None:
    normal = torch.tensor([0.1, 0.1, 1.0]).double().reshape(3, 1, 1)
    surface = Surface.of(normal, position=at(100.0)[..., :1], roughness=0.6)

    def run(exposure: Tensor, f0: Tensor) -> Tensor:
        light = AreaLight(position=(10, 20, -50), width=30, height=20, exposure=exposure)
        return picture(surface.with_(f0=f0), light, samples=8)

    inputs = (torch.tensor(0.5, dtype=torch.float64, requires_grad=True), values(3, 1, 1))
    assert torch.autograd.gradcheck(run, inputs, eps=1e-6, atol=1e-6)


def test_nothing_is_written_to() -> None:
    normal, position = torch.rand(3, 4, 4) + 0.1, torch.rand(3, 4, 4) - torch.tensor([0, 0, 100.0]).reshape(3, 1, 1)
    before = normal.clone(), position.clone()
    for samples in (0, 4):
        shade(Surface.of(normal, position=position), Rig(tuple(LIGHTS.values())[:-1]), samples=samples)
    assert torch.equal(normal, before[0]) and torch.equal(position, before[1])


def test_gradients_are_finite_where_layers_are_extreme() -> None:
    """Background without a normal, floors that face straight up, mirrors and chalk, no specular, a surface turned
    away.
    """
    rows = [(0, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, 0, 0)]
    normal = torch.tensor(rows, dtype=torch.float32).T[:, None].repeat(1, 3, 1).requires_grad_()
    roughness = torch.tensor([0.0, 0.5, 1.0])[None, :, None].repeat(1, 1, 6).requires_grad_()
    f0 = torch.tensor([0.0, 0.04, 1.0])[None, :, None].repeat(3, 1, 6).requires_grad_()
    position = torch.tensor([0.0, 0.0, -100.0]).reshape(3, 1, 1).repeat(1, 3, 6).requires_grad_()
    lights = (*LIGHTS.values(), EnvironmentLight(pixels=torch.rand(3, 8, 16)))
    for model in (Model(), Model("burley", conserve=True)):
        for light in lights:
            surface = Surface.of(normal, position=position, roughness=roughness, f0=f0, model=model)
            total = picture(surface, light).sum()
            found = torch.autograd.grad(total, (normal, roughness, f0, position), allow_unused=True)
            assert all(g is None or bool(torch.isfinite(g).all()) for g in found), light.kind


def test_what_is_kept_from_a_render_serves_training() -> None:
    """Tables made in inference mode would refuse to take part in a gradient."""
    from rimlight.engine.light import ggx, photometry

    ggx._table.cache_clear()
    photometry._neutral.cache_clear()
    normal = torch.tensor([0.1, 0.2, 1.0]).reshape(3, 1, 1)
    with torch.inference_mode():
        picture(Surface.of(normal), DirectionalLight())
    exposure = torch.tensor(0.0, requires_grad=True)
    f0 = torch.full((3, 1, 1), 0.3, requires_grad=True)
    total = picture(Surface.of(normal, f0=f0), DirectionalLight(exposure=exposure, kelvin=exposure + 5000)).sum()
    by_exposure, by_f0 = torch.autograd.grad(total, (exposure, f0))
    assert float(by_exposure) > 0 and float(by_f0.abs().min()) > 0
