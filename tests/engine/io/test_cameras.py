"""Cameras of other programs: matrices of EXR headers by their conventions, and .chan files."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from rimlight.engine import FileError, Pose, RimlightError, camera_of_metadata, head_angles, load_chan
from rimlight.engine.io.cameras import FoundCamera, read_chan
from rimlight.engine.io.metadata import Opaque
from rimlight.engine.light.pose import Floats, turn

POSE = Pose(35.0, -12.0, 4.0, (120.0, 160.0, -310.0), 45.0)
FLIP = np.diag([1.0, 1.0, -1.0, 1.0])


def to_camera(pose: Pose, scale: float = 1.0) -> Floats:
    """World to camera for columns, right-handed, z to the camera."""
    made = np.eye(4)
    made[:3, :3] = pose.rotation.T * scale
    made[:3, 3] = -scale * pose.rotation.T @ np.array(pose.position)
    return made


def numbers(matrix: Floats) -> tuple[float, ...]:
    return tuple(float(x) for x in matrix.ravel())


def assert_is(found: FoundCamera, pose: Pose, position: float = 1e-9) -> None:
    assert np.allclose(head_angles(found.rotation), (pose.pan, pose.tilt, pose.roll), atol=1e-4)
    assert np.allclose(found.position, pose.position, atol=position)


@pytest.mark.parametrize("stored", [
    (FLIP @ to_camera(POSE)).T,  # RenderMan, Arnold, Houdini: row vectors, left-handed
    to_camera(POSE).T,  # row vectors, right-handed
    FLIP @ to_camera(POSE),  # column vectors
    (FLIP @ to_camera(POSE, 0.01)).T,  # a renderer that works in metres
], ids=["left-handed", "right-handed", "columns", "scaled"])  # fmt: skip
def test_every_convention_of_the_matrix_is_told_from_the_others(stored: Floats) -> None:
    assert_is(camera_of_metadata({"worldToCamera": numbers(stored)}), POSE, 1e-6)
    double = Opaque("m44d", struct.pack("<16d", *numbers(stored)))
    assert_is(camera_of_metadata({"worldToCamera": double}), POSE, 1e-6)


def test_a_header_of_houdini_looks_at_what_was_rendered() -> None:
    """Numbers that Mantra wrote for a figure at the origin, with a lens of 45 degrees, as published by others."""
    found = camera_of_metadata({
        "worldToCamera": (0.586085, -0.285516, -0.758277, 0.0, 1.34784e-07, 0.935857, -0.35238, 0.0,
                          -0.810249, -0.206525, -0.548492, 0.0, -0.978823, -0.316005, 4.80077, 1.0),
        "worldToNDC": (1.41494, -1.22542, -7.58277e-05, 0.758277, 3.25398e-07, 4.01665, -3.5238e-05, 0.35238,
                       -1.95612, -0.886394, -5.48492e-05, 0.548492, -2.36309, -1.35628, 0.000479977, -4.80077),
    })  # fmt: skip
    x, y, z = found.position
    assert y > 1 and math.hypot(x, y, z) == pytest.approx(math.dist((0.978823, 0.316005, 4.80077), (0, 0, 0)), rel=1e-4)
    seen = found.rotation.T @ (np.zeros(3) - np.array(found.position))
    assert seen[2] < -4.5 and abs(seen[0] / seen[2]) < 0.25 and abs(seen[1] / seen[2]) < 0.25
    pan, tilt, roll = head_angles(found.rotation)
    assert tilt < -15 and abs(roll) < 0.01 and 0 < pan < 90
    assert found.tan_x is not None
    assert 2 * math.degrees(math.atan(found.tan_x)) == pytest.approx(45, abs=0.01)


def test_a_header_of_renderman_is_left_handed_too() -> None:
    found = camera_of_metadata({"worldToCamera": (
        -0.998027, 0.00469477, -0.0626148, 0.0, 7.91665e-09, 0.997201, 0.0747686, 0.0,
        -0.0627905, -0.0746212, 0.995233, 0.0, 63.5848, -720.715, -1061.66, 1.0,
    )})  # fmt: skip
    assert np.linalg.det(found.rotation) == pytest.approx(1, abs=1e-4)
    assert abs(head_angles(found.rotation)[2]) < 0.01 and (found.rotation @ [0, 1, 0])[1] > 0.99


@pytest.mark.parametrize("low", [0.0, -1.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_lens_comes_from_either_frame_of_the_projection(low: float, sign: float) -> None:
    tan = math.tan(math.radians(45) / 2)
    focal = (0.5 if low == 0 else 1.0) / tan
    middle = 0.5 if low == 0 else 0.0
    project = np.array([[focal, 0, -middle, 0], [0, focal, -middle, 0], [0, 0, -1, -0.1], [0, 0, -sign, 0]])
    project[:2, 2] *= sign
    ndc = (project @ to_camera(POSE)).T
    found = camera_of_metadata({"worldToCamera": numbers(to_camera(POSE).T), "worldToNDC": numbers(ndc)})
    assert found.tan_x == pytest.approx(tan)


def test_the_lens_comes_from_focal_length_and_film_where_they_are_known() -> None:
    metadata = {"worldToCamera": numbers(to_camera(POSE).T), "CameraFocalLength": "35.0"}
    assert camera_of_metadata(metadata).tan_x is None
    found = camera_of_metadata({**metadata, "CameraFilmApertureHorizontal": 36.0})
    assert found.tan_x == pytest.approx(36 / 70)


def test_a_world_with_z_up_is_set_upright() -> None:
    """A camera of Blender: level, 2 up, seen from -y it looks along +y."""
    forward, up, right = np.array([0.0, 1, 0]), np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    linear = np.stack((right, up, -forward))
    made = np.eye(4)
    made[:3, :3], made[:3, 3] = linear, -linear @ np.array([1.0, -5.0, 2.0])
    found = camera_of_metadata({"worldToCamera": numbers(made.T)}, "z")
    assert np.allclose(found.rotation, np.eye(3)) and np.allclose(found.position, (1, 2, 5))


@pytest.mark.parametrize(("metadata", "sentence"), [
    ({}, "has no 'worldToCamera', as renderers write into EXR files$"),
    ({"RSCameraTransform": (1.0,) * 16}, "there are RSCameraTransform"),
    ({"cameraTransform": (1.0,) * 16}, "'cameraTransform' of the picture's metadata skews or squeezes"),
    ({"worldToCamera": (1.0, 2.0, 3.0)}, "'worldToCamera' of the picture's metadata is no 4x4 matrix"),
    ({"worldToCamera": (math.nan,) * 16}, "is not finite"),
    ({"worldToCamera": numbers(np.diag([1.0, 2.0, 1.0, 1.0]))}, "skews or squeezes"),
    ({"worldToCamera": (0.0,) * 15 + (1.0,)}, "skews or squeezes"),
])  # fmt: skip
def test_what_is_no_camera_is_a_sentence(metadata: dict[str, object], sentence: str) -> None:
    with pytest.raises(RimlightError, match=sentence):
        camera_of_metadata(metadata)


VRAY = [
    # Of V-Ray for Maya and for 3ds Max, as published by others: rows of what is in the file, the frame's angle in
    # degrees, what is up, and roughly where the camera looks.
    (
        (0.25888, 0.930864, 0.257822, 159.801, 0.0427806, 0.25561, -0.965833, 99.0924,
         -0.964962, 0.261065, 0.0263494, 34.1606, 0, 0, 0, 1),
        91.3308, "y", "Version of V-Ray for Maya 3.60.02", (-0.93, -0.26, -0.26),
    ),
    (
        (0.579595, -0.811918, -0.06971, -788.392, -0.012255, 0.0768498, -0.996967, 34.8757,
         0.814813, 0.578691, 0.0345917, 665.488, 0, 0, 0, 1),
        26.9862, "y", "Version of V-Ray for Maya Next", (0.81, -0.08, -0.58),
    ),
    (
        (0.270859, -0.101914, -0.957209, -25624.7, -0.962619, -0.0286762, -0.269337, -1024.29,
         3.72529e-9, 0.99438, -0.105871, -40.5342, 0, 0, 0, 1),
        65.4607, "z", "", (0.957, 0.106, -0.269),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("matrix", "view", "up", "version", "forward"), VRAY)
def test_headers_of_vray_stand_upright(
    matrix: tuple[float, ...], view: float, up: str, version: str, forward: tuple[float, ...]
) -> None:
    metadata: dict[str, object] = {"cameraTransform": matrix, "cameraFov": view, "vrayInfo/vrayversion": version}
    found = camera_of_metadata(metadata if version else metadata | {"vrayInfo/vrayversion": ""}, up)
    assert np.allclose(-found.rotation[:, 2], forward, atol=0.01)
    _, tilt, roll = head_angles(found.rotation)
    assert abs(roll) < 4 and abs(tilt) < 20 and np.linalg.det(found.rotation) == pytest.approx(1, abs=1e-4)
    assert found.tan_x == pytest.approx(math.tan(math.radians(view) / 2))
    x, y, z = matrix[3], matrix[7], matrix[11]
    assert found.position == pytest.approx((x, y, z) if up == "y" else (x, z, -y))
    # The same as row vectors.
    rows = tuple(np.array(matrix).reshape(4, 4).T.ravel())
    assert np.allclose(camera_of_metadata(metadata | {"cameraTransform": rows}, up).rotation, found.rotation)
    # Without its version a camera that stands upright in one way only is read all the same.
    plain = camera_of_metadata({"cameraTransform": matrix}, up)
    assert np.allclose(plain.rotation, found.rotation) and plain.tan_x is None


def test_a_header_of_vray_that_may_be_either_is_refused() -> None:
    made = np.eye(4)
    made[:3, :3], made[:3, 3] = turn((45.0, 20.0, 0.0), "ZXY"), (1.0, 2.0, 3.0)
    with pytest.raises(RimlightError, match="may be of V-Ray for Maya or another: the file does not say"):
        camera_of_metadata({"cameraTransform": numbers(made)})
    told = camera_of_metadata({"cameraTransform": numbers(made), "vrayInfo/vrayversion": "V-Ray for 3ds Max"})
    assert np.allclose(told.rotation, made[:3, :3])
    with pytest.raises(RimlightError, match="is mirrored, as no camera of V-Ray is"):
        camera_of_metadata({"cameraTransform": numbers(FLIP @ made)})


def test_a_header_of_nuke_is_a_camera_of_nuke() -> None:
    """Numbers that Nuke wrote, as text, as its guide for developers shows them."""
    found = camera_of_metadata(
        {
            "nuke/camera/matrix": "[-0.30901703238487, -0.16514922678470612, 0.93660777807235718, 9.5105648040771484,"
            " 0.0, 0.98480772972106934, 0.1736481785774231, 2.0, -0.95105648040771484, 0.05366024374961853,"
            " -0.30432236194610596, -3.0901703834533691, 0.0, 0.0, 0.0, 1.0]",
            "nuke/camera/focal": "50.0",
            "nuke/camera/haperture": "24.576",
        }
    )
    # It stands ten away from the axis and looks back at it, ten degrees down.
    pan, tilt, roll = head_angles(found.rotation)
    assert (pan, tilt, roll) == pytest.approx((108.0, -10.0, 0.0), abs=1e-3)
    assert found.position == pytest.approx((9.5105648, 2.0, -3.0901704)) and found.tan_x == pytest.approx(0.24576)


def test_a_header_of_mantra_knows_its_lens() -> None:
    """Numbers of another file of Mantra's, as published by others: 45 degrees wide."""
    found = camera_of_metadata({
        "worldToCamera": (-0.243232, -0.429738, -0.869577, 0, -4.55991e-08, 0.8965, -0.443043, 0,
                          -0.969968, 0.107762, 0.218058, 0, -0.49336, -0.356619, 6.48486, 1),
        "worldToNDC": (-0.587216, -1.84441, -8.69577e-05, 0.869577, -1.10086e-07, 3.84773, -4.43043e-05, 0.443043,
                       -2.34172, 0.462509, 2.18058e-05, -0.218058, -1.19108, -1.53059, 0.000648386, -6.48486),
    })  # fmt: skip
    assert found.tan_x == pytest.approx(math.tan(math.radians(22.5)), rel=1e-3)
    _, tilt, roll = head_angles(found.rotation)
    assert abs(roll) < 0.01 and tilt == pytest.approx(-26.3, abs=0.1)


