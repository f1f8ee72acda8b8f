"""Stopping a command politely."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..context import CancelToken

_HANGUP = getattr(signal, "SIGHUP", None)
"""Sent when the terminal is closed or the connection is lost; `nohup` has it ignored."""


class _Start:
    """What polite kills do until a command listens itself: they interrupt whatever is being imported.

    heard : whether there was one. Python and plugins may make another error of an interruption, or none at all.
    """

    def __init__(self) -> None:
        self.heard = False

    def __call__(self, number: int, frame: Any) -> None:
        self.heard = True
        raise KeyboardInterrupt


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
    from ..context import CancelToken

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
