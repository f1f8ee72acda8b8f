"""How a training shares out the machine that it runs on: what nobody asked for is fitted to it."""

import os
from dataclasses import dataclass, replace
from typing import Self

import psutil
import torch

from .checks import device_kind
from .data import DataConfig

_ON_CPU = 6
_ON_GPU = 64
"""Pairs in a batch of 128 pixels. A step on a GPU takes as long for few as for these: it is started piece by piece."""
_ENOUGH = 16 << 30
"""Bytes of a GPU's memory from which on there is room for them."""
_REUSE, _MOST, _LIGHTINGS = 12.0, 5000, 16
"""Of windows that a GPU draws from: it takes them faster than the cores beside it make them."""
_LIT = 44, 40
"""Bytes kept for a pixel of a window that is lit: of its surface, and of each lighting."""
_UNLIT = 224, 50_000
"""Bytes kept for a pixel of a window that is to be lit, and for each of its lightings."""


@dataclass(frozen=True)
class Machine:
    """kind : `cpu` or `cuda`. cores : of the CPU. memory : bytes of a device. devices : how many there are."""

    kind: str
    cores: int
    memory: int
    devices: int = 1

    @classmethod
    def here(cls, device: str = "auto") -> Self:
        """This one, for a device by name. Raises RimlightError where there is no such device."""
        kind, cores = device_kind(device), os.cpu_count() or 1
        if kind == "cpu":
            return cls(kind, cores, psutil.virtual_memory().total)
        return cls(kind, cores, torch.cuda.get_device_properties(0).total_memory, torch.cuda.device_count())


def fitted(
    data: DataConfig, machine: Machine, pairs: int | None = None, workers: int | None = None,
    processes: int | None = None,
) -> tuple[DataConfig, int]:  # fmt: skip
    """The data's counts and the number of processes, those that are given and what fits the machine for all others.

    On a CPU a process for each core makes batches of its own and learns from them: threads would wait for each other.
    For a GPU the cores light windows. More pairs a batch are for smaller windows and for more memory.
    """
    if machine.kind == "cpu":
        window = data.size**2 * (_LIT[0] + _LIT[1] * data.lightings)
        alone = machine.cores if not workers else 1
        count = alone if processes is None else processes
        pools = max(count, 1) * max(workers or 0, 1)
        pool = max(1, min(data.pool, machine.memory // 4 // window // pools))
        return replace(data, pairs=pairs or _ON_CPU, workers=workers or 0, pool=pool), count
    window = _UNLIT[0] * data.size**2 + _UNLIT[1] * _LIGHTINGS
    room = min(1.0, machine.memory / _ENOUGH) * (128 / data.size) ** 2
    data = replace(
        data,
        pairs=pairs or max(2, min(4 * _ON_GPU, round(_ON_GPU * room))),
        workers=max(1, machine.cores // machine.devices - 2) if workers is None else workers,
        lightings=_LIGHTINGS,
        reuse=_REUSE,
        pool=max(data.pairs, min(_MOST, machine.memory // 4 // window)),
    )
    return data, processes or 0
