"""Windows that a GPU keeps and lights anew for every batch."""

from dataclasses import fields

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import LightGuess, Recording

from .batch import Batch
from .crops import batch_of
from .data import DataConfig
from .pool import Places
from .stage.together import Windows, light_together


class UnlitWindows:
    """Windows on a device, all in the same few tensors, so that those of a batch are found by their numbers alone.

    A pair is a window under two of its lightings: with 16 of them there are 120 pairs, and few come back while it is
    kept. On a GPU the work of lighting a batch is recorded once and replayed.
    """

    def __init__(self, config: DataConfig, device: torch.device) -> None:
        self.device = device
        self._most = config.pool
        self._pairs = config.pairs
        self._places = Places(config.pool, config.reuse)
        self._kept: Windows | None = None
        self._recorded: Recording[Batch] | None = None
        self.hungry = self._places.hungry

    def add(self, window: Windows, rng: np.random.Generator) -> None:
        """See `Shelf`. The first one makes the room for all."""
        place = self._places.take(rng)
        if self._kept is None:
            self._kept = Windows(**{f.name: self._room(getattr(window, f.name)) for f in fields(window)})
        for f in fields(window):
            getattr(self._kept, f.name)[place].copy_(getattr(window, f.name), non_blocking=True)

    def pairs(self, count: int, rng: np.random.Generator) -> Batch:
        """See `Shelf`. As many are lit as a batch has at most, so that the work is always the same."""
        assert self._kept is not None
        lightings = self._kept.first.shape[1]
        drawn = []
        for _ in range(self._pairs):
            place = self._places.draw(rng)
            drawn.append((place, *rng.choice(lightings, 2, replace=False), rng.integers(2)))
        numbers = torch.from_numpy(np.array(drawn, np.int64)).to(self.device, non_blocking=True)
        batch = self._lit(numbers)
        return Batch(**{f.name: getattr(batch, f.name)[: 2 * count] for f in fields(batch)})

    def _lit(self, numbers: Tensor) -> Batch:
        assert self._kept is not None
        if self.device.type != "cuda":
            return pairs_of(self._kept, numbers)
        if self._recorded is None:
            kept = self._kept
            self._recorded = Recording(lambda drawn: pairs_of(kept, drawn), (numbers,))
        return self._recorded(numbers)

    def _room(self, one: Tensor) -> Tensor:
        return torch.zeros((self._most, *one.shape), dtype=one.dtype, device=self.device)


def pairs_of(kept: Windows, numbers: Tensor) -> Batch:
    """Pairs of pictures. numbers : `[n, 4]` int64: of a window, of two of its lightings, and 1 where it is mirrored."""
    windows = kept.chosen(numbers[:, 0], numbers[:, 1:3])
    layers = windows.layers
    layers = torch.cat((layers[:, :9], layers[:, 9:12].mean(1, keepdim=True), layers[:, 12:13]), 1)
    light = LightGuess(*(x.flatten(0, 1) for x in (
        windows.direction, windows.brightness, windows.angle, windows.environment)))  # fmt: skip
    return batch_of(
        layers.repeat_interleave(2, 0),
        light_together(windows),
        light,
        fov=windows.camera[:, 4].repeat_interleave(2),
        one_light=windows.one_light.flatten(),
        mirrored=(numbers[:, 3] > 0).repeat_interleave(2),
    )
