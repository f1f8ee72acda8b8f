"""Batches for training: pairs drawn from supplies, seen through cameras.

Windows are kept in a pool and drawn a few times, as other pairs and through other cameras, long after one another.

For a training on a CPU other processes make batches. For one on a GPU they make what batches are drawn from, which is
most of the work; the pool lives on the GPU, and all pairs of a batch are seen together there.
"""

import logging
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from rimlight.engine import RimlightError

from .ahead import ahead
from .augment import CPU, Recording, draw_recording
from .batch import Batch
from .crops import LitView, Pair, joined_pairs, seen_by
from .data import DataConfig, Supplies, Supply, worker_number
from .photo_pairs import photo_pairs
from .photographs import ShadowPair
from .pool import Pool

log = logging.getLogger(__name__)

T = TypeVar("T")
Made_co = TypeVar("Made_co", covariant=True)
_MARGIN = 2
"""Batches or supplies that each process has ready."""


class Batches(IterableDataset[Batch]):
    """Endless batches on a device; other ones for every seed and worker."""

    def __init__(self, config: DataConfig, seed: int = 0, device: torch.device = CPU) -> None:
        self.config = config
        self.seed = seed
        self.device = device
        self.supplies = Supplies(config, seed, device)

    @property
    def damaged(self) -> Mapping[Path, str]:
        return self.supplies.damaged

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, worker_number(), 1])
        return drawn(self.config, iter(self.supplies), rng, self.device)


def drawn(
    config: DataConfig, supplies: Iterator[Supply], rng: np.random.Generator, device: torch.device
) -> Iterator[Batch]:
    """Endless batches of supplies, which are on the device."""
    windows, photographs = Pool[LitView](config.pool, config.reuse), Pool[ShadowPair](config.pool, config.reuse)
    while True:
        while windows.hungry():
            supply = next(supplies, None)
            if supply is None:
                return
            windows.add(supply.lit, rng)
            for pair in supply.shadowed:
                photographs.add(pair, rng)
        yield _batch(config, windows, photographs, rng, device)


@torch.no_grad()
def _batch(
    config: DataConfig, windows: Pool[LitView], photographs: Pool[ShadowPair], rng: np.random.Generator,
    device: torch.device,
) -> Batch:  # fmt: skip
    # A first pair always has its truth; photographs come last.
    others = int((rng.random(config.pairs - 1) < config.photographs).sum()) if photographs else 0
    pairs = []
    for _ in range(config.pairs - others):
        lit = windows.draw(rng)
        first, second = rng.choice(len(lit.one_light), 2, replace=False)
        pairs.append(Pair(lit, (int(first), int(second)), rng.random() < 0.5))
    parts = [joined_pairs(pairs)]
    if others:
        shadowed = [photographs.draw(rng) for _ in range(others)]
        parts.append(photo_pairs([pair.mirrored() if rng.random() < 0.5 else pair for pair in shadowed]))
    return seen_by(Batch.joined(parts), [_camera(config, rng, device) for _ in range(2 * config.pairs)])


def _camera(config: DataConfig, rng: np.random.Generator, device: torch.device) -> Recording | None:
    return draw_recording(rng, config.augmentation, (3, config.size, config.size), device)


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
    if device.type == "cpu" or not config.workers:
        return _loaded(Batches(config, seed, device), config.workers, pin=False)
    supplies = _loaded(Supplies(config, seed), config.workers, pin=device.type == "cuda")
    rng = np.random.default_rng([seed, 0, 1])
    return ahead(drawn(config, (supply.to(device) for supply in supplies), rng, device))


def _loaded(dataset: _Endless[T], workers: int, pin: bool) -> Iterator[T]:
    """What a dataset yields in processes of their own, or in this one where there are no workers."""
    loader = DataLoader(
        _Handed(dataset), batch_size=None, num_workers=workers, prefetch_factor=_MARGIN if workers else None,
        pin_memory=pin, multiprocessing_context="spawn" if workers else None, worker_init_fn=_begin_worker,
    )  # fmt: skip
    return _taken(iter(loader))


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
    step that their parent finishes. They end with it.
    """
    torch.set_num_threads(1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
