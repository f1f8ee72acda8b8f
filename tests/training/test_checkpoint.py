"""Checkpoints: what is loaded is what was saved, or a sentence says why not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rimlight.engine import FileError, Student, StudentConfig
from rimlight.training.checkpoint import State
from rimlight.training.config import TrainConfig
from rimlight.training.train import make_optimizers
from tiny_stage import TINY

CPU = torch.device("cpu")


def state(network: StudentConfig = TINY, seed: int = 0) -> State:
    """A state whose optimisers have seen a gradient."""
    torch.manual_seed(seed)
    student = Student(network)
    optimizers = make_optimizers(student, TrainConfig(student=network))
    for weight in student.parameters():
        weight.grad = torch.randn_like(weight)
    for optimizer in optimizers:
        optimizer.step()
    return State(student, Student(network), optimizers, step=7, minutes=1.25)


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    saved, loaded = state(seed=0), state(seed=1)
    saved.save(tmp_path / "checkpoint.pt")
    loaded.step, loaded.minutes = 0, 0.0
    loaded.load(tmp_path / "checkpoint.pt", CPU)
    assert (loaded.step, loaded.minutes) == (7, 1.25)
    for part in ("student", "average"):
        torch.testing.assert_close(
            getattr(loaded, part).state_dict(), getattr(saved, part).state_dict(), rtol=0, atol=0
        )
    for mine, theirs in zip(loaded.optimizers, saved.optimizers, strict=True):
        assert mine.state_dict()["param_groups"] == theirs.state_dict()["param_groups"]
        torch.testing.assert_close(mine.state_dict()["state"], theirs.state_dict()["state"], rtol=0, atol=0)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 0xFF for b in data[middle : middle + 4000]) + data[middle + 4000 :]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "it is no whole checkpoint"),
        (lambda data: b"nothing", "it is no whole checkpoint"),
        (lambda data: data[: len(data) // 2], "it is no whole checkpoint"),
        (_flipped, "it is damaged, the checksum of .* does not fit"),
    ],
)
def test_a_damaged_one_is_told(tmp_path: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    path = tmp_path / "checkpoint.pt"
    state().save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileError, match=rf"checkpoint\.pt cannot be resumed from: {said}") as told:
        state().load(path, CPU)
    assert "\n" not in str(told.value)


def test_one_of_another_network_is_told(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state().save(path)
    other = StudentConfig(widths=(8, 12, 16, 20, 28), encoder=(1,) * 5, decoder=(1,) * 4, code=16, refiner=(8, 8))
    with pytest.raises(FileError, match=r"cannot be resumed from: it is of another network$"):
        state(other).load(path, CPU)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"checkpoint\.pt could not be written: [^\n]+$"):
        state().save(tmp_path / "gone" / "checkpoint.pt")
    with pytest.raises(FileError, match=r"cannot be resumed from: No such file"):
        state().load(tmp_path / "checkpoint.pt", CPU)
