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
    seen = cast_shadow(position, normal, CAMERA, FRAME, light, march=March(reach=150, thickness=0.5))
    axis = torch.nn.functional.normalize(torch.tensor([0.3, 0.5, -0.8]), dim=0).reshape(3, 1, 1).expand_as(position)
    expected = in_card_shadow(position, axis, torch.inf) & on_floor
    near = on_floor & (position[2] > -150)  # farther away the wall is before the light
    assert_agrees(seen.visibility, expected, near)


def test_a_lamp_behind_the_card() -> None:
    position, normal, on_floor = card_on_a_floor()
    light = PointLight(position=(10.0, 20.0, -140.0))
    seen = cast_shadow(position, normal, CAMERA, FRAME, light, march=March(thickness=0.5))
    gap = torch.tensor([10.0, 20.0, -140.0]).reshape(3, 1, 1) - position
    distance = gap.norm(dim=0)
    expected = in_card_shadow(position, gap / distance, distance) & on_floor
    assert_agrees(seen.visibility, expected, on_floor)


def test_larger_lights_have_softer_edges() -> None:
    position, normal, on_floor = card_on_a_floor()

    def penumbra(angle: float) -> int:
        light = DirectionalLight(direction=(0.3, 0.5, -0.8), angle=angle)
        march = March(reach=80, thickness=5, rays=6, steps=24)
        visible = cast_shadow(position, normal, CAMERA, FRAME, light, march=march).visibility[0][on_floor]
        return int(((visible > 0.15) & (visible < 0.85)).sum())

    assert penumbra(0) < penumbra(4) < penumbra(12)


@pytest.mark.parametrize("light", [DirectionalLight(direction=(0.2, 1, 0.4)), PointLight(position=(0, 30, -60))])
def test_an_empty_floor_is_fully_lit(light: Light) -> None:
    rays = CAMERA.rays(FRAME, torch.zeros(1))
    depth = torch.where(rays[1] < -1e-3, FLOOR / rays[1].clamp_max(-1e-3), 1e3).clamp_max(-WALL)[None]
    normal = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1).expand(3, 120, 160)
    seen = cast_shadow(CAMERA.position(depth, FRAME), normal, CAMERA, FRAME, light)
    floor = depth[0] < -WALL
    assert float(seen.visibility[0][floor].min()) > 0.99


def test_what_lies_outside_the_frame_is_unknown_and_lit() -> None:
    position, normal, _ = card_on_a_floor()
    light = DirectionalLight(direction=(1.0, 0.3, 0.0))
    seen = cast_shadow(position, normal, CAMERA, FRAME, light, march=March(reach=100))
    edge, middle = seen.confidence[0, 100:, 150:], seen.confidence[0, 65:75, 20:60]
    assert float(edge.mean()) < 0.6 < 0.9 < float(middle.mean())
    assert float(seen.visibility[0, 100:, 150:].min()) == 1


def test_occlusion_is_dark_in_the_corner_and_light_in_the_open() -> None:
    position, normal, on_floor = card_on_a_floor()
    seen = occlusion(position, normal, CAMERA, FRAME, march=March(reach=15, thickness=10, rays=24, steps=10))
    foot = on_floor & (position[2] > CARD) & (position[2] < CARD + 3) & (position[0].abs() < 10)
    open_floor = on_floor & (position[2] > -80)
    assert int(foot.sum()) > 10
    # Half of what a floor at the foot of a wall sees is the wall.
    assert 0.35 < float(seen.visibility[0][foot].mean()) < 0.75
    assert float(seen.visibility[0][open_floor].mean()) > 0.97


def test_light_from_all_around_casts_no_shadow_of_its_own() -> None:
    position, normal, _ = card_on_a_floor()
    with pytest.raises(RimlightError, match="environment light 'light' casts no shadow"):
        cast_shadow(position, normal, CAMERA, FRAME, EnvironmentLight())
