"""ShadowEdit: stops, degrees and colours of shadows whose light is known, and shadows cast over rendered surfaces."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from compare import assert_close
from pictures import picture
from rimlight.engine import Camera, ComputeContext, Image, NodeError, Region, direction_of
from rimlight.nodes.learned.shadow_edit import ShadowEdit
from shadow_scenes import Solids
from stage import Stage, run
from truth import discs, grain, in_shadow, psnr

FRAME = Region(0, 0, 128, 96)
KIND = "learned.shadow_edit"
ONE = ((60.0, 48.0, 24.0),)
SHARE = (0.2, 0.25, 0.32)

SCENE = Solids(balls=(((0.0, 0.0, -100.0), 10.0),), planes=(((0.0, 0.0, -130.0), (0.0, 0.0, 1.0)),))
"""A ball before a wall, centimetres."""
DEGREES = 40.0


def matte(shadow: Tensor) -> Image:
    return picture(shadow.expand(4, -1, -1).clone(), FRAME)


def shaded(v: Tensor) -> Image:
    return picture(in_shadow(grain(FRAME), v), FRAME)


def edited(v: Tensor, **given: Any) -> Tensor:
    found: Tensor = run(KIND, image=shaded(v), shadows=matte(1 - v), edges="matte", **given)["rgba"]
    return found


def wide(v: Tensor) -> int:
    """Pixels that are in half shadow."""
    return int(((v > 0.1) & (v < 0.9)).sum())


def test_neutral_it_changes_no_bit_but_says_where_shadows_are() -> None:
    v = discs(FRAME, 4.0, ONE)
    out = run(KIND, image=shaded(v), shadows=matte(1 - v), edges="matte")
    assert torch.equal(out["rgba"], shaded(v)["rgba"])
    assert_close(out["shadow"], v, threshold=1e-6)


def test_stops_are_stops_up_to_what_a_shadow_took() -> None:
    v = discs(FRAME, 2.0, ONE)
    inside, before = v[0] == 0, shaded(v)["rgba"]
    change = {
        stops: float((edited(v, amount=stops)[:, inside] / before[:, inside]).log2().mean())
        for stops in (-2.0, -0.5, 0.5, 1.0, 6.0)
    }
    assert [change[s] for s in (-2.0, -0.5, 0.5, 1.0)] == pytest.approx([-2.0, -0.5, 0.5, 1.0], abs=0.02)
    assert change[6.0] == pytest.approx(2.0, abs=0.15)
    assert psnr(edited(v, amount=6.0), grain(FRAME)) > psnr(before, grain(FRAME)) + 14


def test_deeper_shadows_keep_half_shadow_between() -> None:
    v = discs(FRAME, 12.0, ONE)
    truth = in_shadow(grain(FRAME), v, (0.1, 0.125, 0.16))
    deeper = edited(v, amount=-1.0)
    assert psnr(deeper, truth) > psnr(shaded(v)["rgba"], truth) + 8


def test_tint_colours_only_the_shadow_and_keeps_its_brightness() -> None:
    v = discs(FRAME, 2.0, ONE)
    inside, outside, before = v[0] == 0, v[0] == 1, shaded(v)["rgba"]
    warm, cold = edited(v, kelvin=3000.0), edited(v, kelvin=10000.0)
    assert torch.equal(warm[:, outside], before[:, outside])
    ratio = (warm / before)[:, inside].mean(1)
    assert ratio[0] > 1.2 and ratio[2] < 0.7
    ratio = (cold / before)[:, inside].mean(1)
    assert ratio[0] < 1 < ratio[2]
    green = (edited(v, color=(0.5, 1.0, 0.5)) / before)[:, inside].mean(1)
    assert float(green[1] / green[0]) == pytest.approx(2, rel=0.01)


def test_penumbras_grow_and_shrink_by_degrees() -> None:
    v = discs(FRAME, 8.0, ONE)
    about: dict[str, Any] = {"layers": "auto", "matte_of": "edited", "caster": 50.0, "distance": 100.0}
    stage = Stage().given("image", picture({"rgba": shaded(v)["rgba"], **flat()}, FRAME)).given("matte", matte(1 - v))
    stage.add("node", KIND, {"image": "image", "shadows": "matte"}, edges="matte", field_of_view=DEGREES, **about)
    counts = []
    for degrees in (-6.0, -2.0, 0.0, 4.0, 10.0):
        shadow = stage.set("node", penumbra=degrees).evaluate("node")["shadow"]
        counts.append(wide(shadow))
        # What is taken from the middle goes to the edges.
        assert float((1 - shadow).mean()) == pytest.approx(float((1 - v).mean()), rel=0.12)
    assert counts == sorted(counts) and len(set(counts)) == len(counts)


def flat() -> dict[str, Tensor]:
    """A wall a metre away."""
    normal = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 96, 128).contiguous()
    return {"normal": normal, "depth": torch.full((1, 96, 128), 100.0)}


def test_softening_does_not_run_onto_another_surface() -> None:
    v = discs(FRAME, 2.0, ONE)
    light = grain(FRAME)
    light[:, :, 90:] *= torch.tensor([6.0, 8.0, 10.0])[:, None, None]
    image = picture({"rgba": in_shadow(light, v), **flat()}, FRAME)
    out = run(KIND, image=image, shadows=matte(1 - v), edges="matte", penumbra=20.0, matte_of="edited")["shadow"]
    assert float(out[:, 30:66, 92:].min()) > 0.95
    assert float(out[:, 30:66, 86:89].max()) < 0.93


def rendered(azimuth: float) -> tuple[Image, Tensor, Tensor]:
    """The ball before the wall, lit from a side, with its layers; its albedo and the visibility of the light."""
    camera = Camera.from_fov(FRAME.width, FRAME.height, DEGREES)
    position, normal = SCENE.seen(camera)
    light = direction_of(azimuth, 10.0).double()
    v = SCENE.visibility(position, normal, light[None] * 1e6).float()
    v = torch.where((normal * light.reshape(3, 1, 1)).sum(0) > 0, v, 1.0)  # attached shadows are shading
    albedo = grain(FRAME)
    layers = {"depth": -position[2:].float(), "normal": normal.float()}
    return picture({"rgba": in_shadow(albedo, v), **layers}, FRAME), albedo, v


def test_a_moved_shadow_falls_where_the_light_throws_it() -> None:
    image, albedo, before = rendered(35.0)
    _, _, after = rendered(-35.0)
    out = run(
        KIND, image=image, shadows=matte(1 - before), edges="matte", move=True, azimuth=-35.0, elevation=10.0, size=0.0,
        field_of_view=DEGREES, matte_of="edited", thickness=40.0,
    )  # fmt: skip
    dark, truth = out["shadow"] < 0.5, after < 0.5
    assert float((dark & truth).sum()) / float((dark | truth).sum()) > 0.7
    # What was in shadow is lit, and what is in shadow now is as dark as a shadow is.
    freed, taken = (before < 0.5) & (after > 0.9) & ~dark, dark & truth & (before > 0.9)
    assert float((out["rgba"] / albedo)[:, freed[0]].median()) == pytest.approx(1, abs=0.15)
    left = (out["rgba"] / albedo)[:, taken[0]].median(1).values
    assert left.tolist() == pytest.approx(SHARE, rel=0.25)


def test_the_brightest_light_of_a_rig_casts_it() -> None:
    image, _, before = rendered(35.0)
    about = {"edges": "matte", "move": True, "field_of_view": DEGREES, "size": 0.0, "thickness": 40.0}
    s = Stage().given("image", image).given("matte", matte(1 - before))
    s.add("weak", "light.directional", light_name="weak", azimuth=80.0, exposure=-3.0)
    s.add("key", "light.directional", {"rig": "weak"}, light_name="key", azimuth=-35.0, elevation=10.0)
    wires = {"image": "image", "shadows": "matte"}
    s.add("by_rig", KIND, {**wires, "rig": "key"}, **about)
    s.add("by_angle", KIND, wires, azimuth=-35.0, elevation=10.0, **about)
    assert torch.equal(s.evaluate("by_rig")["rgba"], s.evaluate("by_angle")["rgba"])
    s.add("sky", "light.environment", light_name="sky").add("none", KIND, {**wires, "rig": "sky"}, **about)
    with pytest.raises(NodeError, match="the rig has no light with a place or a direction"):
        s.evaluate("none")


def test_over_estimated_surfaces_only_the_subject_casts() -> None:
    v = discs(FRAME, 2.0, ONE)
    nothing, square = torch.zeros(4, 96, 128), torch.zeros(4, 96, 128)
    square[:, 20:70, 40:80] = 1
    about = {"edges": "matte", "move": True, "azimuth": 60.0, "matte_of": "edited"}
    drawn = matte(1 - v)
    for subject, casts in ((nothing, False), (square, None)):
        out = run(KIND, image=shaded(v), shadows=drawn, matte=picture(subject, FRAME), **about)["shadow"]
        assert bool(torch.isfinite(out).all()) and float(out.min()) >= 0 and float(out.max()) <= 1
        assert casts is None or float(out.min()) > 1 - 1e-5


def test_ridges_of_estimated_depth_throw_no_shadows_where_the_normals_know_of_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A face is no relief of estimated depth: what lies open to the light by its normals stays in light."""
    camera, v = Camera.from_fov(FRAME.width, FRAME.height, DEGREES), discs(FRAME, 2.0, ONE)
    position, normal = (x.float() for x in SCENE.seen(camera))
    ball = (-position[2:] < 120).float()
    nearer = 0.14 * torch.exp(-((torch.arange(128.0) - 76) ** 2) / (2 * 5**2))  # a ridge down its right side
    given = ShadowEdit.light_layers

    def bumpy(self: ShadowEdit, ctx: ComputeContext, *names: str, **more: Any) -> Mapping[str, Tensor]:
        found = dict(given(self, ctx, *names, **more))
        return {**found, "depth": -position[2:] / 100 * (1 - nearer * ball)} if "depth" in found else found

    monkeypatch.setattr(ShadowEdit, "light_layers", bumpy)
    image = picture({"rgba": shaded(v)["rgba"], "normal": normal}, FRAME)
    about: dict[str, Any] = {"edges": "matte", "move": True, "azimuth": 60.0, "elevation": 15.0, "matte_of": "edited"}
    about |= {
        "thickness": 60.0,
        "distance": 100.0,
        "field_of_view": DEGREES,
        "matte": picture(ball.expand(4, -1, -1).clone(), FRAME),
    }
    lit = (normal * direction_of(60, 15).reshape(3, 1, 1)).sum(0, keepdim=True) > 0.3
    middle = -F.max_pool2d(-ball, 9, 1, 4) > 0

    def dark() -> float:
        out = run(KIND, image=image, shadows=matte(1 - v), **about)["shadow"]
        assert float((out[ball < 0.5] < 0.5).float().mean()) > 0.02  # it casts on the wall
        return float((out[lit & middle] < 0.9).float().mean())

    assert dark() < 0.01
    monkeypatch.setattr(ShadowEdit, "_formed", ShadowEdit._large)
    assert dark() > 0.1