def test_a_chan_file_is_read_with_its_lens_and_order(tmp_path: Path) -> None:
    path = tmp_path / "shot.chan"
    path.write_text("# a camera\n1001 1 2 3 -10 20 5 30.5\n\n1002\t1.5 2 3 -11 25 5 30.5\n")
    found = load_chan(path)
    assert sorted(found) == [1001, 1002]
    assert_is(found[1001], Pose(20, -10, 5, (1, 2, 3)))
    assert found[1002].tan_y == pytest.approx(math.tan(math.radians(30.5) / 2)) and found[1002].tan_x is None
    other = read_chan("1 0 0 0 -10 20 5", "a.chan", "XYZ")[1]
    assert np.allclose(other.rotation, turn((-10, 20, 5), "XYZ")) and other.tan_y is None


@pytest.mark.parametrize(("text", "sentence"), [
    ("1 2 3", "a.chan, line 1: '1 2 3': expected 7 or 8 numbers"),
    ("1 0 0 0 0 0 0\n2 0 0 0 x 0 0", "a.chan, line 2"),
    ("1 0 0 0 0 0 nan", "a.chan, line 1"),
    ("1 0 0 0 0 0 0 190", "a field of view of 190 degrees"),
    ("# nothing\n", "there is no camera in it"),
])  # fmt: skip
def test_a_damaged_chan_file_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FileError, match=sentence):
        read_chan(text, "a.chan")


def test_a_chan_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        load_chan(tmp_path / "none.chan")
    (tmp_path / "b.chan").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not UTF-8"):
        load_chan(tmp_path / "b.chan")
    (tmp_path / "c.chan").write_bytes(b"Ogawa\0\0")
    with pytest.raises(FileError, match=r"this is no \.chan file: it is not text"):
        load_chan(tmp_path / "c.chan")
