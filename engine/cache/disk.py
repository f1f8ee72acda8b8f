"""Finished layers on disk: one safetensors file each, written under another name and renamed, under a byte budget.

The cache is shared by sessions and survives them; content keys make that safe. A damaged or foreign file is a miss and
is removed. Other users may share the folder, or only read it: what may not be read is a miss, what may not be removed
stays.
"""

import hashlib
import json
import logging
import operator
import os
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..jsontext import from_json
from ..region import Region

log = logging.getLogger(__name__)

Loaded = tuple[Region, Tensor, float, bool]


_SUFFIX = ".safetensors"
_ABANDONED = 3600.0
"""Seconds after which a half-written file belongs to nobody any more."""

_HALF_WRITTEN = re.compile(r".*\.tmp|\.tmp[A-Za-z0-9]{6}")
"""Names of half-written files: ours, and those that safetensors makes on the way to them."""

_LONGEST = 100
"""Bytes of a layer's name that go into that of a file as they are; a file's may have 255 in all."""


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
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another process is tidying up, too, or the file is another user's
                    if entry.name.endswith(_SUFFIX):
                        total += _taken(entry.stat())
                    elif _HALF_WRITTEN.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _ABANDONED:
                        os.unlink(entry.path)
        return total

    def _paths(self) -> list[str]:
        """The files that are there; none where the folder is not."""
        try:
            with os.scandir(self._folder) as entries:
                return [entry.path for entry in entries if entry.name.endswith(_SUFFIX)]
        except OSError:
            return []

    def _turn_off(self, error: Exception | str) -> None:
        self._failed = True
        reason = getattr(error, "strerror", None) or error
        log.warning("the disk cache in %s is off for this session: %s", self._folder, reason)

    def _path(self, key: bytes, layer: str) -> Path:
        safe = "".join(c if c.isalnum() else "_" for c in layer)
        if len(os.fsencode(safe)) > _LONGEST:
            safe = hashlib.sha256(layer.encode()).hexdigest()
        return self._folder / f"{key.hex()}-{safe}{_SUFFIX}"

    def holds(self, key: bytes, layer: str) -> bool:
        return os.access(self._path(key, layer), os.R_OK)

    def load(self, key: bytes, layer: str, region: Region) -> Loaded | None:
        """The layer when it is here and covers `region`: (region, tensor, cost in ms, whole)."""
        path = self._path(key, layer)
        if not os.access(path, os.R_OK):
            return None
        try:
            with safe_open(path, framework="pt") as file:
                head = from_json(file.metadata()["rimlight"])
                where = Region(*map(operator.index, head["region"]))
                cost_ms, whole = float(head["cost_ms"]), bool(head["whole"])
                if head["layer"] != layer or not where.contains(region):
                    return None
                tensor = file.get_tensor("x")
                if tensor.ndim != 3 or tuple(tensor.shape[1:]) != (where.height, where.width):
                    raise ValueError(f"it holds a layer of the shape {list(tensor.shape)} over {where}")
        except FileNotFoundError:  # another process has just removed it
            return None
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            done = "was removed" if _remove(path) else "cannot be removed"
            log.warning("cache file %s is damaged and %s: %s", path.name, done, error)
            return None
        with suppress(OSError):  # it may be another user's
            os.utime(path)
        with self._lock:
            self._hits += 1
        return where, tensor, cost_ms, whole

    def store(self, key: bytes, layer: str, region: Region, tensor: Tensor, cost_ms: float, whole: bool) -> None:
        """Write a layer `[C, h, w]` over `region`. A full or read-only disk stops the disk cache with one warning,
        never the work.
        """
        if self._failed:
            return
        path = self._path(key, layer)
        temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        head = {"region": region.box, "layer": layer, "cost_ms": cost_ms, "whole": whole}
        try:
            self._folder.mkdir(exist_ok=True)  # somebody may have tidied it away
            temporary.touch()
            mode = temporary.stat().st_mode & 0o777
            save_file({"x": tensor.contiguous().cpu()}, temporary, metadata={"rimlight": json.dumps(head)})
            temporary.chmod(mode)  # safetensors lets nobody else read what it writes
            size = _taken(temporary.stat())
            os.replace(temporary, path)
        except (OSError, SafetensorError) as error:
            _remove(temporary)
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
            for path in self._paths():
                try:
                    stat = os.stat(path)
                except OSError:  # another process is tidying up, too
                    continue
                files.append((stat.st_mtime_ns, _taken(stat), path))
            total = sum(size for _, size, _ in files)
            for _, size, path in sorted(files):
                if total <= 0.9 * self._budget:
                    break
                if _remove(path):
                    total -= size
            self._bytes = total
        if total > self._budget:
            self._turn_off("it is full of files that may not be removed")

    def clear(self) -> None:
        with self._lock:
            for path in self._paths():
                _remove(path)
            self._bytes = 0

    def stats(self) -> TierStats:
        with self._lock:
            return TierStats(self._bytes, len(self._paths()), self._hits)


def _remove(path: str | Path) -> bool:
    """Whether a file is gone now: another user's may stay."""
    try:
        Path(path).unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _taken(stat: os.stat_result) -> int:
    """Bytes that a file takes of its disk: of 200, as numbers of a result have, whole blocks."""
    return max(stat.st_size, 512 * getattr(stat, "st_blocks", 0))
