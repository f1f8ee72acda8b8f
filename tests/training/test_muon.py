"""Muon: steps are orthogonal, of the promised size, and lead downhill."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from rimlight.engine import Student
from rimlight.training.config import TrainConfig
from rimlight.training.muon import Muon, orthogonal
from rimlight.training.networks import NETWORKS
from rimlight.training.train import make_optimizers


def alone(matrix: Tensor) -> Tensor:
    """One matrix made orthogonal."""
    return orthogonal([matrix[None]])[0][0]


def plain_newton_schulz(matrix: Tensor) -> Tensor:
    """The published iteration, on one matrix as it is."""
    x = matrix / (matrix.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x - 4.7750 * square @ x + 2.0315 * square @ square @ x
    return x


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16)])
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 100
    values = torch.linalg.svdvals(alone(matrix))
    assert values.min() > 0.5 and values.max() < 1.3


def test_singular_vectors_stay() -> None:
    u, _ = torch.linalg.qr(torch.randn(10, 10, generator=torch.Generator().manual_seed(1)))
    turned = alone(u * torch.linspace(0.5, 2, 10))
    assert float((turned * u).sum(0).min()) > 0.5


def test_a_matrix_of_low_rank_does_not_run_away() -> None:
    g = torch.Generator().manual_seed(2)
    matrix = torch.randn(40, 1, generator=g) @ torch.randn(1, 90, generator=g) * 1e4
    assert torch.linalg.svdvals(alone(matrix)).max() < 1.3
    assert alone(torch.zeros(4, 9)).abs().max() == 0


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


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_weights_taken_together_move_as_one_by_one(layout: torch.memory_format) -> None:
    g = torch.Generator().manual_seed(4)
    shapes = [(8, 8, 3, 3), (12, 8, 2, 2), (8, 8, 3, 3), (8, 12, 1, 1), (8, 8, 3, 3)]
    weights = [torch.nn.Parameter(torch.randn(s, generator=g).to(memory_format=layout)) for s in shapes]
    weights += [torch.nn.Parameter(torch.randn(s, generator=g)) for s in ((8, 20), (30, 8))]
    unused = torch.nn.Parameter(torch.ones(8, 20))
    expected = [w.detach().clone() for w in weights]
    kept = [torch.zeros_like(w) for w in expected]
    optimizer = Muon([*weights, unused], 0.02, momentum=0.9, decay=0.1)
    for _ in range(3):
        for i, weight in enumerate(weights):
            slope = torch.randn(weight.shape, generator=g) * 10 ** (i - 3)
            weight.grad = slope.to(memory_format=layout) if slope.ndim == 4 else slope
            kept[i] = 0.9 * kept[i] + 0.1 * slope
            step = plain_newton_schulz((0.9 * kept[i] + 0.1 * slope).flatten(1))
            size = 0.2 * max(step.shape) ** 0.5
            expected[i] = (1 - 0.02 * 0.1) * expected[i] - 0.02 * size * step.reshape(weight.shape)
        optimizer.step()
    for weight, wanted, momentum in zip(weights, expected, kept, strict=True):
        torch.testing.assert_close(weight.detach(), wanted, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(optimizer.state[weight]["momentum"], momentum, rtol=1e-5, atol=1e-6)
    assert unused.detach().eq(1).all() and unused not in optimizer.state


class Operations(TorchDispatchMode):
    """Counts what is done, but for other views of the same numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += not func.is_view
        return func(*args, **(kwargs or {}))


def test_a_step_of_the_network_takes_few_operations() -> None:
    student = Student(NETWORKS["full"]).to(memory_format=torch.channels_last)
    muon, adam = make_optimizers(student, TrainConfig())
    for weight in student.parameters():
        weight.grad = torch.ones_like(weight)
    for optimizer in (muon, adam):
        optimizer.step()  # makes its state
        with Operations() as seen:
            optimizer.step()
        assert 0 < seen.count < 300
