"""Camera: what it says of the shot, and its keys, from the picture, from EXR headers and from .chan files."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

import exrfiles
from panned import HEIGHT, WIDTH, off, seen, subject
from pictures import picture
from rimlight.engine import Curve, Key, NodeError, Pose, Region, Session, WriteOptions, Writer, import_nuke
from rimlight.engine.cli import app
from rimlight.engine.script.script import Loaded
from stage import Stage

POSES = [Pose(190 - 4 * i, -3 + 1.5 * i, 1.0 * i) for i in range(4)]
FRAME = Region(0, 0, WIDTH, HEIGHT)


def write(path: Path, pixels: Tensor) -> None:
    Writer().write(picture(pixels, FRAME), path, WriteOptions(depth="half", compression="zip"))


@pytest.fixture
def shot(tmp_path: Path) -> tuple[Session, str]:
    """Four frames of a pan, 11 to 14, and a Camera that knows its lens and where it stands in the first."""
    session = Session()
    session.set_project(frames=[11, 14], format=f"{WIDTH}x{HEIGHT}")
    for i, pose in enumerate(POSES):
        write(tmp_path / f"pan.{11 + i:04d}.exr", seen(pose))
    read = session.add("image.read", file=str(tmp_path / "pan.####.exr"))
    return session, session.add("light.camera", read, pan=190.0, tilt=-3.0, field_of_view=50.0)


def pose(session: Session, camera: str, frame: float) -> Pose:
    found = session.evaluate(camera, frame)
    assert isinstance(found, Pose) and found == session.info(camera, frame)
    return found


def test_it_says_where_the_camera_is_at_a_frame() -> None:
    stage = Stage().add("C", "light.camera", tilt=5.0, position=(1.0, 2.0, 3.0), cm_per_unit=100.0, field_of_view=50.0)
    stage.set("C", pan=Curve((Key(1, 0.0, "linear"), Key(11, -40.0, "linear"))))
    assert stage.evaluate("C", 6) == Pose(-20.0, 5.0, 0.0, (100.0, 200.0, 300.0), 50.0)
    assert stage.set("C", disable=True).evaluate("C") == Pose()


def test_a_camera_that_stands_still_is_the_same_at_every_frame() -> None:
    stage = Stage().add("C", "light.camera", pan=5.0)
    assert stage.vertex("C", 1).key == stage.vertex("C", 9).key


def test_the_turn_is_followed_as_keys_in_one_step(shot: tuple[Session, str]) -> None:
    session, camera = shot
    steps = session.history.position
    assert session.solve(camera, "turn") == [11, 12, 13, 14]
    assert session.history.position == steps + 1
    for i, true in enumerate(POSES):
        found = pose(session, camera, 11 + i)
        assert off(np.eye(3), found, true) < 0.03
        # The angles go on from those given at the first frame, also beyond half a turn.
        assert (found.pan, found.tilt, found.roll) == pytest.approx((true.pan, true.tilt, true.roll), abs=0.06)
    curve = session.graph.at(camera).value("pan")
    assert isinstance(curve, Curve) and [key.frame for key in curve.keys] == [11, 12, 13, 14]
    assert 0 < session.value(camera, "turn_error", 13) < 0.5
    session.undo()
    assert session.value(camera, "pan", 14) == 190.0


def test_a_matte_takes_out_what_moves_by_itself(shot: tuple[Session, str], tmp_path: Path) -> None:
    session, _ = shot
    for i, true in enumerate(POSES):
        x, matte = subject(0.6)(seen(true), i)
        assert matte is not None
        write(tmp_path / f"who.{11 + i:04d}.exr", torch.cat((x, matte)))
    read = session.add("image.read", file=str(tmp_path / "who.####.exr"))
    camera = session.add("light.camera", read, pan=190.0, tilt=-3.0, field_of_view=50.0)
    session.solve(camera, "turn", "11-13")
    assert off(np.eye(3), pose(session, camera, 13), POSES[2]) > 4  # the subject is most of the frame
    session.connect(camera, "matte", read)
    session.solve(camera, "turn", "11-13")
    assert off(np.eye(3), pose(session, camera, 13), POSES[2]) < 0.2


def test_a_cut_is_a_sentence_and_changes_nothing(shot: tuple[Session, str], tmp_path: Path) -> None:
    session, camera = shot
    write(tmp_path / "pan.0013.exr", seen(Pose(pan=0)))
    before = session.graph
    with pytest.raises(NodeError, match=rf"{camera} at frame 13: only \d+ % of the texture turns as one"):
        session.solve(camera, "turn")
    assert session.graph is before


def test_without_a_picture_it_says_what_to_wire() -> None:
    session = Session()
    camera = session.add("light.camera")
    with pytest.raises(NodeError, match="wire the shot to 'image': the camera is found by its turn"):
        session.solve(camera, "turn", "1")
    with pytest.raises(NodeError, match="wire the shot to 'image': the camera is found by its metadata"):
        session.solve(camera, "metadata", "1")
    with pytest.raises(NodeError, match=r"no \.chan file is chosen"):
        session.solve(camera, "chan_file", "1")


def test_the_lens_is_that_of_focal_length_and_film() -> None:
    session = Session()
    camera = session.add("light.camera", focal=35.0, haperture=36.0)
    session.solve(camera, "lens")
    assert session.value(camera, "field_of_view") == pytest.approx(54.4322, abs=1e-4)


def test_the_header_of_a_render_becomes_keys(tmp_path: Path) -> None:
    """As RenderMan, Arnold and Houdini write it: row vectors, left-handed."""
    for frame in (1, 2):
        true = Pose(170.0 + 15 * frame, -10.0, 0.0, (1.0, 2.0, 3.0 + frame))
        matrix = np.eye(4)
        matrix[:3, :3] = np.diag([1.0, 1.0, -1.0]) @ true.rotation.T
        matrix[:3, 3] = -matrix[:3, :3] @ np.array(true.position)
        header = {
            "worldToCamera": matrix.T.astype(np.float32), "CameraFocalLength": 35.0,
            "CameraFilmApertureHorizontal": 36.0, "displayWindow": exrfiles.box(0, 0, 6, 4),
            "dataWindow": exrfiles.box(0, 0, 6, 4),
        }  # fmt: skip
        exrfiles.write(tmp_path / f"cg.{frame:04d}.exr", [(header, {c: exrfiles.ramp(0.1) for c in "RGB"})])
    session = Session()
    session.set_project(frames=[1, 2])
    read = session.add("image.read", file=str(tmp_path / "cg.####.exr"))
    camera = session.add("light.camera", read, cm_per_unit=100.0)
    session.solve(camera, "metadata")
    found = pose(session, camera, 2)
    # 200 degrees, not -160: it goes on from the frame before.
    assert session.value(camera, "pan", 2) - session.value(camera, "pan", 1) == pytest.approx(15, abs=1e-3)
    assert math.remainder(found.pan - 200, 360) == pytest.approx(0, abs=1e-3)
    assert found.position == pytest.approx((100, 200, 500), abs=1e-2) and found.tilt == pytest.approx(-10, abs=1e-3)
    assert found.field_of_view == pytest.approx(54.4322, abs=1e-3)


def test_a_chan_file_becomes_keys_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "shot.chan").write_text("1 1 2 3 -10 20 5 30\n2 1 2 4 -11 25 5 30\n")
    session = Session()
    session.set_project(frames=[1, 2], format="200x100")
    camera = session.add("light.camera", file="shot.chan")
    session.save(tmp_path / "a.rim")
    done = CliRunner().invoke(app, ["solve", str(tmp_path / "a.rim"), camera, "chan_file", "--json"])
    assert done.exit_code == 0, done.output
    again = Session.open(tmp_path / "a.rim")
    found = pose(again, camera, 2)
    assert (found.pan, found.tilt, found.roll) == pytest.approx((25, -11, 5))
    assert found.position == (1, 2, 4)
    wide = 2 * math.degrees(math.atan(2 * math.tan(math.radians(15))))  # the frame is twice as wide as high
    assert found.field_of_view == pytest.approx(wide, abs=1e-4)
    with pytest.raises(NodeError, match="has frames 1 to 2, none for 3"):
        again.solve(camera, "chan_file", "1-3")


def test_a_camera_of_nuke_keeps_its_numbers() -> None:
    text = (
        "Camera3 {\n inputs 0\n translate {{curve x1 1 x2 3} 5 -2}\n rotate {-10 {curve x1 20 x2 40} 3}\n"
        " focal 35\n haperture 36\n near 0.5\n name Cam\n}\n"
    )
    session = Session()
    imported = import_nuke('Root {\n inputs 0\n format "64 48 0 0 64 48 1 small"\n}\n' + text)
    session.adopt(Loaded(imported.document))
    found = pose(session, "Cam", 2)
    assert (found.pan, found.tilt, found.roll) == (40, -10, 3) and found.position == (3, 5, -2)
    assert found.field_of_view == pytest.approx(54.4322, abs=1e-4)


def test_a_flat_picture_says_nothing_of_the_camera(shot: tuple[Session, str]) -> None:
    session, _ = shot
    flat = session.add("image.constant")
    camera = session.add("light.camera", flat)
    with pytest.raises(NodeError, match="there is too little texture"):
        session.solve(camera, "turn", "11-12")
