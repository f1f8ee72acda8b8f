"""Plates of known light and paint, seen by a student that is right in the large and knows no edges."""

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import LightGuess, Prediction, picture_level, reduce_picture
from rimlight.engine.inference import apart
from rimlight.engine.inference.detail import Guide, follow_edges
from rimlight.engine.inference.sky import find_sky

SIZE = 96


def seen(plate: Tensor, shading: Tensor, share: float = 0.02) -> Prediction:
    """What a student would say that saw the shading in a few coarse cells."""
    cells = reduce_picture(shading, 6, 6)
    coarse = F.interpolate(cells, (SIZE // 4, SIZE // 4), mode="bilinear", align_corners=False)
    one = torch.ones_like(coarse[:, :1])
    guess = LightGuess(torch.zeros(1, 3), torch.ones(1, 3), torch.ones(1), torch.ones(1, 3, 16, 32))
    return Prediction(
        level=picture_level(plate), shading=coarse, share=share * torch.ones_like(coarse), normal=coarse, depth=one,
        roughness=one / 2, f0=one / 25, shadow=one, error=one, code=torch.zeros(1, 4), light=guess, features=(one, one),
    )  # fmt: skip


def take_apart(plate: Tensor, about: Prediction) -> dict[str, Tensor]:
    guide = Guide(plate, about.level, about.shading.shape[-2], about.shading.shape[-1])
    return apart.take_apart(plate, about, guide, find_sky(plate, about.level))


def paint() -> Tensor:
    """Patches of different colours `[1, 3, SIZE, SIZE]`."""
    colors = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(4)) * 0.6 + 0.1
    return F.interpolate(colors, (SIZE, SIZE), mode="nearest")


def light() -> Tensor:
    """Soft light from the left, and a hard shadow over the lower part."""
    x = torch.linspace(1.5, 0.3, SIZE).expand(1, 3, SIZE, SIZE)
    below = (torch.arange(SIZE)[:, None] > 60).float()
    return x * (1 - 0.6 * below)


def logs(x: Tensor) -> Tensor:
    return x.clamp_min(1e-6).log().mean(1)


def off(found: Tensor, expected: Tensor) -> float:
    """How far apart two layers are in nepers, after the best factor."""
    d = logs(found) - logs(expected)
    return float((d - d.median()).abs().mean())


def test_paint_stays_out_of_the_light() -> None:
    plate = paint() * light()
    found = take_apart(plate, seen(plate, light()))
    about = seen(plate, light())
    guided = follow_edges(about.shading.log(), plate, about.level).exp()
    assert off(found["shading"], light()) < off(guided, light())
    assert off(found["albedo"], paint()) < off(plate / guided, paint())


def test_it_closes_and_scales() -> None:
    plate = paint() * light()
    plate[..., 5, 5] = torch.tensor([-0.3, 1.0, 4e4])
    one, many = (take_apart(plate * k, seen(plate * k, light() * k)) for k in (1.0, 1024.0))
    torch.testing.assert_close(one["albedo"] * one["shading"] + one["specular"] + one["residual"], plate)
    torch.testing.assert_close(many["albedo"], one["albedo"], rtol=1e-4, atol=1e-5)
    for name in ("shading", "specular", "residual"):
        torch.testing.assert_close(many[name] / 1024, one[name], rtol=1e-4, atol=1e-5)


def test_surfaces_are_no_brighter_than_white_and_lamps_are_no_surfaces() -> None:
    plate = paint() * light()
    plate[..., 20:24, 20:24] = 500.0
    found = take_apart(plate, seen(plate, light()))
    assert float(found["albedo"].max()) < 0.9
    lamp = found["residual"][..., 20:24, 20:24]
    assert float(lamp.min()) > 100
    outside = found["residual"].clone()
    outside[..., 20:24, 20:24] = 0
    assert float(outside.abs().max()) < 1e-5


def test_highlights_have_the_colour_of_the_light() -> None:
    warm = light() * torch.tensor([1.3, 1.0, 0.7]).reshape(1, 3, 1, 1)
    plate = paint() * warm
    found = take_apart(plate, seen(plate, warm, share=0.2))["specular"].mean((2, 3))[0]
    assert found[0] / found[1] > 1.15 and found[2] / found[1] < 0.85


def test_clipped_white_under_warm_light_is_white() -> None:
    warm = light() * torch.tensor([1.3, 1.0, 0.6]).reshape(1, 3, 1, 1)
    plate = paint() * warm
    plate[..., 20:30, 20:30] = 1.6
    albedo = take_apart(plate, seen(plate, warm, share=0.3))["albedo"][0, :, 21:29, 21:29].mean((1, 2))
    assert albedo.max() / albedo.min() < 1.35  # the light's own colours are 2.2 apart
    blue = paint()[..., :1, :1] * 0 + torch.tensor([0.08, 0.15, 0.5]).reshape(1, 3, 1, 1)
    plate[..., 20:30, 20:30] = blue * warm[..., 20:30, 20:30]
    albedo = take_apart(plate, seen(plate, warm))["albedo"][0, :, 21:29, 21:29].mean((1, 2))
    assert albedo[2] / albedo[0] > 4  # what is dimmer than white may have the opposite colour


def test_the_light_is_no_purer_than_what_is_white_bears_out() -> None:
    """The student takes a blue picture for white things in blue light, but there is snow in it, and it is white."""
    colors = paint() * torch.tensor([0.6, 0.8, 1.1]).reshape(1, 3, 1, 1) * 0.6
    colors[..., 60:, :] = 0.8
    blue = light() * torch.tensor([0.6, 0.9, 1.6]).reshape(1, 3, 1, 1)
    snow = take_apart(colors * light(), seen(colors * light(), blue))["albedo"][0, :, 66:].mean((1, 2))
    assert snow.max() / snow.min() < 1.3  # the light's own colours are 2.7 apart
    grass = torch.tensor([0.5, 0.8, 0.2]).reshape(1, 3, 1, 1)
    plate = colors * torch.where(torch.arange(SIZE)[:, None] >= 60, grass, 1.0) * blue
    albedo = take_apart(plate, seen(plate, blue))["albedo"][0, :, 66:].mean((1, 2))
    assert albedo[1] / albedo[2] > 3  # other colours say nothing against blue light


def test_the_sky_is_no_surface() -> None:
    plate = paint() * light() * 0.5
    plate[..., :30, :] = torch.tensor([0.5, 0.8, 1.3]).reshape(1, 3, 1, 1)
    found = take_apart(plate, seen(plate, light()))
    torch.testing.assert_close(found["residual"][..., :28, :], plate[..., :28, :])
    assert float(found["albedo"][..., :28, :].abs().max()) < 1e-3
    assert float(found["residual"][..., 32:, :].abs().max()) < 1e-4


def test_black_is_nothing() -> None:
    plate = torch.zeros(1, 3, SIZE, SIZE)
    found = take_apart(plate, seen(plate, light()))
    assert all(bool(x.isfinite().all()) for x in found.values())
    assert all(float(found[name].abs().max()) == 0 for name in ("albedo", "specular", "residual"))
