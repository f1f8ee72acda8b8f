"""Stopping a script that runs in a thread of its own."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rimlight.engine import CancelToken

NAME = "<script>"
"""What tracebacks call the text of a script."""


class Interrupted(BaseException):
    """Raised in a script that is stopped. No Exception, so that `except Exception` in it does not go on."""


@contextmanager
def stoppable(token: CancelToken) -> Iterator[None]:
    """Let this thread's script look at a token before each of its lines. Other code is not slowed down by lines."""

    def lines(frame: FrameType, event: str, argument: object) -> Any:
        if token.cancelled:
            raise Interrupted
        return lines

    def calls(frame: FrameType, event: str, argument: object) -> Any:
        return lines(frame, event, argument) if frame.f_code.co_filename == NAME else None

    before = sys.gettrace()
    sys.settrace(calls)
    try:
        yield
    finally:
        sys.settrace(before)


def wake(thread: int) -> None:
    """Let a script whose token was cancelled look at it where its line stays the same too, as in `while True: pass`."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code.co_filename == NAME:
            frame.f_trace_opcodes = True
        frame = frame.f_back


def insist(thread: int) -> None:
    """Stop a script that went on: Python looks no longer before its lines once that has raised something, which a bare
    `except` takes. What the script calls is let be, as it may leave things half done.
    """
    frame = sys._current_frames().get(thread)
    if frame is not None and frame.f_code.co_filename == NAME:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Interrupted))
