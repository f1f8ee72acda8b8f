"""Which files a render must not overwrite, or read before they are written."""

from pathlib import Path

import pytest

from rimlight.engine import Session, Tier
from rimlight.engine.render.targets import feeds_back


@pytest.mark.parametrize(
    ("read", "written", "fed"),
    [
        ("a.####.exr", "a.0007.exr", True),
        ("a.%04d.exr", "a.0007.exr", True),
        ("a.0001.exr", "a.0007.exr", True),
        ("b.####.exr", "a.0007.exr", False),
        ("in/a.####.exr", "out/a.0007.exr", False),
        ("$RIMLIGHT_NO_SUCH_VARIABLE/a.####.exr", "a.0007.exr", False),
    ],
)
def test_a_frame_may_be_made_of_files_of_the_same_name_but_for_the_number(
    read: str, written: str, fed: bool, tmp_path: Path
) -> None:
    session = Session()
    read = read if read.startswith("$") else str(tmp_path / read)
    session.add("Read", name="Plate", file=read, missing="black", range="1-9")
    session.add("Write", "Plate", name="Out", file=str(tmp_path / written))
    vertices = session.evaluator.survey(session.graph, session.project, ["Out"], 2.0, 1.0, Tier.FINAL)
    assert feeds_back(str(tmp_path / written), vertices) is fed
