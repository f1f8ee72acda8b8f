"""RigSpace: lights that stand still in the world, against a scene that is lit there and seen by a camera that moves."""

import math

import pytest
import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import (
    AreaLight,
    Curve,
    DirectionalLight,
    EnvironmentLight,
    GraphError,
    Image,
    Key,
    Pose,
    Region,
    Rig,
    Surface,
    beauty,
    latlong_directions,
    moved_rig,
    shade,
    unit,
)
from rimlight.engine.light.pose import between_poses
from rimlight.engine.light.surroundings import surroundings
from stage import Stage

FRAME = Region(0, 0, 48, 32)
VIEW = 50.0
KEYS = {"pan": (0.0, -50.0), "tilt": (-5.0, 12.0), "roll": (0.0, 8.0)}
PLACES = ((0.0, 30.0, 0.0), (-120.0, 60.0, -40.0))
BALLS = (((0.0, 0.0, -300.0), 60.0, (0.7, 0.4, 0.2)), ((120.0, 10.0, -330.0), 50.0, (0.2, 0.5, 0.7)),
         ((230.0, -20.0, -260.0), 45.0, (0.5, 0.5, 0.5)))  # fmt: skip


def line(values: tuple[float, float]) -> Curve:
    """From frame 1 to frame 5."""
    return Curve((Key(1, values[0], "linear"), Key(5, values[1], "linear")))


def pose_at(frame: float) -> Pose:
    share = (frame - 1) / 4
    angles = {name: a + (b - a) * share for name, (a, b) in KEYS.items()}
    x, y, z = (a + (b - a) * share for a, b in zip(*PLACES, strict=True))
    return Pose(**angles, position=(x, y, z), field_of_view=VIEW)


def hits(pose: Pose) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What a camera sees of the balls: albedo, normals, places and directions to the camera, all in the world."""
    tan = math.tan(math.radians(VIEW) / 2)
    y, x = torch.meshgrid(
        torch.arange(FRAME.height, dtype=torch.float64) + 0.5, torch.arange(FRAME.width, dtype=torch.float64) + 0.5,
        indexing="ij",
    )  # fmt: skip
    high = tan * FRAME.height / FRAME.width
    rays = torch.stack((
        (2 * x / FRAME.width - 1) * tan, (1 - 2 * y / FRAME.height) * high, -torch.ones_like(x)
    ))  # fmt: skip
    rays = unit(torch.einsum("ij,jhw->ihw", torch.from_numpy(pose.rotation), rays))
    eye = torch.tensor(pose.position, dtype=torch.float64).reshape(3, 1, 1)
    near = torch.full_like(x, torch.inf)
    albedo, normal, place = (torch.zeros_like(rays) for _ in range(3))
    for middle, radius, color in BALLS:
        gap = eye - torch.tensor(middle, dtype=torch.float64).reshape(3, 1, 1)
        b = (rays * gap).sum(0)
        root = b * b - (gap * gap).sum(0) + radius * radius
        t = -b - root.clamp_min(0).sqrt()
        here = (root > 0) & (t > 0) & (t < near)
        near = torch.where(here, t, near)
        found = eye + rays * t
        place = torch.where(here, found, place)
        normal = torch.where(here, (found - torch.tensor(middle).reshape(3, 1, 1)) / radius, normal)
        albedo = torch.where(here, torch.tensor(color, dtype=torch.float64).reshape(3, 1, 1), albedo)
    return albedo, normal, place, -rays


def render(frame: float) -> Image:
    """The layers that a renderer puts out, in the camera's space."""
    pose = pose_at(frame)
    albedo, normal, place, _ = hits(pose)
    back = torch.from_numpy(pose.rotation).T
    there = (normal != 0).any(0, keepdim=True)
    eye = torch.tensor(pose.position, dtype=torch.float64).reshape(3, 1, 1)
    position = torch.einsum("ij,jhw->ihw", back, place - eye) * there
    layers = {"albedo": albedo, "normal": torch.einsum("ij,jhw->ihw", back, normal), "position": position}
    alpha = there.double()
    layers = {"rgba": torch.cat((albedo, alpha)), **layers}
    return picture({name: x.float() for name, x in layers.items()}, FRAME)


def truth(frame: float, rig: Rig) -> Tensor:
    """The picture of the scene under a rig in the world, lit there."""
    albedo, normal, place, view = (x.float() for x in hits(pose_at(frame)))
    surface = Surface.of(normal, view=view, position=place / rig.cm_per_unit, roughness=0.5, f0=0.04)
    return beauty(albedo, shade(surface, rig)) * (normal != 0).any(0, keepdim=True)


X, Y, Z = latlong_directions(128, 256, torch.empty(0))
SKY = torch.stack((1.2 + X, 1.1 + 0.8 * Y * X, 1.2 - Z)) ** 3


