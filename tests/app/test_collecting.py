"""What lies in circles is taken apart in the GUI thread, and only what was made since the start is looked at."""

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from rimlight.app import collecting
from rimlight.app.collecting import Collector


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """How often all objects were set aside, which these tests do not do: others want to collect theirs."""
    calls: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append("freeze"))
    yield calls
    gc.enable()


@pytest.fixture
def collector(frozen: list[str], qtbot: QtBot) -> Iterator[Collector]:
    """One that ends with the test."""
    parent = QObject()
    yield Collector(parent)
    parent.deleteLater()


def _circle(threads: list[int]) -> "weakref.ref[Circle]":
    made = Circle()
    weakref.finalize(made, lambda: threads.append(threading.get_ident()))
    return weakref.ref(made)


def test_python_itself_does_not_collect(collector: Collector, frozen: list[str]) -> None:
    assert not gc.isenabled() and frozen == ["freeze"]


def test_circles_that_a_thread_makes_end_in_the_gui_thread(collector: Collector, qtbot: QtBot) -> None:
    ended: list[int] = []
    made: list[Any] = []

    def work() -> None:
        made.append(_circle(ended))
        made.extend([] for _ in range(2 * collecting.YOUNG))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == []
    QTimer.singleShot(0, lambda: None)
    qtbot.waitUntil(lambda: bool(ended))
    assert ended == [threading.get_ident()] and made[0]() is None


def test_circles_of_long_ago_end_too(collector: Collector, qtbot: QtBot) -> None:
    ended: list[int] = []
    made = Circle()
    weakref.finalize(made, lambda: ended.append(threading.get_ident()))
    gc.collect()  # it is old now, and a pass over young objects does not see it
    del made
    kept: list[Any] = []
    timer = QTimer()
    timer.timeout.connect(lambda: kept.append([[] for _ in range(2 * collecting.YOUNG)]))
    timer.start(0)
    qtbot.waitUntil(lambda: bool(ended), timeout=30_000)
    timer.stop()
    assert ended == [threading.get_ident()]
    assert len(kept) >= collecting.FULL


def test_little_garbage_waits(collector: Collector, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    gc.collect()
    monkeypatch.setattr(gc, "collect", lambda generation=2: passes.append(generation))
    for _ in range(20):
        QTimer.singleShot(0, lambda: None)
        qtbot.wait(1)
    assert passes == []
