"""Cameras as other programs write them: `.chan` files, and the matrices in the headers of rendered EXR files.

A `.chan` file is text, a line for each frame: frame, translate x y z, rotate x y z in degrees, and, for a camera, the
vertical field of view in degrees. It says neither the order of the turns nor which axis is up; Nuke's default order is
ZXY, its cameras are y up and look along -z.

`worldToCamera` is a 4x4 matrix stored row by row for row vectors, as OpenEXR's are: `camera = world @ M`, with the
translation in the last row. What camera space is, renderers say differently. RenderMan, Arnold and Houdini's Mantra
have it left-handed: x right, y up, z away from the camera. OpenGL's is right-handed, with z to the camera. Both have x
to the right and y up, so the sign of the determinant tells which it is: below zero z is turned round. Blender's own
renderers write no matrix. A matrix with its translation in the last column is for column vectors and is transposed.

V-Ray writes `cameraTransform`, from the camera to the world. Its axes are x to the right, y up, z to the camera; but
those of V-Ray for Maya are x to the right, y to the camera, z down, as it turns the camera and not the world to its own
z up. Which it is `vrayInfo/vrayversion` tells, or else the camera, if it stands upright in one way only. `cameraFov` is
the angle that the frame is wide. Nuke writes `nuke/camera/matrix`, as its own cameras are, with `nuke/camera/focal` and
`haperture`.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, RimlightError, reason_of
from ..light.pose import Floats, turn
from ..params import Vec3
from ..safefile import read_regular
from .metadata import Opaque

TO_CAMERA, TO_NDC = "worldToCamera", "worldToNDC"
VRAY, NUKE = "cameraTransform", "nuke/camera/matrix"
_VRAY_VERSION, _VRAY_VIEW = "vrayInfo/vrayversion", "cameraFov"
_MAYA = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Columns: where x, y and z of a camera are in the axes that V-Ray for Maya writes."""
_UPRIGHT, _CLEAR = 0.5, 0.25
"""How upright a camera has to stand, as a cosine, and how much more than the other way, to tell how it was written."""
_FOCAL, _APERTURE = "CameraFocalLength", "CameraFilmApertureHorizontal"
_MAX_BYTES = 64 << 20
_RIGID = 2e-3
"""By how much the axes of a matrix may be off right angles and equal lengths."""
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""From a world with z up to one with y up."""


@dataclass(frozen=True)
class FoundCamera:
    """A camera of a file. rotation : 3x3, from camera space to a world with y up, see `pose`. position : in the file's
    units. tan_x, tan_y : half the frame's width and height at distance 1, None where the file does not say.
    """

    rotation: Floats
    position: Vec3
    tan_x: float | None = None
    tan_y: float | None = None


def load_chan(path: Path, order: str = "ZXY", up: str = "y") -> dict[float, FoundCamera]:
    """The cameras of a `.chan` file by frame.

    order : of its turns, first the first. up : `y` or `z`, the axis of its world that is up. Raises FileError where it
    cannot be read, or with the line that is wrong.
    """
    try:
        return read_chan(read_regular(path, _MAX_BYTES).decode("utf-8-sig"), str(path), order, up)
    except OSError as error:
        raise FileError(f"{path}: the camera cannot be read: {reason_of(error)}") from error
    except UnicodeDecodeError:
        raise FileError(f"{path}: this is no .chan file: it is not UTF-8 text") from None


def read_chan(text: str, name: str, order: str = "ZXY", up: str = "y") -> dict[float, FoundCamera]:
    """The cameras of a `.chan` file by frame. name : of the file, for errors. order : of its turns, first the first.

    up : `y` or `z`, the axis of its world that is up. Raises FileError with the line that is wrong.
    """
    if "\0" in text:
        raise FileError(f"{name}: this is no .chan file: it is not text")
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) not in (7, 8) or not all(math.isfinite(v) for v in values):
            raise FileError(
                f"{name}, line {number}: '{line.strip()[:60]}': expected 7 or 8 numbers: frame, translate x y z,"
                " rotate x y z, vertical field of view"
            )
        view = values[7] if len(values) == 8 else None
        if view is not None and not 0 < view < 180:
            raise FileError(f"{name}, line {number}: a field of view of {view:g} degrees, expected between 0 and 180")
        tan = None if view is None else math.tan(math.radians(view) / 2)
        rotation, position = _upright(turn(values[4:7], order), np.array(values[1:4]), up)
        found[values[0]] = FoundCamera(rotation, position, tan_y=tan)
    if not found:
        raise FileError(f"{name}: there is no camera in it, expected a line of 7 or 8 numbers for each frame")
    return found


def camera_of_metadata(metadata: Mapping[str, Any], up: str = "y") -> FoundCamera:
    """The camera that a renderer wrote into the header of an EXR file. up : the axis of its world that is up.

    The field of view comes from `CameraFocalLength` and `CameraFilmApertureHorizontal` (Arnold), else from
    `worldToNDC`, whose frame may run from 0 to 1 or from -1 to 1; from what V-Ray and Nuke write beside their matrices.
    Raises RimlightError where there is no camera.
    """
    for name, read in ((TO_CAMERA, _of_renderer), (VRAY, _of_vray), (NUKE, _of_nuke)):
        if name in metadata:
            return read(metadata, up)
    known = [name for name in metadata if "camera" in name.lower()]
    others = f"; there are {', '.join(known[:6])}" if known else ""
    raise RimlightError(f"the picture's metadata has no '{TO_CAMERA}', as renderers write into EXR files{others}")


def _of_renderer(metadata: Mapping[str, Any], up: str) -> FoundCamera:
    """A camera of RenderMan, Arnold, Mantra or Karma."""
    forward, offset, size = _rigid(_matrix(metadata, TO_CAMERA), TO_CAMERA)
    if np.linalg.det(forward) < 0:
        forward, offset = np.diag([1.0, 1.0, -1.0]) @ forward, offset * [1.0, 1.0, -1.0]
    rotation, position = _upright(forward.T, -forward.T @ offset / size, up)
    return FoundCamera(rotation, position, tan_x=_half_width(metadata))


def _of_vray(metadata: Mapping[str, Any], up: str) -> FoundCamera:
    axes, place, _ = _rigid(_matrix(metadata, VRAY), VRAY)
    if np.linalg.det(axes) < 0:
        raise RimlightError(f"'{VRAY}' of the picture's metadata is mirrored, as no camera of V-Ray is")
    version = str(metadata.get(_VRAY_VERSION, ""))
    if "Maya" in version:
        axes = axes @ _MAYA
    elif not version:
        row = 1 if up == "y" else 2
        plain, turned = float(axes[row, 1]), float((axes @ _MAYA)[row, 1])
        if abs(plain - turned) < _CLEAR or max(plain, turned) < _UPRIGHT:
            raise RimlightError(
                f"'{VRAY}' of the picture's metadata may be of V-Ray for Maya or another: the file does not say"
                f" ({_VRAY_VERSION}), and with {up} up the camera stands upright in neither or both"
            )
        axes = axes if plain > turned else axes @ _MAYA
    view = _number(metadata.get(_VRAY_VIEW))
    rotation, position = _upright(axes, place, up)
    return FoundCamera(rotation, position, math.tan(math.radians(view) / 2) if 0 < view < 180 else None)


def _of_nuke(metadata: Mapping[str, Any], up: str) -> FoundCamera:
    axes, place, _ = _rigid(_matrix(metadata, NUKE), NUKE)
    if np.linalg.det(axes) < 0:
        raise RimlightError(f"'{NUKE}' of the picture's metadata is mirrored, as no camera of Nuke is")
    focal, aperture = (_number(metadata.get(f"nuke/camera/{name}")) for name in ("focal", "haperture"))
    rotation, position = _upright(axes, place, "y")
    return FoundCamera(rotation, position, aperture / (2 * focal) if focal > 0 and aperture > 0 else None)


def _rigid(matrix: Floats, name: str) -> tuple[Floats, Floats, float]:
    """The turn of a matrix, 3x3 of columns, its offset, and how many times larger it makes things. Raises RimlightError
    where it does more.
    """
    linear, offset = matrix[:3, :3].T, matrix[3, :3]
    size = float(np.cbrt(abs(np.linalg.det(linear))))
    if not size > 0 or np.abs(linear @ linear.T / (size * size) - np.eye(3)).max() > _RIGID:
        raise RimlightError(f"'{name}' of the picture's metadata skews or squeezes: expected turns and moves only")
    return linear / size, offset, size


def _upright(rotation: Floats, position: Floats, up: str) -> tuple[Floats, Vec3]:
    if up == "z":
        rotation, position = _Y_UP @ rotation, _Y_UP @ position
    x, y, z = position.tolist()
    return rotation, (x, y, z)


def _matrix(metadata: Mapping[str, Any], name: str) -> Floats:
    """A 4x4 matrix of the metadata, for row vectors."""
    value = metadata[name]
    if isinstance(value, Opaque) and value.type == "m44d" and len(value.data) == 128:
        value = struct.unpack("<16d", value.data)
    if isinstance(value, str):
        words = value.strip(" []()").replace(",", " ").split()
        value = tuple(map(_number, words)) if len(words) == 16 else value
    if not isinstance(value, tuple) or len(value) != 16:
        raise RimlightError(f"'{name}' of the picture's metadata is no 4x4 matrix: {str(value)[:60]}")
    matrix = np.array(value, dtype=np.float64).reshape(4, 4)
    if not np.isfinite(matrix).all():
        raise RimlightError(f"'{name}' of the picture's metadata is not finite")
    # An affine matrix for row vectors ends in a column 0 0 0 1.
    last = np.array([0.0, 0.0, 0.0, 1.0])
    columns = np.allclose(matrix[3], last) and not np.allclose(matrix[:, 3], last)
    return matrix.T if columns else matrix


def _half_width(metadata: Mapping[str, Any]) -> float | None:
    focal, aperture = (_number(metadata.get(name)) for name in (_FOCAL, _APERTURE))
    if focal > 0 and aperture > 0:
        return aperture / (2 * focal)
    if TO_NDC not in metadata:
        return None
    matrix = _matrix(metadata, TO_NDC)
    across, away = matrix[:3, 0], matrix[:3, 3]
    depth = float(np.linalg.norm(away))
    if depth < 1e-9:
        return None  # without perspective
    away = away / depth
    middle = float(across @ away)
    wide = float(np.linalg.norm(across - middle * away))
    # Where the axis of the lens is at 0.5 the frame runs from 0 to 1.
    half = 0.5 if abs(abs(middle) / depth - 0.5) < 0.25 else 1.0
    return half * depth / wide if wide > 0 else None


def _number(value: Any) -> float:
    """A number, also one that was written as text; 0 where there is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
