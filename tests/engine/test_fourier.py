"""Transforms of short rows, which must not depend on the number of threads."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rimlight.engine import cosine_transform, inverse_cosine_transform, irradiance_map
from rimlight.engine.fourier import repeats
from threads import on_threads

LENGTHS = (1, 2, 3, 7, 8, 16, 31, 32, 48, 64, 65, 127, 128, 200)


def same_on_threads(make: Callable[[], Tensor]) -> bool:
    """Whether 1, 2 and 3 threads make the same."""
    found = on_threads(make, 1, 2, 3)
    return all(torch.equal(found[0], other) for other in found)


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_cosine_transform_is_its_sum_and_comes_back(length: int) -> None:
    x, n = noise(5, length), torch.arange(length, dtype=torch.float64)
    waves = torch.cos(math.pi * n[:, None] * (2 * n + 1) / (2 * length))
    torch.testing.assert_close(cosine_transform(x), 2 * x @ waves.T)
    torch.testing.assert_close(inverse_cosine_transform(cosine_transform(x)), x)


def test_rows_are_repeated_only_while_they_are_short() -> None:
    assert [repeats(count) for count in (1, 8, 32, 100, 128, 129, 4096)] == [128, 16, 4, 1, 1, 1, 1]


@pytest.mark.parametrize("length", LENGTHS)
def test_cosine_transforms_are_the_same_on_any_threads(length: int) -> None:
    x = noise(300, length)
    assert same_on_threads(lambda: cosine_transform(x)) and same_on_threads(lambda: inverse_cosine_transform(x))


@pytest.mark.parametrize("height", [4, 8, 16, 24, 32, 64])
def test_irradiance_is_the_same_on_any_threads(height: int) -> None:
    picture = noise(3, height, 2 * height).float().exp()
    assert same_on_threads(lambda: irradiance_map(picture, height))
