"""Things that take longer to make than to use."""

from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
_LEAST = 32
"""How many there are before the first is drawn: what is drawn too often is learned by heart."""


class Pool(Generic[T]):
    """At most `most` things, drawn at random, each `reuse` times on average before another one takes its place."""

    def __init__(self, most: int, reuse: float) -> None:
        self._most, self._reuse = most, reuse
        self._kept: list[T] = []
        self._due = 0.0

    def __len__(self) -> int:
        return len(self._kept)

    def hungry(self) -> bool:
        """Whether another thing is due."""
        return len(self._kept) < min(_LEAST, self._most) or self._due >= 1

    def add(self, fresh: T, rng: np.random.Generator) -> None:
        """Keep a thing, in place of a random one where there are as many as may be."""
        if len(self._kept) >= min(_LEAST, self._most):
            self._due = max(0.0, self._due - 1)
        if len(self._kept) < self._most:
            self._kept.append(fresh)
        else:
            self._kept[rng.integers(len(self._kept))] = fresh

    def draw(self, rng: np.random.Generator) -> T:
        self._due += 1 / self._reuse
        return self._kept[rng.integers(len(self._kept))]
