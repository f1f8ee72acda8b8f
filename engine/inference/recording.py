"""Work on a GPU that is recorded once and then begun by a single command (CUDA graphs).

A small network is hundreds of operations that each take a GPU less time than Python needs to begin it. Recorded, they
follow one another without a gap, from the same memory into the same memory.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
_ONE_AT_A_TIME = threading.Lock()


class Recording(Generic[T]):
    """`work` on tensors of the shapes of `inputs`, of which only what is in them may change from call to call.

    The work must not wait for the GPU, must not read numbers from it, and does the same operations every time. All
    that Python decides in it is decided here, once. It is done twice more before it is recorded.

    like : a recording that is never used at the same time; they share memory.
    """

    def __init__(
        self, work: Callable[..., T], inputs: Sequence[Tensor], like: "Recording[T] | None" = None
    ) -> None:  # fmt: skip
        self._inputs = [x.clone() for x in inputs]
        device = inputs[0].device
        with torch.cuda.device(device):
            here = torch.cuda.current_stream()
            aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                for _ in range(2):  # libraries look for their fastest way and take what memory they keep
                    work(*self._inputs)
            here.wait_stream(aside)
            self._graph = torch.cuda.CUDAGraph()
            pool = None if like is None else like._graph.pool()
            # Other threads may go on with their own work on the GPU, but not record on the same streams.
            with _ONE_AT_A_TIME, torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
                self._outputs = work(*self._inputs)

    def __call__(self, *inputs: Tensor) -> T:
        """What the work gives for other values. The next call overwrites it."""
        torch._foreach_copy_(self._inputs, list(inputs))
        self._graph.replay()
        return self._outputs


def beside(works: Sequence[Callable[[], T]]) -> list[T]:
    """What works give that do not need one another. Where they are being recorded a GPU does them at the same time,
    as each alone leaves most of it idle; else they are done one after the other.

    What they read has to stay until all are done.
    """
    if not (torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()):
        return [work() for work in works]
    here, found = torch.cuda.current_stream(), []
    sides = [_side(torch.cuda.current_device(), number) for number in range(len(works) - 1)]
    for side in sides:
        side.wait_stream(here)  # so that it is recorded too
    for stream, work in zip((here, *sides), works, strict=True):
        with torch.cuda.stream(stream):
            found.append(work())
    # Memory of a side goes back to this side alone, which never goes on before what is here is done.
    for side in sides:
        here.wait_stream(side)
    return found


@lru_cache(32)
def _side(device: int, number: int) -> torch.cuda.Stream:
    """Always the same ones: libraries keep memory for each stream that they have worked on."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def each_tensor(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A structure of dataclasses and tuples with its tensors changed; what is no tensor stays as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(each_tensor(x, change) for x in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: each_tensor(getattr(value, f.name), change) for f in fields(value)})
    return value
