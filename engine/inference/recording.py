"""Work on a GPU that is recorded once and then begun by a single command (CUDA graphs).

A small network is hundreds of operations that each take a GPU less time than Python needs to begin it. Recorded, they
follow one another without a gap, from the same memory into the same memory.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from ..light.values import Carried

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


class Recordings(Generic[T]):
    """Work by any thread that on a GPU is recorded when it comes again, as it does while an artist goes through a shot
    or drags a light, and then takes a fraction of the time.

    most : recordings that are kept, the ones used last. Each holds the memory that its work takes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[tuple[object, ...], Recording[T] | None] = {}

    def __call__(self, work: Callable[..., T], key: Hashable, *given: Any) -> T:
        """What the work gives for structures of tensors, see `each_tensor`.

        key : all that makes the work differ besides the shapes of these tensors.
        """
        tensors = tensors_of(given)
        device = tensors[0].device
        if device.type != "cuda":
            return work(*given)
        shapes = tuple((x.shape, x.dtype) for x in tensors)
        known_as = (key, shapes, device, torch.is_autocast_enabled("cuda"))
        with self._lock:
            known = known_as in self._known
            recording = self._known.pop(known_as, None)
            if known and recording is None:
                bare = each_tensor(given, lambda x: x.new_empty(0))
                recording = Recording(lambda *values: work(*with_tensors(bare, values)), tensors)
            self._known[known_as] = recording  # the last one used is the last one to go
            if len(self._known) > self._most:
                del self._known[next(iter(self._known))]
            if recording is not None:
                found: T = each_tensor(recording(*tensors), torch.clone)
                return found
        return work(*given)


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors of a structure, in the order in which `each_tensor` comes to them."""
    found: list[Tensor] = []
    each_tensor(value, lambda x: found.append(x) or x)  # type: ignore[func-returns-value]
    return found


def with_tensors(value: Any, tensors: Iterable[Tensor]) -> Any:
    """A structure with others, of any shapes, in the place of its tensors, in the order of `tensors_of`."""
    left = iter(tensors)
    return each_tensor(value, lambda _: next(left))


def sent(value: Any, device: torch.device) -> Any:
    """A structure with its tensors on a device. Those that are not there are small, of one dtype, and go together."""
    away = [x for x in tensors_of(value) if x.device != device]
    if not away:
        return value
    together = torch.cat([x.flatten() for x in away]).to(device, non_blocking=True)
    parts = iter(torch.split(together, [x.numel() for x in away]))
    return each_tensor(value, lambda x: x if x.device == device else next(parts).reshape(x.shape))


def each_tensor(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A structure of dataclasses, tuples and what is `Carried` with its tensors changed; what is no tensor stays as it
    is.
    """
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Carried):
        return value.changed(change)
    if isinstance(value, tuple):
        parts = [each_tensor(x, change) for x in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: each_tensor(getattr(value, f.name), change) for f in fields(value)})
    return value
