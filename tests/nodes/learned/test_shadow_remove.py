"""ShadowRemove on shadows whose light is known, with mattes and without."""

from typing import Any

import pytest
import torch
from torch import Tensor

from calls import noted
from compare import assert_close
from pictures import picture
from rimlight.engine import Image, NodeError, Region, StudentModel
from stage import Stage, run, staged
from truth import discs, grain, in_shadow, patches, psnr

FRAME = Region(0, 0, 128, 96)
KIND = "learned.shadow_remove"
TWO = ((36.0, 40.0, 22.0), (98.0, 60.0, 16.0))


def visibility(penumbra: float = 4.0, places: Any = TWO) -> Tensor:
    return discs(FRAME, penumbra, places)


def matte(shadow: Tensor) -> Image:
    """A matte in alpha, as Roto draws it."""
    return picture(shadow.expand(4, -1, -1).clone(), FRAME)


def shaded(albedo: Tensor, v: Tensor, **layers: Tensor) -> Image:
    return picture({"rgba": in_shadow(albedo, v), **layers}, FRAME)


def won(image: Image, albedo: Tensor, **given: Any) -> float:
    """Decibels won over the picture as it is."""
    return psnr(run(KIND, image=image, **given)["rgba"], albedo) - psnr(image["rgba"], albedo)


@pytest.mark.parametrize("ground", [grain, patches])
@pytest.mark.parametrize("penumbra", [2.0, 12.0])
def test_known_shadows_go(ground: Any, penumbra: float) -> None:
    albedo, v = ground(FRAME), visibility(penumbra)
    assert won(shaded(albedo, v), albedo, shadows=matte(1 - v), edges="matte") > 15


@pytest.mark.parametrize("penumbra", [2.0, 12.0])
def test_mattes_may_be_drawn_roughly(penumbra: float) -> None:
    albedo, v = grain(FRAME), visibility(penumbra)
    rough = torch.nn.functional.max_pool2d((v < 0.5).float()[None], 5, 1, 2)[0].roll((2, 2), (1, 2))
    moved, kept = (won(shaded(albedo, v), albedo, shadows=matte(rough), edges=e) for e in ("picture", "matte"))
    assert moved > 6 and moved > kept + 3


def test_a_penumbra_wider_than_softness_leaves_no_ring() -> None:
    albedo = grain(FRAME)
    v = discs(FRAME, 28.0, ((62.0, 48.0, 30.0),))
    rough = (v < 0.5).float()
    out = run(KIND, image=shaded(albedo, v), shadows=matte(rough), softness=8.0)["rgba"]
    assert psnr(out, albedo) - psnr(in_shadow(albedo, v), albedo) > 10
    ring = (v[0] > 0.6) & (v[0] < 0.95)
    assert abs(float((out[:, ring].mean() / albedo[:, ring].mean()).log2())) < 0.15


def test_shadows_are_found_without_a_matte() -> None:
    albedo, v = grain(FRAME), visibility(3.0)
    image = shaded(albedo, v)
    out = run(KIND, image=image)
    dark, truth = out["shadow"] < 0.5, v < 0.5
    assert float((dark & truth).sum()) / float((dark | truth).sum()) > 0.8
    sure = out["confidence"]
    assert float(sure.min()) >= 0 and float(sure[dark == truth].mean()) > float(sure[dark != truth].mean()) + 0.05
    assert psnr(out["rgba"], albedo) - psnr(image["rgba"], albedo) > 8


def seen_by_the_student(light: Tensor, v: Tensor, how_surely: float) -> Image:
    """A picture with the layers of a student that is more or less sure of its shadow."""
    facing = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand_as(light).clone()
    layers = {"shadow": 1 - how_surely * (1 - v), "confidence": torch.full_like(v, 0.3), "normal": facing}
    return picture({"rgba": light, **layers}, FRAME, metadata={"rimlight:estimated": " ".join(layers)})


def test_dark_things_are_no_shadow_where_the_student_sees_none_at_all() -> None:
    v = visibility(2.0)
    things, ground = in_shadow(patches(FRAME), v), in_shadow(grain(FRAME), v)
    found, faint, alone = (
        float((run(KIND, image=seen_by_the_student(light, v, sure))["shadow"] < 0.5).float().mean())
        for light, sure in ((things, 0.95), (things, 0.35), (ground, 0.35))
    )
    truth = float((v < 0.5).float().mean())
    assert faint == 0 and found > 0.6 * truth
    assert alone > 0.6 * truth  # on one ground nothing else is dark
    # Who says where to look knows that there is one.
    told = run(KIND, image=seen_by_the_student(things, v, 0.35), shadows=matte((v < 0.9).float()), mattes="restrict")
    assert bool((told["shadow"] < 0.5).any())


def test_paint_of_another_colour_is_no_shadow() -> None:
    paint = torch.where(visibility(2.0) < 0.5, torch.tensor([0.3, 0.02, 0.02])[:, None, None], grain(FRAME))
    out = run(KIND, image=picture(paint, FRAME))
    assert float(out["shadow"].mean()) > 0.95


