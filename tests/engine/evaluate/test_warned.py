"""A render tells what is wrong with what it is made of, and not with frames that nodes do without."""

from pathlib import Path

import pytest

from rimlight.engine import Session
from rimlight.engine.manual.gallery import resources

TEA = str(resources() / "plates" / "tea.####.exr")


def warnings(tmp_path: Path, kind: str, **values: object) -> list[str]:
    """What a render of the first frame of six tells, of a node that looks at the frames around it."""
    session = Session()
    read = session.add("Read", file=TEA)
    node = session.add(kind, read, **values)
    session.add("Write", node, name="Out", file=str(tmp_path / f"{kind}.####.exr"))
    return session.render("Out", "1", scale=0.05).results[0].warnings


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Stabilize", {"motion": "still", "reach": 2}),
        ("TemporalMedian", {}),
        ("FlickerMeter", {}),
        ("MotionVectors", {}),
    ],
)
def test_frames_beyond_the_material_are_not_missed(tmp_path: Path, kind: str, values: dict[str, object]) -> None:
    assert warnings(tmp_path, kind, **values) == []


def test_frames_that_are_read_are_told(tmp_path: Path) -> None:
    assert warnings(tmp_path, "TimeOffset", offset=3) == ["Read1: frame -2 is outside 1-6, tea.0001.exr is held"]
