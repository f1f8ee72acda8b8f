"""What tests of the engine share: the command line in this process, a script, and small nodes beside the library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import script_toys
import shots
import toy_nodes
import value_toys
from commandline import Done, Run
from rimlight import nodes
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


@pytest.fixture
def toys() -> Iterator[None]:
    """The nodes of `toy_nodes`."""
    nodes.load()
    with toy_nodes.use():
        yield


@pytest.fixture
def toys_of_values() -> Iterator[None]:
    """The nodes of `value_toys`, and those of `toy_nodes`."""
    nodes.load()
    with value_toys.use():
        yield


@pytest.fixture(scope="module")
def toys_of_scripts() -> Iterator[None]:
    """The nodes of `script_toys`."""
    nodes.load()
    with toy_nodes.registered(script_toys.TOYS):
        yield
