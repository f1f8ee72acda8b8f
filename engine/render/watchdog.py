"""Ends a headless process in which nothing moves any more, after saying where it hangs."""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

STALLED = 1
"""Exit code of a process that the watchdog ends."""

_SHOW_CURSOR = "\x1b[?25h"


class Watchdog:
    """Started with a limit in seconds, 0 for none; `feed` on every sign of progress. Use as a context manager.

    report : called with the sentence before the process ends, for whoever waits for a report. doing : what goes on at
    first.
    """

    def __init__(
        self, limit: float, report: Callable[[str], None] = lambda sentence: None, doing: str = "nothing yet"
    ) -> None:
        self._limit = limit
        self._report = report
        self._fed = time.monotonic()
        self._last = doing
        self._going: dict[str, None] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def feed(self, doing: str, done: bool = False) -> None:
        """Something moved: `doing` says what, for the report, and `done` that it is at its end. By any thread."""
        self._fed = time.monotonic()
        self._last = doing
        self._going.pop(doing, None)
        if not done:
            self._going[doing] = None

    @property
    def doing(self) -> str:
        """What moved last of what is still going on; where nothing is, what moved last."""
        return next(reversed(list(self._going)), self._last)

    def __enter__(self) -> "Watchdog":
        self._fed = time.monotonic()
        if self._limit > 0:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        step, before = min(1.0, self._limit / 4), time.monotonic()
        while not self._stop.wait(step):
            now = time.monotonic()
            self._fed += max(0.0, now - before - step)  # a farm had stopped the process, or the machine slept
            before = now
            if now - self._fed > self._limit:
                self._end()

    def _end(self) -> None:
        sentence = f"nothing has moved for {self._limit:g} s, last was {self.doing}"
        try:
            with suppress(OSError):  # a log that takes no more must not keep the report back
                cursor = f"\n{_SHOW_CURSOR}" if sys.stderr.isatty() else ""
                sys.stderr.write(f"{cursor}rimlight: {sentence}; the threads are at:\n")
                sys.stderr.flush()
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
            self._report(sentence)
        finally:
            os._exit(STALLED)
