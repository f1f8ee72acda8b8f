"""Sampled lights: responses in the surfaces' frames, and where closed forms stand in for samples."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import AreaLight, DirectionalLight, Light, Model, PointLight, Reflectance, Rig, Surface, shade
from rimlight.engine.light import ggx
from rimlight.engine.light.emitters import Emitter
from rimlight.engine.light.integral import integrate
from rimlight.engine.light.local import Facets, Frame
from rimlight.engine.light.sampling import lattice
from rimlight.engine.light.shading import emitter_of


def wall(roughness: float | Tensor, f0: float = 0.5, model: Model | None = None) -> Surface:
    """A curved wall two metres away, seen at all kinds of angles."""
    y, x = torch.meshgrid(torch.linspace(1, -1, 15), torch.linspace(-1.6, 1.6, 24), indexing="ij")
    position = torch.stack((100 * x, 100 * y, torch.full_like(x, -200)))
    normal = torch.stack((0.5 * x, 0.3 * y, torch.ones_like(x)))
    return Surface.of(normal, position=position, roughness=roughness, f0=f0, model=model)


@pytest.mark.parametrize("roughness", [0.1, 0.4, 1.0])
def test_the_response_in_frames_is_that_in_camera_space(roughness: float) -> None:
    r = Reflectance(wall(roughness, model=Model(compensate=False)))
    frame = Frame(r)
    facets = Facets(r, frame)
    for x, y, z in ((0.3, 0.2, 0.9), (-0.8, 0.3, 0.3), (0.1, -0.9, -0.2)):
        light = torch.nn.functional.normalize(torch.tensor([x, y, z]), dim=0).reshape(3, 1, 1)
        found, expected = facets.at(frame.into(light)), r.at(light)
        specular = found.specular * (r.surface.f0 * (1 - found.fresnel) + r.f90 * found.fresnel)
        torch.testing.assert_close(specular, expected.specular, rtol=2e-3, atol=1e-6)
        torch.testing.assert_close(found.cosine, expected.diffuse, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("roughness", [0.2, 0.5, 0.9])
def test_directions_come_with_their_density(roughness: float) -> None:
    """The energy that one bounce keeps, from the frames' samples divided by their density."""
    r = Reflectance(wall(roughness))
    facets = Facets(r, Frame(r))
    scale, bias = torch.zeros_like(r.nv), torch.zeros_like(r.nv)
    count = 512
    for u in lattice(count, r.nv):
        light, response = facets.sample(u)
        length = (light.x * light.x + light.y * light.y + light.z * light.z).sqrt()
        torch.testing.assert_close(length, torch.ones_like(length), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(response.density, facets.at(light).density, rtol=5e-3, atol=1e-5)
        weight = response.specular / (math.pi * count * response.density)
        scale, bias = scale + weight * (1 - response.fresnel), bias + weight * response.fresnel
    expected = ggx.energy(r.nv, r.surface.roughness)
    torch.testing.assert_close(scale, expected.scale, rtol=0, atol=0.01)
    torch.testing.assert_close(bias, expected.bias, rtol=0, atol=0.01)


LIGHTS: list[Light] = [
    DirectionalLight(direction=(0.6, 0.5, 0.6), angle=6.0),
    PointLight(position=(40, 60, -100), size=15.0),
    AreaLight(position=(40, 60, -100), width=20, shape="sphere"),
]


def made(light: Light, surface: Surface) -> tuple[Reflectance, Emitter]:
    return Reflectance(surface), emitter_of(light, 1.0, surface.normal)


@pytest.mark.parametrize("light", LIGHTS, ids=lambda x: f"{x.kind}")
@pytest.mark.parametrize("roughness", [0.35, 0.6, 0.9])
def test_small_lights_are_nearer_the_truth_without_samples(light: Light, roughness: float) -> None:
    r, emitter = made(light, wall(roughness))
    truth = integrate(r, emitter, 2048).specular
    sampled, (found,) = integrate(r, emitter, 32).specular, shade(r.surface, Rig((light,)), samples=32)
    assert float((found.specular - truth).abs().mean()) < 0.6 * float((sampled - truth).abs().mean())
    assert float((found.specular - truth).abs().mean() / truth.mean()) < 0.01


def test_lights_wide_beside_the_highlight_are_sampled() -> None:
    light = AreaLight(position=(0, 20, -120), width=80, shape="sphere")
    r, emitter = made(light, wall(0.15))
    (found,) = shade(r.surface, Rig((light,)), samples=32)
    torch.testing.assert_close(found.specular, integrate(r, emitter, 32).specular, rtol=1e-5, atol=1e-7)


def test_more_samples_are_trusted_more() -> None:
    r, emitter = made(DirectionalLight(direction=(0, 0, 1), angle=10.0), wall(0.4))
    shares = [float(trust.mean()) for n in (16, 32, 128, 512) if (trust := emitter.trust(r, n)) is not None]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1 and shares[-1] == 0


def test_there_is_no_seam_between_closed_forms_and_samples() -> None:
    """Along a wall whose roughness rises the highlight of a sun of 12 degrees makes no larger steps than samples do."""
    roughness = torch.linspace(0.2, 0.5, 301)[None, None]
    normal = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).expand(3, 1, 301)
    surface = Surface.of(normal, roughness=roughness, f0=1.0)
    light = DirectionalLight(direction=(0.25, 0.1, 1.0), angle=12.0)
    r, emitter = made(light, surface)
    trust = emitter.trust(r, 32)
    assert trust is not None and float(trust.min()) == 0 and float(trust.max()) == 1
    (found,) = shade(surface, Rig((light,)), samples=32)
    samples = integrate(r, emitter, 32).specular
    assert float(found.specular.diff().abs().max()) < 1.01 * float(samples.diff().abs().max())


@pytest.mark.parametrize("shape", ["rectangle", "disc"])
def test_what_faces_away_is_left_out_and_black(shape: str) -> None:
    light = AreaLight(shape=shape, position=(150, 0, -200), aim=(-1, 0, 0), width=60, height=60)  # type: ignore[arg-type]
    r, emitter = made(light, wall(0.4, model=Model("burley", conserve=True)))
    reaches = emitter.reaches(r)
    assert reaches is not None and 0 < int(reaches.sum()) < reaches.numel()
    (found,) = shade(r.surface, Rig((light,)), samples=16)
    whole = integrate(r, emitter, 16)
    torch.testing.assert_close(found.specular, whole.specular, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(found.shading, whole.diffuse, rtol=1e-4, atol=1e-6)
