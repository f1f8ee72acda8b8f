"""Loops compiled for the processor: kept on the disk where that is possible, and found anew where it is not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

LOOP = """
import numpy as np
from rimlight.engine.compiling import compiled, compiled_part

@compiled_part
def twice(x):
    return x + x

@compiled
def doubled(values):
    for n in range(len(values)):
        values[n] = twice(values[n])
"""
USE = """
import json, logging
logging.basicConfig(level="DEBUG")
import numpy as np
{before}
from looped import doubled
values = np.arange(3.0)
doubled(values)
print(json.dumps(values.tolist()))
"""


def run(folder: Path, before: str = "", result: Sequence[float] = (0, 2, 4)) -> str:
    """What is said beside the right result."""
    command = [sys.executable, "-c", USE.format(before=before)]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == list(result)
    return done.stderr


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used")
    (folder / "looped.py").write_text(LOOP)
    run(folder)
    assert {path.suffix for path in folder.rglob("*.nb?")} == {".nbi", ".nbc"}
    return folder


@pytest.fixture
def folder(used: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(used, tmp_path / "here"))


def test_what_is_compiled_is_kept(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}
    assert "for this process only" not in run(folder)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}


def test_what_is_kept_goes_by_the_numbers_of_other_modules(folder: Path) -> None:
    """As of another version of the product in the same place, of which only that module is new."""
    (folder / "looped.py").write_text("from rates import RATE\n" + LOOP.replace("x + x", "RATE * x"))
    (folder / "rates.py").write_text("RATE = 3.0")
    run(folder, result=(0, 3, 6))
    (folder / "rates.py").write_text("RATE = 2")
    run(folder)


@pytest.mark.parametrize(("suffix", "damage"), [(".nbi", b""), (".nbc", b"no pickle")])
def test_what_was_kept_is_damaged(folder: Path, suffix: str, damage: bytes) -> None:
    (path,) = folder.rglob(f"*{suffix}")
    path.write_bytes(damage)
    assert "for this process only" in run(folder)


def test_a_full_disk(folder: Path) -> None:
    """Files may have no more than a hundred bytes."""
    for path in folder.rglob("*.nb?"):
        path.unlink()
    limit = "import resource, signal, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    assert "for this process only" in run(folder, f"{limit}; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)")


def test_no_folder_may_be_written(folder: Path) -> None:
    before = """
import numba.core.caching as caching
for locator in caching.CacheImpl._locator_classes:
    locator.from_function = classmethod(lambda cls, function, file: None)
"""
    assert "for this process only" in run(folder, before)
