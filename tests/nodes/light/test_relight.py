"""Relight: closed forms, light groups that add up, and what an edit computes again."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

import rimlight.nodes.light.scene as scene_module
import rimlight.nodes.light.shadows as shadows_module
from calls import noted
from pictures import coordinates, picture
from rimlight.engine import (
    MAIN,
    Curve,
    DirectionalLight,
    Image,
    LayerKind,
    NodeError,
    Region,
    Rig,
    Session,
    Tier,
    save_rig,
)  # fmt: skip
from rimlight.engine.evaluate.verify import verify_keys
from rimlight.nodes.light.relight import PLATE_LIGHT
from stage import Stage, known

FRAME = Region(0, 0, 24, 16)
ALBEDO = (0.5, 0.25, 0.125)


def sphere(**more: Tensor) -> Image:
    """A ball of radius 60 at z = -200 before nothing, seen at 40 degrees, over random light with alpha."""
    x, y = coordinates(FRAME)
    tan = math.tan(math.radians(20))
    rays = torch.stack(((x / 12 - 1) * tan, (1 - y / 8) * tan * 16 / 24, -torch.ones_like(x)))
    a, b = (rays**2).sum(0), rays[2] * -200
    root = b * b - a * (200**2 - 60**2)
    hit = root > 0
    t = (b - root.clamp_min(0).sqrt()) / a
    position = torch.where(hit, rays * t, 0.0)
    normal = torch.where(hit, (position - torch.tensor([0.0, 0, -200])[:, None, None]) / 60, 0.0)
    albedo = torch.tensor(ALBEDO)[:, None, None].expand_as(normal) * hit
    alpha = hit.float()[None]
    plate = torch.cat((torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(1)) * alpha, alpha))
    return picture({"rgba": plate, "albedo": albedo, "normal": normal, "position": position} | more, FRAME)


def stage(image: Image | None = None, **values: object) -> Stage:
    """Three lights on the ball: a sun, a point, a sky."""
    made = Stage().given("plate", image or sphere())
    made.add("sun", "light.directional", light_name="sun", azimuth=60, elevation=20, exposure=1)
    made.add("point", "light.point", {"rig": "sun"}, light_name="point", position=(-150, 20, -60), color=(1, 0.5, 0.2))
    made.add("sky", "light.environment", {"rig": "point"}, light_name="sky", exposure=-2)
    return made.add("R", "Relight", {"image": "plate", "rig": "sky"}, **{"samples": 4, "shadow_rays": 2, **values})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is shaded and what casts shadows, as it happens."""
    shadows = (shadows_module, "cast_shadow"), (shadows_module, "occlusion")
    return noted(monkeypatch, (scene_module, "shade"), *shadows)


def test_lamberts_law_to_the_last_digit() -> None:
    made = (
        Stage()
        .given("plate", sphere())
        .add("L", "light.directional", light_name="L", azimuth=60, elevation=20, exposure=1)
    )
    made.add("R", "Relight", {"image": "plate", "rig": "L"}, shadows=False, f0=0)
    out = made.evaluate("R")
    a, e = math.radians(60), math.radians(20)
    direction = torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    cosine = (sphere()["normal"] * direction[:, None, None]).sum(0).clamp_min(0)
    expected = 2 * cosine * sphere()["albedo"]
    assert torch.allclose(out["light_L_diffuse"], expected, atol=2e-6)
    assert float(out["light_L_specular"].abs().max()) == 0
    assert torch.allclose(out["rgba"][:3], expected, atol=2e-6)
    assert torch.equal(out["rgba"][3:], sphere()["rgba"][3:])


def test_layers_are_declared_before_pixels_are() -> None:
    info = stage().info("R")
    for light in ("sun", "point", "sky"):
        assert info.layer(f"light_{light}_diffuse").kind is LayerKind.COLOR
        assert info.layer(f"light_{light}_specular").channels == ("R", "G", "B")
        assert info.layer(f"light_{light}_shadow").kind is LayerKind.MATTE
    assert info.names[:4] == ("rgba", "albedo", "normal", "position")


@pytest.mark.parametrize("tier", list(Tier))
def test_groups_add_up_to_the_picture(tier: Tier) -> None:
    out = stage().evaluate("R", tier=tier)
    parts = [out[f"light_{light}_{part}"] for light in ("sun", "point", "sky") for part in ("diffuse", "specular")]
    assert all(float(part.max()) > 0 for part in parts)
    assert all(bool(torch.isfinite(part).all()) for part in parts)
    total = sum(parts[1:], start=parts[0])
    assert torch.allclose(total, out["rgba"][:3], rtol=1e-6, atol=1e-7)
    empty = sphere()["rgba"][3] == 0
    assert float(out["rgba"][:3, empty].abs().max()) == 0


