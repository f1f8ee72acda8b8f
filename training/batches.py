"""Batches for training: pairs drawn from supplies, seen through cameras.

Windows are kept in a pool and drawn a few times, as other pairs and through other cameras, long after one another.

For a training on a CPU other processes make batches, of windows that have been lit a few times. For one on a GPU they
make windows, which the GPU keeps; all of a batch are lit anew there, together, and seen by their cameras.
"""

import atexit
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from rimlight.engine import RimlightError

from .ahead import ahead
from .augment import CPU, draw_recording
from .batch import Batch
from .crops import LitView, Pair, joined_pairs, seen_by
from .data import DataConfig, Supplies, Supply, worker_number
from .photo_pairs import photo_pairs
from .photographs import ShadowPair
from .pool import Pool
from .unlit import UnlitWindows

log = logging.getLogger(__name__)

T = TypeVar("T")
Made_co = TypeVar("Made_co", covariant=True)
_MARGIN = 2
"""Batches or supplies that each process has ready."""


class Batches(IterableDataset[Batch]):
    """Endless batches on the CPU; other ones for every seed and worker."""

    def __init__(self, config: DataConfig, seed: int = 0) -> None:
        self.config = config
        self.seed = seed
        self.supplies = Supplies(config, seed)

    @property
    def damaged(self) -> Mapping[Path, str]:
        return self.supplies.damaged

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, worker_number(), 1])
        return drawn(self.config, iter(self.supplies), rng, LitWindows(self.config))


class Shelf(Protocol):
    """Windows that are kept to draw batches from. device : where they are."""

    device: torch.device

    def hungry(self) -> bool:
        """Whether another window is due."""

    def add(self, window: Any, rng: np.random.Generator) -> None: ...

    def pairs(self, count: int, rng: np.random.Generator) -> Batch:
        """Pairs of pictures of random windows, not yet seen by a camera."""


class LitWindows:
    """Windows on the CPU that have been lit already, each by a few lightings."""

    device = CPU

    def __init__(self, config: DataConfig) -> None:
        self._pool: Pool[LitView] = Pool(config.pool, config.reuse)
        self.hungry = self._pool.hungry
        self.add = self._pool.add

    def pairs(self, count: int, rng: np.random.Generator) -> Batch:
        pairs = []
        for _ in range(count):
            lit = self._pool.draw(rng)
            first, second = rng.choice(len(lit.one_light), 2, replace=False)
            pairs.append(Pair(lit, (int(first), int(second)), rng.random() < 0.5))
        return joined_pairs(pairs)


def drawn(config: DataConfig, supplies: Iterator[Supply], rng: np.random.Generator, shelf: Shelf) -> Iterator[Batch]:
    """Endless batches, where the shelf keeps its windows."""
    photographs = Pool[ShadowPair](config.pool, config.reuse)
    while True:
        while shelf.hungry():
            supply = next(supplies, None)
            if supply is None:
                return
            shelf.add(supply.window, rng)
            for pair in supply.shadowed:
                photographs.add(pair.to(shelf.device), rng)
        yield _batch(config, shelf, photographs, rng)


@torch.no_grad()
def _batch(config: DataConfig, shelf: Shelf, photographs: Pool[ShadowPair], rng: np.random.Generator) -> Batch:
    # A first pair always has its truth; photographs come last.
    others = int((rng.random(config.pairs - 1) < config.photographs).sum()) if photographs else 0
    parts = [shelf.pairs(config.pairs - others, rng)]
    if others:
        shadowed = [photographs.draw(rng) for _ in range(others)]
        parts.append(photo_pairs([pair.mirrored() if rng.random() < 0.5 else pair for pair in shadowed]))
    cameras = [draw_recording(rng, config.augmentation) for _ in range(2 * config.pairs)]
    return seen_by(Batch.joined(parts), cameras)


class _Endless(Protocol[Made_co]):
    """An endless dataset; damaged : views that it has left out, and why."""

    @property
    def damaged(self) -> Mapping[Path, str]: ...

    def __iter__(self) -> Iterator[Made_co]: ...


class _Handed(IterableDataset[Any], Generic[T]):
    """What a dataset yields; before one what is to be told of views that are left out, and at the end the error that
    ended it. An exception of a worker would be told with its traceback.
    """

    def __init__(self, dataset: _Endless[T]) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[T | RimlightError | str]:
        told: set[Path] = set()
        try:
            for one in self.dataset:
                for path in self.dataset.damaged.keys() - told:
                    told.add(path)
                    yield f"{self.dataset.damaged[path]}; it is left out"
                yield one
        except RimlightError as error:
            yield error


def load_batches(config: DataConfig, seed: int, device: torch.device = CPU) -> Iterator[Batch]:
    """Endless batches on a device, made while the caller computes by the config's workers; see above.

    Views that cannot be read are left out, which is logged once. Raises RimlightError, here or from the iterator.
    """
    if device.type == "cpu":
        return _loaded(Batches(config, seed), config.workers, pin=False)
    supplies = _loaded(Supplies(config, seed, unlit=True), config.workers, pin=device.type == "cuda")
    rng = np.random.default_rng([seed, 0, 1])
    return ahead(drawn(config, supplies, rng, UnlitWindows(config, device)))


def _loaded(dataset: _Endless[T], workers: int, pin: bool) -> Iterator[T]:
    """What a dataset yields in processes of their own, or in this one where there are no workers."""
    loader = DataLoader(
        _Handed(dataset), batch_size=None, num_workers=workers, prefetch_factor=_MARGIN if workers else None,
        pin_memory=pin, multiprocessing_context="spawn" if workers else None, worker_init_fn=_begin_worker,
    )  # fmt: skip
    others = set(multiprocessing.active_children())
    made = iter(loader)
    atexit.register(_end, set(multiprocessing.active_children()) - others)
    return _taken(made)


def _end(workers: Iterable[multiprocessing.process.BaseProcess]) -> None:
    """Ends workers of which batches might still be wanted as Python ends: it would wait for them, whom it asks to
    terminate, forever.
    """
    for worker in workers:
        worker.kill()


def _taken(made: Iterable[T | RimlightError | str]) -> Iterator[T]:
    """What was handed over."""
    told: set[str] = set()
    for one in made:
        if isinstance(one, RimlightError):
            raise one
        if not isinstance(one, str):
            yield one
        elif one not in told:  # every worker tells it
            told.add(one)
            log.warning(one)


def _begin_worker(worker: int) -> None:
    """One thread each, as there are many. Ctrl-C and terminations go to all of a group: workers have to outlive the
    step that their parent finishes. They end with it, at once: its thread may still hand over a batch when Python ends,
    which torch answers by aborting.
    """
    torch.set_num_threads(1)
    atexit.register(os._exit, 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
