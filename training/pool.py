"""Things that take longer to make than to use."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
_LEAST = 32
"""How many there are before the first is drawn: what is drawn too often is learned by heart."""


class Pool(Generic[T]):
    """At most `most` things, drawn at random, each `reuse` times on average before another one takes its place."""

    def __init__(self, make: Callable[[], T], most: int, reuse: float) -> None:
        self._make, self._most, self._reuse = make, most, reuse
        self._kept: list[T] = []
        self._drawn = 0
        self._due = 0.0

    def renew(self, rng: np.random.Generator) -> None:
        """Make what is due."""
        self._due += self._drawn / self._reuse
        self._drawn = 0
        while len(self._kept) < min(_LEAST, self._most) or self._due >= 1:
            self._due = max(0.0, self._due - 1)
            fresh = self._make()
            if len(self._kept) < self._most:
                self._kept.append(fresh)
            else:
                self._kept[rng.integers(len(self._kept))] = fresh

    def draw(self, rng: np.random.Generator) -> T:
        self._drawn += 1
        return self._kept[rng.integers(len(self._kept))]
