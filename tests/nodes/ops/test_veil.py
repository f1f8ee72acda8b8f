"""The veil around lamps before a wall of bricks, whose glow is known."""

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.veil import veil

LAMPS = ((50, 24, 4.0, (60.0, 36.0, 15.0)), (110, 30, 3.0, (30.0, 36.0, 50.0)))
SHAPES = {
    "exponential": lambda away: torch.exp(-away / 10),
    "gaussian": lambda away: torch.exp(-away.square() / 300),
    "power": lambda away: (1 + (away / 5).square()) ** -1.5,
}


def plate(shape: str = "exponential", strength: float = 0.06, lit: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
    """The plate with glow and the scene without, `[3, 90, 160]`, and where the lamps are, `[2, 90, 160]`.

    lit : how much of their light the lamps throw on the wall.
    """
    y, x = torch.meshgrid(torch.arange(90) + 0.5, torch.arange(160) + 0.5, indexing="ij")
    grain = torch.rand(3, 45, 80, generator=torch.Generator().manual_seed(1)).repeat_interleave(2, 1)
    bricks = (0.1 + 0.5 * grain.repeat_interleave(2, 2)) * (0.5 + 0.5 * ((x // 12 + y // 6) % 2))
    scene, glow, covers = 0.02 * (0.5 + y / 90) * bricks, torch.zeros(3, 90, 160), []
    for across, down, radius, color in LAMPS:
        away = torch.hypot(x - across, y - down)
        skirt, light = SHAPES[shape](away), torch.tensor(color)[:, None, None]
        cover = (radius - away + 0.5).clamp(0, 1)
        scene = scene + lit * bricks * light / (1 + (away / 12).square())
        scene = scene * (1 - cover) + light * cover
        glow += light * (cover.sum() * strength * skirt / skirt.sum())
        covers.append(cover)
    return scene + glow, scene, torch.stack(covers)


def beside(covers: Tensor, least: int, most: int) -> Tensor:
    """Between so many pixels from the lamps, as a mask over three channels."""
    wide, narrow = (torch.nn.functional.max_pool2d(covers.sum(0)[None], 2 * n + 1, 1, n) for n in (most, least))
    return ((wide > 0) & (narrow == 0)).expand(3, -1, -1)


@pytest.mark.parametrize("shape", SHAPES)
def test_glow_of_any_shape_goes_and_the_scene_stays(shape: str) -> None:
    x, scene, covers = plate(shape)
    out = x - veil(x, covers)
    for least, most, gain in ((3, 12, 2.5), (12, 30, 2.5)):
        ring = beside(covers, least, most)
        before, after = (float((y - scene)[ring].abs().mean()) for y in (x, out))
        assert after < before / gain
    lamp = (covers.sum(0) > 0.99).expand(3, -1, -1)
    assert float(out[lamp].sum() / x[lamp].sum()) > 0.97


def test_a_lamp_without_glow_keeps_its_surroundings() -> None:
    x, scene, covers = plate(strength=0.0)
    around = beside(covers, 1, 200)
    assert float(veil(x, covers)[around].mean()) < 0.06 * float(scene[around].mean())


@pytest.mark.parametrize("shape", SHAPES)
def test_light_that_lamps_throw_on_a_wall_stays_while_glow_goes(shape: str) -> None:
    x, scene, covers = plate(strength=0.0, lit=0.001)
    ring = beside(covers, 1, 30)
    assert float(veil(x, covers)[ring].sum()) < 0.03 * float((scene - plate()[1])[ring].sum())
    x, scene, covers = plate(shape)
    ring = beside(covers, 3, 30)
    assert float(veil(x, covers)[ring].sum()) > 0.75 * float((x - scene)[ring].sum())


def test_no_black_rim_is_left_around_a_lamp_that_is_large_in_pixels() -> None:
    y, x = torch.meshgrid(torch.arange(240) + 0.5, torch.arange(640) + 0.5, indexing="ij")
    away = torch.hypot(x - 300, y - 110)
    cover = (14 - away + 0.5).clamp(0, 1)[None]
    light = torch.tensor([60.0, 36.0, 15.0])[:, None, None]
    scene = (0.01 * (0.6 + 0.4 * y / 240)) * (1 - cover) + light * cover
    found = scene + 0.05 * light * torch.exp(-away / 40)
    rim = beside(cover, 1, 6)
    assert float((found - veil(found, cover))[rim].min()) > 0.6 * float(scene[rim].min())


def test_nothing_becomes_darker_than_the_noise() -> None:
    x, scene, covers = plate()
    noise = 0.001 * torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    out = x + noise - veil(x + noise, covers)
    ring = beside(covers, 3, 200)
    assert float((out < -0.004)[ring].float().mean()) < 0.01
    assert abs(float((out - scene)[ring].mean())) < 0.3 * float(scene[ring].mean())
    dark = torch.where(ring, -0.01, x)
    assert not veil(dark, covers)[beside(covers, 6, 200)].any()


def test_it_scales_with_exposure_and_stays_the_same_in_half_the_size() -> None:
    x, _, covers = plate()
    found = veil(x, covers)
    assert torch.allclose(veil(64 * x, covers) / 64, found, rtol=1e-4, atol=1e-6)
    half = veil(*(torch.nn.functional.avg_pool2d(y, 2) for y in (x, covers)))
    ring = beside(covers, 6, 30)[:, ::2, ::2]
    whole = torch.nn.functional.avg_pool2d(found, 2)
    assert float((half - whole)[ring].abs().mean()) < 0.1 * float(whole[ring].mean())


def test_each_channel_has_its_own_glow() -> None:
    x, _, covers = plate()
    x[2] = torch.where(covers.sum(0) > 0, x[2], 0.001)
    found = veil(x, covers)
    ring = beside(covers, 6, 20)
    assert float(found[0][ring[0]].mean()) > 20 * float(found[2][ring[2]].mean())


def test_damaged_pixels_and_pictures_without_lamps() -> None:
    x, _, covers = plate()
    x[:, 70, 20], x[:, 71, 20] = float("nan"), float("inf")
    assert torch.isfinite(veil(x, covers)).all()
    assert not veil(x, covers[:0]).any()
    assert not veil(torch.zeros(3, 9, 16), torch.ones(1, 9, 16)).any()


def test_it_stops_when_it_is_told_to() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        veil(*plate()[::2], check=stop)
