"""Balls that show the light."""

import math

import pytest
import torch
from torch import Tensor

from pictures import coordinates, noise, picture
from rimlight.engine import Image, NodeError, Region
from stage import Stage

FRAME = Region(0, 0, 60, 24)
BALL = {"pixel": (30, 12), "size": 20}


def plate(**more: Tensor) -> Image:
    return picture({"rgba": torch.cat((noise(3, FRAME), torch.full((1, 24, 60), 0.5)))} | more, FRAME)


def lit(light: str, image: Image | None = None, about: dict[str, object] | None = None, **values: object) -> Image:
    stage = Stage().given("plate", image or plate()).add("L", light, light_name="L", **(about or {}))
    out = stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, **{**BALL, **values}).evaluate("P")
    assert isinstance(out, Image)
    return out


def normals(center: float = 30.0) -> tuple[Tensor, Tensor]:
    """Normals of a ball of 20 pixels and where it covers pixels wholly."""
    x, y = coordinates(FRAME)
    across, up = (x - center) / 10, (12 - y) / 10
    inside = across**2 + up**2 < 0.9**2
    return torch.stack((across, up, (1 - across**2 - up**2).clamp_min(0).sqrt())), inside


SUN = {"azimuth": 60, "elevation": 0, "exposure": 1}


def test_the_grey_ball_is_lamberts_law() -> None:
    out = lit("light.directional", about=SUN, chrome=False, glossy=False)["rgba"]
    normal, inside = normals()
    cosine = math.sin(math.radians(60)) * normal[0] + math.cos(math.radians(60)) * normal[2]
    expected = 2 * 0.18 * cosine.clamp_min(0)
    assert torch.allclose(out[:3, inside], expected[inside].expand(3, -1), atol=1e-5)
    assert bool((out[3, inside] == 1).all())


@pytest.mark.parametrize("ball", ["chrome", "glossy"])
def test_a_highlight_is_halfway_between_light_and_camera(ball: str) -> None:
    others = dict.fromkeys({"chrome", "grey", "glossy"} - {ball}, False)
    about = {**SUN, "elevation": 20, "angle": 10}
    out = lit("light.directional", about=about, size=20, roughness=0.15, albedo=0, **others)["rgba"]
    _, inside = normals()
    brightest = int((out[1] * inside).argmax())
    e, a = math.radians(20), math.radians(60)
    half = torch.nn.functional.normalize(
        torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e) + 1]), dim=0
    )
    assert brightest % 60 + 0.5 == pytest.approx(30 + 10 * float(half[0]), abs=1)
    assert brightest // 60 + 0.5 == pytest.approx(12 - 10 * float(half[1]), abs=1)


def test_chrome_is_as_bright_as_even_surroundings_and_grey_its_albedo() -> None:
    out = lit("light.environment", size=18)["rgba"]
    assert torch.allclose(out[:3, 12, 12], torch.ones(3), atol=0.01)  # chrome to the left
    assert torch.allclose(out[:3, 12, 30], torch.full((3,), 0.18), atol=2e-3)
    assert 0.18 < float(out[0, 12, 48]) < 0.27


def test_chrome_shows_the_surroundings_where_a_mirror_ball_does() -> None:
    around = torch.zeros(3, 32, 64)
    around[0, :, 40:56] = 1  # right of the camera
    stage = Stage().given("plate", plate()).given("sky", picture(around, Region(0, 0, 64, 32)))
    stage.add("L", "light.environment", {"image": "sky"})
    stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, **BALL, grey=False, glossy=False)
    out = stage.evaluate("P")["rgba"]
    right, left = 30 + 10 * math.sqrt(0.5), 30 - 10 * math.sqrt(0.5)
    assert float(out[0, 12, int(right)]) == pytest.approx(1, abs=0.02)
    assert float(out[0, 12, int(left)]) == pytest.approx(0, abs=0.02)
    assert float(out[1:3, 12, 22:38].abs().max()) < 1e-6


def test_balls_cover_the_picture_softly_and_leave_the_rest() -> None:
    given = plate()
    out = lit("light.directional", given, SUN, grey=False, glossy=False)["rgba"]
    x, y = coordinates(FRAME)
    off = torch.hypot(x - 30, y - 12)
    assert torch.equal(out[:, off > 10.5], given["rgba"][:, off > 10.5])
    edge = (off > 9.6) & (off < 10.4)
    coverage = (10.5 - off[edge]).clamp(0, 1)
    assert torch.allclose(out[3, edge], 0.5 + 0.5 * coverage, atol=1e-5)


