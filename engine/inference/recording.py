"""Work on a GPU that is recorded once and then begun by a single command (CUDA graphs).

A small network is hundreds of operations that each take a GPU less time than Python needs to begin it. Recorded, they
follow one another without a gap, from the same memory into the same memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


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
            # Other threads may go on with their own work on the GPU.
            with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
                self._outputs = work(*self._inputs)

    def __call__(self, *inputs: Tensor) -> T:
        """What the work gives for other values. The next call overwrites it."""
        torch._foreach_copy_(self._inputs, list(inputs))
        self._graph.replay()
        return self._outputs


def each_tensor(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A structure of dataclasses and tuples with its tensors changed; what is no tensor stays as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(each_tensor(x, change) for x in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: each_tensor(getattr(value, f.name), change) for f in fields(value)})
    return value
