"""How errors are told."""

import pickle

import pytest

from rimlight.engine import FileError, NodeError
from rimlight.engine.errors import told


def test_what_is_told_of_an_error_has_an_end() -> None:
    said = told(RuntimeError("no kernel for this\n" + "[kernel registered here] " * 200))
    assert said.startswith("RuntimeError: no kernel for this [kernel") and len(said) < 430 and said.endswith(" ...")
    said = told(KeyError("shot/" + "x" * 1000))
    assert said.startswith("KeyError: 'shot/xxx") and len(said) < 430 and said.endswith("x ...")


@pytest.mark.parametrize(
    ("frame", "shown"), [(7.0, "7"), (1001.5, "1001.5"), (1234567.0, "1234567"), (-86400000.0, "-86400000")]
)
def test_frames_are_told_whole_as_timecode_makes_them(frame: float, shown: str) -> None:
    assert str(NodeError("Blur1", frame, "no")) == f"Blur1 at frame {shown}: no"


def test_errors_of_nodes_go_from_process_to_process() -> None:
    """A pool whose worker raises what cannot be sent loses the worker and says nothing of the frame."""
    for error in (NodeError("Read1", 7.5, "no file"), NodeError("Write1", None, "no input")):
        back = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert type(back) is NodeError and str(back) == str(error)
        assert (back.path, back.frame, back.reason) == (error.path, error.frame, error.reason)


def test_a_sentence_stays_on_its_line_whatever_it_names() -> None:
    """A file may be called so, and a log or terminal would take it for lines and commands of its own."""
    name = "a\nb\x1b[31m\t\u202ec é 日本.exr"
    shown = r"a\nb\x1b[31m\t\u202ec é 日本.exr"
    assert str(FileError(name)) == shown
    assert str(NodeError("Read1", 1.0, f"{name}: no file")) == f"Read1 at frame 1: {shown}: no file"
    assert str(pickle.loads(pickle.dumps(FileError(name)))) == shown  # noqa: S301