def test_it_scales_with_the_exposure_and_agrees_with_its_tiles() -> None:
    v, region = discs(FRAME, 4.0, ONE), Region(30, 20, 70, 60)
    changes: tuple[dict[str, Any], ...] = ({"amount": -1.0, "kelvin": 4000.0}, {"penumbra": 8.0}, {"move": True})
    for given in changes:
        exact = {**given, "precision": "float"}
        one = run(KIND, image=shaded(v), **exact)
        many = run(KIND, image=picture(shaded(v)["rgba"] * 51.7, FRAME), **exact)
        assert_close(many["rgba"], one["rgba"] * 51.7, threshold=2e-3, relative=1e-4)
        tile = run(KIND, image=shaded(v), region=region, **exact)
        for name in tile.layers:
            assert_close(tile.tensor(name, region), one.tensor(name, region), threshold=1e-5, relative=5e-3)


def test_mask_and_mix_hold_it_back() -> None:
    v = discs(FRAME, 4.0, ONE)
    left = torch.zeros(4, 96, 128)
    left[3, :, :64] = 1
    before, full = shaded(v)["rgba"], edited(v, amount=1.0)
    assert_close(edited(v, amount=1.0, mix=0.5), (full + before) / 2, threshold=1e-5)
    masked = edited(v, amount=1.0, mask=picture(left, FRAME))
    assert torch.equal(masked[:, :, 64:], before[:, :, 64:]) and torch.equal(masked[:, :, :64], full[:, :, :64])
