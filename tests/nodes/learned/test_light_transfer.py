"""The light of one picture on another."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from calls import noted
from compare import assert_close
from lit_scenes import FRAME, brighter, lit, plate, scene, sky, sun, sunny
from models import tiny_student
from pictures import noise, picture
from rimlight.engine import Camera, Image, NodeError, Region, StudentModel, registry
from stage import Stage, run
from truth import psnr

LEFT, RIGHT = (sun(-60, 25, 0.5), sky(-1)), (sun(65, 15, 0.5, (1.2, 1.0, 0.6)), sky(-1))


def transferred(image: Image, reference: Image, **values: object) -> Tensor:
    out: Tensor = run("LightTransfer", image, reference=reference, **values)["rgba"]
    return out


def test_with_true_layers_it_is_the_other_light() -> None:
    """The reference shows something else under the wanted light."""
    image, wanted = scene(*LEFT), scene(*RIGHT)["rgba"]
    out = transferred(image, scene(*RIGHT, seed=9), exposure=1, flatten=1, limit=20)
    assert psnr(out[:3], wanted[:3]) > psnr(image["rgba"][:3], wanted[:3]) + 15
    error = (out[:3] - wanted[:3]).abs().mean() / wanted[:3].mean()
    assert float(error) < 0.05


@pytest.mark.parametrize("flatten", [0.0, 0.4])
def test_the_bright_side_changes_sides(flatten: float) -> None:
    out = transferred(scene(*LEFT), scene(*RIGHT, seed=9), flatten=flatten)
    change = (out[:3] / scene(*LEFT)["rgba"][:3]).mean(0).log2()
    normal = lit(*LEFT)["normal"]
    assert float(change[normal[0] > 0.5].mean() - change[normal[0] < -0.5].mean()) > 1
    warm = (out[0] / out[2]).log2() - (scene(*LEFT)["rgba"][0] / scene(*LEFT)["rgba"][2]).log2()
    assert float(warm.mean()) > 0.3


@pytest.mark.parametrize("shipped", [True, False])
@pytest.mark.parametrize("values", [{}, {"flatten": 0}, {"by": "code"}, {"by": "code", "flatten": 0, "refine": 1}])
def test_texture_stays(values: dict[str, object], shipped: bool, tmp_path: Path) -> None:
    """Every second column of the plate is a stop darker, finer than the student looks, whatever its weights are."""
    frame = Region(0, 0, 288, 192)
    columns = torch.arange(frame.width) % 2
    rough = picture(plate(*LEFT, frame=frame)["rgba"] * 2.0**-columns, frame)
    student = "" if shipped else str(tiny_student(tmp_path, loud=30.0))
    out = transferred(rough, plate(*RIGHT, seed=9), working_size=96, student=student, **values)
    change = (out[:3] / rough["rgba"][:3]).log2()
    assert float(change.std()) > 0.05
    # How much lighter the dark columns became beside their neighbours, over pieces of 8 pixels: a stop was there.
    lighter = (change[..., 1:-1] - (change[..., 2:] + change[..., :-2]) / 2) * (2 * columns[1:-1] - 1)
    steps = F.avg_pool2d(lighter[None], 8).abs().flatten()
    assert float(steps.mean()) < 0.02
    # What `flatten` takes out is the plate's own shading, whose outlines take some of the texture beside them along.
    assert float(steps.quantile(0.99 if values.get("flatten") == 0 else 0.95)) < 0.05


def test_more_of_it_changes_more() -> None:
    image, reference = scene(*LEFT), scene(*RIGHT)
    steps = [transferred(image, reference, amount=a) for a in (0.0, 0.25, 0.5, 1.0, 1.5)]
    assert torch.equal(steps[0], image["rgba"])
    change = [float((x[:3].log2() - image["rgba"][:3].log2()).abs().mean()) for x in steps]
    assert change == sorted(change) and change[1] > 0.02
    middle = (steps[1][:3] / image["rgba"][:3]).log2() * 2 - (steps[2][:3] / image["rgba"][:3]).log2()
    assert float(middle.std()) < 0.02  # evenly in stops, but for the exposure


def test_exposure_and_colour_are_kept_or_taken() -> None:
    image, reference = scene(*LEFT), scene(*(x.with_(exposure=x.exposure + 3) for x in RIGHT))
    kept, taken = (transferred(image, reference, exposure=e) for e in (0.0, 1.0))
    assert float(kept[:3].sqrt().mean() / image["rgba"][:3].sqrt().mean()) == pytest.approx(1, abs=0.01)
    assert float((taken[:3] / kept[:3]).log2().mean()) == pytest.approx(3, abs=0.7)
    gray = transferred(image, reference, color=0.0)
    ratio = gray[:3] / image["rgba"][:3]
    assert_close(ratio, ratio.mean(0, keepdim=True).expand_as(ratio), threshold=1e-3, relative=1e-3)


def test_a_picture_under_its_own_light_stays() -> None:
    for image in (scene(*LEFT), plate(*LEFT)):
        out = transferred(image, image, flatten=0)
        assert_close(out, image["rgba"], threshold=1e-5, relative=1e-5)


@pytest.mark.parametrize("make", [scene, plate])
def test_it_grows_with_the_exposure(make: Callable[..., Image]) -> None:
    image, reference = make(*LEFT), make(*RIGHT, seed=9)
    bright = brighter(image, 13.7)
    one, two = transferred(image, reference), transferred(bright, reference)
    assert_close(two[:3], one[:3] * 13.7, threshold=1e-5, relative=1e-4)


def test_negative_and_bright_light_alpha_and_layers_survive() -> None:
    image = picture(
        {"rgba": torch.cat((noise(3, FRAME), torch.full((1, 64, 96), 0.5))), "depth": noise(1, FRAME)}, FRAME
    )
    out = run("LightTransfer", image, reference=plate(*RIGHT))
    assert float(out["rgba"][:3].min()) < 0 and float(out["rgba"][:3].max()) > 10
    assert torch.equal(out["rgba"][3:], image["rgba"][3:]) and torch.equal(out["depth"], image["depth"])
    assert bool(((out["rgba"][:3] < 0) == (image["rgba"][:3] < 0)).all())


def test_mask_and_mix_hold_it_back() -> None:
    image, reference = scene(*LEFT), scene(*RIGHT)
    cover = torch.zeros(4, 64, 96)
    cover[..., 48:] = 1
    out = transferred(image, reference, mask=picture(cover, FRAME), mix=0.5)
    full = transferred(image, reference)
    assert torch.equal(out[..., :48], image["rgba"][..., :48])
    assert_close(out[..., 48:], (full / 2 + image["rgba"] / 2)[..., 48:], threshold=1e-5)


def test_a_tile_is_a_piece_of_the_whole_and_a_proxy_alike() -> None:
    s = Stage().given("a", plate(*LEFT)).given("b", plate(*RIGHT, seed=9))
    s.add("T", "LightTransfer", {"image": "a", "reference": "b"})
    region, whole = Region(20, 10, 60, 40), s.evaluate("T")
    assert_close(
        s.evaluate("T", region=region).tensor("rgba", region),
        whole.tensor("rgba", region),
        threshold=1e-6,
        relative=5e-3,
    )


def test_bad_references_are_sentences() -> None:
    with pytest.raises(NodeError, match="input 'reference' has no layer 'rgba' with R, G and B"):
        transferred(scene(*LEFT), picture({"depth": noise(1, FRAME)}, FRAME))
    with pytest.raises(NodeError, match="input 'reference' has no layer 'normal'"):
        transferred(scene(*LEFT), plate(*RIGHT), layers="input")


def test_the_student_is_named_where_it_looked() -> None:
    s = Stage().given("a", scene(*LEFT)).given("b", plate(*RIGHT)).given("c", scene(*RIGHT))
    s.add("T", "LightTransfer", {"image": "a", "reference": "b"}).add(
        "U", "LightTransfer", {"image": "a", "reference": "c"}
    )
    assert any(name.startswith("rimlight:model:") for name in s.info("T").metadata)
    assert not s.info("U").metadata


def test_a_held_frame_keeps_the_light_steady() -> None:
    """What changes from frame to frame is the picture, not what its light is taken for."""
    held, reference = scene(*LEFT), scene(*RIGHT, seed=9)
    frames = [scene(sun(a, 25, 0.5), sky(-1), seed=5) for a in (-75, -60, -40)]
    outs = [run("LightTransfer", x, reference=reference, steady=held, flatten=0, exposure=1)["rgba"] for x in frames]
    factors = [(out[:3] / x["rgba"][:3]) for out, x in zip(outs, frames, strict=True)]
    for factor in factors[1:]:
        assert_close(factor, factors[0], threshold=1e-3, relative=1e-3)
    loose = [run("LightTransfer", x, reference=reference, flatten=0, exposure=1)["rgba"] for x in frames]
    assert float((loose[0][:3] / frames[0]["rgba"][:3] - factors[0]).abs().max()) > 0.1


def test_the_alpha_of_a_reference_says_what_counts() -> None:
    left, right = scene(*LEFT, seed=9), scene(*RIGHT, seed=9)
    half = (torch.arange(96) >= 48).float().expand(1, 64, 96)
    both = {name: torch.where(half > 0, right[name], left[name]) for name in left.layers}
    both["rgba"] = both["rgba"] * half
    out, wanted = (transferred(scene(*LEFT), x, flatten=0) for x in (picture(both, FRAME), right))
    assert psnr(out[:3], wanted[:3]) > psnr(scene(*LEFT)["rgba"][:3], wanted[:3]) + 10


# -- by illumination codes ------------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often pictures are looked at and light is refined, as it happens."""
    return noted(monkeypatch, (StudentModel, "examine"), (StudentModel, "refinement"))


