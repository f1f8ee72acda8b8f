"""Lights found in pictures."""

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from calls import noted
from lit_scenes import plate, scene, sky, sun, sunny
from models import tiny_student
from pictures import noise, picture
from rimlight.engine import (
    Camera,
    DirectionalLight,
    Image,
    NodeError,
    Region,
    Rig,
    StudentModel,
    Tier,
    light_level,
    load_rig,
    registry,
    save_rig,
)  # fmt: skip
from stage import Stage, known

KIND = "learned.light_estimate"
WARM = (1.2, 1.0, 0.7)


def found(image: Image, **values: object) -> Rig:
    rig = Stage().given("a", image).add("E", KIND, {"image": "a"}, **values).evaluate("E")
    assert isinstance(rig, Rig)
    return rig


def degrees(light: object, other: object) -> float:
    assert isinstance(light, DirectionalLight) and isinstance(other, DirectionalLight)
    a, b = (torch.tensor(x.direction, dtype=torch.float64) for x in (light, other))
    return math.degrees(math.acos(min(1.0, float(a @ b / a.norm() / b.norm()))))


@pytest.mark.parametrize("azimuth", [-60, 40, 110])
def test_the_key_that_lit_the_layers_is_found(azimuth: float) -> None:
    key = sun(azimuth, 30, 0.5, WARM)
    rig = found(scene(key, sky()))
    assert rig.names == ("key", "fill", "environment")
    assert degrees(rig.light("key"), key) < 4
    level, true = light_level(rig.light("key")), light_level(key)
    torch.testing.assert_close(level / level.sum(), true / true.sum(), rtol=0.05, atol=0)
    assert float(level.mean() / true.mean()) == pytest.approx(1, abs=0.2)


def test_it_relights_the_scene_as_it_was() -> None:
    image = scene(sun(-50, 35, 0.5, WARM), sky())
    s = Stage().given("a", image).add("E", KIND, {"image": "a"}, key_angle=0.0)
    again = s.add("R", "Relight", {"image": "a", "rig": "E"}, f0=0.0, shadows=False, occlude=False).evaluate("R")
    error = (again["rgba"][:3] - image["rgba"][:3]).abs().mean() / image["rgba"][:3].mean()
    assert float(error) < 0.05


def test_a_plate_keeps_its_brightness_under_its_own_light() -> None:
    image = plate(sun(-50, 35, 0.5, WARM), sky(), exposure=0.2)
    s = Stage().given("a", image).add("E", KIND, {"image": "a"})
    s.add("R", "Relight", {"image": "a", "rig": "E"}, shadows=False, occlude=False, refine=0.0)
    again = s.evaluate("R")["rgba"][:3]
    assert all(light.measured for light in s.evaluate("E")) and all(light.measured for light in s.info("E"))
    assert abs(math.log2(float(again.mean() / image["rgba"][:3].mean()))) < 0.3
    torch.testing.assert_close(s.set("R", level="light").evaluate("R")["rgba"][:3], again)
    fitted = s.set("R", level="auto").set("E", level="fit")
    assert not any(light.measured for light in fitted.evaluate("E"))
    assert float(fitted.evaluate("R")["rgba"][:3].mean()) < 0.7 * float(again.mean())
    assert registry.find(KIND).upgrades[1]({"exposure": 1.0}) == {"exposure": 1.0, "level": "fit", "sun": False}


def test_with_rendered_layers_nobody_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"))
    found(scene(sun(20, 30), sky()), student=str(tiny_student(tmp_path)))
    assert not looks
    found(plate(sun(20, 30), sky()), student=str(tiny_student(tmp_path)))
    assert len(looks) == 1


def test_one_look_serves_all_that_ask_for_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"))
    s = Stage(host_bytes=1 << 28).given("a", plate(sun(30, 30), sky())).given("b", plate(sun(-60, 10), sky(), seed=8))
    s.add("E", KIND, {"image": "a"}).add("T", "LightTransfer", {"image": "a", "reference": "b"})
    s.add("M", "LightMix", {"image": "a", "A": "b"}).add("D", "LightDiffuse", {"image": "a"})
    for name in "ETMD":
        s.evaluate(name)
    assert len(looks) == 2
    s.set("T", amount=0.5).set("M", a=0.3).set("D", size=20.0).set("E", exposure=1.0)
    for name in "ETMD":
        s.evaluate(name)
    assert len(looks) == 2


def test_the_light_scales_with_the_picture() -> None:
    plates = (plate(sun(30, 30), sky(), exposure=k) for k in (1.0, 37.7))
    one, two = (found(image, precision="float") for image in plates)
    for name in ("key", "fill"):
        a, b = one.light(name), two.light(name)
        assert isinstance(a, DirectionalLight) and isinstance(b, DirectionalLight)
        torch.testing.assert_close(torch.tensor(a.direction), torch.tensor(b.direction), atol=1e-5, rtol=0)
        torch.testing.assert_close(light_level(b), 37.7 * light_level(a), rtol=1e-3, atol=1e-9)


def measured(stage: Stage) -> Mapping[str, float]:
    stage.evaluate("E")
    with known():
        return stage.evaluator.measured(stage.graph, stage.project, "E", 1)


