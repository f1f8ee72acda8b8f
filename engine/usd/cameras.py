"""Cameras of USD files."""

from pathlib import Path

import numpy as np

from ..errors import FileError
from ..io.cameras import FoundCamera
from .shapes import Placed
from .stage import opened

_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""For columns, from a world with z up to one with y up."""


def read_usd_camera(path: Path | str, frame: float = 1.0, name: str = "") -> tuple[FoundCamera, float]:
    """A camera of a USD file at a frame, in a world with y up, and how many centimetres a unit of its position is.

    name : its name or path; empty: the only one. The frame is as wide as the film. A camera without perspective has no
    field of view, and what shifts the film is left out. Raises FileError with one sentence.
    """
    with opened(Path(path)) as found:
        prim = found.camera(name)
        if prim is None:
            raise FileError(f"{path} has no camera")
        time, schema = found.time(frame), found.pxr.UsdGeom.Camera(prim)
        placed = Placed.of(np.array(found.pxr.UsdGeom.XformCache(time).GetLocalToWorldTransform(prim)))
        up = _Y_UP if found.z_up else np.eye(3)
        x, y, z = (up @ np.array(placed.at)).tolist()
        focal, film = (float(a.Get(time)) for a in (schema.GetFocalLengthAttr(), schema.GetHorizontalApertureAttr()))
        wide = str(schema.GetProjectionAttr().Get(time)) == "perspective" and focal > 0 and film > 0
        tan = film / (2 * focal) if wide else None
        return FoundCamera(up @ placed.turn, (x, y, z), tan), found.cm_per_unit
