"""What each of two processes of a training does in tests: processes that are spawned find it by its name."""

from pathlib import Path

import torch

from rimlight.engine import Student
from rimlight.training.batches import load_batches
from rimlight.training.checkpoint import State
from rimlight.training.config import TrainConfig
from rimlight.training.distill import Teachers
from rimlight.training.gradients import Gradients
from rimlight.training.ranks import average_gradients
from rimlight.training.train import _step, make_optimizers


def average_and_train(rank: int, config: TrainConfig, folder: Path) -> None:
    """Both of what follows."""
    average(rank, folder)
    few_steps(rank, config, folder)


def average(rank: int, folder: Path) -> None:
    """Average a weight that both use, one that only the second uses, and two numbers."""
    first, second = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    first.grad = torch.full((2,), 1.0 + rank)
    if rank == 1:
        second.grad = torch.full((2,), 8.0)
    beside = average_gradients((first, second), (float(rank), 10.0 * rank))
    torch.save({"first": first.grad, "second": second.grad, "beside": beside}, folder / f"averaged-{rank}.pt")


def few_steps(rank: int, config: TrainConfig, folder: Path) -> None:
    """Train by batches of its own and by a clock of its own, while the rate falls."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    student = Student(config.student)
    average = Student(config.student).requires_grad_(False)
    average.load_state_dict(student.state_dict())
    state = State(student, average, make_optimizers(student, config))
    gradients = Gradients(config, student, Teachers({}))
    torch.manual_seed(rank)
    batches = load_batches(config.data, rank)
    for _ in range(3):
        state.minutes = config.minutes * (0.8 + 0.15 * rank)
        found, early = _step(config, state, gradients, next(batches), False)
    state.minutes = config.minutes * (0.95 + 0.15 * rank)
    _, done = _step(config, state, gradients, next(batches), False)
    told = {"rate": found["rate"], "early": early, "done": done, "minutes": state.minutes}
    torch.save(told | student.state_dict(), folder / f"trained-{rank}.pt")
