import pytest
import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.engine import ACESCG, Region, white_rgb
from rimlight.nodes.baseline.white_balance import WhiteBalance
from rimlight.nodes.ops.illuminant import RGB3, angle
from stage import run
from truth import SCENE, patches, soft_light

METHODS = {"white_patch": 4.0, "grey_world": 6.0, "shades_of_grey": 4.0, "grey_edge": 5.0}
"""How far off an estimate may be on coloured patches, in degrees."""


def lit(kelvin: float, tint: float = 0.0) -> tuple[torch.Tensor, RGB3]:
    """Coloured patches under a light, and the light's colour."""
    white = white_rgb(kelvin, tint, ACESCG)
    red, green, blue = (white / white.max()).tolist()
    return patches() * soft_light() * white.float()[:, None, None], (red, green, blue)


def estimate(scene: torch.Tensor, **values: object) -> RGB3:
    out = run("WhiteBalance", picture(scene, SCENE), output="light", **values)["rgba"]
    red, green, blue = out[:, 0, 0].tolist()
    assert_close(out, torch.tensor((red, green, blue))[:, None, None].expand_as(out), threshold=0)
    return red, green, blue


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("light", [(2800, 0), (4500, 10), (9500, -8)])
def test_the_light_is_found(method: str, light: tuple[float, float]) -> None:
    scene, truth = lit(*light)
    assert angle(estimate(scene, method=method), truth) < METHODS[method]


@pytest.mark.parametrize("method", METHODS)
def test_the_estimate_knows_no_exposure(method: str) -> None:
    scene, _ = lit(3200)
    assert angle(estimate(scene, method=method), estimate(scene * 512.7, method=method)) < 1e-3


@pytest.mark.parametrize("adaptation", ["rgb", "bradford", "cat02"])
def test_a_grey_card_becomes_grey_at_its_luminance(adaptation: str) -> None:
    _, truth = lit(3000)
    card = torch.tensor(truth)[:, None, None].repeat(1, 12, 16) * 4
    found = run("WhiteBalance", picture(card), adaptation=adaptation)["rgba"]
    level = 4 * sum(a * b for a, b in zip(truth, ACESCG.luminance, strict=True))
    assert_close(found, torch.full((3, 12, 16), level), threshold=1e-4)


def test_balancing_brings_the_patches_back() -> None:
    scene, _ = lit(3000)
    found = run("WhiteBalance", picture(scene, SCENE), adaptation="rgb")["rgba"]
    truth = patches() * soft_light()
    gain = (found * truth).sum() / truth.square().sum()
    assert float((found / gain - truth).square().mean().sqrt()) < 0.3 * float((scene - truth).square().mean().sqrt())


def test_the_area_decides() -> None:
    scene = torch.full((3, 120, 160), 0.5)
    scene[0, :, 80:] = 1.0
    area = torch.zeros(4, 120, 160)
    area[3, :, :80] = 1
    assert estimate(scene, method="grey_world", area=picture(area, SCENE)) == (1, 1, 1)
    assert angle(estimate(scene, method="grey_world", area=picture(1 - area, SCENE)), (1, 0.5, 0.5)) < 1e-3
    nothing = picture(torch.zeros(4, 120, 160), SCENE)
    assert estimate(scene, method="grey_world", area=nothing) == estimate(scene, method="grey_world")


def test_clipped_light_is_left_out() -> None:
    scene, truth = lit(3000)
    scene[:, :30] = 4.0
    assert angle(estimate(scene), truth) > 10
    assert angle(estimate(scene, clip=4), truth) < 4


def test_a_small_subject_on_black_is_balanced_as_a_large_one() -> None:
    scene, truth = lit(3000)
    small = scene[:, ::4, ::4]
    wide = torch.zeros(3, 12 * small.shape[1], 12 * small.shape[2])
    wide[:, : small.shape[1], : small.shape[2]] = small
    frame = Region(0, 0, wide.shape[2], wide.shape[1])
    red, green, blue = run("WhiteBalance", picture(wide, frame), output="light")["rgba"][:3, 0, 0].tolist()
    assert angle((red, green, blue), truth) < METHODS["white_patch"]


def test_mix_mask_and_alpha() -> None:
    full = run("WhiteBalance", hdr())["rgba"]
    assert torch.equal(full[3], hdr()["rgba"][3])
    assert_close(run("WhiteBalance", hdr(), mix=0.5)["rgba"], (full + hdr()["rgba"]) / 2, threshold=1e-4)


def test_black_and_negative_pictures_stay() -> None:
    dark = -torch.rand(3, 12, 16)
    assert_close(run("WhiteBalance", picture(dark))["rgba"], dark, threshold=1e-6)


def test_an_estimate_is_said_in_words() -> None:
    assert WhiteBalance().describe((1.0, 1.0, 1.0), ACESCG) == (
        "RGB 1.0000 1.0000 1.0000, 6504 K, tint +0.0 (Duv +0.0000), 0.0 degrees from white"
    )
