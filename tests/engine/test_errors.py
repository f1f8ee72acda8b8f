"""How errors are told."""

import pytest

from rimlight.engine import NodeError


@pytest.mark.parametrize(
    ("frame", "shown"), [(7.0, "7"), (1001.5, "1001.5"), (1234567.0, "1234567"), (-86400000.0, "-86400000")]
)
def test_frames_are_told_whole_as_timecode_makes_them(frame: float, shown: str) -> None:
    assert str(NodeError("Blur1", frame, "no")) == f"Blur1 at frame {shown}: no"
