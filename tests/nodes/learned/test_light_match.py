"""A foreground under the light of its background."""

import math
from typing import Any

import pytest
import torch

from compare import assert_close
from lit_scenes import FRAME, brighter, lit, normals, plate, scene, sky, sun, sunny
from pictures import noise, picture
from rimlight.engine import Camera, DirectionalLight, Image, NodeError, Region, registry
from stage import Stage, run

OWN, WANTED = (sun(-60, 25, 0.5), sky(-1)), (sun(60, 20, 1.0, (1.25, 1.0, 0.6)), sky(1))


def cut(image: Image) -> Image:
    """The balls alone, premultiplied."""
    inside = normals()[1]
    color = image["rgba"] * inside
    return picture({**image.layers, "rgba": color}, FRAME)


def matched(foreground: Image, background: Image, **values: object) -> Image:
    out = run("LightMatch", foreground, background=background, **values)
    assert isinstance(out, Image)
    return out


def told(image: Image, name: str) -> float:
    return float(image.info.metadata[f"rimlight:match_{name}"])


def cached(foreground: Image, background: Image, **values: Any) -> Image:
    s = Stage(host_bytes=1 << 26).given("f", foreground).given("b", background)
    out = s.add("M", "LightMatch", {"image": "f", "background": "b"}, **values).evaluate("M")
    assert isinstance(out, Image)
    return out


def test_direction_ratio_and_colour_agree_afterwards_and_it_says_so() -> None:
    out = cached(cut(scene(*OWN)), scene(*WANTED, seed=9), flatten=1.0, limit=20.0)
    assert told(out, "angle_before") > 90 and told(out, "angle") < 10
    assert abs(told(out, "ratio")) < 0.5 * abs(told(out, "ratio_before"))
    assert told(out, "color_before") > 5 and told(out, "color") < 2
    assert abs(told(out, "kelvin")) < 0.3 * abs(told(out, "kelvin_before"))
    wanted = (lit(*WANTED)["rgba"] * normals()[1])[:3]
    inside = normals()[1] > 0
    a, b = ((x[:3] / x[:3].mean())[:, inside[0]] for x in (out["rgba"], wanted))
    assert float((a - b).abs().mean() / b.mean()) < 0.06


def test_more_of_it_leaves_less() -> None:
    outs = [cached(cut(scene(*OWN)), scene(*WANTED, seed=9), flatten=1.0, amount=a) for a in (0.25, 0.5, 1.0)]
    for name in ("angle", "color"):
        left = [told(out, name) for out in outs]
        assert left == sorted(left, reverse=True), name
    assert all(told(out, "angle_before") == told(outs[0], "angle_before") for out in outs)


def test_what_is_not_changed_measures_the_same_before_and_after() -> None:
    """Of estimates too, where the student's guess of the light of the picture has a say in what is matched."""
    out = cached(cut(plate(*OWN)), plate(*WANTED, seed=9), amount=0.0, over=True)
    for name in ("angle", "ratio", "color", "kelvin"):
        assert told(out, name) == told(out, f"{name}_before") != 0


def test_more_than_all_of_a_colour_goes_on_as_far() -> None:
    foreground, background = cut(scene(*OWN)), scene(*WANTED, seed=9)
    none, one, two = (matched(foreground, background, flatten=0.0, color=c)["rgba"][:3] for c in (0.0, 1.0, 2.0))
    inside = normals()[1][0] > 0
    first, second = ((a / b)[:, inside].log2() for a, b in ((one, none), (two, one)))
    first, second = first - first.mean(0), second - second.mean(0)
    assert float(first.abs().mean()) > 0.1
    assert float((second - first).abs().mean()) < 0.1 * float(first.abs().mean())


def test_the_exposure_and_the_alpha_stay() -> None:
    foreground = cut(scene(*OWN))
    background = brighter(scene(*WANTED, seed=9), 8.0)
    out = matched(foreground, background)["rgba"]
    inside = normals()[1][0] > 0
    kept = out[:3, inside].sqrt().mean() / foreground["rgba"][:3, inside].sqrt().mean()
    assert float(kept) == pytest.approx(1, abs=0.02) and torch.equal(out[3], foreground["rgba"][3])
    assert not bool(out[:3, ~inside].any())
    taken = matched(foreground, background, exposure=1.0)["rgba"]
    assert float((taken[:3, inside] / out[:3, inside]).log2().mean()) == pytest.approx(3.5, abs=1)


def test_over_shows_it_before_the_background() -> None:
    foreground, background = cut(scene(*OWN)), plate(*WANTED, seed=9)
    out = matched(foreground, background, over=True)
    expected = out["rgba"][:3] + background["rgba"][:3] * (1 - out["rgba"][3:])
    assert_close(out["over"], expected, threshold=1e-6)
    assert "over" not in matched(foreground, background).info.names
    still = matched(foreground, background, over=True, mix=0.0)
    assert torch.equal(still["rgba"], foreground["rgba"])
    assert torch.equal(matched(foreground, background, amount=0.0)["rgba"], foreground["rgba"])