def test_what_it_measured_is_told() -> None:
    s = Stage(host_bytes=1 << 26).given("a", scene(sun(-50, 35, 1.0, WARM), sky(-1))).add("E", KIND, {"image": "a"})
    told = measured(s)
    assert told["rimlight:key_azimuth"] == pytest.approx(-50, abs=5)
    assert told["rimlight:key_elevation"] == pytest.approx(35, abs=5)
    assert told["rimlight:light_confidence"] > 0.3
    assert told["rimlight:key_fill_stops"] > 1 and 3000 < told["rimlight:light_kelvin"] < 6500
    cold = (
        Stage(host_bytes=1 << 26)
        .given("a", scene(sun(-50, 35, 1.0, (0.7, 1, 1.3)), sky(1)))
        .add("E", KIND, {"image": "a"})
    )
    other = measured(cold)
    assert other["rimlight:light_kelvin"] > told["rimlight:light_kelvin"]
    assert other["rimlight:key_fill_stops"] < told["rimlight:key_fill_stops"]


def test_lights_are_named_left_out_and_added_to_others(tmp_path: Path) -> None:
    s = Stage().given("a", scene(sun(20, 30), sky())).add("L", "light.point", light_name="lamp")
    s.add("E", KIND, {"image": "a", "rig": "L"}, key_name="window", fill=False, key_angle=12.0, exposure=1.0)
    described, rig = s.info("E"), s.evaluate("E")
    assert described.names == rig.names == ("lamp", "window", "environment")
    window, plain = rig.light("window"), found(scene(sun(20, 30), sky())).light("key")
    assert window.angle == 12 and window.exposure == pytest.approx(plain.exposure + 1)
    save_rig(rig, tmp_path / "a.rig")
    assert load_rig(tmp_path / "a.rig") == rig
    assert s.set("E", surroundings=False).evaluate("E").names == ("lamp", "window")
    assert s.set("E", disable=True).evaluate("E").names == ("lamp",)
    with pytest.raises(NodeError, match="key_name 'my key'"):
        s.set("E", disable=False, key_name="my key").evaluate("E")


def test_a_matte_says_whose_light_is_meant() -> None:
    left, right = scene(sun(-60, 20, 1), sky(-2)), scene(sun(60, 20, 1), sky(-2))
    half = torch.zeros(1, 64, 96)
    half[..., :48] = 1
    both = {n: torch.where(half > 0, left[n], right[n]) for n in left.layers}
    matte = picture(half.expand(4, -1, -1).clone(), Region(0, 0, 96, 64))
    s = Stage().given("a", picture(both, Region(0, 0, 96, 64))).given("m", matte)
    s.add("E", KIND, {"image": "a", "matte": "m"})
    assert degrees(s.evaluate("E").light("key"), sun(-60, 20)) < 15
    s = Stage().given("a", picture(both, Region(0, 0, 96, 64)))
    s.given("m", picture((1 - half).expand(4, -1, -1).clone(), Region(0, 0, 96, 64)))
    s.add("E", KIND, {"image": "a", "matte": "m"})
    assert degrees(s.evaluate("E").light("key"), sun(60, 20)) < 15


@pytest.mark.parametrize(
    "pixels", [torch.zeros(3, 12, 16), torch.full((3, 12, 16), math.nan), -noise(3, Region(0, 0, 16, 12)).abs()]
)
def test_without_light_in_the_picture_there_is_still_a_rig(pixels: Tensor) -> None:
    rig = found(picture(pixels))
    assert rig.names == ("key", "fill", "environment")
    assert all(math.isfinite(float(light.exposure)) for light in rig)


def test_drafts_and_repeats() -> None:
    s = Stage().given("a", plate(sun(30, 30), sky())).add("E", KIND, {"image": "a"})
    assert s.evaluate("E", tier=Tier.DRAFT).names == s.evaluate("E").names
    assert found(plate(sun(30, 30), sky())) == found(plate(sun(30, 30), sky()))


def test_a_picture_without_color_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="no layer 'rgba' with R, G and B"):
        found(picture({"depth": noise(1, Region(0, 0, 16, 12))}))
    with pytest.raises(NodeError, match="layers is 'input', but input 'image' has no layer 'normal'"):
        found(plate(sun(0, 0)), layers="input")


def test_a_sun_in_the_sky_of_the_picture_is_the_key() -> None:
    seen, place = sunny(scene(sun(-50, 35, 0.5, WARM), sky()))
    frame = seen.info.display
    rig = found(seen, field_of_view=60.0, layers="input")
    x, y, z = Camera.from_fov(frame.width, frame.height, 60).ray(*place)
    assert degrees(rig.light("key"), DirectionalLight(direction=(x, y, z))) < 0.1
    assert degrees(found(seen, sun=False, layers="input").light("key"), sun(-50, 35)) < 6
    assert rig.names == ("key", "fill", "environment")


def test_how_sure_a_sun_that_was_cut_off_is_shows_as_how_sure_the_key_is() -> None:
    frame = Region(0, 0, 192, 128)
    image = scene(sun(-50, 35, 0.5, WARM), sky(), frame=frame)
    rows, columns = torch.meshgrid(torch.arange(128) + 0.5, torch.arange(192) + 0.5, indexing="ij")
    away = torch.hypot(columns - 60, rows - 40) / 192
    color = (torch.tensor([0.1, 0.15, 0.2])[:, None, None] + 4 * torch.exp(-away / 0.03)).clamp_max(1)
    seen = picture({name: image[name] for name in ("normal", "albedo", "shading")} | {"rgba": color}, frame)
    s = Stage(host_bytes=1 << 26).given("a", seen).add("E", KIND, {"image": "a"}, field_of_view=60.0, layers="input")
    assert 0.5 < measured(s)["rimlight:light_confidence"] < 1
    x, y, z = Camera.from_fov(192, 128, 60).ray(60, 40)
    assert degrees(s.evaluate("E").light("key"), DirectionalLight(direction=(x, y, z))) < 1
