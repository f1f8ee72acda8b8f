"""Meshes: what rays meet, with materials, cut-outs and normal maps."""

import math

import numpy as np
import pytest
import torch

from rimlight.training.stage.mesh import Material, Mesh, smooth_normals
from rimlight.training.stage.shapes import BLOCKERS, blocker, quad, wall
from rimlight.training.stage.texture import Texture, decoded_srgb, to_acescg

pytest.importorskip("embreex", reason="meshes are traced by embreex")

from rimlight.training.stage.meshscene import MeshScene

AHEAD = torch.tensor([0.0, 0.0, -1.0])


def screen(material: Material, z: float = -100.0, half: float = 50.0, *, subject: bool = True) -> Mesh:
    """A square that faces the camera, its texture once across it."""
    x, y = np.array([2 * half, 0, 0]), np.array([0, 2 * half, 0])
    return quad(np.array([-half, -half, z]), x, y, material, 2 * half, subject=subject)


def rays(points: list[tuple[float, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rays from the camera through points of the plane z = -100."""
    through = torch.tensor([[x, y, -100.0] for x, y in points]).T
    return torch.zeros_like(through), through / 100


def test_distance_normal_and_matte() -> None:
    scene = MeshScene([screen(Material((0.2, 0.3, 0.4), roughness=0.7, f0=0.03))], 0.001)
    met = scene.meet(*rays([(0, 0), (30, -20), (70, 0)]), torch.zeros(3))
    assert met.hit.tolist() == [True, True, False]
    assert torch.allclose(met.distance[:2], torch.tensor(100.0))
    assert torch.allclose(met.normal[:, :2], torch.tensor([[0.0], [0.0], [1.0]]).expand(3, 2), atol=1e-6)
    assert torch.allclose(met.albedo[:, 0], torch.tensor([0.2, 0.3, 0.4])) and float(met.roughness[1]) == pytest.approx(
        0.7
    )
    assert torch.allclose(met.f0[:, 0], torch.tensor(0.03)) and met.subject.tolist() == [True, True, False]


def test_textures_are_upright_and_not_mirrored() -> None:
    picture = torch.zeros(3, 8, 8)
    picture[0, :4, :4] = 1.0  # red at the top left
    scene = MeshScene([screen(Material((1.0, 1.0, 1.0), Texture.of(picture)))], 1e-5)
    met = scene.meet(*rays([(-25, 25), (25, 25), (-25, -25)]), torch.zeros(3))
    assert met.albedo[0].tolist() == pytest.approx([0.95, 0.0, 0.0])


def test_far_textures_are_averaged() -> None:
    picture = (torch.arange(64)[None] + torch.arange(64)[:, None]).remainder(2).expand(3, 64, 64) * 0.9
    near, far = (MeshScene([screen(Material((1.0, 1.0, 1.0), Texture.of(picture)))], spread) for spread in (1e-5, 0.2))
    points = rays([((k + 0.5) * 100 / 64, 50 / 64) for k in range(20)])
    assert float(near.meet(*points, torch.zeros(20)).albedo[0].std()) > 0.3
    assert torch.allclose(far.meet(*points, torch.zeros(20)).albedo[0], torch.tensor(0.45), atol=0.01)


def test_cut_outs_let_their_share_through() -> None:
    opacity = torch.zeros(1, 8, 8)
    opacity[:, :, :4] = 1.0
    opacity[:, 4:, 4:] = 0.25
    card = screen(Material((0.9, 0.1, 0.1), opacity=Texture.of(opacity)), subject=False)
    scene = MeshScene([card, screen(Material((0.1, 0.1, 0.9)), -200.0, 200.0)], 1e-4)
    n = 400
    chance = torch.linspace(0, 1, n + 1)[:-1] + 0.5 / n
    for place, share in (((-25.0, 25.0), 1.0), ((25.0, 25.0), 0.0), ((25.0, -25.0), 0.25)):
        origin, direction = (x.expand(3, n).contiguous() for x in rays([place]))
        met = scene.meet(origin, direction, chance)
        assert float((met.albedo[0] > 0.5).float().mean()) == pytest.approx(share, abs=0.01)
        assert float((~met.subject).float().mean()) == pytest.approx(share, abs=0.01)
    towards = torch.tensor([[0.0], [0.0], [1.0]]).expand(3, n).contiguous()
    behind = torch.tensor([[25.0], [-25.0], [-150.0]]).expand(3, n).contiguous()
    assert float(scene.opens(behind, towards, chance).float().mean()) == pytest.approx(0.75, abs=0.01)


def test_normal_maps_lean_to_the_right_and_up() -> None:
    def normal(red: float, green: float) -> torch.Tensor:
        bumps = torch.tensor([red, green, 1.0]).reshape(3, 1, 1).expand(3, 8, 8) * 0.5 + 0.5
        scene = MeshScene([screen(Material(bumps=Texture.of(bumps)))], 1e-4)
        return scene.meet(*rays([(5, 5)]), torch.zeros(1)).normal[:, 0]

    diagonal = 2**-0.5
    assert torch.allclose(normal(0, 0), torch.tensor([0.0, 0.0, 1.0]), atol=2e-3)
    assert torch.allclose(normal(1, 0), torch.tensor([diagonal, 0.0, diagonal]), atol=2e-3)
    assert torch.allclose(normal(0, 1), torch.tensor([0.0, diagonal, diagonal]), atol=2e-3)


def test_a_coarse_ball_does_not_shadow_itself() -> None:
    """Rays start on the smooth surface that the mesh stands for: even far from its facets they get away."""
    ball = _ball(12)
    scene = MeshScene([ball], 1e-3)
    generator = torch.Generator().manual_seed(1)
    x, y = ((torch.rand(2000, generator=generator) - 0.5) * 16 for _ in range(2))
    met = scene.meet(
        torch.stack((x, y, torch.full_like(x, 50.0))), AHEAD.reshape(3, 1).expand(3, 2000).contiguous(), x * 0
    )
    direction = torch.nn.functional.normalize(torch.tensor([1.0, 0.4, 0.2]), dim=0).reshape(3, 1)
    front = met.hit & ((met.normal * direction).sum(0) > 0.02)
    opened = scene.opens(
        met.start[:, front], direction.expand(3, int(front.sum())).contiguous(), torch.zeros(int(front.sum()))
    )
    assert float(opened.float().mean()) > 0.995
    behind = met.hit & ((met.normal * direction).sum(0) < -0.2)
    shut = scene.opens(
        met.start[:, behind], direction.expand(3, int(behind.sum())).contiguous(), torch.zeros(int(behind.sum()))
    )
    assert float(shut.float().mean()) < 0.02


def _ball(rings: int) -> Mesh:
    t, p = np.meshgrid(np.linspace(0, math.pi, rings), np.linspace(0, 2 * math.pi, 2 * rings), indexing="ij")
    v = 10 * np.stack((np.sin(t) * np.cos(p), np.cos(t), -np.sin(t) * np.sin(p)), -1).reshape(-1, 3)
    rows, columns = np.meshgrid(np.arange(rings - 1), np.arange(2 * rings - 1), indexing="ij")
    a = (rows * 2 * rings + columns).ravel()
    b, c, d = a + 1, a + 2 * rings, a + 2 * rings + 1
    return Mesh.of(v, np.concatenate((np.stack((a, c, b), 1), np.stack((b, c, d), 1))))


def test_normals_are_smooth_across_seams() -> None:
    ball = _ball(24)
    outwards = (ball.normals * ball.vertices / 10).sum(1)
    assert outwards.min() > 0.98
    flat = smooth_normals(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 1, 2]]))
    assert np.allclose(flat, [0, 0, 1])


def test_windows_are_holes_in_walls() -> None:
    parts = wall(
        np.array([-50.0, -50, -100]),
        np.array([100.0, 0, 0]),
        np.array([0, 100.0, 0]),
        Material(),
        50.0,
        [(0.4, 0.6, 0.3, 0.8)],
    )
    scene = MeshScene(parts, 1e-4)
    met = scene.meet(*rays([(0, 5), (0, -30), (0, 40), (-20, 5), (20, 5), (9, 29), (11, 29)]), torch.zeros(7))
    assert met.hit.tolist() == [False, True, True, True, True, False, True]


@pytest.mark.parametrize("kind", BLOCKERS)
def test_blockers_block_some(kind: str) -> None:
    mesh = blocker(kind, 40.0, np.random.default_rng(5))
    assert np.isfinite(mesh.vertices).all() and not mesh.subject and np.ptp(mesh.vertices[:, 2]) == 0
    scene = MeshScene([mesh.moved(np.eye(3), np.array([0, 0, -100.0]))], 1e-4)
    places = [(float(x), float(y)) for x in range(-45, 46, 3) for y in range(-45, 46, 3)]
    share = float(scene.meet(*rays(places), torch.zeros(len(places))).hit.float().mean())
    assert 0.005 < share < 0.95


def test_colours_are_decoded_into_the_working_space() -> None:
    assert decoded_srgb(torch.tensor([0.0, 0.02, 0.5, 1.0])).tolist() == pytest.approx(
        [0.0, 0.001548, 0.214041, 1.0], abs=1e-5
    )
    assert torch.allclose(to_acescg(torch.ones(3, 1, 1)), torch.ones(3, 1, 1), atol=1e-4)
    red = to_acescg(torch.tensor([1.0, 0.0, 0.0]))
    assert red.tolist() == pytest.approx([0.6131, 0.0702, 0.0206], abs=2e-3)
