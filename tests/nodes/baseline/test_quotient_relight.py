import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.engine import Region
from stage import run, staged
from truth import SCENE, grain, patches, psnr, soft_light


def test_the_quotient_of_the_truth_is_the_truth() -> None:
    """A stand-in of another material under both lights relights the picture."""
    before, after = soft_light(), soft_light().flip(2) * torch.tensor([1.5, 1.0, 0.5])[:, None, None]
    stand_in = {"unlit": picture(0.5 * before.expand(3, -1, -1), SCENE), "lit": picture(0.5 * after, SCENE)}
    scene = picture(grain() * before, SCENE)
    exact = run("QuotientRelight", scene, size=0, black=1e-6, **stand_in)["rgba"]
    assert_close(exact, grain() * after, threshold=1e-4)
    smoothed = run("QuotientRelight", scene, **stand_in)["rgba"]
    assert psnr(smoothed, grain() * after) > psnr(scene["rgba"], grain() * after) + 20


def test_noise_of_the_stand_in_is_smoothed_away() -> None:
    random = torch.Generator().manual_seed(1)
    unlit, lit = (1 + 0.3 * torch.rand(3, 120, 160, generator=random) for _ in range(2))
    pictures = {"unlit": picture(unlit, SCENE), "lit": picture(lit, SCENE)}
    scene = picture(patches(), SCENE)
    rough, smooth = (run("QuotientRelight", scene, size=size, **pictures)["rgba"] for size in (0, 20))
    assert psnr(smooth, patches()) > psnr(rough, patches()) + 10


def test_it_is_linear_in_the_picture() -> None:
    pictures = {"unlit": picture(patches(), SCENE), "lit": picture(patches(seed=8), SCENE)}
    one = run("QuotientRelight", picture(grain(), SCENE), **pictures)["rgba"]
    two = run("QuotientRelight", picture(grain() * 77.7, SCENE), **pictures)["rgba"]
    assert_close(two, one * 77.7, threshold=1e-3, relative=1e-4)


def test_the_limit_and_the_dark_hold_the_quotient() -> None:
    white = picture(torch.ones(3, 12, 16))
    black, bright = picture(torch.zeros(3, 12, 16)), picture(torch.full((3, 12, 16), 1e6))
    same = run("QuotientRelight", white, unlit=black, lit=black, size=0)["rgba"]
    assert torch.equal(same, white["rgba"])
    up = run("QuotientRelight", white, unlit=black, lit=bright, size=0, limit=3)["rgba"]
    assert_close(up, white["rgba"] * 8, threshold=1e-5)
    down = run("QuotientRelight", white, unlit=bright, lit=black, size=0, limit=3)["rgba"]
    assert_close(down, white["rgba"] / 8, threshold=1e-6)


def test_without_colour_only_the_brightness_changes() -> None:
    tinted = torch.tensor([2.0, 1.0, 0.3])[:, None, None].repeat(1, 12, 16)
    out = run("QuotientRelight", hdr(), unlit=picture(torch.full((3, 12, 16), 0.5)), lit=picture(tinted), size=0,
              color=0, black=1e-6)["rgba"]  # fmt: skip
    assert_close(out[:3], hdr()["rgba"][:3] * 2.2, threshold=1e-3, relative=1e-4)
    assert torch.equal(out[3], hdr()["rgba"][3])


def test_a_tile_is_a_piece_of_the_whole() -> None:
    region = Region(30, 20, 55, 44)
    stage = staged(
        "QuotientRelight", picture(grain(), SCENE), picture(patches(), SCENE), picture(patches(seed=8), SCENE)
    )
    whole, tile = stage.evaluate("node"), stage.evaluate("node", region=region)
    assert_close(tile["rgba"], whole.tensor("rgba", region), threshold=1e-5)
