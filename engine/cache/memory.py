"""Finished layers in device and host memory under byte budgets.

An entry is one layer of one result over one region. It serves every request inside that region, never one outside. What
is evicted first is large, old and cheap to make again: score = bytes x age / recompute time. Entries that the viewer
shows are pinned.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..region import Region
from .disk import DiskCache, TierStats

DISK_BYTES_PER_MS = 500_000.0
"""A cautious guess of how fast a disk gives bytes back; results made faster than that are not worth spilling."""

_NUMBERS = "measured:"
"""What numbers are called beside the layers on disk."""

_RESULTS = 50_000
"""Of how many results numbers are held in memory."""


@dataclass
class Entry:
    """A cached layer. `cost_ms` is what it took to make, `used` the tick of its last use."""

    key: bytes
    layer: str
    region: Region
    tensor: Tensor
    cost_ms: float
    used: int
    whole: bool

    @property
    def nbytes(self) -> int:
        return held_bytes(self.tensor)


def held_bytes(tensor: Tensor) -> int:
    """Memory that a tensor keeps alive: all of the buffer it is a view of."""
    return tensor.untyped_storage().nbytes()


@dataclass
class _Shelf:
    budget: int
    entries: dict[tuple[bytes, str], list[Entry]] = field(default_factory=dict)
    nbytes: int = 0
    count: int = 0
    hits: int = 0

    def add(self, entry: Entry) -> None:
        same = self.entries.setdefault((entry.key, entry.layer), [])
        for old in [e for e in same if entry.region.contains(e.region)]:
            self.remove(old)
        self.entries.setdefault((entry.key, entry.layer), []).append(entry)
        self.nbytes += entry.nbytes
        self.count += 1

    def remove(self, entry: Entry) -> None:
        same = self.entries.get((entry.key, entry.layer), [])
        same[:] = [e for e in same if e is not entry]
        if not same:
            self.entries.pop((entry.key, entry.layer), None)
        self.nbytes -= entry.nbytes
        self.count -= 1

    def find(self, key: bytes, layer: str, region: Region) -> Entry | None:
        return next((e for e in self.entries.get((key, layer), ()) if e.region.contains(region)), None)


class TensorCache:
    """Layers by content key over device, host and, where a folder is given, disk. Thread-safe.

    A tensor put in here is never written to again by anybody.
    """

    def __init__(self, host_bytes: int, device_bytes: int = 0, disk: DiskCache | None = None) -> None:
        self._lock = threading.RLock()
        self._host = _Shelf(host_bytes)
        self._device = _Shelf(device_bytes)
        self._disk = disk
        self._tick = 0
        self._misses = 0
        self._reserved = 0
        self._pins: dict[object, frozenset[bytes]] = {}
        self._numbers: OrderedDict[bytes, Mapping[str, float]] = OrderedDict()

    def find(self, key: bytes, layer: str, region: Region, device: torch.device) -> tuple[Region, Tensor] | None:
        """The layer `[C, h, w]` over a region that holds `region`, on `device`, with its region; None when nowhere."""
        with self._lock:
            self._tick += 1
            for shelf in (self._device, self._host):
                entry = shelf.find(key, layer, region)
                if entry is not None:
                    entry.used = self._tick
                    shelf.hits += 1
                    return entry.region, entry.tensor.to(device)
        loaded = self._disk.load(key, layer, region) if self._disk is not None else None
        if loaded is None:
            with self._lock:
                self._misses += 1
            return None
        where, tensor, cost_ms, whole = loaded
        tensor = tensor.to(device)
        self.store(key, layer, where, tensor, cost_ms, whole)
        return where, tensor

    def holds(self, key: bytes, layer: str) -> str | None:
        """Where a whole layer lies, `device`, `host` or `disk`, without touching it; None when nowhere."""
        with self._lock:
            for name, shelf in (("device", self._device), ("host", self._host)):
                if any(e.whole for e in shelf.entries.get((key, layer), ())):
                    return name
        return "disk" if self._disk is not None and self._disk.holds(key, layer) else None

    def store(
        self, key: bytes, layer: str, region: Region, tensor: Tensor, cost_ms: float, whole: bool, persist: bool = False
    ) -> None:
        """Keep a layer `[C, h, w]` over `region`. cost_ms : what it took to make. whole : the region is the whole data
        window. persist : it is written to disk now, too.
        """
        if persist and self._disk is not None:
            self._disk.store(key, layer, region, tensor, cost_ms, whole)
        with self._lock:
            self._tick += 1
            on_device = tensor.device.type != "cpu"
            shelf = self._device if on_device else self._host
            if held_bytes(tensor) > shelf.budget:
                return
            if shelf.find(key, layer, region) is None:
                shelf.add(Entry(key, layer, region, tensor, cost_ms, self._tick, whole))
            leaving = self._over(shelf)
        if leaving:
            self._demote(leaving, on_device)

    def tell(self, key: bytes, numbers: Mapping[str, float], names: Sequence[str]) -> None:
        """Keep numbers that came with a result, by name, whatever the budgets: they are in the metadata of all that is
        made of it, so they outlive it. names : all that such a result may tell, always in the same order.
        """
        numbers = {**self.told(key, names), **numbers}
        self._hold(key, numbers)
        if self._disk is not None:
            row = torch.tensor([[[numbers.get(name, math.nan) for name in names]]], dtype=torch.float64)
            self._disk.store(key, _NUMBERS, Region(0, 0, len(names), 1), row, 0.0, True)

    def told(self, key: bytes, names: Sequence[str]) -> Mapping[str, float]:
        """The numbers of a result; none where they are not at hand."""
        with self._lock:
            found = self._numbers.get(key)
        if found is not None or self._disk is None:
            return found or {}
        loaded = self._disk.load(key, _NUMBERS, Region(0, 0, len(names), 1))
        if loaded is None:
            return {}
        row = loaded[1].flatten().tolist()
        numbers = {name: value for name, value in zip(names, row, strict=False) if not math.isnan(value)}
        self._hold(key, numbers)
        return numbers

    def forget_numbers(self) -> None:
        """Forget in memory what results told."""
        with self._lock:
            self._numbers.clear()

    def _hold(self, key: bytes, numbers: Mapping[str, float]) -> None:
        with self._lock:
            self._numbers[key] = numbers
            while len(self._numbers) > _RESULTS:
                self._numbers.popitem(last=False)

    def reserve(self, nbytes: int) -> bool:
        """Make room in host memory for pictures that wait outside the cache: what was read before its time, what is yet
        to be written. False when more than half of the budget would wait.
        """
        with self._lock:
            if 2 * (self._reserved + nbytes) > self._host.budget:
                return False
            self._reserved += nbytes
            leaving = self._over(self._host)
        self._demote(leaving, from_device=False)
        return True

    def release(self, nbytes: int) -> None:
        """Pictures for which room was reserved wait no longer."""
        with self._lock:
            self._reserved -= nbytes

    def pin(self, owner: object, keys: Iterable[bytes]) -> None:
        """Protect what `owner` (a viewer) shows; replaces what it pinned before."""
        with self._lock:
            self._pins[owner] = frozenset(keys)

    def unpin(self, owner: object) -> None:
        with self._lock:
            self._pins.pop(owner, None)

    def clear(self, keys: Iterable[bytes] | None = None, disk: bool = False) -> None:
        """Forget all results, or those with these keys. The numbers that came with them stay: when memory runs out,
        what is being made of them has yet to tell them.
        """
        wanted = None if keys is None else set(keys)
        with self._lock:
            for shelf in (self._device, self._host):
                if wanted is None:
                    shelf.entries.clear()
                    shelf.nbytes = shelf.count = 0
                else:
                    for entry in [e for same in shelf.entries.values() for e in same if e.key in wanted]:
                        shelf.remove(entry)
        if disk and self._disk is not None:
            self._disk.clear()

    def stats(self) -> dict[str, TierStats]:
        """What each tier holds, and the misses as `hits` of a tier called `miss`."""
        with self._lock:
            out = {n: TierStats(s.nbytes, s.count, s.hits) for n, s in (("device", self._device), ("host", self._host))}
            out["miss"] = TierStats(hits=self._misses)
        if self._disk is not None:
            out["disk"] = self._disk.stats()
        return out

    def _over(self, shelf: _Shelf) -> list[Entry]:
        """Take the worst entries off a shelf that is over its budget."""
        budget = shelf.budget - (self._reserved if shelf is self._host else 0)
        if shelf.nbytes <= budget:
            return []
        pinned = frozenset().union(*self._pins.values()) if self._pins else frozenset()
        candidates = [e for same in shelf.entries.values() for e in same if e.key not in pinned]
        candidates.sort(key=lambda e: e.nbytes * (1 + self._tick - e.used) / (e.cost_ms + 0.1))
        leaving = []
        while shelf.nbytes > budget and candidates:
            entry = candidates.pop()
            shelf.remove(entry)
            leaving.append(entry)
        return leaving

    def _demote(self, leaving: Iterable[Entry], from_device: bool) -> None:
        """From device to host, from host to disk where making it again would take longer than reading it."""
        for entry in leaving:
            if from_device:
                self.store(entry.key, entry.layer, entry.region, entry.tensor.cpu(), entry.cost_ms, entry.whole)
            elif self._disk is not None and entry.cost_ms > 2 * entry.nbytes / DISK_BYTES_PER_MS:
                self._disk.store(entry.key, entry.layer, entry.region, entry.tensor, entry.cost_ms, entry.whole)
