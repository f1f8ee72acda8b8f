"""Lights placed by a pixel."""

import math

import pytest
import torch

from pictures import FRAME, coordinates, picture
from rimlight.engine import Curve, Expr, Image, NodeError, Rig
from stage import Stage

TILT = math.radians(20)


def plane() -> Image:
    """A plane turned 20 degrees to the right, 200 units in front of the camera; a pixel is 10 units wide."""
    x, y = coordinates(FRAME)
    across, up = (x - 8) * 10, (6 - y) * 10
    position = torch.stack((across, up, -200 - across * math.tan(TILT)))
    normal = torch.tensor([math.sin(TILT), 0, math.cos(TILT)])[:, None, None].expand_as(position).clone()
    normal[:, 0, 0] = 0
    return picture({"normal": normal, "position": position})


def placed(kind: str, image: Image | None = None, **values: object) -> Rig:
    stage = Stage().given("plate", image or plane()).add("first", "light.point", light_name="first")
    stage.add("L", kind, {"rig": "first"}, light_name="it")
    values = {"pixel": (12.5, 8.5), **values}
    return stage.add("P", "PlaceLight", {"rig": "L", "image": "plate"}, **values).evaluate("P")


POINT = torch.tensor([45.0, 25.0, -200 - 45 * math.tan(TILT)], dtype=torch.float64)
NORMAL = torch.tensor([math.sin(TILT), 0, math.cos(TILT)], dtype=torch.float64)
VIEW = -POINT / POINT.norm()
MIRRORED = 2 * (NORMAL @ VIEW) * NORMAL - VIEW


@pytest.mark.parametrize(("how", "towards"), [("highlight", MIRRORED), ("brightest", NORMAL), ("front", VIEW)])
def test_a_directional_light_is_turned(how: str, towards: torch.Tensor) -> None:
    rig = placed("light.directional", how=how)
    assert rig.names == ("first", "it")
    assert rig.lights[1].direction == pytest.approx(towards.tolist(), abs=1e-6)
    assert rig.lights[0].position == (100, 100, 0)


@pytest.mark.parametrize("kind", ["point", "spot", "area"])
def test_a_light_stands_at_a_distance_and_looks_at_the_point(kind: str) -> None:
    light = placed(f"light.{kind}", how="highlight", distance=50).lights[1]
    assert light.position == pytest.approx((POINT + 50 * MIRRORED).tolist(), abs=1e-4)
    if kind != "point":
        assert light.aim == pytest.approx((-MIRRORED).tolist(), abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_at_a_distance_from_the_camera_no_surface_is_needed(scale: float) -> None:
    plate = picture(torch.zeros(4, 12, 16))
    stage = Stage().given("plate", plate).add("L", "light.area", target=(0.0, 0.0, -100.0), position=(0.0, 0.0, 0.0))
    values = {"pixel": (12.0, 9.0), "how": "at distance", "distance": 300.0, "field_of_view": 90.0}
    stage.add("P", "PlaceLight", {"rig": "L", "image": "plate"}, **values)
    light = stage.evaluate("P", scale=scale).lights[0]
    seen = torch.tensor([0.5, 3 / 8, -1.0], dtype=torch.float64)  # a pixel is an eighth wide at distance 1
    assert light.position == pytest.approx((300 * seen / seen.norm()).tolist(), abs=1e-4)
    assert light.aim == pytest.approx((0, 0, -100)), "it looks where it did"
    stage.add("S", "light.directional").add("Q", "PlaceLight", {"rig": "S", "image": "plate"}, **values)
    assert stage.evaluate("Q", scale=scale).lights[0].direction == pytest.approx((seen / seen.norm()).tolist())


def test_a_light_follows_what_is_tracked() -> None:
    stage = Stage().given("plate", picture(torch.zeros(4, 12, 16))).add("L", "light.point")
    track = Curve.of((1, 4.0), (5, 12.0), interp="linear"), 6.0
    stage.add("T", "Tracker", {"image": "plate"}, track1=track)
    pixel = Expr("T.track1.x"), Expr("T.track1.y")
    values = {"pixel": pixel, "how": "at distance", "distance": 100.0, "field_of_view": 90.0}
    stage.add("P", "PlaceLight", {"rig": "L", "image": "plate"}, **values)
    for frame, across in ((1, -0.5), (3, 0.0), (5, 0.5)):
        length = math.hypot(across, 1)
        place = stage.evaluate("P", frame).lights[0].position
        assert place == pytest.approx((100 * across / length, 0, -100 / length), abs=1e-4)


def test_depth_stands_for_positions() -> None:
    image = plane()
    deep = picture({"normal": image["normal"], "depth": -image["position"][2:]})
    view = math.degrees(2 * math.atan(80 / 200))
    light = placed("light.point", deep, how="front", field_of_view=view).lights[1]
    # The plane's pixels are not evenly spread on screen, so depth says where they are along the pixel's own ray.
    depth = 200 + 45 * math.tan(TILT)
    seen = torch.tensor([45 / 200, 25 / 200, -1], dtype=torch.float64) * depth
    assert light.position == pytest.approx((seen - 100 * seen / seen.norm()).tolist(), abs=0.2)


def test_units_of_the_scene_are_counted() -> None:
    light = placed("light.point", how="brightest", distance=50, cm_per_unit=100).lights[1]
    assert light.position == pytest.approx((POINT * 100 + 50 * NORMAL).tolist(), rel=1e-6)


def test_a_light_is_chosen_by_name() -> None:
    rig = placed("light.directional", light="first", how="brightest")
    assert rig.lights[0].position == pytest.approx((POINT + 100 * NORMAL).tolist(), abs=1e-4)
    with pytest.raises(NodeError, match="the rig has no light 'key', its lights are first, it"):
        placed("light.point", light="key")


def test_one_bad_pixel_does_not_throw_the_light() -> None:
    image = plane()
    image["normal"][:, 3, 12] = torch.nan
    image["position"][:, 4, 12] = 1e9
    light = placed("light.directional", image, how="brightest").lights[1]
    assert light.direction == pytest.approx(NORMAL.tolist(), abs=1e-6)


def test_a_proxy_scale_looks_at_the_same_place() -> None:
    stage = Stage().given("plate", plane()).add("L", "light.directional")
    stage.add("P", "PlaceLight", {"rig": "L", "image": "plate"}, pixel=(12.5, 8.5), radius=0)
    whole, half = stage.evaluate("P").lights[0].direction, stage.evaluate("P", scale=0.5).lights[0].direction
    assert half == pytest.approx(whole, abs=0.05)


def test_without_positions_a_directional_light_can_still_be_placed() -> None:
    image = plane()
    flat = picture({"normal": image["normal"]})
    light = placed("light.directional", flat).lights[1]
    straight = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    assert light.direction == pytest.approx((2 * NORMAL[2] * NORMAL - straight).tolist(), abs=1e-6)
    with pytest.raises(NodeError, match="a point light needs to know where the surface is"):
        placed("light.point", flat)


def test_what_cannot_be_placed_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="light 'it' is of the kind environment, which stands nowhere"):
        placed("light.environment")
    with pytest.raises(NodeError, match=r"the image has no pixels at pixel 40, 8.5; it has 16 x 12 pixels"):
        placed("light.point", pixel=(40, 8.5))
    with pytest.raises(NodeError, match=r"there is no surface at pixel 0.5, 11.5: the layer 'normal' is 0 there"):
        placed("light.point", pixel=(0.5, 11.5), radius=0)
    with pytest.raises(NodeError, match="the image has no layer 'normal', it has rgba"):
        placed("light.point", picture(torch.zeros(3, 12, 16)))