def stage(**values: object) -> Stage:
    """A sun, a panel and a sky, set up at frame 1, held in the world."""
    made = Stage().given("plate", render)
    made.given("map", picture(SKY, Region(0, 0, 256, 128)))
    made.add("sun", "light.directional", light_name="sun", azimuth=-50, elevation=35, exposure=0.5)
    made.add("panel", "light.area", {"rig": "sun"}, light_name="panel", position=(150, 120, -180),
             target=(0, 0, -300), width=80, height=30, roll=20, exposure=1)  # fmt: skip
    made.add("sky", "light.environment", {"rig": "panel", "image": "map"}, light_name="sky", exposure=-2, rotation=30)
    made.add("C", "light.camera", **{name: line(keys) for name, keys in KEYS.items()},
             position=tuple(line(p) for p in zip(*PLACES, strict=True)), field_of_view=VIEW)  # fmt: skip
    made.add("S", "light.rig_space", {"rig": "sky", "camera": "C"}, **values)
    for name, rig in (("held", "S"), ("carried", "sky")):
        made.add(name, "light.relight", {"image": "plate", "rig": rig}, samples=0, shadows=False, roughness=0.5,
                 f0=0.04, field_of_view=VIEW)  # fmt: skip
    return made


def off(picture: Image, true: Tensor) -> float:
    """How far a picture is from the truth, relative to its mean."""
    return float((picture["rgba"][:3] - true).abs().mean() / true.mean())


def test_light_is_fixed_in_the_world_while_the_camera_turns_and_moves() -> None:
    made = stage()
    world = moved_rig(made.evaluate("sky", 1), *between_poses(pose_at(1), None))
    for frame in (1, 3, 5):
        true = truth(frame, world)
        assert float(true.mean()) > 0.02
        assert off(made.evaluate("held", frame), true) < 0.004  # the sky of the truth was sampled anew
        if frame > 1:  # without it the lights go with the camera
            assert off(made.evaluate("carried", frame), true) > 0.1


def test_at_the_reference_frame_the_rig_is_passed_on() -> None:
    made = stage(reference_frame=3)
    assert made.vertex("S", 3).alias == ("sky", 3)
    assert made.evaluate("S", 3) == made.evaluate("sky", 3)
    assert made.vertex("S", 2).alias is None


def test_the_two_directions_undo_one_another() -> None:
    made = stage()
    made.add("back", "light.rig_space", {"rig": "S", "camera": "C"}, given_in="this frame", wanted_in="reference frame")
    before, after = made.evaluate("sky", 4), made.evaluate("back", 4)
    assert after.names == before.names == made.info("back", 4).names
    sun, panel, sky = after.lights
    assert isinstance(sun, DirectionalLight) and isinstance(panel, AreaLight) and isinstance(sky, EnvironmentLight)
    assert sun.direction == pytest.approx(before.lights[0].direction, abs=1e-6)
    assert panel.position == pytest.approx(before.lights[1].position, abs=1e-3)
    assert panel.roll == pytest.approx(20, abs=1e-3) and panel.width == 80
    towards = unit(torch.randn(3, 1, 300, generator=torch.Generator().manual_seed(2)))
    seen = [surroundings(Rig((rig.lights[2],)), towards, 128) for rig in (before, after)]
    torch.testing.assert_close(seen[1], seen[0], atol=0.02 * float(seen[0].max()), rtol=0)


def test_a_rig_of_the_world_comes_to_the_frame_and_goes_back() -> None:
    made = Stage().add("sun", "light.directional", azimuth=40, elevation=0).add("C", "light.camera", pan=30.0)
    made.add("S", "light.rig_space", {"rig": "sun", "camera": "C"}, given_in="world")
    (light,) = made.evaluate("S")
    # In the picture of a level camera it stands at its azimuth less the pan.
    a = math.radians(10)
    assert light.direction == pytest.approx((math.sin(a), 0, math.cos(a)))
    made.add("B", "light.rig_space", {"rig": "S", "camera": "C"}, given_in="this frame", wanted_in="world")
    assert made.evaluate("B").lights[0].direction == pytest.approx(made.evaluate("sun").lights[0].direction)
    made.set("B", given_in="world")
    assert made.vertex("B").alias == ("S", 1)


def test_the_frame_counts_only_through_the_camera() -> None:
    made = Stage().add("sun", "light.directional").add("C", "light.camera", pan=30.0)
    made.add("S", "light.rig_space", {"rig": "sun", "camera": "C"})
    assert made.vertex("S", 7).alias == ("sun", 7)  # a camera that stands still
    made.set("C", pan=line((0, 40)))
    assert made.vertex("S", 2).key != made.vertex("S", 3).key
    assert made.vertex("S", 6).key == made.vertex("S", 8).key  # behind the last key


def test_only_cameras_fit_and_disabled_it_passes_on() -> None:
    made = Stage().add("sun", "light.directional").add("C", "light.camera", pan=line((0, 40)))
    with pytest.raises(GraphError, match="camera"):
        made.add("S", "light.rig_space", {"rig": "sun", "camera": "sun"})
    made.add("S", "light.rig_space", {"rig": "sun", "camera": "C"}, disable=True)
    assert made.evaluate("S", 3) == made.evaluate("sun", 3)
