"""Writing a small file so that its name always holds either all of the old or all of the new content."""

import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

_STALE = 3600.0
"""Seconds after which a temporary file is surely no save in progress."""


def read_regular(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; never waits for a pipe or a device. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except ValueError:
        raise OSError("no file can have this name") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise OSError("it is a folder, expected a file")
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        if status.st_size > limit:
            raise OSError(f"it has {status.st_size >> 20} MiB, more than the {limit >> 20} MiB that are read")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def write_safely(path: Path, data: bytes) -> None:
    """Replace the content of a file at once, after reading back what was written.

    A link keeps pointing where it points, a file keeps its permissions. Raises OSError; the old file is then as it was.
    """
    target = Path(os.path.realpath(path))
    mode = _mode(target)
    _sweep(target)
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if temporary.read_bytes() != data:
            raise OSError("it reads back other than it was written")
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):  # what stopped the writing is what the caller wants to know
            temporary.unlink()
        raise
    with suppress(OSError):  # some file systems cannot sync a folder; the content itself is safe by now
        sync(target.parent)


def _mode(target: Path) -> int | None:
    """The permission bits of an existing file. Raises OSError when it may not be replaced."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no regular file")
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o222 or not os.access(target, os.W_OK):  # root could write, but a person has put the lock on
        raise OSError("it is read-only")
    return mode


def _sweep(target: Path) -> None:
    """Remove what earlier saves of this file left when they were killed."""
    left = re.compile(rf"\.{re.escape(target.name[:50])}\.[0-9a-f]{{8}}\.tmp")
    with suppress(OSError):  # tidying up must never stop a save
        for entry in os.scandir(target.parent):
            if left.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _STALE:
                os.unlink(entry.path)


def sync(path: str | os.PathLike[str]) -> None:
    """Wait until the disk has a file, or the names in a folder. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
