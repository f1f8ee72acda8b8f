"""Cameras of Nuke: their turns in any order, and lenses that zoom, as a Camera's angles at every frame."""

import math
from itertools import pairwise

import numpy as np
import pytest

from rimlight.engine import Pose, Session, import_nuke, turn


def camera(*knobs: str) -> tuple[Session, tuple[str, ...]]:
    text = "\n".join(("Camera3 {", " inputs 0", " name Cam", *knobs, "}"))
    session = Session()
    session.paste(text)
    return session, next(line.notes for line in import_nuke(text).report.lines)


def pose(session: Session, frame: float) -> Pose:
    found = session.evaluate("Cam", frame=frame)
    assert isinstance(found, Pose)
    return found


@pytest.mark.parametrize("order", ["ZXY", "XYZ", "YXZ", "ZYX"])
def test_turns_in_any_order_point_where_they_pointed(order: str) -> None:
    session, notes = camera(f" rot_order {order}", " rotate {10 {curve L x1 170 x11 200} 20}")
    assert notes == ()
    for frame, pan in ((1, 170), (6, 185), (11, 200)):
        assert np.abs(pose(session, frame).rotation - turn((10, pan, 20), order)).max() < 1e-6
    pans = [pose(session, frame).pan for frame in range(1, 12)]
    assert max(abs(b - a) for a, b in pairwise(pans)) < 10  # it goes on beyond 180


def test_a_zoom_is_as_wide_at_every_frame() -> None:
    session, notes = camera(" focal {{curve L x1 20 x11 40}}", " haperture 36")
    assert notes == ()
    for frame, focal in ((1, 20), (6, 30), (11, 40), (50, 40)):
        expected = 2 * math.degrees(math.atan(36 / (2 * focal)))
        assert pose(session, frame).field_of_view == pytest.approx(expected, abs=1e-4)


def test_what_is_computed_is_left_out_and_told() -> None:
    session, notes = camera(" rot_order XYZ", ' rotate {{"frame"} 0 0}', ' focal {{"frame + 20"}}')
    assert pose(session, 5).field_of_view == 40 and len(notes) == 2


def test_what_moves_the_film_behind_the_lens_is_told() -> None:
    _, notes = camera(" win_translate {0 0}", " win_scale {1 1}", " winroll 0", " projection_mode perspective")
    assert notes == ()
    _, notes = camera(" win_translate {0.1 0}", " win_scale {1 {curve x1 2}}", " projection_mode orthographic")
    assert [note.split()[2] for note in notes] == ["win_translate", "win_scale", "projection_mode"]
