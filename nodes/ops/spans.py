"""How many frames one picture may be made of."""

from rimlight.engine import RimlightError

MOST = 10_000
"""More are a slip of a number, which would fill the memory before the first of them is read."""


def span(first: int, last: int) -> tuple[float, ...]:
    """All frames from `first` to `last`, none where that is before it. Raises RimlightError for more than `MOST`."""
    check_count(last - first + 1, f"first is {first} and last is {last}")
    return tuple(float(frame) for frame in range(first, last + 1))


def check_count(count: int, why: str) -> None:
    """Raises RimlightError, which begins with `why`, for more frames than one picture may be made of."""
    if count > MOST:
        raise RimlightError(f"{why}: {count} frames for one picture, expected at most {MOST}")