def test_wide_pixels_make_narrow_balls() -> None:
    image = picture(torch.zeros(4, 24, 60), FRAME, pixel_aspect=2.0)
    alpha = lit("light.environment", image, grey=False, glossy=False)["rgba"][3]
    assert float(alpha[12].sum()) == pytest.approx(10, abs=0.3)
    assert float(alpha[:, 30].sum()) == pytest.approx(20, abs=0.3)


def test_a_point_light_is_as_far_away_as_the_surface_at_the_pixel() -> None:
    image = plate(depth=torch.full((1, 24, 60), 200.0))
    lamp = {"position": (0, 0, 0)}
    near = lit("light.point", image, lamp, chrome=False, glossy=False)["rgba"]
    told = lit("light.point", None, lamp, chrome=False, glossy=False, distance=200)["rgba"]
    assert torch.allclose(near, told, atol=1e-6)
    radius = 10 * 2 * math.tan(math.radians(20)) / 60 * 200
    assert float(near[1, 11:13, 29:31].mean()) == pytest.approx(0.18 * (100 / (200 - radius)) ** 2, rel=0.02)


def test_units_of_depth_do_not_matter() -> None:
    lamp = {"position": (30, 0, 0)}
    cm = lit("light.point", plate(depth=torch.full((1, 24, 60), 200.0)), lamp)["rgba"]
    m = lit("light.point", plate(depth=torch.full((1, 24, 60), 2.0)), lamp, cm_per_unit=100)["rgba"]
    assert torch.allclose(cm, m, rtol=1e-3, atol=1e-4)


def test_a_light_with_a_place_needs_to_know_where_the_balls_are() -> None:
    with pytest.raises(NodeError, match="light 'L' needs to know where the balls are: give a distance"):
        lit("light.point")
    with pytest.raises(NodeError, match="no surface at pixel 30, 12"):
        lit("light.point", plate(depth=torch.zeros(1, 24, 60)))


def test_a_tile_is_a_crop_and_balls_outside_the_picture_are_no_error() -> None:
    stage = Stage().given("plate", plate(depth=torch.full((1, 24, 60), 200.0)))
    stage.add("L", "light.point", position=(50, 50, 0))
    stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, pixel=(52, 20), size=18)
    whole, tile = stage.evaluate("P"), stage.evaluate("P", region=Region(30, 2, 41, 9))
    assert torch.allclose(tile["rgba"], whole.tensor("rgba", tile.region), atol=1e-6)
    away = stage.set("P", pixel=(2000, 900), distance=100).evaluate("P")
    assert torch.equal(away["rgba"], plate()["rgba"])


def test_an_element_smaller_than_the_balls_grows() -> None:
    data = Region(20, 8, 30, 14)
    image = picture(torch.ones(4, 6, 10), FRAME, data)
    out = lit("light.environment", image, grey=False, glossy=False)
    assert out.region.contains(Region(20, 2, 40, 22))


def test_no_ball_no_change() -> None:
    stage = Stage().given("plate", plate()).add("L", "light.environment")
    stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, chrome=False, grey=False, glossy=False)
    assert stage.vertex("P").alias == ("plate", 1)


def test_a_place_outside_the_picture_is_told_with_where_to_go() -> None:
    deep = plate(depth=torch.full((1, 24, 60), 100.0))
    for image in (plate(), deep):
        stage = Stage().given("plate", image).add("L", "light.directional", light_name="L", **SUN)
        stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, size=20, pixel=(960, 540))
        vertex = stage.vertex("P")
        (told,) = vertex.node.warnings(vertex.ctx)
        assert "lies outside the picture, which is 60 x 24: move it to 30, 12" in told
        assert not stage.set("P", pixel=(30, 12)).vertex("P").node.warnings(stage.vertex("P").ctx)
    with pytest.raises(NodeError, match="no surface to stand on: pixel 960, 540 lies outside the picture"):
        lit("light.directional", deep, SUN, pixel=(960, 540))
