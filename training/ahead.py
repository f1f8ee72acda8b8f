"""Making the next thing while the last one is used."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")
_LOOK = 0.1
"""Seconds after which a waiting thread looks whether it is still needed."""


def ahead(made: Iterator[T]) -> Iterator[T]:
    """The same things, the next one made by a thread while the caller uses the last. Errors are the caller's.

    Of use where making waits for something, or where the caller does: a step's backward pass runs without Python. The
    thread has ended when the iterator is closed.
    """
    ready: queue.Queue[T | _Ended] = queue.Queue(1)
    over = threading.Event()

    def put(one: "T | _Ended") -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(one, timeout=_LOOK)
                return

    def work() -> None:
        error: BaseException | None = None
        try:
            for one in made:
                put(one)
                if over.is_set():
                    return
        except BaseException as raised:  # noqa: BLE001  whatever it is, the caller has to know
            error = raised
        put(_Ended(error))

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(one := ready.get(), _Ended):
            yield one
        if one.error is not None:
            raise one.error
    finally:
        over.set()
        thread.join()


class _Ended:
    """The end, and the error that was its reason, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error
