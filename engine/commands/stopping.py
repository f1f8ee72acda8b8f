"""Stopping a command politely."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cancel import CancelToken

_HANGUP = getattr(signal, "SIGHUP", None)
"""Sent when the terminal is closed or the connection is lost; `nohup` has it ignored."""
_SOON = 0.05
"""Seconds until what came at a bad moment comes again."""


class _Start:
    """What polite kills do until a command listens itself: they interrupt whatever is being imported.

    heard : whether there was one. Python and plugins may make another error of an interruption, or none at all.
    """

    def __init__(self) -> None:
        self.heard = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.heard = True
        if not _makes_native_module(frame):
            raise KeyboardInterrupt
        # A library in C++ ends the process where Python raises while it makes its module.
        again = threading.Timer(_SOON, self._again, (number,))
        again.daemon = True
        again.start()

    def _again(self, number: int) -> None:
        if signal.getsignal(number) is self:
            os.kill(os.getpid(), number)


def _makes_native_module(frame: FrameType | None) -> bool:
    while frame is not None:
        if isinstance(frame.f_locals.get("self"), ExtensionFileLoader):
            return True
        frame = frame.f_back
    return False


def listen() -> None:
    """From here on a polite kill or a closed terminal is a Ctrl-C, long before a render listens."""
    start = _Start()
    for number in (signal.SIGTERM, *_unless_ignored(signal.SIGINT, _HANGUP)):
        signal.signal(number, start)


def stopped_at_start() -> bool:
    """Whether there was a polite kill before the command listened, whatever became of it."""
    return _heard(signal.getsignal(signal.SIGTERM))


@contextmanager
def stoppable() -> "Iterator[CancelToken]":
    """A token that the first Ctrl-C, polite kill or closed terminal cancels, so that what is being written is finished
    or taken back.

    The second one interrupts whatever is going on; of closed terminals there may be several at once.
    """
    from ..cancel import CancelToken

    token = CancelToken()

    def stop(number: int, frame: Any) -> None:
        if token.cancelled and number != _HANGUP:
            raise KeyboardInterrupt
        token.cancel()
        with suppress(OSError):  # a log that takes no more, as that of a terminal that is gone
            os.write(2, b"rimlight: stopping after the step at hand; again to stop at once\n")

    signals = (signal.SIGINT, signal.SIGTERM, *_unless_ignored(_HANGUP))
    before = [signal.signal(number, stop) for number in signals]
    if any(map(_heard, before)):  # and something swallowed it
        token.cancel()
    try:
        yield token
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _unless_ignored(*numbers: signal.Signals | None) -> list[signal.Signals]:
    return [number for number in numbers if number is not None and signal.getsignal(number) != signal.SIG_IGN]


def _heard(handler: Any) -> bool:
    return isinstance(handler, _Start) and handler.heard
