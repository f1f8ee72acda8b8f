"""Shadows fall where geometry says."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    Camera,
    DirectionalLight,
    EnvironmentLight,
    Light,
    March,
    Occluders,
    PointLight,
    Region,
    RimlightError,
    cast_shadow,
    occlusion,
)

CAMERA = Camera.from_fov(160, 120, 60)
FRAME = Region(0, 0, 160, 120)
FLOOR, WALL, CARD = -20.0, -300.0, -100.0


def card_on_a_floor() -> tuple[Tensor, Tensor, Tensor]:
    """Positions and normals of a floor, a wall and a thin upright card facing the camera; and where the floor is
    seen.
    """
    rays = CAMERA.rays(FRAME, torch.zeros(1))
    floor = torch.where(rays[1] < 0, FLOOR / rays[1].clamp_max(-1e-6), torch.inf)
    card = -CARD * rays
    on_card = (card[0].abs() < 15) & (card[1] < 5) & (card[1] > FLOOR)
    depth = torch.where(on_card, -CARD, torch.minimum(floor, torch.full_like(floor, -WALL)))
    on_floor = ~on_card & (floor < -WALL)
    normal = torch.zeros(3, 120, 160)
    normal[1] = on_floor.float()
    normal[2] = 1 - on_floor.float()
    return CAMERA.position(depth[None], FRAME), normal, on_floor


def occluders(position: Tensor, normal: Tensor, thickness: float = 20.0) -> Occluders:
    return Occluders(position, normal, CAMERA, FRAME, thickness=thickness)


def in_card_shadow(position: Tensor, direction: Tensor, reach: Tensor | float) -> Tensor:
    """Whether rays towards unit vectors `direction` cross the card before `reach`."""
    t = (CARD - position[2]) / direction[2]
    at = position + t * direction
    return (t > 0) & (t < reach) & (at[0].abs() < 15) & (at[1] < 5) & (at[1] > FLOOR)


def assert_agrees(visibility: Tensor, expected: Tensor, where: Tensor) -> None:
    """Light and shadow are where they are expected, but for a pixel at the edges."""
    dark = expected.float()[None, None]
    wide = F.max_pool2d(dark, 3, 1, 1)[0, 0] > 0
    core = F.max_pool2d(1 - dark, 3, 1, 1)[0, 0] == 0
    assert int((core & where).sum()) > 200
    assert float(visibility[0][core & where].mean()) < 0.02
    assert float(visibility[0][where & ~wide].mean()) > 0.99


def test_a_card_throws_its_shadow_towards_the_camera() -> None:
    position, normal, on_floor = card_on_a_floor()
    light = DirectionalLight(direction=(0.3, 0.5, -0.8))
    seen = cast_shadow(occluders(position, normal, 0.5), light, March(reach=150))
    axis = torch.nn.functional.normalize(torch.tensor([0.3, 0.5, -0.8]), dim=0).reshape(3, 1, 1).expand_as(position)
    expected = in_card_shadow(position, axis, torch.inf) & on_floor
    near = on_floor & (position[2] > -150)  # farther away the wall is before the light
    assert_agrees(seen.visibility, expected, near)


def test_a_lamp_behind_the_card() -> None:
    position, normal, on_floor = card_on_a_floor()
    light = PointLight(position=(10.0, 20.0, -140.0))
    seen = cast_shadow(occluders(position, normal, 0.5), light)
    gap = torch.tensor([10.0, 20.0, -140.0]).reshape(3, 1, 1) - position
    distance = gap.norm(dim=0)
    expected = in_card_shadow(position, gap / distance, distance) & on_floor
    assert_agrees(seen.visibility, expected, on_floor)


def test_larger_lights_have_softer_edges() -> None:
    position, normal, on_floor = card_on_a_floor()

    def penumbra(angle: float) -> int:
        light = DirectionalLight(direction=(0.3, 0.5, -0.8), angle=angle)
        visible = cast_shadow(occluders(position, normal, 5), light, March(reach=80, rays=6)).visibility[0][on_floor]
        return int(((visible > 0.15) & (visible < 0.85)).sum())

    assert penumbra(0) < penumbra(4) < penumbra(12)


@pytest.mark.parametrize("light", [DirectionalLight(direction=(0.2, 1, 0.4)), PointLight(position=(0, 30, -60))])
def test_an_empty_floor_is_fully_lit(light: Light) -> None:
    rays = CAMERA.rays(FRAME, torch.zeros(1))
    depth = torch.where(rays[1] < -1e-3, FLOOR / rays[1].clamp_max(-1e-3), 1e3).clamp_max(-WALL)[None]
    normal = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1).expand(3, 120, 160)
    seen = cast_shadow(occluders(CAMERA.position(depth, FRAME), normal), light)
    floor = depth[0] < -WALL
    assert float(seen.visibility[0][floor].min()) > 0.99


def test_what_lies_outside_the_frame_is_unknown_and_lit() -> None:
    position, normal, _ = card_on_a_floor()
    light = DirectionalLight(direction=(1.0, 0.3, 0.0))
    seen = cast_shadow(occluders(position, normal), light, March(reach=100))
    edge, middle = seen.confidence[0, 100:, 150:], seen.confidence[0, 65:75, 20:60]
    assert float(edge.mean()) < 0.6 < 0.9 < float(middle.mean())
    assert float(seen.visibility[0, 100:, 150:].min()) == 1


def test_occlusion_is_dark_in_the_corner_and_light_in_the_open() -> None:
    position, normal, on_floor = card_on_a_floor()
    seen = occlusion(occluders(position, normal, 10), March(reach=15, rays=24))
    foot = on_floor & (position[2] > CARD) & (position[2] < CARD + 3) & (position[0].abs() < 10)
    open_floor = on_floor & (position[2] > -80)
    assert int(foot.sum()) > 10
    # Half of what a floor at the foot of a wall sees is the wall.
    assert 0.35 < float(seen.visibility[0][foot].mean()) < 0.75
    assert float(seen.visibility[0][open_floor].mean()) > 0.97


def test_light_from_all_around_casts_no_shadow_of_its_own() -> None:
    position, normal, _ = card_on_a_floor()
    with pytest.raises(RimlightError, match="environment light 'light' casts no shadow"):
        cast_shadow(occluders(position, normal), EnvironmentLight())


def test_moving_the_light_moves_the_edges() -> None:
    """The gradient of all the light on the floor by the sun's azimuth, against finite differences."""
    position, normal, on_floor = card_on_a_floor()
    scene, near = occluders(position, normal, 0.5), on_floor & (position[2] > -150)

    def total(azimuth: Tensor) -> Tensor:
        direction = torch.stack((azimuth.sin(), torch.full_like(azimuth, 0.5), -azimuth.cos()))
        light = DirectionalLight(direction=direction, angle=6.0)
        return cast_shadow(scene, light, March(reach=150, rays=16)).visibility[0][near].sum()

    start = torch.tensor(0.3, requires_grad=True)
    (found,) = torch.autograd.grad(total(start), (start,))
    with torch.no_grad():
        expected = float(total(start + 0.03) - total(start - 0.03)) / 0.06
    assert expected > 500
    assert float(found) == pytest.approx(expected, rel=0.3)


def test_surfaces_have_gradients_too() -> None:
    position, normal, on_floor = card_on_a_floor()
    position.requires_grad_()
    seen = cast_shadow(occluders(position, normal, 0.5), DirectionalLight(direction=(0.3, 0.5, -0.8)), March(reach=150))
    (found,) = torch.autograd.grad(seen.visibility[0][on_floor].sum(), (position,))
    assert bool(torch.isfinite(found).all()) and float(found.abs().max()) > 0
