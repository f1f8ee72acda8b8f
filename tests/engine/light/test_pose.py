"""Cameras in the world: what pan, tilt and roll mean, angles of rotations, one space from another."""

import math

import numpy as np
import pytest

from rimlight.engine import ParameterError, Pose, between_poses, head_angles
from rimlight.engine.light.pose import turn

AHEAD, RIGHT, UP = np.array([0.0, 0, -1]), np.array([1.0, 0, 0]), np.array([0.0, 1, 0])


def test_a_pan_goes_left_a_tilt_up_and_a_roll_counter_clockwise() -> None:
    assert np.allclose(Pose(pan=90).rotation @ AHEAD, -RIGHT)
    assert np.allclose(Pose(tilt=90).rotation @ AHEAD, UP)
    assert np.allclose(Pose(roll=90).rotation @ RIGHT, UP)
    # On a head that has panned, the tilt is about the camera's own axis and the horizon stays level.
    assert np.allclose(Pose(pan=90, tilt=30).rotation @ AHEAD, [-math.cos(math.pi / 6), 0.5, 0])
    assert abs((Pose(pan=70, tilt=-40).rotation @ RIGHT)[1]) < 1e-12


def test_turns_are_made_in_their_order() -> None:
    x, y, z = (turn(angles, "ZXY") for angles in ((20, 0, 0), (0, 30, 0), (0, 0, 40)))
    assert np.allclose(turn((20, 30, 40), "ZXY"), y @ x @ z)
    assert np.allclose(turn((20, 30, 40), "XYZ"), z @ y @ x)


@pytest.mark.parametrize("angles", [(10, 20, 30), (-170, 5, 2), (400, -60, -200), (190, 100, 10)])
def test_angles_come_back_near_those_of_the_frame_before(angles: tuple[float, float, float]) -> None:
    near = [a + 3 for a in angles]
    assert np.allclose(head_angles(Pose(*angles).rotation, near), angles, atol=1e-6)


def test_straight_up_the_roll_stays() -> None:
    found = head_angles(Pose(pan=25, tilt=90, roll=7).rotation, (20, 89, 7))
    assert np.allclose(found, (25, 90, 7), atol=1e-5)


def test_a_place_is_the_same_place_in_every_space() -> None:
    one, two = Pose(30, -10, 5, (100, 20, -30)), Pose(-80, 20, 0, (-50, 0, 10))
    here = np.array([10.0, 20, -300])
    rotation, offset = between_poses(one, two)
    there = rotation @ here + offset
    world = one.rotation @ here + np.array(one.position)
    assert np.allclose(two.rotation @ there + np.array(two.position), world)
    rotation, offset = between_poses(None, two)
    assert np.allclose(rotation @ world + offset, there)
    rotation, offset = between_poses(two, one)
    assert np.allclose(rotation @ there + offset, here)


def test_a_camera_has_finite_numbers_and_a_view() -> None:
    with pytest.raises(ParameterError, match="expected finite numbers"):
        Pose(pan=math.nan)
    with pytest.raises(ParameterError, match="expected finite numbers"):
        Pose(field_of_view=180)
