"""What a process that was forked off a computing one says. Tests fork none: the threads of others would go with it."""

import os

import pytest
import torch

from rimlight.engine import Session
from rimlight.engine.errors import RimlightError
from rimlight.engine.evaluate import forked


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> forked.Pool:
    made = forked.Pool()
    monkeypatch.setattr("rimlight.engine.evaluate.evaluator.POOL", made)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    return made


def test_a_forked_process_says_so_in_place_of_hanging(pool: forked.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.set_project(format="8x4")
    node = session.add("Constant")
    session.evaluate(node)
    assert pool.pid == os.getpid()
    session.evaluate(node)
    monkeypatch.setattr(os, "getpid", lambda: pool.pid + 1)
    for each in (session, Session()):
        each.set_project(format="8x4")
        with pytest.raises(RimlightError, match="forked off one that had computed pictures") as caught:
            each.evaluate(each.add("Constant"))
        assert "\n" not in str(caught.value)


def test_one_thread_alone_or_a_fork_before_all_pictures_does_no_harm(
    pool: forked.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    pool.check()
    assert pool.pid == 0  # so that a child with more threads is let through
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    monkeypatch.setattr(os, "getpid", lambda: 77)
    pool.check()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    monkeypatch.setattr(os, "getpid", lambda: 78)
    pool.check()