def test_a_held_background_gives_the_light_and_the_running_one_is_shown() -> None:
    """So that the foreground of a shot keeps its light while what it stands before changes."""
    foreground, held = cut(scene(*OWN)), scene(*WANTED, seed=9)
    alone = matched(foreground, held)
    for make in (scene, plate):
        background = make(sun(-30, 60, 2.0), sky(0), seed=4)
        out = matched(foreground, background, steady_background=held, over=True)
        assert torch.equal(out["rgba"], alone["rgba"])
        assert not torch.equal(matched(foreground, background)["rgba"], alone["rgba"])
        expected = out["rgba"][:3] + background["rgba"][:3] * (1 - out["rgba"][3:])
        assert_close(out["over"], expected, threshold=1e-6)


def test_it_grows_with_the_exposure() -> None:
    for make in (scene, plate):
        foreground, background = cut(make(*OWN)), make(*WANTED, seed=9)
        one, two = (matched(f, background)["rgba"][:3] for f in (foreground, brighter(foreground, 6.7)))
        assert_close(two, one * 6.7, threshold=1e-5, relative=1e-4)


def test_soft_edges_get_what_the_inside_gets() -> None:
    """No bright or dark line around what is cut out of its surroundings."""
    inside = normals()[1]
    soft = torch.nn.functional.avg_pool2d(inside[None], 3, 1, 1)[0]
    color = lit(*OWN)["rgba"]
    foreground = picture(torch.cat((color[:3] * soft, soft)), FRAME)
    out = matched(foreground, plate(*WANTED, seed=9))["rgba"]
    change = (out[:3] / foreground["rgba"][:3].clamp_min(1e-6)).clamp(1e-3, 1e3).log2().mean(0)
    edge = (soft[0] > 0.2) & (soft[0] < 0.9)
    near = torch.nn.functional.avg_pool2d((change * (soft[0] >= 0.98))[None, None], 9, 1, 4)[0, 0]
    count = torch.nn.functional.avg_pool2d((soft >= 0.98).float()[None], 9, 1, 4)[0, 0]
    off = (change - near / count.clamp_min(1e-6))[edge & (count > 0.1)]
    assert float(off.abs().mean()) < 0.25


def test_negative_light_and_layers_survive_a_data_window() -> None:
    data = Region(10, 8, 60, 50)
    pixels = torch.cat((noise(3, data), torch.full((1, 42, 50), 0.7)))
    image = picture({"rgba": pixels, "depth": noise(1, data)}, FRAME, data)
    out = matched(image, plate(*WANTED), over=True)
    assert out.region == data and torch.equal(out["depth"], image["depth"])
    assert bool(((out["rgba"][:3] < 0) == (pixels[:3] < 0)).all())
    assert bool(torch.isfinite(out["over"]).all())


def test_the_alpha_is_a_matte_where_none_is_wired() -> None:
    whole, background = scene(*OWN), scene(*WANTED, seed=9)
    foreground = picture({**whole.layers, "rgba": torch.cat((whole["rgba"][:3], normals()[1]))}, FRAME)
    wired = matched(foreground, background, matte=foreground)
    assert torch.equal(matched(foreground, background)["rgba"], wired["rgba"])
    assert not torch.equal(matched(whole, background)["rgba"][:3], wired["rgba"][:3])


def test_without_alpha_it_warns_and_without_a_background_it_says_so() -> None:
    s = Stage().given("f", picture(lit(*OWN)["rgba"][:3], FRAME)).given("b", plate(*WANTED))
    s.add("M", "LightMatch", {"image": "f", "background": "b"})
    vertex = s.vertex("M")
    assert any("neither alpha nor a matte" in sentence for sentence in vertex.node.warnings(vertex.ctx))
    with pytest.raises(NodeError, match="input 'background' has no layer 'rgba' with R, G and B"):
        matched(cut(scene(*OWN)), picture({"depth": noise(1, FRAME)}, FRAME))


def test_a_sun_that_the_background_shows_is_its_key() -> None:
    """It stands behind what is seen, where no layer of the background says so."""
    background, place = sunny(scene(*WANTED))
    towards = torch.tensor(Camera.from_fov(FRAME.width, FRAME.height, 60).ray(*place), dtype=torch.float64)
    own = OWN[0]
    assert isinstance(own, DirectionalLight)
    cosine = torch.nn.functional.cosine_similarity(towards, torch.tensor(own.direction, dtype=torch.float64), dim=0)
    apart, otherwise = (
        told(cached(cut(scene(*OWN)), background, field_of_view=60.0, sun=on), "angle_before") for on in (True, False)
    )
    assert apart == pytest.approx(math.degrees(math.acos(float(cosine))), abs=12) and abs(apart - otherwise) > 5
    assert registry.find("learned.light_match").upgrades[1]({}) == {"sun": False}