@pytest.mark.parametrize("make", [scene, plate])
def test_by_code_a_picture_under_its_own_light_stays(make: Callable[..., Image]) -> None:
    image = make(*LEFT)
    assert_close(transferred(image, image, by="code", flatten=0), image["rgba"], threshold=1e-5, relative=1e-5)
    assert torch.equal(transferred(image, make(*RIGHT), by="code", amount=0.0), image["rgba"])


def test_by_code_the_bright_side_changes_sides() -> None:
    """Normals and shading are true, so that what the student adds at most cannot turn it round."""
    image, normal = scene(*LEFT), lit(*LEFT)["normal"]
    out = transferred(image, scene(*RIGHT, seed=9), by="code", flatten=0)
    change = (out[:3] / image["rgba"][:3]).log2()
    side = change.mean(0)
    assert float(side[normal[0] > 0.5].mean() - side[normal[0] < -0.5].mean()) > 1
    assert float((change[0] - change[2]).mean()) > 0.3


def test_the_student_adds_by_as_much_as_asked() -> None:
    image, reference = scene(*LEFT), scene(*RIGHT, seed=9)
    values = {"flatten": 0, "limit": 20, "exposure": 1}
    plain = transferred(image, reference, **values)
    none, half, full = (transferred(image, reference, by="code", refine=r, **values) for r in (0.0, 0.5, 1.0))
    assert torch.equal(none, plain)
    more = (full[:3] / plain[:3]).log2()
    assert float(more.abs().mean()) > 0.01 and float(more.abs().max()) < 2 * 1.5 / 0.6931
    assert_close((half[:3] / plain[:3]).log2(), more / 2, threshold=1e-3)


