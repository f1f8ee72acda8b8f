"""The next thing is made while the last one is used."""

import threading
from collections.abc import Iterator

import pytest

from rimlight.training.ahead import ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def test_all_come_in_order_and_the_next_is_made_meanwhile() -> None:
    made: list[int] = []
    third = threading.Event()

    def some() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    found = ahead(some())
    assert next(found) == 0
    assert third.wait(20)  # nobody has asked for it
    assert list(found) == [1, 2, 3, 4] and made == [0, 1, 2, 3, 4]
    assert threads() == []


def test_an_error_is_the_callers() -> None:
    def some() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    found = ahead(some())
    assert next(found) == 1
    with pytest.raises(ValueError, match="no more"):
        next(found)
    assert threads() == []


def test_what_is_closed_makes_no_more() -> None:
    made: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    found = ahead(endless())
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    found.close()  # type: ignore[attr-defined]
    assert threads() == [] and len(made) < 8
