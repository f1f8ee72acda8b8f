"""The rotation between directions, some of which do not agree."""

import numpy as np
import pytest

from rimlight.nodes.ops.turn_fit import FEWEST, angle_of, rotation_between, rotation_by_squares
from rimlight.nodes.ops.turn_view import Floats, Lens

PIXEL = 0.002


def turn(angle: float) -> Floats:
    """About the axis of the lens, in radians."""
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def directions(count: int) -> Floats:
    x, y = np.random.default_rng(3).uniform(0, 100, (2, count))
    return Lens(0.4, 0.4).rays(x, y, 100, 100)


@pytest.mark.parametrize("angle", [0.0, 1e-6, 0.3, -3.0])
def test_the_angle_of_a_rotation_is_known_however_small(angle: float) -> None:
    assert angle_of(turn(angle)) == pytest.approx(abs(angle), rel=1e-9)


def test_exact_directions_give_the_rotation() -> None:
    source = directions(20)
    found = rotation_by_squares(source, source @ turn(0.2).T, np.ones(20))
    assert np.allclose(found, turn(0.2), atol=1e-12)


def test_two_in_five_that_move_otherwise_do_not_count() -> None:
    source = directions(500)
    target = source @ turn(0.05).T
    target[:200] = source[:200] @ turn(-0.1).T
    found = rotation_between(source, target, np.ones(500), PIXEL)
    assert found is not None and np.allclose(found.rotation, turn(0.05), atol=1e-9)
    near = np.linalg.norm(target[:200] - source[:200] @ turn(0.05).T, axis=1) < 1.5 * PIXEL
    assert found.share == pytest.approx((300 + near.sum()) / 500) and found.error < 1e-6


def test_too_few_tell_nothing() -> None:
    source = directions(FEWEST - 1)
    assert rotation_between(source, source, np.ones(FEWEST - 1), PIXEL) is None
