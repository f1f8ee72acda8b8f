"""A disk that is soon full, where the system lets a test make one."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest


def on_small_disk(folder: Path, size: str, program: str, arguments: Sequence[str]) -> str:
    """What a Python program prints that sees `folder` as an empty disk of `size`, such as `48k`, and after it the names
    that are left there. Skips the test where no disk can be made.
    """
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare to make a small disk")
    script = folder.with_name("program.py")
    script.write_text(program)
    mount = 'mount -t tmpfs -o size="$1" none "$2" || exit 77; folder="$2"; shift 2; "$@"; ls -A "$folder"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", size, folder, sys.executable, script, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if not done.stdout:
        pytest.skip(f"a small disk cannot be made here: {done.stderr.strip()}")
    return done.stdout
