"""Where pixels are in space; normals, depth and position from one another."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import Camera, ParameterError, Region, depth_from_normals, depth_of, normals_of

CAMERA = Camera.from_fov(80, 60, 50)
FRAME = Region(0, 0, 80, 60)
LIKE = torch.zeros(1, dtype=torch.float64)


def plane(normal: tuple[float, float, float], distance: float) -> Tensor:
    """Depth `[1, 60, 80]` of the plane with that normal through (0, 0, -distance)."""
    n = torch.nn.functional.normalize(LIKE.new_tensor(normal), dim=0).reshape(3, 1, 1)
    return -distance * n[2] / (CAMERA.rays(FRAME, LIKE) * n).sum(0, keepdim=True)


def ball(radius: float = 15, distance: float = 60) -> tuple[Tensor, Tensor]:
    """Depth of a ball before a wall at 100, and where the ball is."""
    rays = CAMERA.rays(FRAME, LIKE)
    a, b = (rays * rays).sum(0, keepdim=True), distance
    root = b * b - a * (distance**2 - radius**2)
    near = (b - root.clamp_min(0).sqrt()) / a
    return torch.where(root > 0, near, 100.0), root > 0


def test_rays_follow_the_lens() -> None:
    rays = Camera.from_fov(4, 2, 90).rays(Region(0, 0, 4, 2), LIKE)
    torch.testing.assert_close(rays[0, 0], LIKE.new_tensor([-0.75, -0.25, 0.25, 0.75]))
    torch.testing.assert_close(rays[1, :, 0], LIKE.new_tensor([0.25, -0.25]))
    assert Camera.from_fov(100, 50, 90, pixel_aspect=2.0).tan_y == pytest.approx(0.25)
    shifted = Camera(4, 4, 1.0, center_x=0.5).rays(Region(0, 0, 4, 4), LIKE)
    torch.testing.assert_close(shifted[0, 0], LIKE.new_tensor([-1.25, -0.75, -0.25, 0.25]))
    with pytest.raises(ParameterError, match="field of view of 180"):
        Camera.from_fov(10, 10, 180)


def test_one_ray_is_that_of_its_pixel() -> None:
    camera = Camera(80, 60, 0.5, 1.2, 0.1, -0.2)
    rays = camera.rays(FRAME, LIKE)
    assert camera.ray(12.5, 7.5) == pytest.approx(rays[:, 7, 12].tolist())
    assert camera.ray(40, 30) == pytest.approx((-0.1 * 0.5, 0.2 * camera.tan_y, -1))


def test_a_region_is_part_of_the_frame() -> None:
    part = Region(10, 20, 30, 25)
    torch.testing.assert_close(CAMERA.rays(part, LIKE), CAMERA.rays(FRAME, LIKE)[:, 20:25, 10:30])


def test_positions_project_to_their_pixels_and_give_their_depth() -> None:
    depth = torch.rand(1, 60, 80, dtype=torch.float64) * 50 + 10
    for kind in ("z", "ray"):
        position = CAMERA.position(depth, FRAME, kind)
        torch.testing.assert_close(depth_of(position, kind), depth)
        x, y = CAMERA.project(position)
        torch.testing.assert_close(x[7], torch.arange(80, dtype=torch.float64) + 0.5)
        torch.testing.assert_close(y[:, 9], torch.arange(60, dtype=torch.float64) + 0.5)


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.5, 0.3, 1), (-0.8, 0.2, 0.6)])
def test_normals_of_planes_are_exact(normal: tuple[float, float, float]) -> None:
    found = normals_of(CAMERA.position(plane(normal, 100), FRAME))
    expected = torch.nn.functional.normalize(LIKE.new_tensor(normal), dim=0).reshape(3, 1, 1).expand_as(found)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=0)


def test_normals_of_a_ball_hold_up_to_its_edge() -> None:
    depth, inside = ball()
    position = CAMERA.position(depth, FRAME)
    centre = LIKE.new_tensor([0, 0, -60]).reshape(3, 1, 1)
    expected = torch.where(inside, (position - centre) / 15, LIKE.new_tensor([0, 0, 1]).reshape(3, 1, 1))
    found = normals_of(position)
    degrees = torch.rad2deg(torch.acos((found * expected).sum(0).clamp(-1, 1)))
    assert float(degrees.median()) < 0.1
    assert float((degrees > 12).double().mean()) < 0.01
    assert float(degrees[~inside[0]].max()) < 1e-4  # the wall right beside the ball


def test_depth_comes_back_from_normals() -> None:
    normal = torch.nn.functional.normalize(LIKE.new_tensor([0.4, -0.3, 1.0]), dim=0).reshape(3, 1, 1).expand(3, 60, 80)
    depth = plane((0.4, -0.3, 1.0), 100)
    scale = float(depth.log().mean().exp())
    found = depth_from_normals(normal, CAMERA, FRAME, mean=scale)
    assert float((found / depth - 1).abs().max()) < 2e-3


def test_depth_of_a_ball_within_its_outline() -> None:
    depth, inside = ball()
    part = Region(32, 22, 48, 38)
    assert bool(inside[:, 22:38, 32:48].all())
    piece = depth[:, 22:38, 32:48]
    position = CAMERA.position(depth, FRAME)[:, 22:38, 32:48]
    normal = (position - LIKE.new_tensor([0, 0, -60]).reshape(3, 1, 1)) / 15
    found = depth_from_normals(normal, CAMERA, part, mean=float(piece.log().mean().exp()))
    assert float((found - piece).abs().max()) < 0.02 * float(piece.max() - piece.min())


@pytest.mark.parametrize("part", [Region(5, 3, 6, 4), Region(0, 3, 9, 4), Region(5, 0, 6, 7)])
@pytest.mark.parametrize("rounds", [0, 3])
def test_a_pixel_a_row_and_a_column_have_depth(part: Region, rounds: int) -> None:
    normal = torch.tensor([0.3, -0.2, 1.0]).reshape(3, 1, 1).expand(3, part.height, part.width)
    weight = torch.full((1, part.height, part.width), 0.5) if rounds else None
    found = depth_from_normals(normal, CAMERA, part, mean=2.0, weight=weight, rounds=rounds)
    assert found.shape == (1, part.height, part.width)
    assert float(found.log().mean().exp()) == pytest.approx(2.0, rel=1e-4)


def test_weights_keep_wrong_normals_from_spreading() -> None:
    normal = LIKE.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).repeat(1, 60, 80)
    normal[:, :, 40] = LIKE.new_tensor([0.9, 0.0, math.sqrt(0.19)])[:, None]
    weight = torch.ones(1, 60, 80, dtype=torch.float64)
    weight[:, 20:40, 40] = 0  # known to be wrong in part: the rest of the wall is enough to know the depth
    normal[:, :20, 40] = normal[:, 40:, 40] = LIKE.new_tensor([0.0, 0.0, 1.0])[:, None]
    plain = depth_from_normals(normal, CAMERA, FRAME)
    robust = depth_from_normals(normal, CAMERA, FRAME, weight=weight, rounds=30)
    assert float(robust.max() / robust.min() - 1) < 1e-3 < float(plain.max() / plain.min() - 1)
