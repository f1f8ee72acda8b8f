import pytest
import torch

from compare import assert_close, assert_same
from pictures import picture
from rimlight.engine import Region
from stage import run, staged

WIDE = Region(0, 0, 256, 192)


def flat(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None, None].expand(len(values), WIDE.height, WIDE.width).contiguous()


def test_grain_grows_with_the_light_and_has_a_floor() -> None:
    x = flat(10.0, 0.0, -2.0)
    y = run("Grain", picture(x, WIDE), red_m=0.05, green_m=0.5, blue_m=0.1, black=(0, 0.01, 0), red_size=1.0,
            green_size=1.0, blue_size=1.0, red_i=0, green_i=0, blue_i=0)["rgba"]  # fmt: skip
    assert (y - x).std((1, 2)).tolist() == pytest.approx([0.5, 0.01, 0.2], rel=0.05)
    assert (y - x).mean((1, 2)).abs().max() < 0.02


def test_exposure_scales_it() -> None:
    x = torch.rand(3, WIDE.height, WIDE.width, generator=torch.Generator().manual_seed(1))
    one, many = run("Grain", picture(x, WIDE))["rgba"], run("Grain", picture(x * 32, WIDE))["rgba"]
    assert_close(one * 32, many, threshold=1e-5)


def test_channels_and_frames_have_grain_of_their_own() -> None:
    x = flat(1.0, 1.0, 1.0)
    values = {f"{c}_{what}": v for c in ("red", "green", "blue") for what, v in (("size", 2.0), ("m", 0.1))}
    y = run("Grain", picture(x, WIDE), **values)["rgba"] - x
    z = run("Grain", picture(x, WIDE), frame=2, **values)["rgba"] - x
    for a, b in ((y[0], y[1]), (y[1], y[2]), (y[0], z[0])):
        assert abs(float((a * b).mean() / a.std() / b.std())) < 0.05
    assert_same(run("Grain", picture(x, WIDE), frame=1, **values), run("Grain", picture(x, WIDE), frame=1, **values))


def test_static_grain_is_that_of_every_frame() -> None:
    x = picture(flat(1.0, 1.0, 1.0), WIDE)
    stage = staged("Grain", x, static=True)
    assert stage.vertex("node", 1).key == stage.vertex("node", 9).key
    assert_same(stage.evaluate("node", 1), stage.evaluate("node", 9))
    stage = staged("Grain", x)
    assert stage.vertex("node", 1).key != stage.vertex("node", 9).key


def test_alpha_and_other_channels() -> None:
    x = flat(1.0, 1.0, 1.0, 0.5)
    y = run("Grain", picture(x, WIDE))["rgba"]
    assert torch.equal(y[3], x[3]) and not torch.equal(y[0], x[0])
    off = {"red_m": 0.0, "green_m": 0.0, "blue_m": 0.0}
    assert staged("Grain", picture(x, WIDE), **off).vertex("node").alias is not None


def test_dither_breaks_up_bands() -> None:
    # A ramp of four steps of 1/255: rounded, its row means step; dithered and rounded, they follow the ramp.
    ramp = (
        torch.linspace(0.1, 0.1 + 4 / 255, WIDE.height)[None, :, None].expand(3, WIDE.height, WIDE.width).contiguous()
    )
    y = run("Dither", picture(ramp, WIDE))["rgba"]
    assert float((y - ramp).abs().max()) <= 1 / 255
    rounded = (y * 255).round() / 255
    assert_close(rounded.mean(2), ramp.mean(2), threshold=0.2 / 255)
    banded = ((ramp * 255).round() / 255).mean(2) - ramp.mean(2)
    assert float(banded.abs().max()) > 0.4 / 255
    # Triangle noise leaves the same error everywhere: two steps squared over 12, and the rounding's own.
    assert float((y - ramp).std()) == pytest.approx((1 / 255) / 6**0.5, rel=0.02)


def test_dither_kinds() -> None:
    x = flat(0.5, 0.5, 0.5)
    uniform = run("Dither", picture(x, WIDE), distribution="uniform", amount=0.1)["rgba"] - x
    assert float(uniform.abs().max()) <= 0.05 and float(uniform.std()) == pytest.approx(0.1 / 12**0.5, rel=0.02)
    mono = run("Dither", picture(x, WIDE), mono=True)["rgba"] - x
    assert torch.equal(mono[0], mono[1]) and not torch.equal(uniform[0], uniform[1])
