"""Finished results that are no images: rigs and other values, under a budget of entries and bytes."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any


class ValueCache:
    """Values by content key; the longest unused go first. Thread-safe. A value that has `nbytes` counts as so many."""

    def __init__(self, entries: int = 1000, nbytes: int = 1 << 29) -> None:
        self._lock = threading.Lock()
        self._entries = entries
        self._budget = nbytes
        self._values: OrderedDict[bytes, Any] = OrderedDict()
        self._nbytes = 0

    def find(self, key: bytes) -> Any:
        """The value of a key, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def store(self, key: bytes, value: Any) -> None:
        """Keep a value."""
        with self._lock:
            self._nbytes += _size(value) - _size(self._values.pop(key, None))
            self._values[key] = value
            while len(self._values) > self._entries or (self._nbytes > self._budget and len(self._values) > 1):
                self._nbytes -= _size(self._values.popitem(last=False)[1])

    def drop(self, keys: Iterable[bytes]) -> None:
        """Forget the values of these keys."""
        with self._lock:
            for key in keys:
                self._nbytes -= _size(self._values.pop(key, None))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._nbytes = 0


def _size(value: Any) -> int:
    return int(getattr(value, "nbytes", 0))
