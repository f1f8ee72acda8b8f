"""Signals, as a terminal, systemd, Slurm and Docker send them: to a process, or to all of a group."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tiny_stage import write_views

COMMAND = (sys.executable, "-m", "rimlight.engine.cli", "train")
PATIENCE = 120


@contextlib.contextmanager
def started(command: list[str], **more: Any) -> "Iterator[subprocess.Popen[str]]":
    """A process in a group of its own, of which nothing is left behind. It hears Ctrl-C, which a shell that runs the
    tests in the background has taught its children to ignore.
    """
    more |= {"stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, preexec_fn=_hear, **more) as process:  # noqa: PLW1509  no threads here
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _hear() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for(process: "subprocess.Popen[str]", word: str) -> None:
    """Until it has printed a line with a word."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"ended without saying '{word}'")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("group", [False, True])
def test_rendering_stops_without_a_traceback(tmp_path: Path, number: signal.Signals, group: bool) -> None:
    command = [*COMMAND, "render", "--out", str(tmp_path), "--domain", "primitives", "--count", "10000"]
    more = ["--size", "32", "--directions", "16", "--workers", "2"]
    with started([*command, *more], stdout=subprocess.PIPE) as process:
        wait_for(process, "[3/10000]")
        (os.killpg if group else os.kill)(process.pid, number)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.startswith("rimlight: stopped\n") and "Traceback" not in err
    assert len(list(tmp_path.glob("train-*.safetensors"))) >= 3


TRAINING = """
import sys
from pathlib import Path

from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig
from rimlight.training.train import train
from tiny_stage import TINY

if __name__ == "__main__":
    data = DataConfig((sys.argv[1],), size=16, pairs=1, lightings=2, pool=1, workers=1)
    train(TrainConfig(data=data, student=TINY, minutes=600, half=False, log_steps=1, processes=int(sys.argv[3])),
          Path(sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_training_that_is_ended_with_its_workers_leaves_a_checkpoint(tmp_path: Path, processes: int) -> None:
    views, out, script = write_views(tmp_path / "views", train=1, test=0), tmp_path / "run", tmp_path / "training.py"
    script.write_text(TRAINING)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with started([sys.executable, str(script), str(views), str(out), str(processes)], env=environment) as process:
        until = time.monotonic() + PATIENCE
        while not (out / "log.csv").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in err) == (0, False), err
    assert (out / "checkpoint.pt").exists() and (out / "student.json").exists()
