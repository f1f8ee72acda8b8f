"""Training by several processes that share out the batches and average their gradients.

One a GPU where there are several; on a CPU, processes of one thread each waste less than threads that wait for each
other after every operation, most of all on a machine that does other work too.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from rimlight.engine import RimlightError


def run_ranks(work: Callable[..., None], count: int, folder: Path, device: str, *arguments: Any) -> None:
    """Call `work(rank, *arguments)` in `count` processes that can average; a termination goes to all of them.

    A RimlightError of one is raised here, as if there had been no processes.
    """
    meeting = folder / ".meeting"
    meeting.unlink(missing_ok=True)
    backend = "nccl" if device == "cuda" else "gloo"
    from torch.multiprocessing.spawn import ProcessRaisedException, start_processes

    said = get_context("spawn").SimpleQueue()
    context = start_processes(  # type: ignore[no-untyped-call]
        _joined, (work, count, str(meeting), backend, said, arguments), nprocs=count, join=False, start_method="spawn"
    )

    def forward(number: int, frame: FrameType | None) -> None:
        for process in context.pids():
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.kill(process, signal.SIGTERM)

    before = {s: signal.signal(s, forward) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not context.join():
            pass
    except ProcessRaisedException:
        if said.empty():
            raise
        raise said.get() from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        meeting.unlink(missing_ok=True)


def _joined(
    rank: int, work: Callable[..., None], count: int, meeting: str, backend: str, said: Any, arguments: Any
) -> None:
    # Not by a URL, in which folders may not be relative, nor have all names.
    store = dist.FileStore(meeting, count)  # type: ignore[attr-defined]  # torch has it, its types do not
    dist.init_process_group(backend, store=store, rank=rank, world_size=count)
    try:
        work(rank, *arguments)
    except RimlightError as error:
        said.put(error)
        raise
    finally:
        dist.destroy_process_group()


def average_gradients(weights: Iterable[Tensor], beside: Sequence[float]) -> list[float]:
    """Replace each process's gradients by the mean over all of them; returns the means of numbers beside them, which
    are the same in every process.
    """
    if not dist.is_initialized():
        return list(beside)
    gradients = []
    for weight in weights:
        if weight.grad is None:  # another process may have used it
            weight.grad = torch.zeros_like(weight)
        gradients.append(weight.grad)
    flat = torch.cat([g.reshape(-1) for g in gradients] + [gradients[0].new_tensor(beside)])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    offset = 0
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].reshape(gradient.shape))
        offset += gradient.numel()
    means: list[float] = flat[offset:].tolist()
    return means
