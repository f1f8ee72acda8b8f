"""Relight over what the student sees: lights that add up, shadows that move, and that nobody looks twice."""

from typing import Any

import pytest
import torch
from torch import Tensor

import rimlight.nodes.light.estimates as estimates_module
import rimlight.nodes.light.scene as scene_module
import rimlight.nodes.light.shadows as shadows_module
from calls import noted
from compare import assert_close
from pictures import matte, picture
from rimlight.engine import Camera, Image, NodeError, Region, Session, StudentModel, Tier, depth_steps, unit
from source import ROOT
from stage import Stage

FAST = {"samples": 4, "shadow_rays": 2}


@pytest.fixture(scope="module")
def tea() -> Image:
    """A plate, small, without layers."""
    session = Session()
    read = session.add("Read", file=str(ROOT / "resources" / "plates" / "tea.0005.exr"))
    found = session.evaluate(read, scale=0.15, layers=("rgba",))
    return picture(found["rgba"][:3].clone(), found.region, found.region)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is looked at, shaded, shadowed and refined, as it happens."""
    asked = [(StudentModel, name) for name in ("examine", "refinement", "decompose")]
    shadows = [(shadows_module, name) for name in ("cast_shadow", "occlusion")]
    return noted(monkeypatch, *asked, (scene_module, "shade"), *shadows)


def lit(image: Image, **values: Any) -> Stage:
    """A key from the left and a sky over a plate."""
    s = Stage(host_bytes=1 << 28).given("plate", image)
    s.add("key", "light.directional", light_name="key", azimuth=-60, elevation=20)
    s.add("sky", "light.environment", {"rig": "key"}, light_name="sky", exposure=-2)
    return s.add("R", "Relight", {"image": "plate", "rig": "sky"}, **{**FAST, **values})


def brightness(x: Tensor) -> Tensor:
    return x[:3].mean(0)


@pytest.mark.parametrize("tier", list(Tier))
def test_lights_of_a_plate_add_up_to_the_picture(tea: Image, tier: Tier) -> None:
    out = lit(tea).evaluate("R", tier=tier)
    parts = [out[f"light_{name}_{part}"] for name in ("key", "sky") for part in ("diffuse", "specular")]
    assert_close(out["rgba"], sum(parts, torch.zeros(3, 1, 1)), threshold=1e-5, relative=1e-5)
    assert bool(torch.isfinite(out["rgba"]).all()) and float(out["rgba"].min()) >= 0
    assert 0 < float(out["confidence"].max()) <= 1


def test_what_a_window_shows_stays_as_the_plate_has_it_as_far_as_residual_says(
    tea: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = torch.zeros_like(tea["rgba"][:1])
    window[:, 4:16, 6:20] = 1
    monkeypatch.setattr(estimates_module, "openings", lambda plate, depth: window)
    out, dark = (lit(tea, residual=residual).evaluate("R")["rgba"] for residual in (1.0, 0.0))
    there = (window > 0).expand_as(tea["rgba"])
    assert_close(out[there], tea["rgba"][there], threshold=1e-5)
    assert float(dark[there].abs().max()) < 1e-5 and float(out[~there].mean()) > 0


def test_dragging_a_light_computes_that_light_alone_and_looks_no_more(tea: Image, calls: list[str]) -> None:
    s = lit(tea)
    s.evaluate("R", tier=Tier.STUDENT)
    assert calls.count("examine") == calls.count("decompose") == 1
    assert (calls.count("refinement"), calls.count("cast_shadow"), calls.count("occlusion")) == (2, 1, 1)
    calls.clear()
    for azimuth in (-20, 20, 70):
        s.set("key", azimuth=azimuth).evaluate("R", tier=Tier.STUDENT)
    assert (calls.count("refinement"), calls.count("cast_shadow"), calls.count("occlusion")) == (3, 3, 0)
    assert "examine" not in calls and "decompose" not in calls
    calls.clear()
    s.set("key", exposure=2.0, kelvin=3000.0)
    s.set("R", light_exposure=-1.0, refine=0.2, plate="add", plate_exposure=-1.0).evaluate("R", tier=Tier.STUDENT)
    assert calls == []


def test_light_is_linear_in_the_lights_and_in_the_plate(tea: Image) -> None:
    plain = lit(tea, precision="float").evaluate("R")["rgba"]
    assert_close(lit(tea, precision="float", light_exposure=3.0).evaluate("R")["rgba"], plain * 8, relative=1e-4)
    bright = picture(tea["rgba"] * 100, tea.region, tea.region)
    scaled = lit(bright, precision="float").evaluate("R")["rgba"]
    assert_close(scaled / 100, plain, threshold=1e-4 * float(plain.max()), relative=1e-4)


def test_levels_are_the_lights_own_or_the_plates(tea: Image) -> None:
    bright = picture(tea["rgba"] * 100, tea.region, tea.region)
    one, many = (lit(image, precision="float", level="light").evaluate("R")["rgba"] for image in (tea, bright))
    assert_close(many, one, threshold=1e-4 * float(one.max()), relative=1e-3)
    relit = lit(tea).evaluate("R")["rgba"]
    assert 0.2 < float(relit.mean() / tea["rgba"].mean()) < 4


def test_a_light_from_one_side_brightens_what_faces_it() -> None:
    """Normals are given, so that it does not matter how well they are estimated."""
    frame = Region(0, 0, 64, 48)
    x = torch.linspace(-1, 1, 64).expand(1, 48, 64)
    normal = torch.cat((x * 0.9, torch.zeros_like(x), (1 - (x * 0.9) ** 2).sqrt()))
    given = picture({"rgba": torch.full((3, 48, 64), 0.4), "normal": normal}, frame, frame)
    s = lit(given, shadows=False, refine=0.0)
    left = brightness(s.evaluate("R")["light_key_diffuse"])
    right = brightness(s.set("key", azimuth=60).evaluate("R")["light_key_diffuse"])
    assert float(left[:, :16].mean()) > 2 * float(left[:, -16:].mean())
    assert float(right[:, -16:].mean()) > 2 * float(right[:, :16].mean())


def test_rendered_layers_are_lit_as_they_are_and_the_student_stays_out(calls: list[str]) -> None:
    frame = Region(0, 0, 16, 12)
    layers = {
        "albedo": torch.full((3, 12, 16), 0.5),
        "normal": torch.tensor([0.0, 0, 1]).reshape(3, 1, 1).repeat(1, 12, 16),
    }
    out = lit(picture({"rgba": torch.rand(3, 12, 16), **layers}, frame, frame)).set("key", azimuth=0, elevation=0)
    assert_close(out.evaluate("R")["light_key_diffuse"], torch.full((3, 12, 16), 0.5), threshold=1e-5)
    assert "examine" not in calls
    assert "rimlight:model:student" not in out.info("R").metadata
    assert "rimlight:model:student" in out.set("R", layers="estimate").info("R").metadata


def test_texture_of_the_plate_stays(tea: Image) -> None:
    relit = lit(tea, refine=0.0, detail=0.0, shadows=False).evaluate("R")["rgba"]

    def fine(x: Tensor) -> Tensor:
        logs = brightness(x).clamp_min(1e-4).log()[None, None]
        smooth = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(logs, (2, 2, 2, 2), mode="replicate"), 5, 1)
        return (logs - smooth).flatten()

    both = torch.corrcoef(torch.stack((fine(tea["rgba"]), fine(relit))))
    assert float(both[0, 1]) > 0.8


def test_shadows_of_a_subject_move_with_the_light() -> None:
    """A disc of known depth before a wall casts its shadow away from the light."""
    frame = Region(0, 0, 96, 64)
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    disc = ((x - 48) ** 2 + (y - 32) ** 2 < 12**2).float()[None]
    depth = torch.where(disc > 0, 80.0, 100.0)
    given = picture({"rgba": 0.2 + 0.3 * disc.expand(3, -1, -1).clone(), "depth": depth}, frame, frame)
    s = lit(given, refine=0.0)
    left = s.evaluate("R")["light_key_shadow"][0]
    right = s.set("key", azimuth=60).evaluate("R")["light_key_shadow"][0]
    assert float(left[20:44, 62:].mean()) < float(left[20:44, :34].mean()) - 0.1
    assert float(right[20:44, :34].mean()) < float(right[20:44, 62:].mean()) - 0.1


def test_the_plates_own_light_stays_as_asked(tea: Image) -> None:
    light = lit(tea).evaluate("R")["rgba"]
    for stops in (0.0, -2.0):
        added = lit(tea, plate="add", plate_exposure=stops).evaluate("R")["rgba"]
        assert_close(added, tea["rgba"] * 2**stops + light, threshold=1e-5, relative=1e-5)


def test_a_window_in_the_frame_does_not_make_all_lights_brighter() -> None:
    size = Region(0, 0, 64, 48)
    shading = torch.full((3, 48, 64), 0.1)
    shading[:, :16, 40:] = 10.0  # an eighth of the frame, a hundred times as bright
    layers = {"albedo": torch.full((3, 48, 64), 0.5), "normal": torch.zeros(3, 48, 64), "shading": shading}
    layers["normal"][2] = 1
    s = Stage(host_bytes=1 << 26).given("room", picture({"rgba": layers["albedo"] * shading} | layers, size))
    s.add("key", "light.directional", light_name="key", azimuth=0, elevation=0)
    s.add("R", "Relight", {"image": "room", "rig": "key"}, level="plate", shadows=False, occlude=False)
    lit_wall = s.evaluate("R")["light_key_diffuse"][:, 40, 10]
    assert 0.05 < float(lit_wall.mean()) < 0.3  # 0.5 of a light of 0.1 to 0.6; the plain mean would be 1.3


def test_outside_the_matte_the_plate_stays(tea: Image) -> None:
    cover = (matte(tea.region) > 0.5).float()
    s = lit(tea).given("m", picture(cover.expand(4, -1, -1).clone(), tea.region, tea.region))
    s.graph = s.graph.connect("R", "matte", "m")
    out = s.evaluate("R")
    outside = (cover == 0).expand(3, -1, -1)
    assert torch.equal(out["rgba"][outside], tea["rgba"][outside])
    assert float(out["light_key_diffuse"][outside].abs().max()) == 0
    assert not torch.equal(out["rgba"], tea["rgba"])
    assert s.vertex("R").node.warnings(s.vertex("R").ctx) == ()


def test_refinement_is_a_ratio_that_grows_with_the_amount(tea: Image) -> None:
    none, half, full = (lit(tea, refine=r).evaluate("R")["light_key_diffuse"] for r in (0.0, 0.5, 1.0))
    assert not torch.equal(none, full)
    assert_close(half, (none * full).clamp_min(0).sqrt(), threshold=1e-4, relative=1e-3)


def test_behind_intrinsics_it_lights_the_same_estimates(tea: Image, calls: list[str]) -> None:
    s = lit(tea)
    alone = s.evaluate("R")["rgba"]
    s.add("apart", "learned.intrinsics", {"image": "plate"}, position=True)
    s.graph = s.graph.connect("R", "image", "apart")
    behind = s.evaluate("R")
    assert_close(behind["rgba"], alone, threshold=1e-4 * float(alone.max()), relative=1e-4)
    assert calls.count("examine") == 1
    assert "depth" in s.info("apart").metadata["rimlight:estimated"]


def test_a_subject_is_round_towards_its_outline() -> None:
    frame = Region(0, 0, 128, 96)
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(128.0), indexing="ij")
    disc = ((x - 64) ** 2 + (y - 48) ** 2 < 30**2).float()[None]
    s = lit(picture(torch.full((3, 96, 128), 0.4), frame, frame), refine=0.0, detail=0.0, shadows=False)
    s.given("m", picture(disc.expand(4, -1, -1).clone(), frame, frame))
    s.graph = s.graph.connect("R", "matte", "m")
    sides = []
    for azimuth in (-80, 80):
        out = brightness(s.set("key", azimuth=azimuth).evaluate("R")["light_key_diffuse"])
        sides.append((float(out[40:56, 35:39].mean()), float(out[40:56, 89:93].mean())))
    (left, away), (shaded, right) = sides
    assert left > 1.3 * shaded and right > 1.3 * away
    flat = s.set("R", inflate=0.0).evaluate("R")["light_key_diffuse"]
    assert not torch.equal(flat, s.set("R", inflate=1.0).evaluate("R")["light_key_diffuse"])


def test_a_subject_that_is_seen_flat_is_blown_up_from_its_outline() -> None:
    y, x = torch.meshgrid(torch.arange(160) - 79.5, torch.arange(160) - 79.5, indexing="ij")
    height = (1 - (x**2 + y**2) / 60**2).clamp_min(0).sqrt()
    ball, disc = torch.stack((x / 60, -y / 60, height)), (x**2 + y**2 < 60**2)[None]
    flat = torch.tensor((0.0, 0.0, 1.0)).reshape(3, 1, 1).expand_as(ball)
    found = estimates_module.rounded(flat, disc.float(), 1.0, lambda: None)
    torch.testing.assert_close(found.norm(dim=0), torch.ones(160, 160))
    assert torch.equal(torch.where(disc, flat, found), flat)  # nothing is turned outside
    wanted = unit(torch.lerp(flat, ball, 1 - height**2))
    close = x**2 + y**2 < 57**2
    assert float(torch.rad2deg((found * wanted).sum(0).clamp(-1, 1).acos())[close].mean()) < 1
    # From the outline inwards the light of a side falls off over a third of the radius, not within a few pixels.
    lean = torch.rad2deg(found[2].clamp(-1, 1).acos())[80, 20:80]
    assert float(lean[2]) > 60 > 20 > float(lean[30])
    assert float(lean.diff().abs()[4:].max()) < 4


def test_a_subject_is_round_only_where_its_outline_is_in_the_frame() -> None:
    flat = torch.tensor((0.0, 0.0, 1.0)).reshape(3, 1, 1).expand(3, 64, 96)
    band = torch.zeros(1, 64, 96)
    band[..., :40] = 1  # goes on beyond the left edge, above and below
    found = estimates_module.rounded(flat, band, 1.0, lambda: None)
    assert float(found[0, :, 38].min()) > 0.8  # by the outline
    assert float(found[:2, :, :4].abs().max()) < 0.05
    assert float(found[1].abs().max()) < 0.01
    whole = torch.ones(1, 64, 96)
    assert torch.equal(estimates_module.rounded(flat, whole, 1.0, lambda: None), flat)
    assert torch.equal(estimates_module.rounded(flat, 1 - whole, 1.0, lambda: None), flat)


def test_estimates_may_be_refused(tea: Image) -> None:
    with pytest.raises(NodeError, match="the image has no layer 'normal', it has rgba"):
        lit(tea, layers="input").info("R")


def test_old_scripts_estimate_nothing() -> None:
    from rimlight.engine import registry

    upgrade = registry.find("light.relight").upgrades[2]
    assert upgrade({"plate": "add"}) == {"plate": "add", "layers": "input"}


def test_a_tile_and_a_second_run_give_the_same(tea: Image) -> None:
    region = Region(20, 10, 40, 30)
    whole = lit(tea).evaluate("R").tensor("rgba", region)
    assert_close(lit(tea).evaluate("R", region=region).tensor("rgba", region), whole, threshold=0)


def test_depth_is_scaled_by_distance_and_relief(tea: Image) -> None:
    """Of a lamp at the camera, what is twice as far gets a quarter of the light."""
    s = Stage(host_bytes=0).given("plate", tea).add("lamp", "light.point", light_name="lamp", position=(0, 0, 0))
    s.add(
        "R", "Relight", {"image": "plate", "rig": "lamp"}, relief=0.0, shadows=False, refine=0.0, level="light", **FAST
    )
    near = s.evaluate("R")["light_lamp_diffuse"]
    far = s.set("R", distance=200.0).evaluate("R")["light_lamp_diffuse"]
    assert_close(far * 4, near, threshold=1e-4 * float(near.max()), relative=1e-3)


def guessed(rgba: Tensor, depth: Tensor, normal: Tensor) -> Image:
    """A plate with depth and normals that somebody has estimated."""
    frame = Region(0, 0, rgba.shape[2], rgba.shape[1])
    layers = {"rgba": rgba, "depth": depth, "normal": normal}
    return picture(layers, frame, frame, metadata={"rimlight:estimated": "depth normal"})


def test_estimated_depth_casts_no_shadow_of_what_its_normals_do_not_show() -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    dent = 1.0 + 0.25 * torch.exp(-((x - 48) ** 2 + (y - 32) ** 2) / 18**2)[None]
    facing = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 64, 96).clone()
    s = lit(guessed(torch.full((3, 64, 96), 0.3), dent, facing), refine=0.0)
    assert float(s.evaluate("R")["light_key_shadow"].min()) > 0.9
    rendered = picture({"rgba": torch.full((3, 64, 96), 0.3), "depth": 100 * dent}, Region(0, 0, 96, 64))
    assert float(lit(rendered, refine=0.0, tolerance=0.0).evaluate("R")["light_key_shadow"].min()) < 0.5


def test_forms_of_estimated_depth_are_those_of_the_normals() -> None:
    """The ridges of roofs that only their normals show lie before their eaves, as far as they say."""
    slope = torch.where(torch.arange(80) // 8 % 2 == 0, -1.0, 1.0).expand(1, 60, 80)
    normal = torch.nn.functional.normalize(torch.cat((slope, torch.zeros_like(slope), torch.ones_like(slope))), dim=0)
    camera = Camera.from_fov(80, 60, 30)
    steps = depth_steps(normal, camera, Region(0, 0, 80, 60))
    logs = estimates_module._formed(torch.zeros(1, 60, 80), steps, None)
    place = camera.position(logs.exp(), Region(0, 0, 80, 60))
    rise = place[2, 30, 33:40].diff() / place[0, 30, 33:40].diff()
    assert float((rise - 1).abs().max()) < 0.15


def test_a_subject_stays_as_far_before_the_rest() -> None:
    inside = torch.zeros(1, 40, 60)
    inside[:, 10:30, 20:40] = 1
    far = -0.5 * inside
    flat = (torch.zeros(1, 40, 59), torch.zeros(1, 39, 60))
    assert_close(estimates_module._formed(far, flat, inside), far, threshold=1e-5)


@pytest.mark.parametrize("shift", [0, 2])
def test_forms_are_found_small_as_at_the_pictures_size(shift: int) -> None:
    """Waves that normals tell, and a subject before them whose outline lies on pixels of the small frame or in them."""
    y, x = torch.meshgrid(torch.arange(240.0), torch.arange(320.0), indexing="ij")
    waves = torch.stack(((x / 30).sin(), (y / 20).cos(), torch.full_like(x, 2.0)))
    normal = torch.nn.functional.normalize(waves, dim=0)
    subject = torch.zeros(1, 240, 320)
    subject[:, 60 + shift : 180 + shift, 100 + shift : 220 + shift] = 1
    depth = torch.where(subject > 0, 80.0, 100.0) + (x / 50).sin()
    whole, small = Region(0, 0, 320, 240), Region(0, 0, 80, 60)
    for cover in (None, subject):
        great = estimates_module.formed(depth, normal, cover, Camera.from_fov(320, 240, 30), whole, 1.0)
        found = estimates_module.formed(depth, normal, cover, Camera.from_fov(80, 60, 30), small, 1.0)
        expected = torch.nn.functional.avg_pool2d(great, 4)
        assert float(great.max() / great.min()) > 1.05
        assert_close(found, expected, threshold=0.25)


def test_what_lies_beyond_a_picture_that_was_turned_casts_no_shadow() -> None:
    """Depth and normals are zero there, and mixed with zero beside."""
    inside = torch.zeros(1, 64, 96)
    inside[:, 8:-8, 12:-12] = 1
    share = inside.clone()
    share[:, 8, 12:-12] = share[:, 8:-8, 12] = 0.02
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 96), indexing="ij")
    depth = 1.4 + 0.1 * (x + y)[None]
    facing = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 64, 96)
    plate = torch.full((3, 64, 96), 0.3)
    found = lit(guessed(plate * inside, depth * share, facing * inside), refine=0.0).evaluate("R")
    assert float(found["light_key_shadow"][:, 12:-12, 16:-16].min()) > 0.9
    for hole in (0.0, torch.inf, torch.nan):
        holed = depth.clone()
        holed[:, 20:30, 40:50] = hole
        found = lit(guessed(plate, holed, facing), refine=0.0).evaluate("R")
        assert bool(found["rgba"].isfinite().all()) and float(found["light_key_shadow"].mean()) > 0.9


def test_depth_goes_on_where_there_is_none_and_ends_where_it_is_infinite() -> None:
    depth = torch.full((1, 20, 30), 2.0)
    depth[..., 20:] = 3.0
    assert estimates_module.everywhere(depth) is depth
    holed = depth.clone()
    holed[:, 5:9, 6:9], holed[:, 5:9, 9], holed[:, 12:14, 3:5], holed[:, 0, 0] = 0.0, 0.03, torch.inf, torch.nan
    found = estimates_module.everywhere(holed)
    expected = depth.clone()
    expected[:, 12:14, 3:5] = 3.0
    assert_close(found, expected, threshold=1e-4)
    for nothing in (0.0, torch.inf, torch.nan):
        assert torch.equal(estimates_module.everywhere(torch.full((1, 4, 5), nothing)), torch.ones(1, 4, 5))
    assert estimates_module.everywhere(torch.zeros(1, 0, 5)).shape == (1, 0, 5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (7, 1)])
def test_a_plate_of_a_pixel_a_row_or_a_column_is_lit(height: int, width: int) -> None:
    image = picture(torch.full((3, height, width), 0.3), Region(0, 0, width, height))
    assert bool(lit(image).evaluate("R")["rgba"].isfinite().all())
