"""Sums that do not depend on the number of threads."""

from functools import partial

import pytest
import torch
from torch import Tensor

from rimlight.engine import mean_of_all, sum_of_all
from threads import on_threads

THREADS = (1, 2, 3, 5)


def picture(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(3)).mul(9).exp()


@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (3, 300, 401), (1, 1, 500, 300)])
def test_they_are_the_sum_and_the_mean(shape: tuple[int, ...]) -> None:
    x = picture(*shape)
    torch.testing.assert_close(sum_of_all(x), x.double().sum().float())
    torch.testing.assert_close(mean_of_all(x), x.double().mean().float())
    assert mean_of_all(x).dtype == x.dtype and mean_of_all(x.double()).dtype == torch.float64


def test_nothing_has_no_mean() -> None:
    assert float(sum_of_all(torch.zeros(3, 0, 4))) == 0 and bool(mean_of_all(torch.zeros(3, 0, 4)).isnan())


def test_the_number_of_threads_changes_no_bit() -> None:
    x = picture(3, 777, 1201)
    layouts = (x, x.transpose(1, 2), x.permute(1, 2, 0).contiguous().permute(2, 0, 1), x[:1].expand(3, -1, -1), x[1:2])
    for layout in layouts:
        found = on_threads(partial(mean_of_all, layout), *THREADS)
        assert all(torch.equal(found[0], other) for other in found), layout.stride()
