"""Muon: steps are orthogonal, of the promised size, and lead downhill."""

import pytest
import torch

from rimlight.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16)])
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 100
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.5 and values.max() < 1.3


def test_singular_vectors_stay() -> None:
    u, _ = torch.linalg.qr(torch.randn(10, 10, generator=torch.Generator().manual_seed(1)))
    turned = orthogonal(u * torch.linspace(0.5, 2, 10))
    assert float((turned * u).sum(0).min()) > 0.5


def test_a_matrix_of_low_rank_does_not_run_away() -> None:
    g = torch.Generator().manual_seed(2)
    matrix = torch.randn(40, 1, generator=g) @ torch.randn(1, 90, generator=g) * 1e4
    assert torch.linalg.svdvals(orthogonal(matrix)).max() < 1.3
    assert orthogonal(torch.zeros(4, 9)).abs().max() == 0


def test_a_convolution_learns() -> None:
    torch.manual_seed(0)
    target, learner = torch.nn.Conv2d(4, 4, 3, bias=False), torch.nn.Conv2d(4, 4, 3, bias=False)
    optimizer = Muon(learner.parameters(), 0.02)
    losses = []
    for _ in range(60):
        x = torch.randn(8, 4, 8, 8)
        loss = (learner(x) - target(x)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]


def test_a_step_has_the_size_of_adams() -> None:
    weight = torch.nn.Parameter(torch.zeros(32, 64))
    weight.grad = torch.randn(32, 64, generator=torch.Generator().manual_seed(3))
    Muon([weight], 0.01).step()
    assert float(weight.detach().square().mean().sqrt()) == pytest.approx(0.2 * 0.01, rel=0.25)
