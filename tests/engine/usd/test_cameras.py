"""Cameras of USD files, by transforms of their own and of prims above them."""

import os
from pathlib import Path

import numpy as np
import pytest

from rimlight.engine import FileError, Session, head_angles, read_usd_camera
from rimlight.engine.light.pose import turn

pytest.importorskip("pxr", reason="USD files are read by usd-core")

from usdfiles import Floats, moved, prim, stage, transform, turn_x

LENS = "float focalLength = 35\nfloat horizontalAperture = 36"


def standing(pan: float, tilt: float, roll: float, x: float, y: float, z: float) -> Floats:
    """For row vectors, from a camera to its world."""
    made = np.eye(4)
    made[:3, :3], made[3, :3] = turn((tilt, pan, roll), "ZXY").T, (x, y, z)
    return made


def test_a_camera_is_where_its_transforms_put_it(tmp_path: Path) -> None:
    own, above = standing(30, -10, 5, 1, 2, 3), standing(-70, 0, 0, 100, 0, 0)
    body = f'def Xform "set" {{\n{transform(above)}\n{prim("Camera", "cam", LENS, matrix=own)}\n}}'
    found, cm = read_usd_camera(stage(tmp_path / "a.usda", body, metres=0.1))
    assert cm == pytest.approx(10) and found.tan_x == pytest.approx(18 / 35)
    assert head_angles(found.rotation) == pytest.approx((-40, -10, 5), abs=1e-5)
    whole = own @ above
    assert found.position == pytest.approx(tuple(whole[3, :3]), abs=1e-9)


def test_z_up_is_set_upright_and_size_is_nothing(tmp_path: Path) -> None:
    # Level in a world with z up, looking along y: a camera of USD looks along its -z.
    level = 3 * turn_x(90)
    level[3] = (1, -5, 2, 1)
    found, _ = read_usd_camera(stage(tmp_path / "a.usda", prim("Camera", "cam", matrix=level), up="Z"))
    assert head_angles(found.rotation) == pytest.approx((0, 0, 0), abs=1e-6) and found.position == pytest.approx(
        (1, 2, 5)
    )


def test_moves_become_keys_in_the_units_of_the_node(tmp_path: Path) -> None:
    samples = ", ".join(f"{frame}: ({frame * 2.0}, 1, 0)" for frame in (1, 2, 3))
    attributes = f"{LENS}\ndouble3 xformOp:translate.timeSamples = {{ {samples} }}\nfloat xformOp:rotateY = 200"
    attributes += '\nuniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateY"]'
    stage(tmp_path / "shot.usda", f"{prim('Camera', 'main', attributes)}\n{prim('Camera', 'witness')}", metres=1.0)
    session = Session()
    session.set_project(frames=[1, 3])
    camera = session.add("Camera", file=str(tmp_path / "shot.usda"), camera="main", cm_per_unit=10.0, pan=190.0)
    session.solve(camera, "usd_file")
    for frame in (1, 2, 3):
        pose = session.evaluate(camera, frame)
        assert pose.position == pytest.approx((200 * frame, 100, 0)) and pose.pan == pytest.approx(200, abs=1e-4)
        assert pose.field_of_view == pytest.approx(54.4322, abs=1e-3)


def test_what_is_no_camera_is_a_sentence(tmp_path: Path) -> None:
    path = stage(tmp_path / "a.usda", prim("SphereLight", "a"))
    with pytest.raises(FileError, match="has no camera"):
        read_usd_camera(path)
    both = stage(tmp_path / "b.usda", f"{prim('Camera', 'a')}\n{prim('Camera', 'b')}")
    with pytest.raises(FileError, match="has 2 cameras: say which by its name"):
        read_usd_camera(both)
    flat, _ = read_usd_camera(
        stage(tmp_path / "c.usda", prim("Camera", "a", 'token projection = "orthographic"', matrix=moved(0, 0, 9)))
    )
    assert flat.tan_x is None and flat.position == (0, 0, 9)
    session = Session()
    with pytest.raises(Exception, match="no USD file is chosen"):
        session.solve(session.add("Camera"), "usd_file", "1")


@pytest.mark.parametrize(
    ("name", "found"), [("a.abc", "Alembic is not read, write it as USD"), ("a.fbx", "no USD file")]
)
def test_a_camera_of_another_kind_of_file_is_refused(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / name).write_bytes(b"Ogawa\0")
    with pytest.raises(FileError, match=found) as error:
        read_usd_camera(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ")


def test_a_file_that_may_not_be_read_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stage(tmp_path / "a.usda", prim("Camera", "cam"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FileError, match=r"a\.usda: it cannot be read as USD: permission denied"):
        read_usd_camera(path)
