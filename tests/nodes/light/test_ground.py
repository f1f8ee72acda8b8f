"""A level ground and a wall, as a camera sees them."""

import math

import pytest
import torch

from rimlight.engine import Camera, Region
from rimlight.nodes.light.ground import Ground

CAMERA = Camera.from_fov(80, 60, 50)
WHOLE = Region(0, 0, 80, 60)


def test_a_level_camera_sees_ground_below_the_middle_at_its_distance() -> None:
    ground = Ground.below(CAMERA, 40, 30, 0, 150)
    place = ground.at(40, 60)
    assert place is not None
    assert place.tolist() == pytest.approx([0, -150, -150 / CAMERA.tan_y])
    assert ground.at(3, 30) is None and ground.at(40, 2) is None


@pytest.mark.parametrize("roll", [-20.0, 0.0, 35.0])
def test_a_horizon_goes_through_its_place_at_its_angle(roll: float) -> None:
    ground = Ground.below(CAMERA, 50, 20, roll, 100)
    position, normal = ground.seen(WHOLE, None, torch.zeros(()))
    x, y = torch.meshgrid(torch.arange(80) + 0.5, torch.arange(60) + 0.5, indexing="xy")
    below = (y - 20) + math.tan(math.radians(roll)) * (x - 50) > 0  # y goes down, the angle counter-clockwise
    assert torch.equal((normal != 0).any(0), below)
    there = position[:, below]
    assert torch.allclose(torch.tensor(ground.up, dtype=torch.float32) @ there, torch.tensor(-100.0), atol=1e-2)
    assert bool((there[2] < 0).all())


def test_what_pixels_show_lies_on_their_rays() -> None:
    ground = Ground.below(CAMERA, 40, 10, 5, 120)
    foot = ground.at(40, 40)
    assert foot is not None
    front = ground.front(foot)
    wall = (foot - 300 * front, front)
    position, normal = ground.seen(WHOLE, wall, torch.zeros((), dtype=torch.float64))
    x, y = CAMERA.project(position)
    there = (normal != 0).any(0)
    assert bool(there.all())  # the wall has no end
    places = torch.stack(torch.meshgrid(torch.arange(80) + 0.5, torch.arange(60) + 0.5, indexing="xy"))
    assert torch.allclose(torch.stack((x, y)), places.double(), atol=1e-6)
    on_wall = (torch.einsum("c,chw->hw", front, normal) > 0.99) & there
    height = torch.einsum("c,chw->hw", torch.tensor(ground.up, dtype=torch.float64), position) + 120
    behind = torch.einsum("c,chw->hw", front, position - foot[:, None, None])
    assert 0.1 < float(on_wall.double().mean()) < 0.9
    assert torch.allclose(behind[on_wall], torch.tensor(-300.0).double()) and bool((height[on_wall] > 0).all())
    assert torch.allclose(height[~on_wall], torch.zeros(()).double(), atol=1e-9)
    assert bool((behind[~on_wall] >= -300 - 1e-9).all())


def test_a_part_is_that_of_the_whole() -> None:
    ground = Ground.below(CAMERA, 40, 12, 3, 90)
    part = Region(10, 5, 33, 41)
    for whole, found in zip(
        ground.seen(WHOLE, None, torch.zeros(())), ground.seen(part, None, torch.zeros(())), strict=True
    ):
        assert torch.equal(whole[:, 5:41, 10:33], found)


def test_a_camera_that_looks_straight_down_has_a_front_all_the_same() -> None:
    ground = Ground(CAMERA, (0.0, 0.0, 1.0), 200)
    foot = ground.at(40, 30)
    assert foot is not None
    assert ground.front(foot).tolist() == pytest.approx([0, -1, 0])
    assert ground.right(ground.front(foot)).tolist() == pytest.approx([1, 0, 0])
