"""How a camera stands in the world, frame by frame: the value on a wire from a Camera.

The world is right-handed with y up. Camera space is as everywhere here: x right, y up, z to the camera, which looks
along -z. Vectors are columns: a place p in camera space is `rotation @ p + position` in the world. A camera is on a
head that pans about the vertical axis, tilts about its own x axis and rolls about the axis of its lens, so

    rotation = Ry(pan) @ Rx(tilt) @ Rz(roll)

with right-handed turns, as Nuke has them in the order ZXY: pan is its rotate y, tilt its rotate x, roll its rotate z.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError
from ..params import Vec3

Floats = npt.NDArray[np.float64]

TURN_ORDERS = ("ZXY", "ZYX", "XYZ", "XZY", "YXZ", "YZX")
"""Orders of turns about three axes, the first letter first. ZXY is that of pan, tilt and roll."""


@dataclass(frozen=True)
class Pose:
    """A camera at a frame.

    pan, tilt, roll : degrees; above zero a pan goes to the left, a tilt up, and a roll counter-clockwise as seen from
    behind the camera, so that the picture turns clockwise. position : centimetres. field_of_view : degrees that the
    frame is wide.
    """

    pan: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0
    position: Vec3 = (0.0, 0.0, 0.0)
    field_of_view: float = 40.0

    def __post_init__(self) -> None:
        numbers = (self.pan, self.tilt, self.roll, *self.position, self.field_of_view)
        if not all(math.isfinite(x) for x in numbers) or not 0 < self.field_of_view < 180:
            raise ParameterError(f"camera: {', '.join(f'{x:g}' for x in numbers)}: expected finite numbers and a view")

    @property
    def rotation(self) -> Floats:
        """3x3, from directions in camera space to those in the world."""
        return turn((self.tilt, self.pan, self.roll), "ZXY")


def turn(degrees: Sequence[float], order: str) -> Floats:
    """The 3x3 rotation of turns by `degrees` about x, y and z, made in an order such as `ZXY`: first about z."""
    made = np.eye(3)
    for axis in order:
        i = "XYZ".index(axis)
        a = math.radians(degrees[i])
        one = np.eye(3)
        j, k = (i + 1) % 3, (i + 2) % 3
        one[j, j] = one[k, k] = math.cos(a)
        one[k, j], one[j, k] = math.sin(a), -math.sin(a)
        made = one @ made
    return made


def head_angles(rotation: Floats, near: Sequence[float] = (0.0, 0.0, 0.0)) -> tuple[float, float, float]:
    """Pan, tilt and roll in degrees of a rotation from camera space to the world.

    near : pan, tilt and roll of the frame before. Of the angles that say the same the nearest are taken, so that a
    pan goes on beyond 180 degrees. Straight up or down the roll stays what it was.
    """
    r = rotation
    tilt = math.degrees(math.asin(max(-1.0, min(1.0, -float(r[1, 2])))))
    if math.hypot(r[0, 2], r[2, 2]) < 1e-9:
        roll = near[2]
        level = r @ turn((0.0, 0.0, roll), "ZXY").T
        first = math.degrees(math.atan2(-level[2, 0], level[0, 0])), tilt, roll
    else:
        pan = math.degrees(math.atan2(r[0, 2], r[2, 2]))
        first = pan, tilt, math.degrees(math.atan2(r[1, 0], r[1, 1]))
    found = [_unwound(a, near) for a in (first, (first[0] + 180, 180 - first[1], first[2] + 180))]
    return min(found, key=lambda angles: sum(abs(a - b) for a, b in zip(angles, near, strict=True)))


def _unwound(angles: Sequence[float], near: Sequence[float]) -> tuple[float, float, float]:
    pan, tilt, roll = (b + math.remainder(a - b, 360) for a, b in zip(angles, near, strict=True))
    return pan, tilt, roll


def between_poses(source: Pose | None, target: Pose | None) -> tuple[Floats, Floats]:
    """The rotation 3x3 and the offset `[3]` in centimetres that take places in the space of one camera to those in
    the space of another: `rotation @ p + offset`. None stands for the world.
    """
    there, at = (np.eye(3), np.zeros(3)) if source is None else (source.rotation, np.array(source.position))
    back, to = (np.eye(3), np.zeros(3)) if target is None else (target.rotation, np.array(target.position))
    return back.T @ there, back.T @ (at - to)
