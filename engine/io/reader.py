"""The session's reader: files, with their headers and folder listings remembered."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor

from ..region import Region
from .read import FileInfo, read_info, read_pixels
from .sequence import FilePattern

Stamp = tuple[str, int, int]
"""Path, time of change in nanoseconds and size: what tells one content of a file from another."""

_HEADERS = 4096
_FOLDERS = 256
_SETTLED, _TICK = 2.0, 0.02
"""Seconds after which a folder's time of change is trusted: two changes within one tick of the clock look the same.
The second is that of disks which tell fractions of seconds.
"""


class Reader:
    """Reads files for all threads of a session. Headers are read once per content of a file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._headers: OrderedDict[tuple[Stamp, str], FileInfo] = OrderedDict()
        self._folders: OrderedDict[tuple[str, int], tuple[float, tuple[int, ...] | None]] = OrderedDict()
        """When a change of a folder was first seen, and the listing that is trusted."""

    def stamp(self, path: str | os.PathLike[str]) -> Stamp:
        """What identifies the present content of a file; zeros when there is none."""
        path = os.fspath(path)
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return path, 0, 0
        return path, found.st_mtime_ns, found.st_size

    def info(self, path: str | os.PathLike[str], view: str = "") -> FileInfo:
        """What a file holds, from its header, or from memory while the file is the same.

        view : of a stereo file, by default the first. Raises FileError where it is no picture, damaged or not there.
        """
        key = (self.stamp(path), view)
        with self._lock:
            found = self._headers.get(key)
            if found is not None:
                self._headers.move_to_end(key)
                return found
        found = read_info(path, view)
        with self._lock:
            self._headers[key] = found
            while len(self._headers) > _HEADERS:
                self._headers.popitem(last=False)
        return found

    def pixels(
        self, path: str | os.PathLike[str], layers: str | Sequence[str], region: Region | None = None, view: str = ""
    ) -> dict[str, Tensor]:
        """A layer of a file, or several, over `region`, default the data window: float32 `[C, h, w]` by name, 0 outside
        their part.

        Values are those of the file: no colour is converted. Integers give 0..1, ids of EXR (`uint32`) themselves.
        Raises FileError where a layer is not there, the file is deep, or its pixels are damaged.
        """
        return read_pixels(self.info(path, view), (layers,) if isinstance(layers, str) else layers, region)

    def frames(self, pattern: FilePattern) -> tuple[int, ...]:
        """The frames of a pattern on disk, from memory while their folder is the same."""
        folder = os.path.dirname(pattern.text) or "."
        _, changed, _ = self.stamp(folder)
        key, now = (pattern.text, changed), time.monotonic()
        with self._lock:
            seen, found = self._folders.setdefault(key, (now, None))
            while len(self._folders) > _FOLDERS:
                self._folders.popitem(last=False)
        if found is not None:
            return found
        found = pattern.frames()
        # The clock of a server may be ahead, and then no change is ever old; how long it stands is known all the same.
        stood = now - seen > (_TICK if changed % 10**9 else _SETTLED)
        if changed and (stood or time.time() - changed / 1e9 > _SETTLED):
            with self._lock:
                self._folders[key] = seen, found
        return found
