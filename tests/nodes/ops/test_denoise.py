import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops import denoise as module
from rimlight.nodes.ops.denoise import denoise, denoise_margin, estimate_noise, stabilize, unstabilize

READ, SHOT = 0.01, 0.002


def scene(size: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    base = 0.2 + 0.15 * torch.sin(x / 30) * torch.cos(y / 25) + 0.6 * ((x // 50 + y // 50) % 2)
    return torch.stack([base, 0.7 * base + 0.02, 0.4 * base])


def noisy(clean: Tensor, seed: int = 15) -> Tensor:
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    return clean + noise * (READ**2 + SHOT * clean).sqrt()


@pytest.mark.parametrize(("read", "shot"), [(0.01, 0.002), (0.5, 0.0), (0.0, 0.01)])
def test_the_transform_has_an_exact_inverse(read: float, shot: float) -> None:
    x = torch.tensor([[[-3.0, -0.01, 0.0, 1e-4, 0.18, 1.0, 60.0, 5e4]]])
    y = stabilize(x, read, shot)
    assert (y.diff() > 0).all()
    torch.testing.assert_close(unstabilize(y, read, shot), x, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("light", [0.05, 1.0, 30.0])
def test_the_transform_makes_noise_even(light: float) -> None:
    y = stabilize(noisy(torch.full((1, 300, 300), light)), READ, SHOT)
    assert float(y.std()) == pytest.approx(1, abs=0.03)


def test_detail_power_is_that_of_white_noise() -> None:
    x = torch.randn(1, 400, 400, generator=torch.Generator().manual_seed(16))
    for level, power in enumerate(module._powers(2)[0]):
        taps = module._dilated(level)
        cut = taps.numel() // 2
        smooth = module.separable(x, taps, taps)
        assert float((x[:, cut:-cut, cut:-cut] - smooth).var()) == pytest.approx(power, rel=0.03)
        x = smooth


@pytest.mark.parametrize("channels", [1, 3])
def test_noise_falls_and_edges_stay(channels: int, device: torch.device) -> None:
    m = denoise_margin(4)
    clean = scene(160 + 2 * m)[:channels]
    dirty = noisy(clean)
    result = denoise(dirty.to(device), READ, SHOT).cpu()
    inner = slice(m, m + 160)
    before = (dirty - clean)[:, inner, inner].square().mean()
    after = (result - clean[:, inner, inner]).square().mean()
    assert after < before / 3


def test_no_strength_changes_nothing() -> None:
    m = denoise_margin(3)
    x = noisy(scene(20 + 2 * m)) - 0.3
    y = denoise(x, READ, SHOT, luma=0.0, chroma=0.0, levels=3)
    torch.testing.assert_close(y, x[:, m : m + 20, m : m + 20], atol=1e-5, rtol=1e-5)
    assert torch.equal(denoise(x, 0.0, 0.0, levels=3), x[:, m : m + 20, m : m + 20])
    assert torch.equal(denoise(x, READ, SHOT, levels=0), x)


def test_luma_and_chroma_are_separate() -> None:
    m = denoise_margin(2)
    gray = noisy(scene(40 + 2 * m))[:1].expand(3, -1, -1)
    only_chroma = denoise(gray, READ, SHOT, luma=0.0, chroma=1.0, levels=2)
    torch.testing.assert_close(only_chroma, gray[:, m : m + 40, m : m + 40], atol=1e-5, rtol=1e-4)


def test_exposure_scales_through() -> None:
    m = denoise_margin(3)
    x = noisy(scene(30 + 2 * m))
    torch.testing.assert_close(
        denoise(8 * x, 8 * READ, 8 * SHOT, levels=3), 8 * denoise(x, READ, SHOT, levels=3), rtol=1e-4, atol=1e-5
    )


def test_a_tile_equals_the_crop_of_the_whole() -> None:
    m = denoise_margin(3)
    x = noisy(scene(60 + 2 * m))
    whole = denoise(x, READ, SHOT, levels=3)
    tile = denoise(x[:, 11 : 11 + 21 + 2 * m, 30 : 30 + 17 + 2 * m], READ, SHOT, levels=3)
    torch.testing.assert_close(tile, whole[:, 11:32, 30:47], atol=1e-5, rtol=1e-4)


def test_the_noise_is_found_again() -> None:
    read, shot = estimate_noise(noisy(scene(400)))
    assert read == pytest.approx(READ, rel=0.15)
    assert shot == pytest.approx(SHOT, rel=0.15)
    assert estimate_noise(torch.full((3, 64, 64), 0.4)) == (0.0, 0.0)
    assert estimate_noise(torch.zeros(3, 1, 1)) == (0.0, 0.0)


def test_negative_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="expected none below 0"):
        denoise(torch.zeros(3, 9, 9), -1.0, 0.0)