def test_a_rendered_shadow_layer_is_taken_as_it_is() -> None:
    albedo, v = patches(FRAME), visibility()
    out = run(KIND, image=shaded(albedo, v, shadow=v))
    assert torch.equal(out["shadow"], v) and torch.equal(out["confidence"], torch.ones_like(v))
    # Nothing is left to be looked for, so that the student is not asked.
    alone = run(KIND, image=shaded(albedo, v, shadow=v), layers="input")
    assert torch.equal(alone["rgba"], out["rgba"])
    assert psnr(out["rgba"], albedo) - psnr(in_shadow(albedo, v), albedo) > 15


def test_the_amount_is_in_stops_and_monotone() -> None:
    albedo, v = grain(FRAME), visibility(2.0, TWO[:1])
    stage = staged(KIND, image=shaded(albedo, v), shadows=matte(1 - v), edges="matte", color=0.0)
    inside = v[0] == 0
    levels = [
        float(stage.set("node", amount=amount).evaluate("node")["rgba"][:, inside].log2().mean())
        for amount in (0.0, 0.25, 0.5, 1.0)
    ]
    whole = levels[3] - levels[0]
    assert whole == pytest.approx(2.0, abs=0.2)
    assert [(x - levels[0]) / whole for x in levels] == pytest.approx([0, 0.25, 0.5, 1], abs=1e-3)
    half = stage.set("node", limit=whole / 2).evaluate("node")["rgba"][:, inside].log2().mean()
    assert float(half) - levels[0] == pytest.approx(whole / 2, abs=1e-2)


def test_amount_zero_changes_no_bit_and_light_outside_stays() -> None:
    albedo, v = grain(FRAME), visibility(4.0, TWO[:1])
    image = shaded(albedo, v)
    none = run(KIND, image=image, shadows=matte(1 - v), amount=0.0, denoise=1.0)
    assert torch.equal(none["rgba"], image["rgba"])
    out = run(KIND, image=image, shadows=matte(1 - v), edges="matte")
    outside = v[0] == 1
    assert torch.equal(out["rgba"][:, outside], image["rgba"][:, outside])


def test_texture_highlights_and_negative_light_live_in_a_shadow() -> None:
    light, v = grain(FRAME).clone(), visibility(2.0, TWO[:1])
    light[:, 40, 36], light[:, 42, 36] = 900.0, -0.2
    out = run(KIND, image=shaded(light, v), shadows=matte(1 - v), edges="matte")["rgba"]
    torch.testing.assert_close(out[:, 40, 36], light[:, 40, 36], rtol=0.12, atol=0)
    torch.testing.assert_close(out[:, 42, 36], light[:, 42, 36], rtol=0.12, atol=0)
    a, b = (x[1, v[0] == 0].clamp(0, 1) for x in (out, light))
    assert float(torch.corrcoef(torch.stack((a, b)))[0, 1]) > 0.999


def test_only_where_a_matte_says() -> None:
    albedo, v = grain(FRAME), visibility(2.0)
    one = discs(FRAME, 2.0, TWO[:1])
    image = shaded(albedo, v)
    out = run(KIND, image=image, shadows=matte(1 - one), edges="matte")["rgba"]
    other = discs(FRAME, 2.0, TWO[1:])[0] == 0
    assert torch.equal(out[:, other], image["rgba"][:, other])
    there = one[0] == 0
    assert psnr(out, albedo, there) > psnr(image["rgba"], albedo, there) + 10
    # To look for shadows only there leaves the other one as well.
    box = torch.zeros(1, 96, 128)
    box[:, :, :64] = 1
    searched = run(KIND, image=image, shadows=matte(box), mattes="restrict")["rgba"]
    assert torch.equal(searched[:, other], image["rgba"][:, other])
    assert psnr(searched, albedo, there) > psnr(image["rgba"], albedo, there) + 5


def test_shadows_that_touch_are_told_apart_by_their_mattes() -> None:
    albedo = grain(FRAME)
    one, two = discs(FRAME, 2.0, ((45.0, 48.0, 24.0),)), discs(FRAME, 2.0, ((84.0, 48.0, 24.0),))
    scene = in_shadow(in_shadow(albedo, one, (0.12, 0.12, 0.12)), two, (0.5, 0.5, 0.5))
    image = picture(scene, FRAME)
    s = Stage().given("image", image).given("one", matte(1 - one)).given("two", matte(1 - two))
    wires = {"image": "image", "shadows": "one", "shadows2": "two"}
    out = s.add("node", KIND, wires, edges="matte").evaluate("node")["rgba"]
    assert psnr(out, albedo) - psnr(scene, albedo) > 14


def test_noise_is_not_lifted_where_it_is_taken_out() -> None:
    albedo = torch.full((3, 96, 128), 0.5) * (1 + 0.3 * torch.linspace(-1, 1, 128))
    v = visibility(2.0, TWO[:1])
    noise = 0.02 * torch.randn(3, 96, 128, generator=torch.Generator().manual_seed(4))
    image = picture(in_shadow(albedo, v) + noise, FRAME)
    inside = v[0] == 0
    plain, clean = (
        (run(KIND, image=image, shadows=matte(1 - v), edges="matte", denoise=d)["rgba"] - albedo)[:, inside].std()
        for d in (0.0, 1.0)
    )
    assert float(clean) < 0.6 * float(plain)


