"""Whether a render may start the threads that it needs."""

import os
import threading

from ..errors import RimlightError

_EACH = 5
"""Threads for every processor beside the first one, counted on two with a script with a filter: those of OpenBLAS, of
the EXR library, and of torch once for each thread that computes, reads or writes. With one less torch crashes.
"""


def check_threads() -> None:
    """Raise RimlightError where fewer threads can be started than a render takes.

    Call it before libraries are loaded. Where they get none, one ends the process, one interrupts it as Ctrl-C does,
    and others make wrong sentences of it, hours after the start.
    """
    processors = _processors()
    needed = _EACH * processors
    there = _startable(needed)
    if there >= needed:
        return
    fits = there // _EACH
    less = f", or set OMP_NUM_THREADS={fits}" if fits else ""
    raise RimlightError(
        f"only {there} threads may be started here (ulimit -u, or the limit of a container), but a render with "
        f"{processors} processors takes {needed}; allow more{less}"
    )


def _processors() -> int:
    """How many a render uses: those that the process may run on, or fewer where OMP_NUM_THREADS says so."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        there = os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(there, int(wanted)) if wanted.isdecimal() and int(wanted) else there


def _startable(wanted: int) -> int:
    """How many of so many threads can run side by side."""
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(wanted):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:  # can't start new thread
        pass
    finally:
        end.set()
        for thread in started:
            thread.join()
    return len(started)
