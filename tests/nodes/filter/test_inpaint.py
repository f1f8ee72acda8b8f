import pytest
import torch

from compare import assert_close
from pictures import FRAME, coordinates, hdr, layered, picture, ramp
from rimlight.engine import NodeError, Region
from stage import run


def spot(region: Region = FRAME, rows: slice = slice(4, 8), columns: slice = slice(5, 11)) -> torch.Tensor:
    x = torch.zeros(1, region.height, region.width)
    x[:, rows, columns] = 1
    return x


def alpha(x: torch.Tensor) -> torch.Tensor:
    return x.expand(4, -1, -1).contiguous()


def test_a_slope_is_filled_by_itself() -> None:
    # A plane solves the Laplace equation, so it comes back whatever lay in the hole.
    x, y = coordinates(FRAME)
    plane = torch.stack((x, 2 * y, 30 - x - y, torch.ones_like(x)))
    broken = torch.where(spot() > 0, 500.0, plane)
    out = run("Inpaint", picture(broken), matte=picture(alpha(spot())))["rgba"]
    assert_close(out[:3], plane[:3], threshold=2e-2)
    assert torch.equal(out[3], broken[3])


def test_all_lies_between_the_values_around() -> None:
    x = hdr()["rgba"]
    out = run("Inpaint", hdr(), matte=picture(alpha(spot())))["rgba"]
    inside, ring = spot()[0] > 0, torch.nn.functional.max_pool2d(spot()[None], 3, 1, 1)[0, 0] > 0
    for c in range(3):
        around = x[c][ring & ~inside]
        slack = 1e-2 * float(around.max() - around.min())  # of a solver that comes near, by relaxation
        assert float(around.min()) - slack <= float(out[c][inside].min())
        assert float(out[c][inside].max()) <= float(around.max()) + slack
    assert torch.equal(out[:, ~inside], x[:, ~inside])


def test_the_pictures_own_alpha_says_where_when_no_matte_is_wired() -> None:
    x = torch.cat((ramp()["rgba"][:3], spot()))
    wired = run("Inpaint", picture(x), matte=picture(alpha(spot())))["rgba"]
    assert torch.equal(run("Inpaint", picture(x))["rgba"], wired)
    assert torch.equal(run("Inpaint", picture(torch.cat((x[:3], 1 - x[3:]))), invert_matte=True)["rgba"][:3], wired[:3])


def test_a_soft_matte_lays_the_fill_over_the_picture() -> None:
    x = ramp()["rgba"].clone()
    x[:3, 4:8, 5:11] = 90.0
    full = run("Inpaint", picture(x), matte=picture(alpha(spot())))["rgba"]
    half = run("Inpaint", picture(x), matte=picture(alpha(spot() / 2)))["rgba"]
    assert_close(half, torch.lerp(x, full, 0.5), threshold=1e-4)


@pytest.mark.parametrize("method", ["smooth", "texture"])
def test_pixels_that_are_no_number_are_filled(method: str) -> None:
    x = ramp()["rgba"].clone()
    x[:3, 4:8, 5:11] = torch.nan
    out = run("Inpaint", picture(x), matte=picture(alpha(spot())), method=method)["rgba"]
    assert torch.isfinite(out).all()
    assert torch.equal(out[:, spot()[0] == 0], x[:, spot()[0] == 0])


def test_grow_takes_more_away() -> None:
    x = torch.ones(4, 12, 16)
    x[:3, 3:9, 4:12] = 50.0
    left = run("Inpaint", picture(x), matte=picture(alpha(spot())))["rgba"]
    assert float(left[:3].max()) > 49
    grown = run("Inpaint", picture(x), matte=picture(alpha(spot())), grow=2.0)["rgba"]
    assert_close(grown[:3], torch.ones(3, 12, 16), threshold=1e-4)


def test_texture_fills_colour_and_leaves_data_smooth() -> None:
    frame = Region(0, 0, 72, 64)
    tile = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(4)).repeat(1, 8, 9) + 0.1
    depth = torch.full((1, 64, 72), 4.0)
    hole = spot(frame, slice(24, 40), slice(28, 44))
    broken = picture({"rgba": torch.where(hole > 0, 7.0, tile), "depth": torch.where(hole > 0, 99.0, depth)}, frame)
    out = run("Inpaint", broken, matte=picture(alpha(hole), frame), method="texture", channels="rgb depth")
    assert float((out["rgba"] - tile).abs().mean() / tile.std()) < 0.02
    assert_close(out["depth"], depth, threshold=1e-4)


def test_a_missing_channel_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="input 'image' has no channel 'alpha', it has rgba"):
        run("Inpaint", picture(torch.ones(3, 12, 16)))
    with pytest.raises(NodeError, match=r"input 'matte' has no channel 'holdout\.A'"):
        run("Inpaint", layered(), matte=hdr(), matte_channel="holdout.A")
