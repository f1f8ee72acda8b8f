"""LightScribble: what is set is reached under strokes, follows surfaces and ends at their edges."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from calls import noted
from compare import assert_close
from pictures import coordinates, picture
from rimlight.engine import Image, NodeError, Region, StudentModel, Tier
from rimlight.nodes.ops.light_strokes import LightStrokes
from stage import Stage, run, staged
from truth import discs, grain, in_shadow, psnr

FRAME = Region(0, 0, 128, 96)
KIND = "learned.light_scribble"
X, Y = coordinates(FRAME)


def line(y: float, x0: float, x1: float, width: float = 3.0) -> Tensor:
    """A stroke `[1, h, w]` along a row, antialiased."""
    away = torch.hypot(X - X.clamp(x0, x1), Y - y) - width
    return (0.5 - away).clamp(0, 1)[None]


def stroke(cover: Tensor) -> Image:
    return picture(cover.expand(4, -1, -1).clone(), FRAME)


def plate(**layers: Tensor) -> Image:
    """Gravel, and three stops brighter gravel from the middle on."""
    light = grain(FRAME)
    light[:, :, 64:] *= 8
    return picture({"rgba": light, **layers}, FRAME)


def gain(image: Image, **given: Any) -> Tensor:
    """Stops `[h, w]` by which the light changed, with strokes at `brighten` by default."""
    out = run(KIND, image=image, **given)
    return (out["rgba"] / image["rgba"]).log2()[1]


STROKE = line(48, 20, 44)


@pytest.mark.parametrize("stops", [0.5, 3.0])
def test_under_a_stroke_the_light_is_as_set(stops: float) -> None:
    under = STROKE[0] == 1
    up = gain(plate(), brighten=stroke(STROKE), brighten_by=stops, surface=0.0)
    down = gain(plate(), darken=stroke(STROKE), darken_by=stops, surface=0.0)
    torch.testing.assert_close(up[under], torch.full_like(up[under], stops), rtol=0.05, atol=0)
    torch.testing.assert_close(down[under], torch.full_like(up[under], -stops), rtol=0.05, atol=0)


def test_it_runs_on_and_falls_off_and_stops_at_the_edge() -> None:
    up = gain(plate(), brighten=stroke(STROKE), reach=60.0, surface=0.0)
    row = up[48, :64]
    assert bool((up > -1e-4).all()) and float(up.max()) < 1.05
    assert float(up[58, 32]) > 0.3
    assert float(row[46]) > float(row[54]) - 0.05
    assert float(up[:, 68:].abs().max()) < 0.1
    # Beside the stroke nothing shows where it is.
    assert float((up[48, 32] - up[53, 32]).abs()) < 0.15


def test_far_away_no_bit_changes() -> None:
    image = plate()
    out = run(KIND, image=image, brighten=stroke(line(10, 8, 16)), reach=12.0, surface=0.0)["rgba"]
    assert torch.equal(out[:, 60:], image["rgba"][:, 60:])
    assert not torch.equal(out[:, :16], image["rgba"][:, :16])


def test_a_longer_reach_reaches_more() -> None:
    areas = [
        int((gain(plate(), brighten=stroke(STROKE), reach=r, surface=0.0) > 0.2).sum()) for r in (10.0, 30.0, 90.0)
    ]
    assert areas == sorted(areas) and areas[2] > 1.5 * areas[0]


def test_glasses_do_not_stop_it_and_wide_dark_things_do() -> None:
    for width, least, most in ((2, 0.5, 1.0), (16, -0.01, 0.05)):
        light = torch.full((3, 96, 128), 0.5)
        light[:, 50 : 50 + width] = 0.02
        up = gain(picture(light, FRAME), brighten=stroke(line(40, 40, 90)), surface=0.0, reach=80.0)
        assert least < float(up[52 + width, 64]) < most


def test_surfaces_stop_it_where_the_picture_shows_nothing() -> None:
    normal = torch.tensor([0.0, 0.0, 1.0])[:, None, None].repeat(1, 96, 128)
    normal[:, 50:] = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    depth = torch.full((1, 96, 128), 100.0)
    image = picture({"rgba": torch.full((3, 96, 128), 0.5), "normal": normal, "depth": depth}, FRAME)
    above = stroke(line(40, 40, 90))
    for surface, most in ((1.0, 0.15), (0.0, 2.0)):
        up = gain(image, brighten=above, surface=surface, reach=80.0)
        assert float(up[34, 64]) > 0.5
        assert (float(up[56, 64]) < most) and (surface > 0 or float(up[56, 64]) > 0.4)


def test_kept_strokes_hold_it_off() -> None:
    fence, image = line(60, 0, 128, 2.0), picture(torch.full((3, 96, 128), 0.5), FRAME)
    given = {"brighten": stroke(line(40, 40, 90)), "reach": 100.0, "surface": 0.0}
    free, held = gain(image, **given), gain(image, keep=stroke(fence), **given)
    assert float(held[fence[0] == 1].abs().max()) < 1e-4
    assert float(held[75].max()) < float(free[75].max())


def test_colour_strokes_change_colour_and_keep_brightness() -> None:
    image, under = plate(), STROKE[0] == 1
    out = run(KIND, image=image, color=stroke(STROKE), kelvin=3000.0, surface=0.0)["rgba"]
    change = (out / image["rgba"])[:, under].mean(1)
    assert change[0] > 1.2 and change[2] < 0.7
    twice = run(KIND, image=image, color=stroke(STROKE), light_color=(2.0, 1.0, 1.0), surface=0.0)["rgba"]
    ratio = (twice / image["rgba"])[:, under].mean(1)
    assert float(ratio[0] / ratio[1]) == pytest.approx(2, rel=0.05)


def test_texture_bright_and_negative_light_stay() -> None:
    image = plate()
    image["rgba"][:, 48, 30], image["rgba"][:, 47, 32] = 700.0, -0.3
    out = run(KIND, image=image, brighten=stroke(STROKE), surface=0.0)["rgba"]
    torch.testing.assert_close(out[:, 48, 30], torch.full((3,), 1400.0), rtol=0.05, atol=0)
    torch.testing.assert_close(out[:, 47, 32], torch.full((3,), -0.6), rtol=0.05, atol=0)
    calm = gain(plate(), brighten=stroke(STROKE), surface=0.0)
    steps = torch.cat((calm.diff(dim=0)[:, :60].flatten(), calm.diff(dim=1)[:, :60].flatten())).abs()
    assert float(steps.max()) < 0.2  # the change is smooth, its texture is the plate's


def test_zero_stops_and_no_strokes_change_no_bit() -> None:
    image = plate()
    out = run(KIND, image=image, brighten=stroke(STROKE), darken=stroke(line(70, 20, 40)), brighten_by=0.0,
              darken_by=0.0)["rgba"]  # fmt: skip
    assert torch.equal(out, image["rgba"])
    stage = staged(KIND, image=image)
    assert stage.vertex("node").alias is not None
    assert torch.equal(stage.evaluate("node")["rgba"], image["rgba"])


def test_light_layers_follow_so_that_the_ledger_closes() -> None:
    albedo = grain(FRAME)
    shading, specular = torch.full_like(albedo, 0.7), torch.full_like(albedo, 0.02)
    image = picture({"rgba": albedo * shading + specular, "albedo": albedo, "shading": shading, "specular": specular},
                    FRAME)  # fmt: skip
    out = run(KIND, image=image, brighten=stroke(STROKE), surface=0.0)
    assert_close(out["albedo"] * out["shading"] + out["specular"], out["rgba"], threshold=1e-5)
    assert float(out["shading"].max()) > 1.3


def test_it_scales_with_the_exposure_and_agrees_with_its_tiles() -> None:
    region, given = (
        Region(20, 30, 80, 70),
        {"brighten": stroke(STROKE), "darken": stroke(line(70, 60, 100)), "precision": "float"},
    )
    one = run(KIND, image=plate(), **given)["rgba"]
    many = run(KIND, image=picture(plate()["rgba"] * 51.7, FRAME), **given)["rgba"]
    assert_close(many, one * 51.7, threshold=1e-3, relative=1e-4)
    tile = run(KIND, image=plate(), region=region, **given)
    assert_close(tile.tensor("rgba", region), one[:, 30:70, 20:80], threshold=1e-5, relative=5e-3)
    assert torch.equal(run(KIND, image=plate(), **given)["rgba"], one)


def test_mask_and_mix_hold_it_back() -> None:
    image, left = plate(), torch.zeros(4, 96, 128)
    left[3, :, :30] = 1
    full, half = (run(KIND, image=image, brighten=stroke(STROKE), mix=m)["rgba"] for m in (1.0, 0.5))
    assert_close(half, (full + image["rgba"]) / 2, threshold=1e-5)
    masked = run(KIND, image=image, brighten=stroke(STROKE), mask=picture(left, FRAME))["rgba"]
    assert torch.equal(masked[:, :, 30:], image["rgba"][:, :, 30:]) and torch.equal(masked[:, :, :30], full[:, :, :30])


def test_large_pictures_keep_sharp_edges() -> None:
    big = Region(0, 0, 1100, 64)
    x, y = coordinates(big)
    light = torch.where(x < 550, 0.1, 0.8).expand(3, 64, 1100).contiguous()
    cover = ((y - 32).abs() < 6) & (x > 440) & (x < 530)
    drawn = picture(cover.float().expand(4, -1, -1).clone(), big)
    up = (run(KIND, image=picture(light, big), brighten=drawn, surface=0.0, reach=200.0)["rgba"] / light).log2()[0]
    assert float(up[32, 546]) > 0.8 and float(up[32, 553]) < 0.15


def test_dragging_stops_looks_at_no_picture_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"))
    s = Stage(host_bytes=1 << 28).given("plate", plate()).given("drawn", stroke(STROKE))
    s.add("node", KIND, {"image": "plate", "brighten": "drawn"})
    levels = [float(s.set("node", brighten_by=b).evaluate("node")["rgba"].mean()) for b in (0.5, 1.0, 2.0)]
    assert levels == sorted(levels) and len(looks) == 1
    s.set("node", reach=40.0).evaluate("node")
    assert len(looks) == 1
    s.evaluate("node", tier=Tier.DRAFT)
    assert len(looks) == 2


def test_bad_input_is_a_sentence() -> None:
    with pytest.raises(NodeError, match=r"input 'brighten' has no channel 'luma', it has rgba\.R"):
        run(KIND, image=plate(), brighten=stroke(STROKE), channel="luma")
    with pytest.raises(NodeError, match="layers is 'input', but input 'image' has no layer 'normal'"):
        run(KIND, image=plate(), brighten=stroke(STROKE), layers="input")
    assert math.isfinite(float(run(KIND, image=plate(), brighten=stroke(STROKE * math.nan))["rgba"].sum()))


# -- what strokes say of shadow and of paint -------------------------------------------------------------------------

SHADOW = discs(FRAME, 3.0, ((64.0, 48.0, 30.0),))
IN_SHADOW = line(48, 52, 74, 2.0)


def shaded() -> Image:
    return picture(in_shadow(grain(FRAME), SHADOW), FRAME)


def painted(brush: str, *points: tuple[float, float], **members: Any) -> dict[str, Any]:
    return {"brush": brush, "size": 6, "hardness": 1, "points": [list(p) for p in points], **members}


@pytest.mark.parametrize("stops", [-1.0, 0.5, 1.0])
def test_shadows_under_strokes_get_as_much_light_as_is_set(stops: float) -> None:
    up = gain(shaded(), in_shadow=stroke(IN_SHADOW), shadow_by=stops, surface=0.0)
    deep, lit = SHADOW[0] == 0, SHADOW[0] == 1
    assert float(up[deep].mean()) == pytest.approx(stops, abs=0.08)
    assert float(up[lit].abs().mean()) < 0.03


def test_a_shadow_goes_away_and_no_further() -> None:
    out = run(KIND, image=shaded(), in_shadow=stroke(IN_SHADOW), shadow_by=8.0, surface=0.0)["rgba"][:3]
    assert psnr(out, grain(FRAME)) > psnr(shaded()["rgba"][:3], grain(FRAME)) + 12


def test_shadow_strokes_alone_ask_no_student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudentModel, "examine", lambda *args: pytest.fail("it was asked"))
    assert float(gain(shaded(), in_shadow=stroke(IN_SHADOW))[48, 64]) > 0.8


def test_light_runs_on_over_the_edge_of_what_strokes_say_is_shadow() -> None:
    """With `shadow_by` at 0 such strokes change nothing by themselves."""
    given = {"brighten": stroke(line(48, 52, 66)), "reach": 120.0, "surface": 0.0}
    held = gain(shaded(), **given)
    free = gain(shaded(), in_shadow=stroke(IN_SHADOW), shadow_by=0.0, **given)
    assert float(held[48, 104]) < 0.1 and float(free[48, 104]) > 0.3


def test_light_runs_on_over_differences_of_light_on_one_paint_and_not_to_another() -> None:
    image = picture(in_shadow(grain(FRAME), SHADOW), FRAME)
    image["rgba"][:3, 80:] *= torch.tensor([0.2, 1.0, 3.0])[:, None, None]
    given = {"brighten": stroke(line(48, 52, 66)), "reach": 120.0, "surface": 0.0}
    held, free = (gain(image, **given, **more) for more in ({}, {"same_albedo": stroke(line(48, 60, 118))}))
    assert float(held[48, 108]) < 0.1 and float(free[48, 108]) > 0.3
    assert float(free[86:, 40:].max()) < 0.1


def test_painted_strokes_say_what_wired_ones_do() -> None:
    """Points are y up: row 48 of 96 is the height 48."""
    wired = run(KIND, image=plate(), brighten=stroke(line(47.5, 20, 44, 2.5)), surface=0.0)["rgba"]
    strokes = [painted("brighten", (20.5, 48), (44.5, 48))]
    mine = run(KIND, image=plate(), strokes=strokes, surface=0.0)["rgba"]
    assert_close(mine, wired, threshold=0.05, relative=0.08)
    both = run(KIND, image=plate(), strokes=strokes, darken=stroke(line(80, 20, 44)), surface=0.0)["rgba"]
    assert float(both[1, 80, 30]) < float(mine[1, 80, 30]) and float(both[1, 48, 30]) > float(
        plate()["rgba"][1, 48, 30]
    )


def test_painted_strokes_live_at_their_frames_move_and_keep_their_place_at_proxy_scale() -> None:
    stage = Stage().given("image", plate())
    here, later = painted("brighten", (20, 70), (44, 70)), painted("brighten", (20, 20), (44, 20), frames=[5, 9])
    stage.add("node", KIND, {"image": "image"}, strokes=[here, later], surface=0.0, reach=8.0)

    def up(frame: float, **more: Any) -> Tensor:
        before, after = (stage.evaluate(name, frame, **more)["rgba"] for name in ("image", "node"))
        return (after / before).log2()[1]

    assert float(up(1)[26, 32]) > 0.8 and float(up(1)[76, 32].abs()) < 1e-4
    assert float(up(6)[26, 32]) > 0.8 and float(up(6)[76, 32]) > 0.8
    assert float(up(1, scale=0.5)[13, 16]) > 0.8
    stage.set("node", translate=(60.0, 0.0))
    assert float(up(1)[26, 92]) > 0.8 and float(up(1)[26, 32].abs()) < 0.1


def test_strokes_that_only_say_where_light_goes_change_nothing_and_say_so() -> None:
    stage = staged(KIND, image=shaded(), strokes=[painted("same_albedo", (20, 48), (90, 48))])
    assert stage.vertex("node").alias is not None
    vertex = stage.vertex("node")
    assert any("same_albedo says where light goes" in text for text in vertex.node.warnings(vertex.ctx))


def test_bad_strokes_are_a_sentence() -> None:
    with pytest.raises(ValueError, match="brush of stroke 1 is 'paint', expected one of brighten, darken, color"):
        LightStrokes.parse([{"brush": "paint", "points": [[0, 0]]}])
