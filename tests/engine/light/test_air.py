"""Light in the air: closed forms, integrals in small steps, and shadows through it."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    Air,
    AreaLight,
    Camera,
    Cells,
    DirectionalLight,
    EnvironmentLight,
    Light,
    Occluders,
    PointLight,
    Region,
    SpotLight,
    arrives_in_air,
    scattered,
    unit,
    walked,
)

CAMERA = Camera.from_fov(160, 120, 60)
FRAME = Region(0, 0, 160, 120)
FAR = 300.0
AIR = Air(visibility=1000.0, forward=0.4)


def cells(slices: int = 32, rows: int = 12, columns: int = 16) -> Cells:
    return Cells(CAMERA, FRAME, rows, columns, FAR * torch.linspace(0, 1, slices + 1) ** 1.5)


def seen(light: Light, air: Air = AIR, view: Cells | None = None, density: Tensor | None = None) -> Tensor:
    """What comes to the camera from all of the air, `[1 or 3, rows, columns]`."""
    view = view or cells()
    density = torch.ones(view.slices, view.rows, view.columns) if density is None else density
    return scattered(air, view, density, walked(air, view, density), light)[:, -1]


def summed(light: PointLight | AreaLight, row: int, column: int, share: float = 1.0) -> float:
    """The same for one cell by a sum of small steps, for a light to all sides."""
    way = cells().rays(12, 16)[:, row, column].double()
    long, steps = float(way.norm()) * FAR, 200000
    way = unit(way)
    t = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps * long
    gap = torch.tensor(light.position, dtype=torch.float64)[:, None] - way[:, None] * t
    distance = gap.norm(dim=0)
    cosine = (gap / distance * way[:, None]).sum(0)
    lost = torch.exp(-AIR.extinction * (t + distance))
    return float((AIR.extinction * lost * AIR.phase(cosine) / 4 * 1e4 / distance**2).sum()) * long / steps * share


def test_at_its_visibility_a_fiftieth_of_the_contrast_is_left() -> None:
    view = Cells(CAMERA, FRAME, 3, 3, torch.linspace(0, 1000.0, 9))
    left = walked(AIR, view, torch.ones(8, 3, 3)).left
    assert float(left[-1, 1, 1]) == pytest.approx(0.02, rel=1e-4)
    assert float(left[0].min()) == 1


@pytest.mark.parametrize("forward", [-0.7, 0.0, 0.5])
def test_as_much_is_scattered_whatever_the_direction(forward: float) -> None:
    cosine = (torch.arange(20000, dtype=torch.float64) + 0.5) / 10000 - 1
    assert float(Air(100.0, forward=forward).phase(cosine).mean()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("forward", [0.0, 0.6])
def test_surroundings_of_one_take_the_place_of_what_the_air_takes(forward: float) -> None:
    view, air = cells(), Air(400.0, forward=forward)
    around = EnvironmentLight(pixels=torch.ones(3, 16, 32))
    left = walked(air, view, torch.ones(32, 12, 16)).left[-1]
    assert torch.allclose(seen(around, air) + left, torch.ones(3, 12, 16), atol=2e-4)


def test_a_sun_in_even_air_is_a_closed_form() -> None:
    way = cells().rays(12, 16)
    towards = unit(torch.tensor([0.3, 0.5, -0.8]))
    cosine = (unit(way) * towards.reshape(3, 1, 1)).sum(0)
    expected = AIR.phase(cosine) / 4 * (1 - torch.exp(-AIR.extinction * FAR * way.norm(dim=0)))
    assert torch.allclose(seen(DirectionalLight(direction=(0.3, 0.5, -0.8)))[0], expected, rtol=1e-4)


@pytest.mark.parametrize("place", [(30.0, 20.0, -150.0), (-200.0, 10.0, -100.0), (0.0, 0.0, 50.0)])
def test_a_lamp_is_the_sum_of_small_steps(place: tuple[float, float, float]) -> None:
    lamp = PointLight(position=place)
    found = seen(lamp)[0]
    for row, column in ((6, 8), (2, 3), (10, 14)):
        assert float(found[row, column]) == pytest.approx(summed(lamp, row, column), rel=0.01)


def test_slices_change_little() -> None:
    lamp = PointLight(position=(30.0, 20.0, -150.0))
    fine, coarse = (seen(lamp, view=cells(n)) for n in (128, 32))
    off = (coarse - fine).abs() / fine
    assert float(off.max()) < 0.05 and float(off.mean()) < 0.005


def test_a_panel_lights_the_air_before_it() -> None:
    panel = AreaLight(position=(0.0, 0.0, -150.0), aim=(1.0, 0.0, 0.0), width=20.0, height=20.0)
    found = seen(panel)[0]
    assert float(found[:, 10:].min()) > 5 * float(found[:, :6].max())


def test_a_spot_is_a_beam_and_its_picture_goes_along() -> None:
    spot = SpotLight(position=(-120.0, 0.0, -150.0), aim=(1.0, 0.0, 0.0), cone=20.0)
    found = seen(spot)[0]
    assert float(found[5:7, 2:].min()) > 0 and float(found[:2].max()) == 0 and float(found[10:].max()) == 0
    red = torch.zeros(3, 8, 8)
    red[0] = 1
    through = seen(spot.with_(gobo=red))
    assert float(through[0].max()) > 0.9 * float(found.max()) and float(through[1:].abs().max()) == 0


def test_thinner_air_above_shows_less() -> None:
    density = torch.ones(32, 12, 16)
    density[:, :6] = 0.25
    sun = DirectionalLight(direction=(0.0, 1.0, 0.0))
    whole, thin = seen(sun, Air(1000.0)), seen(sun, Air(1000.0), density=density)
    quarter = seen(sun, Air(4000.0))
    assert torch.allclose(thin[:, 6:], whole[:, 6:]) and torch.allclose(thin[:, :6], quarter[:, :6])


@pytest.mark.parametrize("light", [
    DirectionalLight(direction=(1.0, 0.4, 0.6)), PointLight(position=(60.0, 20.0, -70.0)),
    DirectionalLight(direction=(1.0, 0.4, 0.6), angle=3.0),
])  # fmt: skip
def test_a_card_shadows_the_air_behind_it(light: Light) -> None:
    """Before a wall at 300 stands a card, 30 wide, at 100; in which cells its shadow is, geometry says."""
    rays = CAMERA.rays(FRAME, torch.zeros(1))
    card = (rays[0].abs() < 0.15) & (rays[1] < 0.05) & (rays[1] > -0.3)
    depth = torch.where(card, 100.0, 300.0)[None]
    scene = Occluders(CAMERA.position(depth, FRAME), -unit(rays), CAMERA, FRAME, thickness=5.0)
    view = cells(40, 60, 80)
    far = torch.nn.functional.adaptive_max_pool2d(depth, (60, 80))[0]
    arrives = arrives_in_air(scene, view, light, far)
    place = view.rays(60, 80)[:, None] * view.middles()[:, None, None]
    if isinstance(light, PointLight):
        towards = torch.tensor(light.position).reshape(3, 1, 1, 1) - place
    else:
        assert isinstance(light, DirectionalLight)
        towards = torch.tensor(light.direction).reshape(3, 1, 1, 1).expand_as(place)
    t = (-100 - place[2]) / towards[2]
    x, y = (place[axis] + t * towards[axis] for axis in (0, 1))
    behind = (t > 0) & ((t < 1) | (not isinstance(light, PointLight)))
    inside = (behind & (x.abs() < 15) & (y < 5) & (y > -30)).float()
    sure = (behind & (x.abs() < 17) & (y < 7) & (y > -32)).float() == inside
    sure &= (behind & (x.abs() < 13) & (y < 3) & (y > -28)).float() == inside
    sure &= view.edges[1:, None, None] < far
    assert float(inside[sure].sum()) > 300
    off = (arrives - (1 - inside)).abs()[sure]
    assert float((off > 0.5).float().mean()) < 0.01 and float(off.mean()) < 0.02


def test_long_lengths_and_no_air_are_finite() -> None:
    view = Cells(CAMERA, FRAME, 4, 4, torch.linspace(0, 1e6, 9))
    for visibility in (1.0, 1e9):
        found = seen(PointLight(position=(0.0, 0.0, 0.0)), Air(visibility), view)
        assert bool(torch.isfinite(found).all()) and float(found.min()) >= 0
    assert math.isclose(Air(1e9).extinction, 3.912e-9, rel_tol=1e-3)
