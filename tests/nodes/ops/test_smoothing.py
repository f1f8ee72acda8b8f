"""Smoothing by least squares, against the equations that it says it solves."""

import pytest
import torch

from rimlight.nodes.ops.smoothing import _solve_rows, smoothed


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (6, 9)])
def test_rows_solve_their_equations(size: tuple[int, int]) -> None:
    height, width = size
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(2, height, width, generator=generator, dtype=torch.float64)
    weights = 20 * torch.rand(height, width - 1, generator=generator, dtype=torch.float64)
    given = x.clone(), weights.clone()
    found = _solve_rows(x, weights, lambda share: None)
    for row in range(height):
        w = weights[row]
        matrix = torch.eye(width, dtype=torch.float64) - torch.diag(w, 1) - torch.diag(w, -1)
        matrix += torch.diag(torch.cat((w, w.new_zeros(1)))) + torch.diag(torch.cat((w.new_zeros(1), w)))
        torch.testing.assert_close(matrix @ found[:, row].T, x[:, row].T)
    assert torch.equal(x, given[0]) and torch.equal(weights, given[1])


def test_what_is_even_stays_and_nothing_crosses_an_edge() -> None:
    across, along = torch.ones(12, 19, dtype=torch.float64), torch.ones(11, 20, dtype=torch.float64)
    even = torch.full((1, 12, 20), 0.7, dtype=torch.float64)
    torch.testing.assert_close(smoothed(even, across, along, 8.0), even)
    across[:, 9] = 0
    step = torch.cat((torch.zeros(1, 12, 10), torch.ones(1, 12, 10)), 2).double()
    torch.testing.assert_close(smoothed(step, across, along, 8.0), step)