@pytest.mark.parametrize("make", [scene, plate])
def test_by_code_it_grows_with_the_exposure(make: Callable[..., Image]) -> None:
    image, reference = make(*LEFT), make(*RIGHT, seed=9)
    one = transferred(image, reference, by="code", precision="float")
    two = transferred(brighter(image, 13.7), reference, by="code", precision="float")
    assert_close(two[:3], one[:3] * 13.7, threshold=1e-5, relative=1e-4)


def test_by_code_each_picture_is_looked_at_once(calls: list[str]) -> None:
    s = Stage(host_bytes=1 << 28).given("a", plate(*LEFT)).given("b", plate(*RIGHT, seed=9))
    s.add("T", "LightTransfer", {"image": "a", "reference": "b"}, by="code").evaluate("T")
    assert (calls.count("examine"), calls.count("refinement")) == (2, 2)
    for amount in (0.3, 0.6, 1.4):
        s.set("T", amount=amount, color=amount / 2, refine=amount / 2).evaluate("T")
    s.add("M", "LightMix", {"image": "a", "A": "b"}, by="code").evaluate("M")
    assert (calls.count("examine"), calls.count("refinement")) == (2, 2)
    s.set("M", a=0.5).evaluate("M")
    assert (calls.count("examine"), calls.count("refinement")) == (2, 3)


def test_by_code_a_held_frame_gives_code_and_light() -> None:
    image, reference = scene(*LEFT), scene(*RIGHT, seed=9)
    out = transferred(image, reference, by="code", steady=reference, flatten=0)
    assert_close(out, image["rgba"], threshold=1e-5, relative=1e-5)


def test_by_code_a_tile_is_a_piece_of_the_whole() -> None:
    s = Stage().given("a", plate(*LEFT)).given("b", plate(*RIGHT, seed=9))
    s.add("T", "LightTransfer", {"image": "a", "reference": "b"}, by="code")
    region, whole = Region(20, 10, 60, 40), s.evaluate("T")
    piece = s.evaluate("T", region=region).tensor("rgba", region)
    assert_close(piece, whole.tensor("rgba", region), threshold=1e-6, relative=5e-3)


def test_by_code_the_student_is_named_though_all_layers_are_given() -> None:
    s = Stage().given("a", scene(*LEFT)).given("b", scene(*RIGHT))
    s.add("T", "LightTransfer", {"image": "a", "reference": "b"}, by="code")
    assert any(name.startswith("rimlight:model:") for name in s.info("T").metadata)
    assert not s.set("T", by="light").info("T").metadata


def test_a_sun_that_a_picture_shows_is_its_key() -> None:
    image, (seen, place) = scene(*LEFT), sunny(scene(*RIGHT, seed=9))
    taken, left = (transferred(image, seen, sun=on, field_of_view=60.0) for on in (True, False))
    towards = torch.tensor(Camera.from_fov(FRAME.width, FRAME.height, 60).ray(*place), dtype=torch.float32)
    faces = torch.einsum("c,chw->hw", towards / towards.norm(), image["normal"]) > 0.2
    ratio = (taken[:3] / left[:3]).log2().mean(0)
    assert bool(faces.any()) and float(ratio[faces].mean()) > 0.1 + float(ratio[~faces].mean())
    same = transferred(seen, seen, flatten=0, field_of_view=60.0)
    assert_close(same, seen["rgba"], threshold=1e-5, relative=1e-5)
    assert registry.find("learned.light_transfer").upgrades[1]({"by": "code"}) == {"by": "code", "sun": False}