def test_merged_groups_are_the_picture() -> None:
    made = stage()
    last = "black"
    made.add("black", "Constant", format="24x16", color=(0, 0, 0, 0))
    for number, layer in enumerate(f"light_{n}_{p}" for n in ("sun", "point", "sky") for p in ("diffuse", "specular")):
        made.add(f"S{number}", "Shuffle", {"B": "R"}, mapping=f"rgba.R={layer}.R rgba.G={layer}.G rgba.B={layer}.B")
        made.add(f"M{number}", "Merge", {"B": last, "A": f"S{number}"}, operation="plus")
        last = f"M{number}"
    assert torch.allclose(made.evaluate(last)["rgba"][:3], made.evaluate("R")["rgba"][:3], atol=1e-6)


def test_the_plate_may_be_kept() -> None:
    lit, plate = stage().evaluate("R")["rgba"], sphere()["rgba"]
    out = stage(plate="add", plate_exposure=-1).evaluate("R")["rgba"]
    assert torch.allclose(out[:3], lit[:3] + plate[:3] / 2, atol=1e-6)
    assert torch.equal(out[3], plate[3])


def test_dragging_one_light_computes_that_light_alone(calls: list[str]) -> None:
    made = stage()
    made.evaluate("R")
    assert sorted(calls) == ["cast_shadow", "cast_shadow", "occlusion", "shade", "shade", "shade"]
    calls.clear()
    before = made.evaluate("R")
    assert calls == []
    after = made.set("point", position=(-150, 40, -60)).evaluate("R")
    assert sorted(calls) == ["cast_shadow", "shade"]
    assert torch.equal(before["light_sun_diffuse"], after["light_sun_diffuse"])
    fresh = stage().set("point", position=(-150, 40, -60)).evaluate("R")
    assert all(torch.equal(after[name], x) for name, x in fresh.layers.items())


def test_exposure_colour_and_switches_compute_nothing_again(calls: list[str]) -> None:
    made = stage()
    before = made.evaluate("R")
    calls.clear()
    made.set("point", exposure=3, kelvin=3200, color=(1, 1, 0.5), tint=4, diffuse=0.5, shadow=0.2, light_name="other")
    after = made.evaluate("R")
    assert "light_other_diffuse" in after
    off = made.set("sun", enabled=False).evaluate("R")
    alone = made.set("sky", solo=True).evaluate("R")
    assert calls == []
    assert not torch.equal(before["rgba"], after["rgba"])
    assert float(off["light_sun_diffuse"].abs().max()) == 0
    assert torch.equal(alone["rgba"][:3], alone["light_sky_diffuse"] + alone["light_sky_specular"])


def test_a_material_casts_the_same_shadow_and_a_new_picture_computes_all(calls: list[str]) -> None:
    made = stage()
    made.evaluate("R")
    calls.clear()
    made.set("R", roughness=0.2).evaluate("R")
    assert calls == ["shade"] * 3
    calls.clear()
    made.pictures["plate"] = sphere(roughness=torch.full((1, 16, 24), 0.3))
    made.evaluate("R")
    assert len(calls) == 6


def test_one_layer_computes_its_light_alone(calls: list[str]) -> None:
    made = stage()
    out = made.evaluate("R", layers=("light_point_shadow", "albedo"))
    assert set(out.layers) == {"light_point_shadow", "albedo"}
    assert sorted(calls) == ["cast_shadow", "shade"]


def test_animated_lights_follow_the_frame(calls: list[str]) -> None:
    made = stage().set("point", size=Curve.from_data([[1, 0.0, "linear"], [3, 20.0, "linear"]]))
    first = made.evaluate("R", 1)["light_point_specular"]
    calls.clear()
    assert not torch.equal(made.evaluate("R", 2)["light_point_specular"], first)
    assert sorted(calls) == ["cast_shadow", "shade"]