def test_a_light_may_stand_still_while_the_picture_moves() -> None:
    def turning(frame: float) -> Image:
        normal = torch.tensor([math.sin(frame / 10), 0, math.cos(frame / 10)])[:, None, None]
        return picture({"normal": normal.expand(3, 12, 16).contiguous()})

    stage = Stage().given("plate", turning).add("L", "light.directional")
    stage.add("P", "PlaceLight", {"rig": "L", "image": "plate"}, pixel=(8, 6), how="brightest")
    assert stage.evaluate("P", 1) != stage.evaluate("P", 5)
    stage.set("P", hold=True, held_frame=5)
    assert stage.evaluate("P", 1) == stage.evaluate("P", 9)
    assert stage.evaluate("P", 1).lights[0].direction == pytest.approx((math.sin(0.5), 0, math.cos(0.5)), abs=1e-6)


def point_at(x: float, y: float) -> torch.Tensor:
    """Where the plane is at a pixel, from the lower left."""
    across, up = (x - 8) * 10, (y - 6) * 10
    return torch.tensor([across, up, -200 - across * math.tan(TILT)], dtype=torch.float64)


def test_a_shadow_falls_where_the_pixel_is() -> None:
    line = point_at(5.5, 9.5) - point_at(12.5, 8.5)
    towards = line / line.norm()
    given = {"how": "shadow", "caster": (5.5, 9.5), "distance": 50.0}
    assert placed("light.directional", **given).lights[1].direction == pytest.approx(towards.tolist(), abs=1e-6)
    spot = placed("light.spot", **given).lights[1]
    assert spot.position == pytest.approx((point_at(5.5, 9.5) + 50 * towards).tolist(), abs=1e-4)
    assert spot.aim == pytest.approx((-towards).tolist(), abs=1e-6)


def test_a_shadow_needs_places_and_two_of_them() -> None:
    image = plane()
    flat = picture({"normal": image["normal"]})
    with pytest.raises(NodeError, match="a shadow needs to know where surfaces are: the image has neither position"):
        placed("light.directional", flat, how="shadow", caster=(5.5, 9.5))
    with pytest.raises(NodeError, match="caster and pixel are one place"):
        placed("light.directional", how="shadow", caster=(12.5, 8.5))
    with pytest.raises(NodeError, match="no pixels at pixel 400, 9"):
        placed("light.directional", how="shadow", caster=(400.0, 9.0))


def test_on_level_ground_no_layers_are_needed() -> None:
    given = {"surfaces": "ground", "horizon": (8.0, 9.0), "camera_height": 150.0, "pixel": (8.0, 3.0)}
    plate = picture(torch.zeros(4, 12, 16))
    up = placed("light.directional", plate, how="brightest", **given).lights[1].direction
    # The horizon is 3 pixels over the middle of a frame that is 16 wide and 40 degrees.
    assert up[1] / up[2] == pytest.approx(8 / (3 * math.tan(math.radians(20))))
    with pytest.raises(NodeError, match="there is no ground at pixel 8, 10: it is not below the horizon"):
        placed("light.directional", plate, how="front", **{**given, "pixel": (8.0, 10.0)})
    for caster in ((6.0, 2.0), (6.0, 1.0)):
        below = {**given, "how": "shadow", "foot": (6.0, 2.0), "caster": caster}
        with pytest.raises(NodeError, match=f"caster at pixel 6, {caster[1]:g} is not above the ground where foot"):
            placed("light.directional", plate, **below)
