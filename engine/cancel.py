"""How work is stopped that nobody wants any more."""

from .errors import Cancelled


class CancelToken:
    """Set once, read often. Whoever waits for a result holds one; work goes on while any holder wants it."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """Say that the work is no longer wanted; from any thread."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether it is no longer wanted."""
        return self._cancelled

    def check(self) -> None:
        """Raise Cancelled when the work is no longer wanted."""
        if self._cancelled:
            raise Cancelled
