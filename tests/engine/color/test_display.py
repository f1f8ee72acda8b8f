"""Pictures made ready to be looked at."""

import pytest
import torch

from rimlight.engine.color.config import ColorConfig
from rimlight.engine.color.display import DisplayRenderer, to_uint8

PLAIN = "Un-tone-mapped"


@pytest.fixture(scope="module")
def renderer() -> DisplayRenderer:
    return DisplayRenderer(ColorConfig())


def ramp(low: float = 0.0, high: float = 4.0) -> torch.Tensor:
    return torch.linspace(low, high, 64).expand(3, 4, 64).contiguous()


def test_untonemapped_is_the_srgb_curve(renderer: DisplayRenderer, device: torch.device) -> None:
    grey = torch.full((3, 1, 1), 0.18).to(device)
    expected = 1.055 * 0.18 ** (1 / 2.4) - 0.055
    assert renderer.render(grey, view=PLAIN)[0].item() == pytest.approx(expected, abs=1e-5)
    assert renderer.render8(grey, view=PLAIN).flatten().tolist() == [round(expected * 255)] * 3


def test_exposure_is_in_stops(renderer: DisplayRenderer) -> None:
    x = ramp()
    torch.testing.assert_close(renderer.render(x, view=PLAIN, exposure=-2), renderer.render(x / 4, view=PLAIN))


def test_gamma_acts_on_the_display(renderer: DisplayRenderer) -> None:
    x = ramp(-0.1)
    plain = renderer.render(x, view=PLAIN)
    found = renderer.render(x, view=PLAIN, gamma=2.0)
    torch.testing.assert_close(found.clamp_min(0), plain.clamp_min(0).sqrt())
    assert (found[plain < 0] < 0).all()
    with pytest.raises(ValueError, match="gamma is 0"):
        renderer.render(x, gamma=0)


def test_alpha_is_kept(renderer: DisplayRenderer) -> None:
    x = torch.cat((ramp(), torch.linspace(0, 1, 64).expand(1, 4, 64)))
    found = renderer.render(x, exposure=1.5, gamma=1.2, exact=False)
    assert torch.equal(found[3], x[3])
    assert renderer.render8(x).shape == (4, 64, 4)


def test_baked_is_near_the_exact_view(renderer: DisplayRenderer) -> None:
    generator = torch.Generator().manual_seed(0)
    x = 0.18 * torch.exp2(torch.rand(3, 32, 64, generator=generator) * 8 - 4)
    exact = renderer.render8(x).int()
    baked = renderer.render8(x, exact=False).int()
    difference = (exact - baked).abs().float()
    assert 0 < difference.mean() < 0.5
    assert difference.quantile(0.99) <= 6


def test_baked_is_made_once_and_runs_natively(renderer: DisplayRenderer) -> None:
    first = renderer.transform(exact=False)
    assert renderer.transform(exact=False) is first
    assert first.native
    assert first.key != renderer.transform().key
    x = ramp()
    torch.testing.assert_close(first.apply_ops(x), first.apply(x), atol=2e-4, rtol=2e-4)


def test_cheap_views_are_never_baked(renderer: DisplayRenderer) -> None:
    assert renderer.transform(view=PLAIN, exact=False) is renderer.transform(view=PLAIN)


def test_codes_are_rounded_and_held() -> None:
    x = torch.tensor([-1.0, 0.0, 0.4 / 255, 0.6 / 255, 254.4 / 255, 1.0, 9.0, torch.nan, torch.inf, -torch.inf])
    codes = to_uint8(x.expand(3, 1, 10))
    assert codes.shape == (1, 10, 3)
    assert codes.dtype == torch.uint8
    assert codes[0, :, 1].tolist() == [0, 0, 0, 1, 254, 255, 255, 0, 255, 0]
