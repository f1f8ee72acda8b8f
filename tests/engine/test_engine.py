"""What importing the engine does by itself."""

import os
import subprocess
import sys

import pytest

LATE = "import sys, types; sys.modules['torch'] = types.ModuleType('torch')"
ENGINE = "import os, rimlight.engine; print(os.environ['OMP_WAIT_POLICY'])"


@pytest.mark.parametrize(
    ("lines", "set_before", "told", "policy"),
    [
        ((ENGINE,), {}, False, "PASSIVE"),
        ((LATE, ENGINE), {}, True, "PASSIVE"),
        ((LATE, ENGINE), {"OMP_WAIT_POLICY": "PASSIVE"}, False, "PASSIVE"),
        ((LATE, ENGINE), {"OMP_WAIT_POLICY": "ACTIVE"}, False, "ACTIVE"),
        ((LATE, ENGINE, "import importlib; importlib.reload(rimlight.engine)"), {}, True, "PASSIVE"),
    ],
    ids=["first", "after torch", "asked to sleep", "asked to spin", "twice"],
)
def test_torch_that_came_first_is_told_once(
    lines: tuple[str, ...], set_before: dict[str, str], told: bool, policy: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | set_before
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [policy]
    assert done.stderr.count("torch was imported before rimlight.engine") == told