def test_shadows_are_where_the_geometry_says() -> None:
    frame = Region(0, 0, 48, 32)
    x, y = coordinates(frame)
    tan = math.tan(math.radians(20))
    rays = torch.stack(((x / 24 - 1) * tan, (1 - y / 16) * tan * 32 / 48, -torch.ones_like(x)))
    wall = rays * 200
    square = (wall[0].abs() < 15) & (wall[1].abs() < 15)
    depth = torch.where(square, 180.0, 200.0)[None]
    normal = torch.tensor([0.0, 0, 1])[:, None, None].expand(3, 32, 48).contiguous()
    image = picture({"depth": depth, "normal": normal, "albedo": torch.ones(3, 32, 48)}, frame)
    made = Stage().given("plate", image).add("L", "light.directional", light_name="L", azimuth=-45, elevation=0)
    made.add("R", "Relight", {"image": "plate", "rig": "L"}, thickness=50, cm_per_unit=1)
    seen = made.evaluate("R")["light_L_shadow"][0]
    # Light from the left: the square, 20 before the wall, shadows the wall by 20 to its right.
    edge = 15 * 180 / 200
    assert float(seen[16, int(24 + 24 * (edge + 9) / (200 * tan))]) < 0.1
    assert float(seen[16, int(24 + 24 * (edge + 30) / (200 * tan))]) > 0.9
    assert float(seen[16, int(24 - 24 * (edge + 12) / (200 * tan))]) > 0.9
    off = made.set("L", shadow=0).evaluate("R")["light_L_diffuse"]
    assert torch.allclose(off, torch.full_like(off, math.sqrt(0.5)), atol=1e-5)
    assert bool((made.set("R", shadows=False).evaluate("R")["light_L_shadow"] == 1).all())


def test_confidence_falls_where_rays_leave_the_frame() -> None:
    sure = torch.full((1, 16, 24), 0.5)
    made = Stage().given("plate", sphere(confidence=sure)).add("S", "light.directional", azimuth=85, elevation=0)
    made.add("R", "Relight", {"image": "plate", "rig": "S"}, samples=0)
    out = made.evaluate("R", layers=("confidence",))["confidence"]
    assert 0 <= float(out.min()) < 0.5 == float(out.max())
    lit = made.set("S", shadow=0).evaluate("R", layers=("confidence",))["confidence"]
    assert torch.equal(lit, sure)
    assert "confidence" not in stage(shadows=False, occlude=False).info("R").names


def test_depth_stands_for_position() -> None:
    ball = sphere()
    depth = -ball["position"][2:]
    other = picture({n: ball[n] for n in ("rgba", "albedo", "normal")} | {"depth": depth}, FRAME)
    a, b = stage(ball).evaluate("R"), stage(other).evaluate("R")
    assert torch.allclose(a["light_point_diffuse"], b["light_point_diffuse"], rtol=1e-3, atol=1e-4)


def test_metal_has_the_colour_of_its_base() -> None:
    made = stage(sphere(metallic=torch.ones(1, 16, 24)), shadows=False).evaluate("R")
    assert float(made["light_sun_diffuse"].abs().max()) == 0
    x = made["light_sun_specular"].amax((1, 2))
    assert float(x[0] / x[2]) > 2


def test_background_may_be_anything() -> None:
    ball = sphere()
    gone = ball["rgba"][3] == 0
    for value in (torch.inf, torch.nan, 1e30):
        layers = {name: x.clone() for name, x in ball.layers.items()}
        layers["position"][:, gone] = value
        out = stage(picture(layers, FRAME)).evaluate("R")
        assert torch.equal(out["rgba"], stage().evaluate("R")["rgba"])


def test_what_is_missing_is_a_sentence_before_anything_is_computed() -> None:
    ball = sphere()
    bare = picture({n: ball[n] for n in ("rgba", "albedo", "normal")}, FRAME)
    with pytest.raises(NodeError, match="light 'point' needs to know where surfaces are, but the image has neither"):
        stage(bare).info("R")
    far = stage(bare).set("point", enabled=False)
    assert far.vertex("R").node.warnings(far.vertex("R").ctx) == (
        "the image has neither position nor depth, so nothing casts a shadow",
    )
    assert float(far.evaluate("R")["light_sun_diffuse"].max()) > 0
    with pytest.raises(NodeError, match="the image has no layer 'albedo', it has rgba, normal"):
        stage(picture({n: ball[n] for n in ("rgba", "normal")}, FRAME), layers="input").info("R")


def test_a_rig_without_lights_is_black() -> None:
    made = (
        Stage().given("plate", sphere()).add("none", "light.rig").add("R", "Relight", {"image": "plate", "rig": "none"})
    )
    out = made.evaluate("R")["rgba"]
    assert float(out[:3].abs().max()) == 0
    assert torch.equal(out[3], sphere()["rgba"][3])


