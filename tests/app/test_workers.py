"""The threads of the application: who may take what, in which order, and how they end."""

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktops import dispose
from rimlight.app.workers import Background, Workers

PATIENCE = 60.0
"""Seconds until a test is given up; nothing waits that long unless it hangs."""


class Held:
    """Work that lasts until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.end.wait(PATIENCE)


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Three threads, of which two are kept from lesser work."""
    made = Workers(3, "test", reserved=2)
    yield made
    assert made.close(timeout=PATIENCE)


def held(workers: Workers, urgency: int) -> Held:
    work = Held()
    workers.submit(work, urgency)
    return work


@pytest.mark.parametrize("long", [1, 2])
def test_lesser_work_goes_on_beside_long_urgent_work(workers: Workers, long: int) -> None:
    """Whichever threads the urgent work happens to hold."""
    urgent = [held(workers, 0) for _ in range(long)]
    assert all(work.begun.wait(PATIENCE) for work in urgent)
    for _ in range(5):  # another thread may take each
        lesser = held(workers, 1)
        assert lesser.begun.wait(PATIENCE)
        lesser.end.set()
    for work in urgent:
        work.end.set()


def test_lesser_work_leaves_the_reserved_threads_alone(workers: Workers) -> None:
    first, second = held(workers, 1), held(workers, 2)
    assert first.begun.wait(PATIENCE)
    for _ in range(5):
        urgent = [held(workers, 0) for _ in range(2)]
        assert all(work.begun.wait(PATIENCE) for work in urgent)
        assert not second.begun.is_set()  # though it waits longer than these
        for work in urgent:
            work.end.set()
    first.end.set()
    assert second.begun.wait(PATIENCE)
    second.end.set()


def test_the_most_urgent_comes_first_and_the_oldest_among_equals() -> None:
    workers, order = Workers(1, "test"), list[str]()
    gate = held(workers, 0)
    assert gate.begun.wait(PATIENCE)
    for name, urgency in (("c", 2), ("b", 1), ("a", 0), ("B", 1), ("A", 0)):
        workers.submit(partial(order.append, name), urgency)
    gate.end.set()
    assert workers.close(finish=True, timeout=PATIENCE)
    assert order == ["a", "A", "b", "B", "c"]


@pytest.mark.parametrize("raised", [RuntimeError("as asked for"), SystemExit(3)])
def test_work_that_fails_gives_its_place_back(
    raised: BaseException, workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise raised

    for _ in range(4):  # more often than there are places
        workers.submit(fail, 1)
    after = held(workers, 2)
    assert after.begun.wait(PATIENCE)
    after.end.set()
    assert len(caplog.records) == 4


@pytest.mark.parametrize("finish", [False, True])
def test_closing_drops_or_finishes_what_waits(finish: bool) -> None:
    workers, done = Workers(3, "test", reserved=2), list[int]()
    first = held(workers, 1)
    assert first.begun.wait(PATIENCE)
    for i in range(3):
        workers.submit(partial(done.append, i), 1)
    assert not workers.close(finish, timeout=0)  # the first is still at work
    workers.submit(partial(done.append, 9))
    first.end.set()
    assert workers.close(finish, timeout=PATIENCE)
    assert done == ([0, 1, 2] if finish else [])


def test_closing_waits_no_longer_for_many_threads_than_for_one(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waited = [100.0], list[float]()

    def join(thread: threading.Thread, timeout: float) -> None:
        waited.append(timeout)
        clock[0] += 3.0

    works = [held(workers, 0) for _ in range(3)]
    assert all(work.begun.wait(PATIENCE) for work in works)
    with monkeypatch.context() as patched:
        patched.setattr("rimlight.app.workers.time.monotonic", lambda: clock[0])
        patched.setattr(threading.Thread, "join", join)
        assert not workers.close(timeout=5.0)
    assert waited == [5.0, 2.0, 0.0]
    for work in works:
        work.end.set()


def test_nothing_is_delivered_to_what_holds_something_that_is_gone(qtbot: QtBot) -> None:
    background, heard = Background(), []
    gone, there = QObject(), QObject()

    def listener(owner: QObject, name: str) -> Callable[[object], None]:
        return lambda _: heard.append((name, owner.objectName()))

    background.run(lambda: None, listener(gone, "an inner function"))
    background.run(lambda: None, partial(lambda owner, _: heard.append(("a partial", owner.objectName())), gone))
    background.run(lambda: 1 // 0, None, listener(gone, "of an error"))
    background.run(lambda: None, listener(there, "there"))
    dispose(gone)
    qtbot.waitUntil(lambda: not background.busy)
    assert heard == [("there", "")]
    background.close()


def test_a_plugin_that_ends_the_process_ends_no_thread(qtbot: QtBot) -> None:
    """A script that is saved after it must still arrive on the disk."""
    background, heard = Background(), []
    background.run(lambda: sys.exit(3), None, lambda error: heard.append(str(error)))
    background.run(lambda: "saved", heard.append)
    qtbot.waitUntil(lambda: not background.busy)
    assert heard == ["unexpected SystemExit: 3", "saved"]
    background.close()
