"""Things that take longer to make than to use."""

from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
_LEAST = 32
"""How many there are before the first is drawn: what is drawn too often is learned by heart."""


class Places:
    """Where at most `most` things are kept, drawn at random, each `reuse` times on average before another one takes its
    place.
    """

    def __init__(self, most: int, reuse: float) -> None:
        self._most, self._reuse = most, reuse
        self._count = 0
        self._due = 0.0

    def __len__(self) -> int:
        return self._count

    def hungry(self) -> bool:
        """Whether another thing is due."""
        return self._count < min(_LEAST, self._most) or self._due >= 1

    def take(self, rng: np.random.Generator) -> int:
        """The place of another thing: that of a random one where there are as many as may be."""
        if self._count >= min(_LEAST, self._most):
            self._due = max(0.0, self._due - 1)
        if self._count < self._most:
            self._count += 1
            return self._count - 1
        return int(rng.integers(self._count))

    def draw(self, rng: np.random.Generator) -> int:
        """The place of a random thing, which makes another one a little more due."""
        self._due += 1 / self._reuse
        return int(rng.integers(self._count))


class Pool(Generic[T]):
    """Things that are kept in `Places`."""

    def __init__(self, most: int, reuse: float) -> None:
        self._places = Places(most, reuse)
        self._kept: list[T] = []

    def __len__(self) -> int:
        return len(self._kept)

    def hungry(self) -> bool:
        """See `Places`."""
        return self._places.hungry()

    def add(self, fresh: T, rng: np.random.Generator) -> None:
        """Keep another thing, in the place of a random one where there are as many as may be."""
        place = self._places.take(rng)
        self._kept[place : place + 1] = [fresh]

    def draw(self, rng: np.random.Generator) -> T:
        """A random thing."""
        return self._kept[self._places.draw(rng)]