def test_a_picture_without_a_main_layer_gets_one() -> None:
    ball = sphere()
    out = stage(picture({n: ball[n] for n in ("albedo", "normal", "position")}, FRAME)).evaluate("R")
    assert out["rgba"].shape == (3, 16, 24)
    assert out.info.layers[0].name == "rgba"


def test_light_is_linear() -> None:
    one, eight = stage().evaluate("R"), stage().set("sun", exposure=4).evaluate("R")
    assert torch.allclose(eight["light_sun_specular"], 8 * one["light_sun_specular"], rtol=1e-6)


def test_nothing_depends_on_what_no_key_holds() -> None:
    made = stage().add("P", "PlaceLight", {"rig": "sky", "image": "plate"}, light="point", pixel=(12, 8))
    made.add("M", "LightMixer", {"image": "R"}, exposure1=1)
    made.graph = made.graph.connect("R", "rig", "P")
    with known():
        assert verify_keys(made.graph, made.project, made.evaluator.services, "M", [1.0, 2.0]) == []


@pytest.mark.gpu
def test_cpu_and_gpu_agree() -> None:
    one = stage().evaluate("R")
    made = stage()
    gpu = Stage(device="cuda")
    gpu.pictures.update(made.pictures)
    gpu.graph = made.graph
    two = gpu.evaluate("R")
    for name, x in one.layers.items():
        assert torch.allclose(two[name].cpu(), x, rtol=1e-3, atol=1e-4), name


def test_lights_that_were_measured_are_not_measured_by_the_plate(tmp_path: Path) -> None:
    s = Session()
    s.set_project(format="640x360", frames=(1, 6))
    plates = Path(__file__).parents[3] / "resources" / "plates"
    s.add("image.read", name="Plate", file=str(plates / "tea.0001.exr"))
    lamps = tuple(DirectionalLight(name=name, measured=name == "known") for name in ("known", "lamp"))
    save_rig(Rig(lamps), tmp_path / "both.rig")
    s.add("light.read_rig", name="Both", file=str(tmp_path / "both.rig"))
    s.add("light.relight", inputs={"image": "Plate", "rig": "Both"}, name="R", layers="estimate", shadows=False)
    names = ("light_known_diffuse", "light_lamp_diffuse")

    def sums() -> list[float]:
        made = s.evaluate("R", layers=(MAIN, *names))
        return [float(made[name].mean()) for name in names]

    known, lamp = sums()
    light = s.evaluate("R").info.metadata[PLATE_LIGHT]
    assert lamp / known == pytest.approx(light, rel=1e-4) and not 0.9 < light < 1.1
    with pytest.raises(NodeError, match="measured in a picture beside others"):
        s.solve("R", "hold_level", "1")
    s.set("R", level="plate")
    assert sums() == pytest.approx([lamp, lamp], rel=1e-4)
    s.set("R", level="light")
    assert sums() == pytest.approx([known, known], rel=1e-4)


def test_hold_level_leaves_its_frame_as_it_is_and_others_alike() -> None:
    s = Session()
    s.set_project(format="640x360", frames=(1, 6))
    plates = Path(__file__).parents[3] / "resources" / "plates"
    s.add("image.read", name="Plate", file=str(plates / "tea.####.exr"))
    s.add("light.directional", name="Key")
    s.add("light.relight", "Plate", name="R", level="plate", light_exposure=1.0, shadows=False, occlude=False)
    s.connect("R", "rig", "Key")
    before = s.evaluate("R", 2)
    light = before.info.metadata[PLATE_LIGHT]
    assert 0.01 < light < 10 and s.evaluate("R", 5).info.metadata[PLATE_LIGHT] != light
    s.solve("R", "hold_level", "2")
    assert s.value("R", "level") == "light" and s.value("R", "light_exposure") == pytest.approx(1 + math.log2(light))
    after = s.evaluate("R", 2)
    torch.testing.assert_close(after[MAIN], before[MAIN], rtol=1e-4, atol=1e-6)
    assert PLATE_LIGHT not in after.info.metadata
    with pytest.raises(NodeError, match="as bright as they say"):
        s.solve("R", "hold_level", "2")
    s.undo()
    s.solve("R", "hold_level", "2-3")
    assert s.value("R", "level") == "light" and isinstance(s.graph.at("R").value("light_exposure"), Curve)
