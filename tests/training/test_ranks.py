"""Processes that train together: they hold the same weights after every step, whatever each has seen."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import two_ranks
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig
from rimlight.training.ranks import average_gradients, run_ranks
from rimlight.training.train import learning_rate
from tiny_stage import TINY, write_views

CONFIG = TrainConfig(student=TINY, minutes=10, half=False, warm_up=1)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what two processes left behind: they take seconds to start, so the same two do all."""
    above = tmp_path_factory.mktemp("ranks")
    views = write_views(above / "views", train=2, test=0)
    data = DataConfig((str(views),), size=32, pairs=1, lightings=2, pool=2, workers=0)
    folder = Path("run #2, 50%20")  # relative, and no part of a URL
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(above)
        folder.mkdir()
        run_ranks(two_ranks.average_and_train, 2, folder, "cpu", replace(CONFIG, data=data), folder)
    return above / folder


def test_gradients_and_numbers_are_averaged_also_of_what_one_did_not_use(left: Path) -> None:
    for rank in (0, 1):
        found = torch.load(left / f"averaged-{rank}.pt", weights_only=True)
        assert found["first"].tolist() == [1.5, 1.5] and found["second"].tolist() == [4.0, 4.0]
        assert found["beside"] == [0.5, 5.0]


def test_one_alone_keeps_what_it_has() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    assert average_gradients([weight], (1.0, 2.5)) == [1.0, 2.5] and weight.grad.tolist() == [1.0]


def test_weights_stay_the_same_in_all_processes_while_the_rate_falls(left: Path) -> None:
    one, other = (torch.load(left / f"trained-{rank}.pt", weights_only=True) for rank in (0, 1))
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(other[name])), name
    assert abs(one["rate"] - learning_rate(CONFIG, 2, 8.75)) < 1e-8  # by the mean of 8 and 9.5 minutes
    assert not one["early"] and one["done"] and one["minutes"] == 10.25  # the clock of one alone says 9.5
