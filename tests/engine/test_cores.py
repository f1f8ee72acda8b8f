"""Works side by side: their order, torch's modes and threads, errors, works within works."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
import torch

from rimlight.engine import side_by_side
from rimlight.engine.cores import alone


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_works() -> None:
    later = threading.Event()

    def first() -> str:
        assert later.wait(60)  # so it can only end when the second has begun
        return "first"

    def second() -> str:
        later.set()
        return "second"

    assert side_by_side([first, second, lambda: "third"]) == ["first", "second", "third"]


def test_works_share_torchs_threads_and_leave_them_as_they_were() -> None:
    torch.set_num_threads(4)
    assert side_by_side([torch.get_num_threads] * 9) == [1] * 9
    assert side_by_side([torch.get_num_threads] * 2) == [2] * 2
    assert side_by_side([torch.get_num_threads]) == [4]
    assert torch.get_num_threads() == 4
    seen: list[int] = []
    new = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    new.start()
    new.join()
    assert seen == [4]


@pytest.mark.parametrize("threads", [1, 2])
def test_modes_of_torch_hold_in_works(threads: int) -> None:
    torch.set_num_threads(threads)

    def modes() -> tuple[bool, bool, bool]:
        return torch.is_inference_mode_enabled(), torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")

    assert side_by_side([modes] * 2) == [(False, True, False)] * 2
    with torch.no_grad():
        assert side_by_side([modes] * 2) == [(False, False, False)] * 2
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert side_by_side([modes] * 2) == [(True, False, True)] * 2


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_is_raised_when_all_that_have_begun_are_at_their_end(threads: int) -> None:
    torch.set_num_threads(threads)
    begun: list[int] = []
    ended: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise ValueError("no")
        ended.append(number)

    with pytest.raises(ValueError, match="no"):
        side_by_side([partial(work, number) for number in range(50)])
    assert sorted([*ended, 3]) == sorted(begun)
    if threads == 1:
        assert begun == [0, 1, 2, 3]
    assert side_by_side([lambda: 1, lambda: 2]) == [1, 2]


@pytest.mark.parametrize("threads", [1, 2])
def test_who_asks_is_told_of_each_and_may_stop(threads: int) -> None:
    torch.set_num_threads(threads)
    told: list[int] = []
    side_by_side([lambda: None] * 5, told.append)
    assert told == [1, 2, 3, 4, 5]

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side([lambda: None] * 5, stop)


def test_works_may_have_works_themselves() -> None:
    def work(number: int) -> list[int]:
        return side_by_side([lambda: number, lambda: number + 1])

    assert side_by_side([partial(work, number) for number in range(20)]) == [[n, n + 1] for n in range(20)]


def test_many_who_ask_at_once_have_cores_of_their_own() -> None:
    found: list[list[int]] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        found.extend(side_by_side([partial(int, number) for number in range(4)]) for _ in range(20))

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert found == [[0, 1, 2, 3]] * 160


def test_nothing_to_do() -> None:
    assert side_by_side([]) == []


def test_a_work_alone_has_one_thread_and_the_modes_that_hold_here() -> None:
    torch.set_num_threads(4)
    with torch.inference_mode():
        found = alone(lambda: (torch.get_num_threads(), torch.is_inference_mode_enabled(), threading.current_thread()))
    assert found[:2] == (1, True) and found[2] is not threading.current_thread()
    assert torch.get_num_threads() == 4
    with pytest.raises(KeyError):
        alone(lambda: {}["nothing"])
    torch.set_num_threads(1)
    assert alone(threading.current_thread) is threading.current_thread()
