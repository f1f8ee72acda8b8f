"""Threads of the application: a few that work, and a courier that brings what they made to the GUI thread."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from shiboken6 import isValid

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[], None]

ABANDON_S = 2.0
"""Seconds for which work whose result nobody wants any more is waited for when the application ends."""


class Workers:
    """A fixed number of threads that take the most urgent work first, the oldest among equals.

    name : of the threads, as debuggers show it. reserved : so many of the threads, whichever they are, are never at
    work of an urgency above 0, so that what the artist waits for never queues behind thumbnails.
    """

    def __init__(self, count: int, name: str, reserved: int = 0) -> None:
        self._waiting: list[tuple[int, int, Work]] = []
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._closed = False
        self._lesser_room = count - reserved
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{i + 1}", daemon=True) for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work, urgency: int = 0) -> None:
        """Have `work` done; 0 is the most urgent. After `close` it is dropped."""
        with self._change:
            if not self._closed:
                heapq.heappush(self._waiting, (urgency, next(self._numbers), work))
                self._change.notify_all()

    def close(self, finish: bool = False, timeout: float = 30.0) -> bool:
        """Drop what waits, or finish it, and join the threads. False when any is still at work after `timeout` s."""
        with self._change:
            self._closed = True
            if not finish:
                self._waiting.clear()
            self._change.notify_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while (taken := self._take()) is not None:
            lesser, work = taken
            try:
                work()
            except (Exception, SystemExit):
                log.exception("work in thread %s failed", threading.current_thread().name)
            del work, taken  # else they would keep what it made until the next one comes
            if lesser:
                with self._change:
                    self._lesser_room += 1
                    self._change.notify_all()

    def _take(self) -> tuple[bool, Work] | None:
        """What to do next, and whether it takes a place among the lesser; waits for it. None when it is time to end."""
        with self._change:
            while True:
                if self._waiting and (self._waiting[0][0] == 0 or self._lesser_room > 0):
                    urgency, _, work = heapq.heappop(self._waiting)
                    lesser = urgency > 0
                    self._lesser_room -= lesser
                    return lesser, work
                if self._closed and not self._waiting:
                    return None
                self._change.wait()


class Courier(QObject):
    """Calls functions in the thread that it was made in, the GUI thread, in the order in which they were handed in."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], object]) -> None:
        """Have `call` called soon. From any thread; dropped when the application is going down."""
        if isValid(self):
            posted: SignalInstance = self._posted
            posted.emit(call)

    def _deliver(self, call: Callable[[], object]) -> None:
        call()


class Background(QObject):
    """File work, one after the other in one thread, results and errors brought to the GUI thread.

    name : of the thread, as debuggers show it.
    """

    def __init__(self, parent: QObject | None = None, name: str = "rimlight-files") -> None:
        super().__init__(parent)
        self._workers = Workers(1, name)
        self._courier = Courier(self)
        self._open = 0

    @property
    def busy(self) -> bool:
        """Whether work is under way or waits, or what it made was not delivered yet."""
        return self._open > 0

    def run(
        self,
        work: Callable[[], T],
        on_result: Callable[[T], Any] | None = None,
        on_error: Callable[[Exception], Any] | None = None,
    ) -> None:
        """Do `work` in the thread; then call one of the others in the GUI thread. Errors nobody takes are logged.

        Nothing is delivered to a method of a QObject that is gone, such as a window that was closed meanwhile, nor to a
        function that holds one.
        """
        self._open += 1

        def attempt() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  it becomes a value for the listener
                self._courier.post(partial(self._failed, on_error, error))
            except SystemExit as error:  # a plugin's, which ends neither the process nor the thread
                self._courier.post(partial(self._failed, on_error, RuntimeError(f"unexpected SystemExit: {error}")))
            else:
                self._courier.post(partial(self._done, on_result, result))

        self._workers.submit(attempt)

    def _done(self, listener: Callable[[T], Any] | None, result: T) -> None:
        self._open -= 1
        if listener is not None and _there(listener):
            listener(result)

    def _failed(self, listener: Callable[[Exception], Any] | None, error: Exception) -> None:
        self._open -= 1
        if listener is None:
            log.error("%s", error)
        elif _there(listener):
            listener(error)

    def close(self) -> None:
        """Finish what was begun and what waits, a script being saved above all, and end the thread."""
        self._workers.close(finish=True)

    def abandon(self) -> None:
        """Drop what waits, and end the thread; one that waits for a server is left alone after `ABANDON_S`."""
        self._workers.close(timeout=ABANDON_S)


def _there(listener: Callable[..., object]) -> bool:
    """Whether all that a listener holds still exists: the object of a method, what a partial or an inner function has
    taken along.
    """
    if isinstance(listener, partial):
        return _there(listener.func) and not any(map(_gone, (*listener.args, *listener.keywords.values())))
    cells = getattr(listener, "__closure__", None) or ()
    return not any(map(_gone, (getattr(listener, "__self__", None), *(cell.cell_contents for cell in cells))))


def _gone(held: object) -> bool:
    return isinstance(held, QObject) and not isValid(held)
