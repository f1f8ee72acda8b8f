import math

import pytest
import torch

from rimlight.engine import cosine_transform, inverse_cosine_transform
from rimlight.nodes.ops.poisson import differences, from_differences


@pytest.mark.parametrize("count", [1, 2, 7, 16])
def test_the_cosine_transform_is_its_sum_and_comes_back(count: int) -> None:
    x = torch.randn(3, count, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    n, k = torch.arange(count, dtype=torch.float64), torch.arange(count, dtype=torch.float64)
    waves = 2 * torch.cos(math.pi * k[:, None] * (2 * n[None, :] + 1) / (2 * count))
    torch.testing.assert_close(cosine_transform(x), x @ waves.T, atol=1e-12, rtol=0)
    torch.testing.assert_close(inverse_cosine_transform(cosine_transform(x)), x, atol=1e-13, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (8, 1), (13, 22)])
def test_a_picture_comes_back_from_its_differences_but_for_its_mean(size: tuple[int, int]) -> None:
    x = torch.randn(2, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found = from_differences(*differences(x))
    torch.testing.assert_close(found, x - x.mean((1, 2), keepdim=True), atol=1e-12, rtol=0)


def test_differences_that_fit_no_picture_are_met_in_the_least_squares() -> None:
    random = torch.Generator().manual_seed(3)
    right = torch.randn(1, 6, 4, dtype=torch.float64, generator=random)
    down = torch.randn(1, 5, 5, dtype=torch.float64, generator=random)
    x = from_differences(right, down).requires_grad_()
    found = differences(x)
    loss = (found[0] - right).square().sum() + (found[1] - down).square().sum()
    (slope,) = torch.autograd.grad(loss, x)
    assert float(slope.abs().max()) < 1e-12
