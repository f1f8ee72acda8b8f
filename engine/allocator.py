"""Tuning of the process's memory allocator for pictures.

glibc gives every buffer above 32 MiB back to the system when it is freed and takes it afresh, page by page, when the
next is made; a 2K RGBA picture is larger than that. Keeping such buffers makes a plain `a * 2` on one five times
faster. Other C libraries have no such setting and are left alone.
"""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8


def tune() -> bool:
    """Let the C library keep large buffers for reuse. True when it did. Safe to call more than once."""
    libc = _glibc()
    if libc is None:
        return False
    settings = ((M_MMAP_THRESHOLD, 1 << 30), (M_TRIM_THRESHOLD, (1 << 31) - 1), (M_ARENA_MAX, 1))
    done = [libc.mallopt(name, value) for name, value in settings]
    return all(done)


def trim(beyond: int = 0) -> None:
    """Give back what lies free between the buffers in use, where it is more than `beyond` bytes. Renders call it now
    and then, lest holes add up.
    """
    libc = _glibc()
    if libc is not None and (not beyond or _free(libc) > beyond):
        libc.malloc_trim(0)


class _Info(ctypes.Structure):
    """What `mallinfo2` tells, glibc 2.33 and later; `fordblks` is free."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _free(libc: ctypes.CDLL) -> int:
    if not hasattr(libc, "mallinfo2"):
        return 0
    libc.mallinfo2.restype = _Info
    return int(libc.mallinfo2().fordblks)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
