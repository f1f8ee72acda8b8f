"""Finished layers on disk: one safetensors file each, written under another name and renamed, under a byte budget.

The cache is shared by sessions and survives them; content keys make that safe. A damaged or foreign file is a miss and
is removed.
"""

import contextlib
import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..region import Region

log = logging.getLogger(__name__)

Loaded = tuple[Region, Tensor, float, bool]


_ABANDONED = 3600.0
"""Seconds after which a half-written file belongs to nobody any more."""


@dataclass
class TierStats:
    """Bytes and entries a tier holds now, and how often it answered."""

    bytes: int = 0
    entries: int = 0
    hits: int = 0


class DiskCache:
    """Layers by key in a folder. Thread-safe; several processes may share the folder."""

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()
        self._hits = 0
        self._failed = False
        self._bytes = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._bytes = self._sizes()
        except OSError as error:
            self._turn_off(error)

    def _sizes(self) -> int:
        """Bytes of what is there; what killed processes left half-written is removed."""
        total = 0
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process is tidying up, too
                if path.suffix == ".safetensors":
                    total += path.stat().st_size
                elif path.suffix == ".tmp" and time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()
        return total

    def _turn_off(self, error: Exception) -> None:
        self._failed = True
        reason = getattr(error, "strerror", None) or error
        log.warning("the disk cache in %s is off for this session: %s", self._folder, reason)

    def _path(self, key: bytes, layer: str) -> Path:
        safe = "".join(c if c.isalnum() else "_" for c in layer)
        return self._folder / f"{key.hex()}-{safe}.safetensors"

    def holds(self, key: bytes, layer: str) -> bool:
        return self._path(key, layer).exists()

    def load(self, key: bytes, layer: str, region: Region) -> Loaded | None:
        """The layer when it is here and covers `region`: (region, tensor, cost in ms, whole)."""
        path = self._path(key, layer)
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                head = json.loads(file.metadata()["rimlight"])
                where = Region(*head["region"])
                if head["layer"] != layer or not where.contains(region):
                    return None
                tensor = file.get_tensor("x")
            os.utime(path)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            log.warning("cache file %s is damaged and was removed: %s", path.name, error)
            path.unlink(missing_ok=True)
            return None
        with self._lock:
            self._hits += 1
        return where, tensor, float(head["cost_ms"]), bool(head["whole"])

    def store(self, key: bytes, layer: str, region: Region, tensor: Tensor, cost_ms: float, whole: bool) -> None:
        """Write a layer. A full or read-only disk stops the disk cache with one warning, never the work."""
        if self._failed:
            return
        path = self._path(key, layer)
        temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        head = {"region": region.box, "layer": layer, "cost_ms": cost_ms, "whole": whole}
        try:
            save_file({"x": tensor.contiguous().cpu()}, temporary, metadata={"rimlight": json.dumps(head)})
            size = temporary.stat().st_size
            os.replace(temporary, path)
        except (OSError, SafetensorError) as error:
            temporary.unlink(missing_ok=True)
            self._turn_off(error)
            return
        with self._lock:
            self._bytes += size
            over = self._bytes > self._budget
        if over:
            self._trim()

    def _trim(self) -> None:
        """Remove the files unused for longest until nine tenths of the budget are kept."""
        with self._lock:
            files = []
            for path in self._folder.glob("*.safetensors"):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue
                files.append((stat.st_mtime_ns, stat.st_size, path))
            total = sum(size for _, size, _ in files)
            for _, size, path in sorted(files):
                if total <= 0.9 * self._budget:
                    break
                path.unlink(missing_ok=True)
                total -= size
            self._bytes = total

    def clear(self) -> None:
        with self._lock:
            for path in self._folder.glob("*.safetensors"):
                path.unlink(missing_ok=True)
            self._bytes = 0

    def stats(self) -> TierStats:
        with self._lock:
            return TierStats(self._bytes, len(list(self._folder.glob("*.safetensors"))), self._hits)
