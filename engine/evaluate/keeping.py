"""What stays in memory while many frames are rendered: what is asked for again, and what was read before its time."""

import threading
from collections.abc import Collection, Iterable

from torch import Tensor

from ..cache.memory import TensorCache
from ..cache.values import ValueCache
from ..region import Region
from .survey import Vertex


class Keeping:
    """The memory of one render. Thread-safe.

    Of a hundred frames most results are asked for once. They are not put into the cache at all, where they would only
    push out what is of use; and what nodes share while a frame is made is forgotten with the frame.

    everything : put all into the cache and forget nothing, for somebody who will look at the frames.
    """

    def __init__(self, cache: TensorCache, values: ValueCache, everything: bool = False) -> None:
        self._cache = cache
        self._values = values
        self._everything = everything
        self._lock = threading.Lock()
        self._later: frozenset[bytes] = frozenset()
        self._stored: dict[bytes, tuple[bytes, ...]] = {}
        self._ahead: dict[tuple[bytes, str], tuple[Region, Tensor, bool]] = {}
        self._closed = False

    def expect(self, now: Iterable[Vertex], later: Iterable[Vertex]) -> None:
        """Tell what is asked for next, by the frame that is made `now` and by those that come `later`. What was kept
        and is of use for none of them is forgotten.
        """
        coming = _keys(later)
        near = coming | _keys(now)
        with self._lock:
            self._later = coming
            late = [key for key in self._ahead if key[0] not in near]
            for place in late:
                self._cache.release(self._ahead.pop(place)[1].nbytes)
            gone = self._without(near)
        self._forget(gone)

    @property
    def has_parts(self) -> bool:
        """Whether there is anything that `finished` might forget."""
        with self._lock:
            return any(needs != (content,) for content, needs in self._stored.items())

    def finished(self, askable: frozenset[bytes]) -> None:
        """A node has computed: forget the parts of results that nobody asks for again. askable : keys of the vertices
        that the rest of this frame may ask for parts of.
        """
        with self._lock:
            gone = self._without(self._later | askable, parts=True)
        self._forget(gone)

    def _without(self, keys: frozenset[bytes], parts: bool = False) -> list[bytes]:
        """Take off the list what is of use for vertices that are not all among `keys`, and give it; with `parts` only
        parts of results.
        """
        gone = [
            content
            for content, needs in self._stored.items()
            if not keys.issuperset(needs) and not (parts and needs == (content,))
        ]
        for content in gone:
            del self._stored[content]
        return gone

    def _forget(self, gone: Collection[bytes]) -> None:
        if gone:
            self._cache.clear(gone)
            self._values.drop(gone)

    def close(self) -> None:
        """The render is over: nothing is asked for."""
        with self._lock:
            self._closed = True
        self.expect((), ())

    def wants(self, key: bytes) -> bool:
        """Whether the result of a vertex is asked for again by a later frame."""
        return self._everything or key in self._later

    def stored(self, content: bytes, needs: Collection[bytes]) -> None:
        """Something went into a cache, of use as long as somebody asks for the vertices with the keys `needs`."""
        if not self._everything:
            with self._lock:
                self._stored[content] = tuple(needs)

    def put(self, key: bytes, layer: str, region: Region, tensor: Tensor, whole: bool) -> None:
        """Hold a layer that was read ahead for the frame that asks for it, in memory that was reserved of the cache.
        whole : as for `TensorCache.store`.
        """
        with self._lock:
            if self._closed or (key, layer) in self._ahead:
                self._cache.release(tensor.nbytes)
            else:
                self._ahead[key, layer] = (region, tensor, whole)

    def find(self, key: bytes, layer: str, region: Region) -> tuple[Region, Tensor] | None:
        """A layer that was put here and holds `region`. It is held until `expect`, or `let_go`."""
        with self._lock:
            found = self._ahead.get((key, layer))
        return found[:2] if found is not None and found[0].contains(region) else None

    def let_go(self, key: bytes, layers: Iterable[str]) -> None:
        """Layers that were `put` have been asked for: they are held here no longer, and go into the cache where a later
        frame asks for them again.
        """
        for layer in layers:
            with self._lock:
                found = self._ahead.pop((key, layer), None)
            if found is None:
                continue
            self._cache.release(found[1].nbytes)
            if self.wants(key):
                self.stored(key, (key,))
                self._cache.store(key, layer, found[0], found[1], _READING, whole=found[2])


_READING = 100.0
"""Milliseconds that a layer of a file is taken to cost, which nobody waited for."""


def _keys(vertices: Iterable[Vertex]) -> frozenset[bytes]:
    return frozenset(key for v in vertices if v.error is None for key in (v.key, v.pixels))
