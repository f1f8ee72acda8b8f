"""Highlights of surroundings, from samples that are the same in all pixels."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import EnvironmentLight, Reflectance, Rig, Surface, shade
from rimlight.engine.light import equirect
from rimlight.engine.light.around import Around
from rimlight.engine.light.environment import Environment
from rimlight.engine.light.integral import integrate
from rimlight.engine.light.surface import Model

SIDE = 32


def studio() -> Tensor:
    """A dim room with thin tubes of light and lamps of a pixel: 128 rows."""
    picture = equirect.resized(torch.rand(3, 4, 8, generator=torch.Generator().manual_seed(3)), 128, 256) * 0.2
    picture[:, 40:42, 140:200] += 40
    picture[:, 30:64, 90:92] += 30
    picture[:, 70, 20:250:30] += 300
    return picture


def ball(roughness: float, model: Model | None = None) -> Surface:
    """The front of a ball, to 60 degrees to all sides."""
    x = torch.linspace(-0.87, 0.87, SIDE)
    x, y = x[None].expand(SIDE, SIDE) * 0.7, -x[:, None].expand(SIDE, SIDE) * 0.7
    normal = torch.stack((x, y, (1 - x * x - y * y).sqrt()))
    return Surface.of(normal, roughness=roughness, f0=0.5, model=model or Model())


def lit(surface: Surface, samples: int) -> Tensor:
    (group,) = shade(surface, Rig((EnvironmentLight(pixels=studio()),)), samples=samples)
    return group.specular


def fine(picture: Tensor) -> Tensor:
    """What of a picture is smaller than about 7 pixels."""
    return (picture - F.avg_pool2d(picture[None], 7, 1, 3)[0])[:, 3:-3, 3:-3]


@pytest.mark.parametrize(("roughness", "off", "structure"), [(0.25, 0.15, 0.4), (0.35, 0.12, 0.15), (0.5, 0.12, 0.08)])
def test_small_lamps_draw_no_scratches(roughness: float, off: float, structure: float) -> None:
    """Against many samples. With radiance in points it was off by 0.6 to 0.7, fine structure by 1.6, 1.4 and 0.24."""
    surface = ball(roughness)
    around = Around(Environment(studio()), 0.0, torch.ones(3, 1, 1))
    r = Reflectance(surface)
    truth = integrate(r, around, 1536, around.diffuse(r)).specular
    wrong = lit(surface, 32) - truth
    assert float(wrong.abs().mean() / truth.mean()) < off
    assert float(fine(wrong).square().mean().sqrt() / truth.mean()) < structure


@pytest.mark.parametrize(("samples", "times"), [(8, 10), (32, 1)])
def test_a_white_metal_is_unseen_in_white_surroundings(samples: int, times: int) -> None:
    """Within what the lattice of so many directions misses, which is more in rough metals."""
    white = Rig((EnvironmentLight(pixels=torch.ones(3, 16, 32)),))
    for roughness, limit in ((0.1, 0.001), (0.4, 0.005), (1.0, 0.005)):
        surface = ball(roughness).with_(f0=torch.ones(3, SIDE, SIDE))
        (group,) = shade(surface, white, samples=samples)
        assert float((group.specular - 1).abs().mean()) < limit * times


@pytest.mark.parametrize("model", [Model(), Model("burley", conserve=True)])
def test_bands_and_single_pixels_are_the_whole(model: Model) -> None:
    surface = ball(0.3, model)
    whole = lit(surface, 16)
    some = torch.tensor([0, 5, SIDE * SIDE // 2, SIDE * SIDE - 1])
    torch.testing.assert_close(lit(surface.some(some), 16)[:, 0], whole.flatten(1)[:, some], rtol=1e-4, atol=1e-5)


def test_the_middle_of_a_highlight_has_no_star() -> None:
    """Where the view meets the normal its frames lean to all sides: steps there were 0.17 of the mean."""
    x = torch.linspace(-0.05, 0.05, 41)
    x, y = x[None].expand(41, 41), -x[:, None].expand(41, 41)
    normal = torch.stack((x, y, (1 - x * x - y * y).sqrt()))
    found = lit(Surface.of(normal, roughness=0.5, f0=0.5), 32)
    step = torch.maximum(found.diff(dim=1).abs().max(), found.diff(dim=2).abs().max()) / found.mean()
    assert float(step) < 0.02


def test_samples_of_surroundings_have_gradients() -> None:
    roughness = torch.full((1, SIDE, SIDE), 0.3, requires_grad=True)
    picture = studio().requires_grad_()
    (group,) = shade(ball(0.3).with_(roughness=roughness), Rig((EnvironmentLight(pixels=picture),)), samples=8)
    for slope in torch.autograd.grad(group.specular.sum(), (roughness, picture)):
        assert bool(torch.isfinite(slope).all()) and float(slope.abs().max()) > 0
