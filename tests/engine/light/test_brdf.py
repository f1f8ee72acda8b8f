"""What surfaces reflect: furnace, reciprocity, energy."""

import math

import pytest
import torch
from torch import Tensor

from light_scenes import table
from rimlight.engine import EnvironmentLight, Model, Reflectance, Rig, Surface, beauty, from_metallic, shade
from rimlight.engine.light import ggx
from rimlight.engine.light.sampling import lattice, local_to

WHITE = Rig((EnvironmentLight(pixels=torch.ones(3, 16, 32)),))


def hemisphere(reflectance: Reflectance, count: int = 1500) -> tuple[Tensor, Tensor]:
    """Mean `pi * f * cosine` over even directions, times the hemisphere over pi: reflected shares of constant light."""
    normal = reflectance.surface.normal
    diffuse, specular = torch.zeros_like(normal), torch.zeros_like(normal)
    for u in lattice(count, normal):
        r, phi = (1 - u[0] ** 2).sqrt(), 2 * math.pi * u[1]
        found = reflectance.at(local_to(normal, r * phi.cos(), r * phi.sin(), u[0]))
        diffuse, specular = diffuse + found.diffuse, specular + found.specular
    return 2 * diffuse / count, 2 * specular / count


def test_white_furnace_by_brute_force() -> None:
    """A white metal in white surroundings is invisible, whatever its roughness: within 1 % from roughness 0.4
    upwards.
    """
    surface = table(f0=1.0)
    rough = surface.with_(
        normal=surface.normal[:, 4:], view=surface.view[:, 4:], roughness=surface.roughness[:, 4:], f0=surface.f0[:, 4:]
    )
    _, specular = hemisphere(Reflectance(rough))
    torch.testing.assert_close(specular, torch.ones_like(specular), atol=0.01, rtol=0)


def test_white_furnace_by_shading() -> None:
    for samples, tolerance in ((0, 1e-5), (512, 0.01)):
        (group,) = shade(table(f0=1.0), WHITE, samples=samples)
        torch.testing.assert_close(group.specular, torch.ones_like(group.specular), atol=tolerance, rtol=0)


def test_one_bounce_alone_loses_light() -> None:
    (group,) = shade(table(f0=1.0, model=Model(compensate=False)), WHITE)
    assert float(group.specular.max()) <= 1.001
    assert float(group.specular[:, -1, 0].max()) < 0.4  # rough, from the front
    assert float(group.specular[:, 0].min()) > 0.98  # a mirror


@pytest.mark.parametrize("f0", [0.0, 0.04, 0.5, 1.0])
@pytest.mark.parametrize("compensate", [True, False])
def test_conserving_surfaces_give_back_no_more_than_all(f0: float, compensate: bool) -> None:
    surface = table(f0=f0, model=Model(conserve=True, compensate=compensate))
    picture = beauty(torch.ones_like(surface.f0), shade(surface, WHITE))
    torch.testing.assert_close(picture, torch.ones_like(picture), atol=1e-4, rtol=0)
    rough = surface.with_(**{k: getattr(surface, k)[:, 4:] for k in ("normal", "view", "roughness", "f0")})
    diffuse, specular = hemisphere(Reflectance(rough))
    assert float((diffuse + specular).max()) < 1.012
    if f0 < 0.9:
        assert float((diffuse + specular).min()) > 0.988


def test_no_f0_is_no_specular() -> None:
    (group,) = shade(table(f0=0.0), WHITE)
    assert float(group.specular.abs().max()) == 0


@pytest.mark.parametrize(
    "model",
    [Model(), Model(conserve=True), Model(compensate=False), Model("burley"), Model("burley", conserve=True)],
    ids=str,
)
def test_light_and_camera_may_change_places(model: Model) -> None:
    generator = torch.Generator().manual_seed(3)
    normal = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).expand(3, 1, 64)
    a, b = (torch.nn.functional.normalize(torch.rand(3, 1, 64, generator=generator) + 0.05, dim=0) for _ in range(2))
    roughness = torch.rand(1, 1, 64, generator=generator) * 0.9 + 0.1
    f0 = torch.rand(3, 1, 64, generator=generator)
    there = Reflectance(Surface.of(normal, view=a, roughness=roughness, f0=f0, model=model)).at(b)
    back = Reflectance(Surface.of(normal, view=b, roughness=roughness, f0=f0, model=model)).at(a)
    for one, other in zip(there, back, strict=True):
        torch.testing.assert_close(one / b[2:], other / a[2:], rtol=1e-3, atol=1e-4)


def test_the_energy_table_is_the_integral() -> None:
    surface = table(rows=5, columns=5, f0=1.0, model=Model(compensate=False))
    rough = surface.with_(**{k: getattr(surface, k)[:, 2:] for k in ("normal", "view", "roughness", "f0")})
    reflectance = Reflectance(rough)
    _, specular = hemisphere(reflectance)
    torch.testing.assert_close(specular, reflectance.single, atol=0.006, rtol=0)


def test_the_distribution_is_normalised_and_its_disc_mean_is_a_mean() -> None:
    cosine = (torch.arange(20000, dtype=torch.float64) + 0.5) / 20000
    for alpha in (0.05, 0.3, 1.0):
        a = torch.tensor(alpha, dtype=torch.float64)
        total = (ggx.distribution(1 - cosine**2, a) * cosine).mean() * 2 * math.pi
        assert float(total) == pytest.approx(1, abs=2e-3)
        # The mean over a disc of slopes, by summing over the disc.
        offset, radius = 0.12, 0.08
        u = lattice(4000, a)
        x = offset + radius * u[:, 0].sqrt() * (2 * math.pi * u[:, 1]).cos()
        y = radius * u[:, 0].sqrt() * (2 * math.pi * u[:, 1]).sin()
        summed = (a**2 / (math.pi * (a**2 + x**2 + y**2) ** 2)).mean()
        closed = ggx.disc_mean(torch.tensor(offset**2, dtype=a.dtype), torch.tensor(radius**2, dtype=a.dtype), a)
        assert float(closed) == pytest.approx(float(summed), rel=0.05)


def test_metals_have_their_color_in_the_highlight() -> None:
    base = torch.tensor([0.9, 0.6, 0.2]).reshape(3, 1, 1)
    albedo, f0 = from_metallic(base, torch.tensor([[[0.0, 0.5, 1.0]]]))
    torch.testing.assert_close(albedo[:, 0, 0], base[:, 0, 0])
    torch.testing.assert_close(f0[:, 0, 0], torch.full((3,), 0.04))
    assert float(albedo[:, 0, 2].abs().max()) == 0
    torch.testing.assert_close(f0[:, 0, 2], base[:, 0, 0])
