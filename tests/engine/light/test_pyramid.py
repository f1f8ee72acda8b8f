"""Means of surroundings over solid angles."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine.light import equirect
from rimlight.engine.light.equirect import latlong_directions, latlong_solid_angles
from rimlight.engine.light.pyramid import Pyramid


def lamps(height: int) -> Tensor:
    """Surroundings of noise with three small lamps, one of them overhead."""
    picture = torch.rand(3, height, 2 * height, generator=torch.Generator().manual_seed(2))
    for row, column in ((height // 3, height), (height // 2, 7), (2, height // 2)):
        picture[:, row, column] += 500
    return picture


@pytest.mark.parametrize("shape", [(4, 8), (32, 64), (100, 190), (256, 512)])
def test_even_surroundings_have_the_same_mean_everywhere(shape: tuple[int, int], device: torch.device) -> None:
    pyramid = Pyramid(torch.full((3, *shape), 2.5, device=device))
    around = latlong_directions(40, 80, torch.zeros(1, device=device))
    angle = torch.logspace(-9, 1.5, 80, device=device).expand(1, 40, 80)
    torch.testing.assert_close(pyramid.mean(around, angle), torch.full_like(around, 2.5))


def test_the_smallest_angles_show_the_picture() -> None:
    picture = lamps(64)
    around = latlong_directions(50, 70, picture)
    found = Pyramid(picture).mean(around, torch.full((1, 50, 70), 1e-8))
    torch.testing.assert_close(found, equirect.sample(picture, around), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("rows", [96, 256, 300])
def test_means_keep_the_light_of_the_whole(rows: int) -> None:
    picture = lamps(rows)
    fine = latlong_directions(512, 1024, picture)
    areas = latlong_solid_angles(512, 1024, picture)
    expected = (picture * latlong_solid_angles(rows, 2 * rows, picture)).sum((1, 2)) * 2 * rows / picture.shape[-1]
    for angle in (1e-8, 1e-4, 1e-3, 1e-2, 0.1):
        found = (Pyramid(picture).mean(fine, torch.full((1, 512, 1024), angle)) * areas).sum((1, 2))
        torch.testing.assert_close(found, expected, rtol=0.04, atol=0)


@pytest.mark.parametrize("row", [16, 60, 128])
@pytest.mark.parametrize("angle", [2e-3, 1e-2, 5e-2, 0.2])
def test_a_lamp_spreads_over_the_angle(angle: float, row: int) -> None:
    """The mean square distance from the lamp is that of a gaussian 0.6 times as wide as the angle's root, overhead
    too.
    """
    picture = torch.zeros(1, 256, 512)
    picture[:, row, 200] = 1
    around = latlong_directions(512, 1024, picture)
    lamp = latlong_directions(256, 512, picture)[:, row, 200].reshape(3, 1, 1)
    seen = Pyramid(picture).mean(around, torch.full((1, 512, 1024), angle)) * latlong_solid_angles(512, 1024, picture)
    square = 2 * (1 - (around * lamp).sum(0))
    width = math.sqrt(float((seen[0] * square).sum() / seen.sum()) / 2)
    assert width == pytest.approx(0.6 * math.sqrt(angle), rel=0.25)
