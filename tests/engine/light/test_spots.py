"""Bright spots found in surroundings: nothing is lost between them and the rest, and they stand where the light is."""

import math

import torch

from rimlight.engine import Environment, latlong_directions, latlong_solid_angles, spots_of

ROWS = 64
WAYS = latlong_directions(ROWS, 2 * ROWS, torch.zeros(1))
ANGLES = latlong_solid_angles(ROWS, 2 * ROWS, torch.zeros(1))


def lamp(x: float, y: float, z: float, degrees: float) -> torch.Tensor:
    way = torch.tensor([x, y, z]) / math.hypot(x, y, z)
    return (torch.einsum("c,chw->hw", way, WAYS) > math.cos(math.radians(degrees))).float().expand(3, -1, -1)


def test_spots_and_rest_are_all_of_the_light() -> None:
    picture = 0.1 + lamp(0.5, 0.5, -0.5, 8) * torch.tensor([30.0, 20.0, 10.0]).reshape(3, 1, 1) + 5 * lamp(-1, 0, 0, 5)
    spots = spots_of(Environment(picture))
    rest = (spots.rest.picture * ANGLES).sum((1, 2)) / math.pi
    assert torch.allclose(rest + spots.energies.sum(0), (picture * ANGLES).sum((1, 2)) / math.pi, rtol=1e-4)
    assert (
        float(spots.rest.picture.mean(0).max()) < 4 * float((picture.mean(0) * ANGLES[0]).sum()) / (4 * math.pi) * 1.01
    )
    middle = (spots.directions * spots.energies[:, :1]).sum(0)
    light = (WAYS * (picture - spots.rest.picture)[:1] * ANGLES).sum((1, 2))
    assert torch.allclose(middle / middle.norm(), light / light.norm(), atol=0.01)


def test_a_small_sun_is_one_spot_as_wide_as_it_is() -> None:
    spots = spots_of(Environment(0.1 + 300 * lamp(0.0, 0.3, -1.0, 3)))
    assert len(spots.directions) <= 4
    direction = (spots.directions * spots.energies[:, :1]).sum(0)
    assert torch.allclose(direction / direction.norm(), torch.tensor([0.0, 0.3, -1.0]) / math.hypot(0.3, 1), atol=0.02)
    assert float(spots.across.norm(dim=1).max()) < math.radians(8)


def test_even_and_dark_surroundings_have_none() -> None:
    for picture in (torch.ones(3, 16, 32), torch.zeros(3, 16, 32), torch.full((3, 16, 32), math.nan)):
        environment = Environment(picture)
        spots = spots_of(environment)
        assert len(spots.directions) == 0 and spots.rest is environment


def test_they_are_found_once() -> None:
    environment = Environment(0.1 + 300 * lamp(0.0, 0.3, -1.0, 3))
    assert spots_of(environment) is spots_of(environment)
