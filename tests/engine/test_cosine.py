"""Pictures put together from gradients in the small and from another picture in the large."""

import math

import pytest
import torch

from rimlight.engine import cosine_transform, inverse_cosine_transform, screened_poisson


def waves(periods: float, size: int = 64) -> torch.Tensor:
    """A cosine with free edges `[1, size, size]`."""
    x = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    return (math.pi * 2 * periods * x).cos().expand(1, size, size)


def test_a_picture_comes_back_from_its_own_gradients() -> None:
    x = torch.rand(2, 17, 24, generator=torch.Generator().manual_seed(1))
    found = screened_poisson(x.diff(dim=2), x.diff(dim=1), x, 9.0)
    torch.testing.assert_close(found, x, rtol=0, atol=1e-5)


def test_small_forms_follow_the_gradients_and_large_ones_the_base() -> None:
    small, large = waves(8), waves(0.5)
    shape = (small.diff(dim=2), small.diff(dim=1))
    kept = large.clone()
    found = screened_poisson(*shape, large, 64.0)
    assert torch.equal(large, kept)
    assert float((found - small - large).abs().mean()) < 0.15


def test_at_the_reach_both_count_alike() -> None:
    x = waves(4, 256)
    found = screened_poisson(torch.zeros(1, 256, 255).double(), torch.zeros(1, 255, 256).double(), x, 64.0)
    torch.testing.assert_close(found, x / 2, rtol=0.01, atol=0.01)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 33, 128, 131])
def test_transforms_are_the_sums_that_they_are_said_to_be(count: int) -> None:
    x = torch.rand(5, count, generator=torch.Generator().manual_seed(count), dtype=torch.float64)
    n = torch.arange(count, dtype=torch.float64)
    waves = 2 * torch.cos(math.pi * n[:, None] * (2 * n + 1) / (2 * count))
    found = cosine_transform(x)
    torch.testing.assert_close(found, x @ waves.T, rtol=0, atol=1e-12 * count)
    torch.testing.assert_close(inverse_cosine_transform(found), x, rtol=0, atol=1e-13 * count)


def test_large_pictures_ask_on_the_way_whether_they_are_wanted() -> None:
    x = torch.rand(1, 1200, 1000)
    asked: list[None] = []
    found = screened_poisson(x.diff(dim=2), x.diff(dim=1), x, 9.0, lambda: asked.append(None))
    assert len(asked) >= 12  # four transforms, each of three strips or more
    assert torch.allclose(found, x, atol=1e-5)
