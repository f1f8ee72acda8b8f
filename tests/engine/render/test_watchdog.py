"""What the watchdog says of a process in which nothing moves."""

import signal
import subprocess
import sys
import time

import pytest

from rimlight.engine.render.watchdog import Watchdog


def test_it_names_what_is_not_at_its_end_whoever_else_came_to_one_later() -> None:
    dog = Watchdog(1.0, doing="the start")
    assert dog.doing == "the start"
    for doing, done in (
        ("Read frame 1", False),
        ("Read frame 1", True),
        ("Wait frame 2", False),
        ("Out frame 1", False),
    ):
        dog.feed(doing, done)
    assert dog.doing == "Out frame 1"
    dog.feed("Out frame 1", done=True)
    assert dog.doing == "Wait frame 2"
    dog.feed("Wait frame 2", done=True)
    assert dog.doing == "Wait frame 2"


STOPPED = """
import sys, time
from rimlight.engine.render.watchdog import Watchdog
with Watchdog(2.0):
    print("on", flush=True)
    sys.stdin.readline()
    time.sleep(0.8)  # not fed: what fell asleep long ago must be told from what hangs
print("whole")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
def test_the_time_that_a_process_was_stopped_from_outside_does_not_count() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "on\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(4)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate("\n", timeout=60)
    assert (process.returncode, out, err) == (0, "whole\n", "")
