"""A picture file under its final name is whole or not there: written beside it under another name, then renamed."""

import os
import re
import secrets
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from ..errors import FileError, file_errors, reason_of
from ..safefile import sync

_ABANDONED = 24 * 3600.0
"""Seconds after which a temporary file of another machine, whose processes cannot be asked, is taken for abandoned."""


_KEPT = 40
"""Characters of a name that its temporary one begins with: the rest has to fit into 255 bytes, too."""

_PROBE = 4096
"""Bytes, a block of most disks."""


@contextmanager
def replacing(path: str, verify: Callable[[str], None]) -> Iterator[str]:
    """Give the temporary name of an empty file to write to; on leaving, check it with `verify`, flush it to the disk
    and rename it to `path`.

    Folders are made, a link keeps pointing where it points. When anything fails the temporary file is removed and the
    old file is as it was. Raises FileError naming the file.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    _prepare(path, target, folder)
    _sweep(folder, _left_of(*os.path.splitext(name)))
    temporary = os.path.join(folder, _temporary_name(name))
    try:
        # While a disk does not answer, the libraries that write pictures would hold up all threads as they make a file.
        # It stays open: then a server need not be asked as they open it, and what goes wrong later, which they may not
        # tell, as a quota of a network, is told to who has had it open.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            yield temporary
            if os.path.getsize(temporary) == 0:
                check_room(temporary)
                raise FileError(f"{path} could not be written: nothing arrived on the disk, which may be full")
            verify(temporary)
            os.fsync(descriptor)
            if not os.path.samestat(os.fstat(descriptor), os.stat(temporary)):  # a library put another in its place
                sync(temporary)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except OSError as error:
        reason = reason_of(error)
        if isinstance(error, FileNotFoundError):
            gone = "what was written of it" if os.path.isdir(folder) else f"the folder {folder}"
            reason = f"{gone} was taken away meanwhile"
        raise FileError(f"{path} could not be written: {reason}") from None
    finally:
        with suppress(
            OSError
        ):  # after the rename there is none, and what went wrong before is what the caller must hear
            os.unlink(temporary)


def check_room(path: str) -> None:
    """Raise OSError where a file may not grow any more, so that its end may be missing."""
    size = os.path.getsize(path)
    with open(path, "ab") as file:
        file.write(bytes(_PROBE))
    os.truncate(path, size)


def check_place(path: str) -> None:
    """Raise FileError where a file could not be written under this name, as far as that is known without trying."""
    target = os.path.realpath(path)
    folder = there = os.path.dirname(target)
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there) or (there != folder and not os.access(there, os.W_OK)):
        found = "a link to nothing" if os.path.islink(there) else "no folder"
        why = _locked(there) if os.path.isdir(there) else f"{found}: {there}"
        raise FileError(f"{path} could not be written: the folder {folder} cannot be made, {why}")
    _check_there(path, target, there)


def _prepare(path: str, target: str, folder: str) -> None:
    sentence = f"{path} could not be written: the folder {folder} cannot be made"
    try:
        with file_errors(sentence):
            os.makedirs(folder, exist_ok=True)
    except RecursionError:
        raise FileError(f"{sentence}: it is inside too many others that are not there") from None
    _check_there(path, target, folder)


def _check_there(path: str, target: str, folder: str) -> None:
    """Raise FileError where the file, or the folder that is there, may not be written."""
    if os.path.isdir(target):
        raise FileError(f"{path} could not be written: it is a folder")
    if os.path.exists(target) and (not os.path.isfile(target) or not os.stat(target).st_mode & 0o222):
        reason = "it is write-protected" if os.path.isfile(target) else "it is no regular file"
        raise FileError(f"{path} could not be written: {reason}")
    if not os.access(folder, os.W_OK):
        raise FileError(f"{path} could not be written: {_locked(folder)}")
    if os.path.exists(target) and _is_kept(target, folder):
        raise FileError(
            f"{path} could not be written: it is another user's, and only its owner may replace it in {folder}"
        )
    name, longest = os.path.basename(target), os.pathconf(folder, "PC_NAME_MAX")
    if len(os.fsencode(name)) > longest:
        raise FileError(f"{path} could not be written: the name has more than the {longest} bytes that a file may have")


def _is_kept(target: str, folder: str) -> bool:
    """Whether a folder, as those that all may write to, lets only the owner of a file replace it (sticky bit)."""
    status = os.stat(folder)
    return bool(status.st_mode & stat.S_ISVTX) and os.geteuid() not in (0, status.st_uid, os.stat(target).st_uid)


def _locked(folder: str) -> str:
    what = "the disk is read-only" if os.statvfs(folder).f_flag & os.ST_RDONLY else "permission denied"
    return f"{what}: {folder}"


_MARK = r"rimlight-(?P<host>\w+)-(?P<pid>\d+)-[0-9a-f]{6}\.tmp"
"""How temporary names go on, as `_temporary_name` makes them."""


def _temporary_name(name: str) -> str:
    """The extension stays last, since the library chooses the format by it."""
    stem, extension = os.path.splitext(name)
    return f".{stem[:_KEPT]}.rimlight-{_place()}-{os.getpid()}-{secrets.token_hex(3)}.tmp{extension}"


def _place() -> str:
    """Where process numbers mean the same: a host, or a container of it, since several may share the host's name."""
    host = re.sub(r"[^A-Za-z0-9]", "", socket.gethostname())[:24] or "host"
    try:
        return f"{host}_{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not on Linux
        return host


def sweep_folder(folder: str) -> None:
    """Remove what processes that are gone left of any file in a folder."""
    _sweep(folder, re.compile(rf"\..{{1,{_KEPT}}}\.{_MARK}.*", re.DOTALL))


def _left_of(stem: str, extension: str) -> re.Pattern[str]:
    """What temporary names of a file are like."""
    return re.compile(rf"\.{re.escape(stem[:_KEPT])}\.{_MARK}{re.escape(extension)}")


def _sweep(folder: str, pattern: re.Pattern[str]) -> None:
    here = _place()
    with suppress(OSError):  # tidying up must never stop a render
        for entry in os.scandir(folder):
            match = pattern.fullmatch(entry.name)
            if match is None:
                continue
            if match["host"] == here:
                dead = not psutil.pid_exists(int(match["pid"]))
            else:
                status = entry.stat()  # by both: what is about to be renamed may be dated back already
                dead = time.time() - max(status.st_mtime, status.st_ctime) > _ABANDONED
            if dead:
                os.unlink(entry.path)
