"""The graphics card's picture is the processor's. Needs an X server of its own; is skipped where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import viewport

PROGRAM = Path(__file__).with_name("gl_program.py")
TESTS = PROGRAM.parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program under Xvfb; skips the test where that cannot be."""
    if shutil.which("xvfb-run") is None:
        pytest.skip("there is no xvfb-run")
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(TESTS)}
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", sys.executable, str(PROGRAM), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)
    if done.returncode == 77 or "could not connect to display" in done.stderr or "xcb" in done.stderr:
        pytest.skip(f"no OpenGL 4 here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_both_ways_to_draw_agree() -> None:
    found = json.loads(run("compare").stdout.splitlines()[-1])
    assert len(found) == len(viewport.CASES) * 3 * 3
    worst = {case: largest for case, largest in found.items() if largest > 2}
    assert worst == {}


def test_a_viewer_in_a_window_shows_the_picture_and_goes_without_a_trace() -> None:
    done = run("window")
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["on_gpu"]
    assert found["difference"] <= 2
    assert "QOpenGL" not in done.stderr
