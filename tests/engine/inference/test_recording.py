"""Work that a GPU records and replays: it says the same as the work itself, and nothing in it waits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
import torch
from torch import Tensor

import rimlight.engine.inference.recording as recording_module
from elsewhere import PLACE, Elsewhere, sent
from models import TINY
from rimlight.engine import Recording, Student, each_tensor
from rimlight.engine.inference.looks import Looks, look
from rimlight.engine.inference.recording import beside


def student() -> Student:
    torch.manual_seed(3)
    return Student(TINY).eval().requires_grad_(False)


def picture(seed: int, height: int = 60, width: int = 80) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 4


@dataclass(frozen=True)
class _Things:
    name: str
    first: Tensor
    others: tuple[Tensor, ...]


def test_each_tensor_of_a_structure_is_changed_and_nothing_else() -> None:
    one, two = torch.ones(2), torch.zeros(3)
    found = each_tensor(_Things("kept", one, (two, one)), lambda x: x + 1)
    assert found.name == "kept"
    assert torch.equal(found.first, one + 1) and torch.equal(found.others[0], two + 1)
    assert torch.equal(one, torch.ones(2))


def test_a_look_asks_nothing_back_of_a_device() -> None:
    """What waits for a GPU cannot be recorded."""
    with Elsewhere() as elsewhere:
        there = student()
        sent(there)
        plate, matte = picture(1).to(PLACE), torch.ones(1, 1, 60, 80).to(PLACE)
        with torch.inference_mode():
            look(there, plate, matte)  # constants are brought there once
            elsewhere.brought.clear()
            look(there, plate, matte)
        assert elsewhere.asked_back == [] and elsewhere.brought == []
        assert elsewhere.count > 100


def test_on_a_cpu_looks_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "Recording", None)
    looks = Looks(student())
    with torch.inference_mode():
        first, again = looks(picture(1)), looks(picture(1))
        plain = look(student(), picture(1))
    assert torch.equal(first.shading, again.shading) and torch.equal(first.shading, plain.shading)


def test_works_that_need_not_one_another_are_done_in_their_order() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return 10 * number

    assert beside([partial(work, number) for number in range(3)]) == [0, 10, 20]
    assert done == [0, 1, 2]


@pytest.mark.gpu
def test_works_are_recorded_beside_one_another() -> None:
    """Long ones and short ones, twice, so that what the first leave is written over by the next if it can be."""

    def work(x: Tensor) -> Tensor:
        def part(times: int) -> Tensor:
            y = x
            for _ in range(times):
                y = (y @ x).sin()
            return y

        first = torch.stack(beside([partial(part, times) for times in (1, 30, 5)])).sum(0)
        again = torch.stack(beside([partial(part, times) for times in (12, 2, 25, 1)])).sum(0)
        return first * again

    g = torch.Generator().manual_seed(0)
    values = [torch.randn(200, 200, generator=g).cuda() / 15 for _ in range(20)]
    recording = Recording(work, values[:1])
    for value in values:
        torch.testing.assert_close(recording(value), work(value))


@pytest.mark.gpu
def test_a_recording_does_the_work_on_other_values() -> None:
    def work(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return (x @ y).relu(), x.sum(0)

    g = torch.Generator().manual_seed(0)
    pairs = [(torch.randn(5, 7, generator=g).cuda(), torch.randn(7, 3, generator=g).cuda()) for _ in range(3)]
    recording = Recording(work, pairs[0])
    beside = Recording(work, pairs[1], like=recording)
    for pair in pairs:
        for one in (recording, beside):
            for found, expected in zip(one(*pair), work(*pair), strict=True):
                torch.testing.assert_close(found, expected)


@pytest.mark.gpu
@pytest.mark.parametrize("with_matte", [False, True])
def test_recorded_looks_are_the_looks(with_matte: bool) -> None:
    there = student().cuda()
    looks = Looks(there)
    sizes = [(60, 80), (33, 47), (60, 80), (33, 47), (64, 64), (60, 80)]
    with torch.inference_mode():
        for seed, size in enumerate(sizes * 2):
            plate = picture(seed, *size).cuda()
            matte = (plate[:, :1] > 1).float() if with_matte else None
            seen, plain = looks(plate, matte), look(there, plate, matte)
            for name in ("shading", "normal", "share", "depth", "code", "level"):
                torch.testing.assert_close(getattr(seen, name), getattr(plain, name), rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.gpu
def test_looks_of_several_threads_do_not_mix() -> None:
    there = student().cuda()
    looks = Looks(there)
    plates = [picture(seed).cuda() for seed in range(4)]

    def shading(number: int) -> Tensor:
        with torch.inference_mode():
            return looks(plates[number % 4]).shading

    with torch.inference_mode():
        expected = [look(there, plate).shading for plate in plates]
    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(shading, range(40))):
            torch.testing.assert_close(found, expected[number % 4], rtol=1e-4, atol=1e-5)
