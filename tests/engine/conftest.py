"""What the tests of the command line share."""

from pathlib import Path

import pytest

import shots
from commandline import Done, Run
from rimlight.engine.cli import run


@pytest.fixture
def rimlight(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""

    def call(*arguments: object) -> Done:
        code = run([str(a) for a in arguments])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """The script of `shots.shot`."""
    return shots.shot(tmp_path)
