import pytest
import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.nodes.ops.transfer import decode, encode, transfer
from stage import run
from truth import SCENE, grain, patches, soft_light

METHODS = ("moments", "covariance", "distribution")


def other() -> torch.Tensor:
    return patches(seed=9) * soft_light() * torch.tensor([2.0, 1.1, 0.5])[:, None, None]


def test_the_scale_comes_back_from_any_light() -> None:
    x = hdr()["rgba"][:3]
    assert_close(decode(encode(x, 0.3), 0.3), x, threshold=1e-5, relative=1e-5)


@pytest.mark.parametrize("match", METHODS)
def test_a_picture_is_its_own_reference(match: str) -> None:
    scene = picture(patches() * soft_light(), SCENE)
    found = run("ColorTransfer", scene, reference=scene, match=match)["rgba"]
    assert_close(found, scene["rgba"], threshold=2e-3)


@pytest.mark.parametrize("match", METHODS)
def test_samples_get_the_moments_of_the_others(match: str) -> None:
    random = torch.Generator().manual_seed(4)
    a = torch.randn(3, 4000, generator=random, dtype=torch.float64)
    b = torch.tensor([[1.0, 0.5, 0], [0, 0.4, 0.2], [0, 0, 2.0]], dtype=torch.float64) @ torch.randn(
        3, 4000, generator=random, dtype=torch.float64
    ) + 3  # fmt: skip
    found = transfer(a, a, b, match)  # type: ignore[arg-type]
    torch.testing.assert_close(found.mean(1), b.mean(1), atol=0.05, rtol=0)
    torch.testing.assert_close(found.std(1), b.std(1), atol=0.05, rtol=0)
    if match != "moments":
        torch.testing.assert_close(torch.cov(found), torch.cov(b), atol=0.1, rtol=0)


def test_a_distribution_is_met_beyond_its_moments() -> None:
    random = torch.Generator().manual_seed(5)
    a = torch.randn(3, 8000, generator=random, dtype=torch.float64)
    b = torch.rand(3, 8000, generator=random, dtype=torch.float64)
    found, ranks = transfer(a, a, b, "distribution"), torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
    for axis in range(3):
        torch.testing.assert_close(found[axis].quantile(ranks), b[axis].quantile(ranks), atol=0.03, rtol=0)


@pytest.mark.parametrize("match", METHODS)
def test_exposure_is_the_references(match: str) -> None:
    scene = patches() * soft_light()
    one = run("ColorTransfer", picture(scene, SCENE), reference=picture(other(), SCENE), match=match)["rgba"]
    dim = run("ColorTransfer", picture(scene / 19.3, SCENE), reference=picture(other(), SCENE), match=match)["rgba"]
    up = run("ColorTransfer", picture(scene, SCENE), reference=picture(other() * 7.7, SCENE), match=match)["rgba"]
    assert_close(dim, one, threshold=1e-3, relative=1e-3)
    assert_close(up, one * 7.7, threshold=1e-2, relative=1e-3)


@pytest.mark.parametrize("match", METHODS)
def test_without_brightness_the_exposure_stays(match: str) -> None:
    scene = patches() * soft_light()
    one, two = (
        run("ColorTransfer", picture(scene * k, SCENE), reference=picture(other(), SCENE), match=match, brightness=0)
        for k in (1.0, 33.3)
    )
    assert_close(two["rgba"], one["rgba"] * 33.3, threshold=1e-2, relative=1e-3)


def test_the_same_ground_under_another_light_is_met() -> None:
    tinted = grain() * torch.tensor([2.0, 1.0, 0.4])[:, None, None]
    found = run("ColorTransfer", picture(grain(), SCENE), reference=picture(tinted, SCENE), match="moments")["rgba"]
    torch.testing.assert_close(found, tinted, rtol=0.05, atol=0.01)


def test_areas_choose_what_is_compared() -> None:
    left = torch.zeros(4, 120, 160)
    left[3, :, :80] = 1
    area, rest = picture(left, SCENE), picture(1 - left, SCENE)
    both = torch.where(left[3:] > 0, grain(), 40 * patches())
    wanted = torch.where(left[3:] > 0, 7 * patches(seed=3), 3 * grain())
    found = run("ColorTransfer", picture(both, SCENE), reference=picture(wanted, SCENE), area=area,
                reference_area=rest, match="moments")["rgba"]  # fmt: skip
    torch.testing.assert_close(found[:, :, :80], 3 * grain()[:, :, :80], rtol=0.05, atol=0.03)


def test_nothing_to_measure_leaves_the_picture() -> None:
    black = picture(torch.zeros(4, 12, 16))
    assert torch.equal(run("ColorTransfer", hdr(), reference=black)["rgba"], hdr()["rgba"])


def test_alpha_stays_and_mix_holds_back() -> None:
    reference = picture(other(), SCENE)
    full = run("ColorTransfer", hdr(), reference=reference)["rgba"]
    assert torch.equal(full[3], hdr()["rgba"][3])
    half = run("ColorTransfer", hdr(), reference=reference, mix=0.5)["rgba"]
    assert_close(half, (full + hdr()["rgba"]) / 2, threshold=1e-4, relative=1e-5)
