"""Taking views: what is visible from where, by geometry."""

import math

import numpy as np
import pytest
import torch

from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import Primitives, Solid, Texture, random_primitives
from rimlight.training.stage.sphere import Cells, frame_of, spread_directions
from rimlight.training.stage.view import View

PLAIN = Texture("plain", 1.0, (0.5, 0.4, 0.3), (0.5, 0.4, 0.3), (0.6, 0.6), (0.04, 0.04, 0.04))
PLAN = Plan(24, 24, fov=40.0, samples=4, directions=64, keys=2, key_rays=8, bounce=8)


def solid(
    shape: str, centre: tuple[float, float, float], half: tuple[float, float, float], subject: bool = True
) -> Solid:
    return Solid(shape, centre, half, torch.eye(3), PLAIN, subject)


def seen(*solids: Solid, plan: Plan = PLAN, keys: tuple[torch.Tensor, torch.Tensor] | None = None) -> View:
    """A view of solids in camera space."""
    return take(Primitives(solids, torch.eye(3), torch.zeros(3)), plan, 1, {}, keys=keys)


def test_directions_cover_the_sphere() -> None:
    directions, weights = spread_directions(128, torch.eye(3))
    assert float(weights.sum()) == pytest.approx(4 * math.pi, rel=1e-5)
    assert torch.allclose(directions.norm(dim=1), torch.ones(128), atol=1e-5)
    assert directions.mean(0).abs().max() < 1e-3
    second = torch.einsum("di,dj->ij", directions, directions) / 128
    assert torch.allclose(second, torch.eye(3) / 3, atol=0.01)


def test_frames_are_right_handed() -> None:
    axis = torch.nn.functional.normalize(torch.randn(3, 50, generator=torch.Generator().manual_seed(2)), dim=0)
    first, second = frame_of(axis)
    assert torch.allclose(torch.linalg.cross(first, second, dim=0), axis, atol=1e-5)


def test_means_over_cells_keep_the_integral() -> None:
    directions, weights = spread_directions(64, torch.eye(3))
    picture = torch.rand(3, 32, 64, generator=torch.Generator().manual_seed(3))
    cells = Cells(directions, 32)
    total = (cells.means(picture) * cells.sizes).sum(0)
    rows = torch.linspace(math.pi / 2, -math.pi / 2, 33).sin()
    areas = (rows[:-1] - rows[1:]) * 2 * math.pi / 64
    assert torch.allclose(total, (picture * areas[:, None]).sum((1, 2)), rtol=1e-4)
    assert float(cells.sizes.std() / cells.sizes.mean()) < 0.2 and weights.shape == (64,)


def test_a_ball_alone_sees_half_of_the_sky() -> None:
    view = seen(solid("sphere", (0.0, 0.0, -100.0), (20.0, 20.0, 20.0)))
    middle = (11, 11)
    normal = view.normal[:, *middle]
    cosine = view.directions @ normal
    visible = view.visibility()[:, *middle].bool()
    assert bool(visible[cosine > 0.25].all()) and not bool(visible[cosine < -0.25].any())
    assert float(view.depth[0, *middle]) == pytest.approx(80.0, abs=0.1)
    assert torch.allclose(normal, (view.position[:, *middle] + torch.tensor([0, 0, 100.0])) / 20, atol=0.03)
    assert float(view.matte.mean()) == pytest.approx(float(view.surface.mean())) and float(view.surface[0, 0, 0]) == 0
    assert float(view.indirect.abs().max()) == 0


def test_shadows_fall_where_geometry_says() -> None:
    """A ball of radius 10 before a wall, lit at 45 degrees from the right: its shadow is as far to the left as it is
    off the wall.
    """
    wall = solid("box", (0.0, 0.0, -205.0), (400.0, 400.0, 5.0), subject=False)
    ball = solid("sphere", (0.0, 0.0, -170.0), (10.0, 10.0, 10.0))
    keys = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]) / torch.tensor([[2**0.5], [1.0]]), torch.tensor([0.5, 0.5])
    plan = Plan(96, 96, fov=40.0, samples=4, directions=16, keys=2, key_rays=8, bounce=0)
    view = seen(wall, ball, plan=plan, keys=keys)
    there = (view.depth[0] > 199) & (view.key_visibility[0] < 128)
    x = view.position[0][there]
    assert float(x.mean()) == pytest.approx(-30.0, abs=1.5)
    assert float(x.max() - x.min()) == pytest.approx(20 * 2**0.5, abs=4.0)
    assert float(view.matte.sum()) < float(view.surface.sum()) == 96 * 96 and view.indirect is None


def test_what_hides_the_sky_is_in_indirect() -> None:
    """At the foot of a wall half of the sky is hidden by the floor."""
    floor = solid("box", (0.0, -25.0, -100.0), (200.0, 5.0, 200.0), subject=False)
    back = solid("box", (0.0, 100.0, -155.0), (400.0, 400.0, 5.0), subject=False)
    view = seen(floor, back, plan=Plan(32, 32, fov=40.0, samples=2, directions=16, keys=1, key_rays=1, bounce=64))
    position = view.position
    edge = (position[1] < -16) & (position[2] < -149.9) & (position[0].abs() < 40)
    assert bool(edge.any())
    assert torch.allclose(view.indirect[:, edge].mean(1), 0.5 * torch.tensor(PLAIN.first), atol=0.05)


def test_the_same_seed_gives_the_same_view() -> None:
    def again(seed: int) -> View:
        scene, fov = random_primitives(np.random.default_rng(7))
        return take(scene, Plan(16, 16, fov, samples=2, directions=16, keys=2, key_rays=2, bounce=2), seed, {})

    first, second, other = again(5), again(5), again(6)
    for name in ("albedo", "bits", "key_visibility", "indirect", "key_directions"):
        assert torch.equal(getattr(first, name), getattr(second, name)), name
    assert not torch.equal(first.directions, other.directions)


def test_key_lights_that_reach_nothing_are_replaced() -> None:
    wall = solid("box", (0.0, 0.0, -105.0), (400.0, 400.0, 5.0))
    keys = torch.tensor([[0.0, 0.0, -1.0]]), torch.tensor([1.0])
    view = seen(wall, plan=Plan(16, 16, samples=1, directions=16, keys=1, key_rays=2, bounce=0), keys=keys)
    assert float(view.key_directions[0, 2]) > 0 and int(view.key_visibility.max()) == 255
