"""Work in progress, shared: who asks for what another thread is already computing waits for it, with a token of his
own.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ..cancel import CancelToken
from ..errors import Cancelled

T = TypeVar("T")
POLL_S = 0.02


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.owner = threading.get_ident()
        self.done = threading.Event()
        self.result: T | None = None
        self.error: Exception | None = None
        self.landed = False


class Flights(Generic[T]):
    """Computations under way, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, token: CancelToken, compute: Callable[[], T]) -> T:
        """The result of `compute`, or of the thread that is already at it.

        A waiter whose token is cancelled leaves at once. When the owner is cancelled or dies, a waiter takes over. A
        thread that meets its own flight computes redundantly instead of waiting for itself. An error goes to everyone
        who waits.
        """
        while True:
            with self._lock:
                flight = self._flights.get(key)
                mine = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if mine:
                return self._own(key, flight, compute)
            if flight.owner == threading.get_ident():
                return compute()
            while not flight.done.wait(POLL_S):
                token.check()
            if flight.error is not None:
                raise flight.error
            if flight.landed:
                return flight.result  # type: ignore[return-value]
            token.check()

    def _own(self, key: Hashable, flight: _Flight[T], compute: Callable[[], T]) -> T:
        try:
            flight.result = compute()
            flight.landed = True
            return flight.result
        except Cancelled:
            raise
        except Exception as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                self._flights.pop(key, None)
            flight.done.set()
