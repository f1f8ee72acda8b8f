"""Ends a headless process in which nothing moves any more, after saying where it hangs."""

import faulthandler
import os
import sys
import threading
import time

STALLED = 1
"""Exit code of a process that the watchdog ends."""


class Watchdog:
    """Started with a limit in seconds; `feed` on every sign of progress. Use as a context manager."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._fed = time.monotonic()
        self._doing = "nothing yet"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def feed(self, doing: str) -> None:
        """Something moved: `doing` says what, for the report."""
        self._fed = time.monotonic()
        self._doing = doing

    def __enter__(self) -> "Watchdog":
        if self._limit > 0:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(min(1.0, self._limit / 4)):
            if time.monotonic() - self._fed > self._limit:
                sys.stderr.write(
                    f"rimlight: nothing has moved for {self._limit:g} s, last was {self._doing}; the threads are at:\n"
                )
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                sys.stderr.flush()
                os._exit(STALLED)
