"""A render that gets too few threads says so before anything is loaded."""

import os
import threading

import pytest

from commandline import Run, one_sentence
from rimlight.engine import RimlightError
from rimlight.engine.commands.threads import check_threads


def limit(monkeypatch: pytest.MonkeyPatch, threads: int, processors: int) -> list[threading.Thread]:
    """Let as many threads be started as a limit would, on a machine with so many processors; returns them."""
    start, started = threading.Thread.start, list[threading.Thread]()

    def counted(thread: threading.Thread) -> None:
        if len(started) == threads:
            raise RuntimeError("can't start new thread")
        start(thread)
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", counted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(processors)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return started


@pytest.mark.parametrize(
    ("threads", "processors", "advice"),
    [
        (0, 1, "takes 5; allow more"),
        (4, 1, "takes 5; allow more"),
        (9, 2, "takes 10; allow more, or set OMP_NUM_THREADS=1"),
        (30, 8, "takes 40; allow more, or set OMP_NUM_THREADS=6"),
    ],
)
def test_too_few_threads_are_a_sentence(
    threads: int, processors: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, threads, processors)
    with pytest.raises(RimlightError) as error:
        check_threads()
    assert str(error.value).startswith(f"only {threads} threads may be started here")
    assert str(error.value).endswith(advice)


@pytest.mark.parametrize(
    ("threads", "processors", "variable"), [(5, 1, ""), (10, 2, ""), (5, 16, "1"), (10, 2, "many")]
)
def test_what_is_enough_goes_on_and_no_thread_stays(
    threads: int, processors: int, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = limit(monkeypatch, threads, processors)
    if variable:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    check_threads()
    assert len(started) == threads and not any(thread.is_alive() for thread in started)


def test_the_advice_is_followed_by_a_render_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for threads in range(5, 40):
        with monkeypatch.context() as patch:
            limit(patch, threads, 8)
            patch.setenv("OMP_NUM_THREADS", str(threads // 5))
            check_threads()


def test_a_render_says_so_and_fails(rimlight: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, 2, 1)
    done = rimlight("render", "shot.rim")
    assert done.code == 1 and one_sentence(done.err) and "only 2 threads may be started here" in done.err
