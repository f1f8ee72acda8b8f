import math

import pytest
import torch

from compare import assert_close
from pictures import Region, hdr, picture
from rimlight.engine import NodeError
from stage import run, staged

WIDE = Region(0, 0, 64, 32)
PLAIN = {"fg_blur": 0.0, "disable_luma": True, "intensity": 1.0}


def half(color: tuple[float, float, float] = (0.1, 0.1, 0.1)) -> torch.Tensor:
    """A thing that covers the right half."""
    x = torch.zeros(4, 32, 64)
    x[:3, :, 32:] = torch.tensor(color)[:, None, None]
    x[3, :, 32:] = 1
    return x


def behind(*color: float) -> torch.Tensor:
    return torch.tensor([*color, 1.0])[:, None, None].expand(4, 32, 64).contiguous()


def test_light_falls_off_as_a_gaussian_from_the_edge() -> None:
    y = run("LightWrap", picture(half(), WIDE), picture(behind(4.0, 2.0, 1.0), WIDE), size=12.0, **PLAIN)["rgba"]
    sigma, d = 12 / 2.4, torch.arange(32) + 0.5
    falls = torch.tensor([0.5 * math.erfc(float(v) / sigma / math.sqrt(2)) for v in d])
    assert_close(y[0, 16, 32:] - 0.1, 4 * falls, threshold=0.02)
    assert_close(y[2, 16, 32:] - 0.1, 1 * falls, threshold=0.005)
    assert torch.equal(y[3], half()[3]) and float(y[:3, :, :32].abs().max()) == 0


def test_bright_light_wraps_around_what_is_dark() -> None:
    values = {"size": 12.0, "fg_blur": 0.0, "intensity": 1.0}
    whole = run("LightWrap", picture(half(), WIDE), picture(behind(0.3, 0.3, 0.3), WIDE), size=12.0, **PLAIN)["rgba"]
    share = run("LightWrap", picture(half(), WIDE), picture(behind(0.3, 0.3, 0.3), WIDE), **values)["rgba"]
    ratio = (share - half())[:3, :, 32:40] / (whole - half())[:3, :, 32:40]
    assert_close(ratio, torch.full_like(ratio, 0.3 / 0.4), threshold=1e-3)


def test_exposure_scales_all_of_it() -> None:
    one = run("LightWrap", picture(half(), WIDE), picture(behind(3.0, 1.0, 2.0), WIDE), intensity=1.0)["rgba"]
    x = half() * torch.tensor([64.0, 64, 64, 1])[:, None, None]
    many = run("LightWrap", picture(x, WIDE), picture(behind(192.0, 64.0, 128.0), WIDE), intensity=1.0)["rgba"]
    assert_close(many[:3], one[:3] * 64, threshold=1e-3)


def test_tolerance_saturation_and_constant() -> None:
    args = (picture(half(), WIDE), picture(behind(4.0, 2.0, 1.0), WIDE))
    off = run("LightWrap", *args, luma_tolerance=50.0, **PLAIN)["rgba"]
    assert_close(off, half(), threshold=1e-6)
    grey = run("LightWrap", *args, saturation=0.0, **PLAIN)["rgba"] - half()
    assert_close(grey[0], grey[2], threshold=1e-5)
    blue = run("LightWrap", *args, use_constant=True, constant=(0, 0, 2), **PLAIN)["rgba"] - half()
    assert float(blue[0].abs().max()) == 0 and float(blue[2].max()) > 0.5


def test_only_the_wrap_and_a_glow() -> None:
    args = (picture(half(), WIDE), picture(behind(4.0, 2.0, 1.0), WIDE))
    full, only = run("LightWrap", *args, **PLAIN)["rgba"], run("LightWrap", *args, only_wrap=True, **PLAIN)["rgba"]
    assert_close(only[:3], (full - half())[:3], threshold=1e-5)
    glow = run("LightWrap", *args, only_wrap=True, enable_glow=True, **PLAIN)["rgba"]
    assert float(glow[0, 16, 30]) > 1 and float(only[0, 16, 30]) == 0
    assert_close(glow[0, :, 34:], only[0, :, 34:], threshold=1e-4)


def test_no_intensity_is_no_node_and_what_is_missing_is_said() -> None:
    assert staged("LightWrap", hdr(), hdr()).vertex("node").alias == ("given_A", 1)
    with pytest.raises(NodeError, match="A has no alpha"):
        run("LightWrap", picture(torch.ones(3, 12, 16)), hdr(), intensity=1.0)
