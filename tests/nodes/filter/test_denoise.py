import pytest
import torch

from compare import assert_close
from pictures import picture, ramp
from rimlight.engine import Region
from stage import run, staged

FRAME = Region(0, 0, 160, 120)
READ, SHOT = 0.02, 0.004


def clean() -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 3, 120), torch.linspace(0, 2, 160), indexing="ij")
    return torch.stack((x * y, x, y, torch.ones_like(x)))


def noisy(read: float = READ, shot: float = SHOT) -> torch.Tensor:
    x = clean()
    random = torch.randn(x.shape, generator=torch.Generator().manual_seed(9))
    return torch.cat(((x + random * (read**2 + shot * x).sqrt())[:3], x[3:]))


def error(x: torch.Tensor) -> float:
    return float((x - clean())[:3].square().mean().sqrt())


@pytest.mark.parametrize("values", [{"read": READ, "shot": SHOT}, {"auto": True}])
def test_noise_goes_and_light_stays(values: dict[str, float]) -> None:
    y = run("Denoise", picture(noisy(), FRAME), **values)["rgba"]
    assert error(y) < 0.3 * error(noisy())
    assert float(y[:3].mean()) == pytest.approx(float(clean()[:3].mean()), rel=5e-3)
    assert torch.equal(y[3], noisy()[3])


def test_no_strength_keeps_that_noise() -> None:
    x = noisy()
    y = run("Denoise", picture(x, FRAME), read=READ, shot=SHOT, luma=0)["rgba"]
    assert 0.3 * error(x) < error(y) < error(x)


def test_a_proxy_has_less_noise_to_take_away() -> None:
    half = run("Denoise", picture(noisy(), FRAME), read=READ, shot=SHOT, scale=0.5)["rgba"]
    expected = torch.nn.functional.avg_pool2d(clean(), 2)
    assert float((half - expected)[:3].square().mean().sqrt()) < 0.3 * error(noisy()) / 2 * 1.3


def test_channels_without_all_three_colours_are_denoised_one_by_one() -> None:
    y = run("Denoise", picture(noisy(), FRAME), read=READ, shot=SHOT, channels="r b")["rgba"]
    assert torch.equal(y[1], noisy()[1])
    alone = run("Denoise", picture(noisy(), FRAME), read=READ, shot=SHOT, channels="r")["rgba"]
    assert_close(y[0], alone[0], threshold=0)


def test_no_noise_is_no_node() -> None:
    assert staged("Denoise", ramp()).vertex("node").alias is not None


@pytest.mark.parametrize("light", [0.004, 0.02, 0.2])
@pytest.mark.parametrize("channels", ["rgb", "r"])
def test_averaged_photons_are_as_bright_as_they_were(light: float, channels: str) -> None:
    """Measured: within 0.015 of a photon; the inverse of the mean alone lies a quarter below."""
    size = Region(0, 0, 160, 160)
    photons = torch.poisson(torch.full((3, 160, 160), light / SHOT), generator=torch.Generator().manual_seed(3)) * SHOT
    y = run("Denoise", picture(photons, size), read=0.1 * SHOT, shot=SHOT, channels=channels)["rgba"][0]
    inner = slice(40, 120)
    assert float(y.std()) < 0.2 * float(photons[0].std())
    assert abs(float(y[inner, inner].mean() - photons[0, inner, inner].mean())) < 0.05 * SHOT


def test_without_noise_nothing_becomes_brighter() -> None:
    flat = torch.tensor([-0.1, 0.0, 0.5]).reshape(3, 1, 1).expand(3, 40, 40).contiguous()
    y = run("Denoise", picture(flat, Region(0, 0, 40, 40)), read=READ, shot=SHOT)["rgba"]
    assert_close(y, flat, threshold=1e-6)


def test_what_is_far_below_zero_stays_a_number() -> None:
    flat = torch.full((3, 20, 20), -1e20)
    y = run("Denoise", picture(flat, Region(0, 0, 20, 20)), read=READ, shot=SHOT)["rgba"]
    assert torch.allclose(y, flat, rtol=1e-5)
