"""Means over areas: every pixel counts by as much of it as lies in a cell, wherever it is."""

import pytest
import torch
import torch.nn.functional as F

from rimlight.engine import area_means


@pytest.mark.parametrize(
    ("size", "wanted"), [((37, 53), (16, 20)), ((5, 7), (3, 4)), ((6, 8), (3, 4)), ((3, 5), (4, 7))]
)
def test_they_are_the_means_of_a_picture_that_both_sizes_divide(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    picture = torch.randn(2, *size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    fine = picture.repeat_interleave(wanted[0], 1).repeat_interleave(wanted[1], 2)
    torch.testing.assert_close(area_means(picture, *wanted), F.avg_pool2d(fine[None], size)[0])


@pytest.mark.parametrize("place", [(0, 0), (123, 200), (322, 498), (161, 77)])
def test_a_pixel_is_as_bright_wherever_it_lies(place: tuple[int, int]) -> None:
    picture = torch.zeros(1, 323, 499)
    picture[0, place[0], place[1]] = 1e6
    found = area_means(picture, 160, 213)
    assert float(found.double().mean()) == pytest.approx(1e6 / (323 * 499), rel=1e-6)
    assert int((found > 0).sum()) <= 4