@pytest.mark.parametrize(
    ("given", "relative"),
    [({"precision": "float"}, 1e-4), ({}, 2e-3), ({"shadows": matte(1 - visibility())}, 1e-4)],
    ids=["found", "found in half precision", "drawn"],
)
def test_it_scales_with_the_exposure(given: dict[str, Any], relative: float) -> None:
    """The student's own rounding shows where it computes in half precision."""
    scene = in_shadow(grain(FRAME), visibility())
    one, two = (run(KIND, image=picture(scene * k, FRAME), **given)["rgba"] for k in (1.0, 51.7))
    assert_close(two, one * 51.7, threshold=1e-3, relative=relative)


def test_runs_and_tiles_agree() -> None:
    image, region = shaded(patches(FRAME), visibility()), Region(30, 20, 70, 60)
    whole, again = run(KIND, image=image), run(KIND, image=image)
    tile = run(KIND, image=image, region=region)
    for name in whole.layers:
        assert torch.equal(whole[name], again[name])
        assert_close(tile.tensor(name, region), whole.tensor(name, region), threshold=1e-5, relative=5e-3)


def test_mask_and_mix_hold_it_back() -> None:
    v = visibility()
    image, left = shaded(grain(FRAME), v), torch.zeros(4, 96, 128)
    left[3, :, :64] = 1
    full, half = (run(KIND, image=image, shadows=matte(1 - v), mix=m)["rgba"] for m in (1.0, 0.5))
    assert_close(half, (full + image["rgba"]) / 2, threshold=1e-5)
    masked = run(KIND, image=image, shadows=matte(1 - v), mask=picture(left, FRAME))["rgba"]
    assert torch.equal(masked[:, :, 64:], image["rgba"][:, :, 64:]) and torch.equal(masked[:, :, :64], full[:, :, :64])


def test_light_layers_follow_so_that_the_ledger_closes() -> None:
    albedo, v = patches(FRAME), visibility()
    shading = in_shadow(torch.ones_like(albedo), v)
    specular = torch.full_like(albedo, 0.01)
    image = picture({"rgba": albedo * shading + specular, "albedo": albedo, "shading": shading, "specular": specular},
                    FRAME)  # fmt: skip
    out = run(KIND, image=image, shadows=matte(1 - v))
    assert_close(out["albedo"] * out["shading"] + out["specular"], out["rgba"], threshold=1e-4)
    assert torch.equal(out["albedo"], albedo)


def test_the_matte_can_be_shown() -> None:
    out = run(KIND, image=shaded(grain(FRAME), visibility()), show="shadow")
    assert_close(out["rgba"], out["shadow"].expand(3, -1, -1), threshold=1e-6)


def test_sliders_look_at_no_picture_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"), what=lambda model, *args: args[2])
    s = Stage(host_bytes=1 << 28).given("plate", shaded(grain(FRAME), visibility()))
    s.add("remove", KIND, {"image": "plate"}).add("edit", "learned.shadow_edit", {"image": "plate"})
    for amount in (1.0, 0.7, 0.2):
        s.set("remove", amount=amount).evaluate("remove")
        s.set("edit", amount=amount).evaluate("edit")
    assert len(looks) == len(set(looks)) == 2  # one at each of two sizes


def test_bad_input_is_a_sentence() -> None:
    image = shaded(grain(FRAME), visibility())
    with pytest.raises(NodeError, match=r"input 'shadows' has no channel 'luma', it has rgba\.R"):
        run(KIND, image=image, shadows=matte(1 - visibility()), shadow_channel="luma")
    with pytest.raises(NodeError, match="layers is 'input', but input 'image' has no layer 'shadow'"):
        run(KIND, image=image, layers="input")
    with pytest.raises(NodeError, match="no layer 'rgba' with R, G and B"):
        run(KIND, image=picture({"depth": torch.ones(1, 96, 128)}, FRAME))


def test_no_shadow_and_all_shadow_leave_the_picture() -> None:
    for value in (0.0, 1.0):
        image = picture(grain(FRAME), FRAME)
        drawn = matte(torch.full((1, 96, 128), value))
        assert torch.equal(run(KIND, image=image, shadows=drawn, edges="matte")["rgba"], image["rgba"])


def test_what_intrinsics_saw_is_found_as_well() -> None:
    v = visibility(3.0)
    s = Stage().given("plate", shaded(patches(FRAME), v)).add("layers", "learned.intrinsics", {"image": "plate"})
    behind = s.add("node", KIND, {"image": "layers"}).evaluate("node")["shadow"]
    assert float(behind[v < 0.1].mean()) < 0.3 and float(behind[v > 0.9].mean()) > 0.6
    assert float((behind - s.add("alone", KIND, {"image": "plate"}).evaluate("alone")["shadow"]).abs().mean()) < 0.15
