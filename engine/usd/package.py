"""Pictures and profiles inside a `.usdz` package, which is a ZIP file: taken out where they are wanted."""

import hashlib
import os
import re
import shutil
import time
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import platformdirs

from ..errors import FileError
from ..io.atomic import replacing, sweep_folder
from .library import is_usd

_INSIDE = re.compile(r"(.+?\.usdz)\[([^\[\]]+)\]\Z", re.IGNORECASE)
MAX_PICTURE = 2 << 30
_DAMAGES = (KeyError, EOFError, RuntimeError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error)
"""What is raised for a package that is not whole, or whose names are no text."""

BUDGET = 4 << 30
"""Bytes of files that were taken out, beyond which those unused for longest go."""

_IN_USE = 24 * 3600.0
"""Seconds from its last use in which a file stays, whatever the budget: another process may be about to read it."""

_NOTED = 3600.0
"""Seconds after which a use is noted anew, so that not every frame writes to the disk."""


def unpacked(path: str) -> str:
    """A file of its own for one that lies in a package (`rig.usdz[sky.exr]`), any other path as it is.

    The file is kept in the user's cache folder under the state of its package, dated as that is. Raises FileError.
    """
    inside = _INSIDE.match(path)
    if inside is None:
        return path
    package, member = Path(inside[1]), inside[2]
    try:
        status = package.stat()
        state = f"{package.resolve()} {status.st_mtime_ns} {status.st_size} {member}"
        name = hashlib.blake2b(state.encode(), digest_size=12).hexdigest()
        target = platformdirs.user_cache_path("rimlight") / "usdz" / f"{name}{Path(member).suffix.lower()}"
        if not _used(target):
            _take_out(package, member, target, status.st_mtime_ns)
            _trim(target.parent)
    except (OSError, FileError, *_DAMAGES) as error:
        whole = isinstance(error, OSError | FileError)
        why = getattr(error, "strerror", "") or str(error) if whole else f"the package is damaged: {error}"
        raise FileError(f"{path}: the file cannot be taken out of its package: {why}") from error
    return str(target)


def package_of(path: str) -> str:
    """The package that a file lies in, any other path as it is: what has to be there for it to be read."""
    inside = _INSIDE.match(path)
    return path if inside is None else inside[1]


def check_layers(package: Path) -> None:
    """Raise FileError where a layer in a package is not what was put there: the library may crash on such a one."""
    try:
        with zipfile.ZipFile(package) as packed:
            for name in packed.namelist():
                if is_usd(name):
                    with packed.open(name) as layer:
                        while layer.read(1 << 20):
                            pass
    except (OSError, *_DAMAGES) as error:
        why = getattr(error, "strerror", "") or f"the package is damaged: {error}"
        raise FileError(f"{package}: it cannot be read as USD: {why}") from None


def _take_out(package: Path, member: str, target: Path, modified: int) -> None:
    with zipfile.ZipFile(package) as packed:
        size = packed.getinfo(member).file_size
        if size == 0 or size > MAX_PICTURE:
            raise FileError("it is empty" if size == 0 else f"it is larger than {MAX_PICTURE >> 30} GiB")
        with (
            packed.open(member) as source,
            replacing(str(target), lambda whole: _date(whole, modified)) as temporary,
            open(temporary, "wb") as file,
        ):
            shutil.copyfileobj(source, file, 1 << 20)


def _used(target: Path) -> bool:
    """Whether a file is there; that it is used is noted by its time of access, as its date belongs to cache keys."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return False
    if time.time() - status.st_atime > _NOTED:
        with suppress(OSError):  # a cache that may only be read
            _date(target, status.st_mtime_ns)
    return True


def _date(path: str | Path, modified: int) -> None:
    """Set when a file was modified, in nanoseconds, and that it is used now."""
    os.utime(path, ns=(time.time_ns(), modified))


def _trim(folder: Path) -> None:
    """Remove the files unused for longest until the budget is kept. Another process may do so at the same time."""
    sweep_folder(str(folder))
    files = []
    for path in folder.iterdir():
        with suppress(OSError):
            status = path.stat()
            files.append((status.st_atime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for used, size, path in sorted(files):
        if total <= BUDGET or time.time() - used < _IN_USE:
            break
        with suppress(OSError):
            path.unlink(missing_ok=True)
            total -= size
