"""Stopping a command politely."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..context import CancelToken


@contextmanager
def stoppable() -> "Iterator[CancelToken]":
    """A token that the first Ctrl-C or polite kill cancels, so that what is being written is finished or taken back.

    The second one interrupts whatever is going on.
    """
    from ..context import CancelToken

    token = CancelToken()

    def stop(number: int, frame: Any) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()
        os.write(2, b"rimlight: stopping after the step at hand; again to stop at once\n")

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in signals]
    try:
        yield token
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
