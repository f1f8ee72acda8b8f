"""Sequences whose pictures are not all alike."""

from pathlib import Path

import shots
from pictures import noise, picture
from rimlight.engine import Region, Session
from rimlight.engine.io.write import write_image


def test_a_plate_that_changes_within_its_sequence_is_told(tmp_path: Path) -> None:
    script = shots.shot(tmp_path, range(1, 7))
    assert Session.open(script).check().warnings == ()
    small = Region(0, 0, 24, 16)
    for frame in (3, 4):
        write_image(picture(noise(4, small), small, small), tmp_path / f"plate.{frame:04d}.exr")
    frame = Session.open(script).info("Plate").display
    write_image(picture(noise(3, frame), frame, frame), tmp_path / "plate.0006.exr")
    found = Session.open(script).check()
    whole = f"{frame.width}x{frame.height}"
    assert found.problems == ()
    assert found.warnings == (
        f"Plate at frame 3 reads a picture of 24x16, at frame 1 one of {whole} (and at 4)",
        "Plate at frame 6 reads a picture without rgba.A, at frame 1 one with it",
    )
    # Compared is with the first frame that the render is about.
    assert Session.open(script).check(frames="3-4").warnings == ()
    assert "with rgba.A, at frame 6 one without it" in Session.open(script).check(frames="6,1").warnings[0]
