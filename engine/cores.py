"""Pieces of work side by side on a processor's cores.

torch shares out each operation among its threads and waits for all of them after it. Many small operations in a row are
done sooner in whole pieces, each of them by its own thread.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

T = TypeVar("T")

Check = Callable[[], None]
"""Called often within long work; it stops the work by raising."""

_IDLE = defaultdict[tuple[int, int], list[ThreadPoolExecutor]](list)
"""Threads that nobody uses now, by their number and torch's in each. Who asks has threads alone: a picture that is to
be shown does not wait behind all the pieces of one that is computed."""


def unchecked() -> None:
    """Nothing stops the work."""


def side_by_side(works: Sequence[Callable[[], T]], done: Callable[[int], None] | None = None) -> list[T]:
    """The results of works that do not need one another, in their order. As many are done at once as torch has threads,
    which they share, in the modes of torch (inference, gradients, precision) that hold here.

    done : called in this thread with how many have ended, as soon as all before them have. What a work or `done` raises
    is raised here, when the works that have begun are at their end; the others are left out.

    A work may ask for this itself. Where torch has one thread they are done one after the other.
    """
    threads, found = torch.get_num_threads(), list[T]()
    if threads == 1 or len(works) < 2:
        for work in works:
            found.append(work())
            if done is not None:
                done(len(found))
        return found
    kind = min(threads, len(works)), threads // min(threads, len(works))
    try:
        cores = _IDLE[kind].pop()
    except IndexError:
        cores = _cores(*kind)
    waiting = [cores.submit(_with_modes(work)) for work in works]
    try:
        for future in waiting:
            found.append(future.result())
            if done is not None:
                done(len(found))
    except BaseException:
        for future in waiting:
            future.cancel()
        wait(waiting)
        raise
    finally:
        _IDLE[kind].append(cores)
    return found


def alone(work: Callable[[], T]) -> T:
    """What a work gives on one thread of torch: the same digits whatever the number of threads that torch has here.

    Small works alone are done about as fast so: with more threads they mostly wait for one another.
    """
    if torch.get_num_threads() == 1:
        return work()
    try:
        core = _IDLE[1, 1].pop()
    except IndexError:
        core = _cores(1, 1)
    try:
        return core.submit(_with_modes(work)).result()
    finally:
        _IDLE[1, 1].append(core)


def _with_modes(work: Callable[[], T]) -> Callable[[], T]:
    """The work in torch's modes of this thread, as threads do not inherit them."""
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    fewer_bits, kind = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")

    def run() -> T:
        with (
            torch.inference_mode(inference),
            torch.set_grad_enabled(gradients),
            torch.autocast("cpu", kind, enabled=fewer_bits),
        ):
            return work()

    return run


def _cores(count: int, each: int) -> ThreadPoolExecutor:
    """Threads in each of which torch has some threads."""
    before = torch.get_num_threads()
    pool, all_there = ThreadPoolExecutor(count, "core"), threading.Barrier(count)

    def share() -> None:
        torch.get_num_threads()  # a thread takes over the number of the process when it first needs it
        torch.set_num_threads(each)
        all_there.wait()

    for begun in [pool.submit(share) for _ in range(count)]:
        begun.result()
    torch.set_num_threads(before)  # of the process, which was changed with those of the threads
    return pool
