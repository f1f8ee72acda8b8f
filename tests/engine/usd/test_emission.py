"""What lights of UsdLux emit, against integrals over them as its documentation defines them."""

import math

import numpy as np
import pytest

from rimlight.engine.usd.emission import (
    DISTANT_INTENSITY,
    cylinder_share,
    distant_share,
    flat_intensity,
    flat_share,
    sphere_intensity,
    sphere_share,
)
from usdfiles import lit, moved, turn_y

FACING = np.array([[0.0, 0.0, -1.0]])


@pytest.mark.parametrize("angle", [0.53, 10.0, 90.0, 180.0, 240.0, 360.0])
def test_a_distant_light_is_a_disc_of_the_sky(angle: float) -> None:
    # Radiance 1 over a cap, as much of it as is above a surface that faces its middle.
    theta = (np.arange(200000) + 0.5) / 200000 * min(math.radians(angle) / 2, math.pi / 2)
    step = theta[1] - theta[0]
    irradiance = 2 * math.pi * float((np.cos(theta) * np.sin(theta)).sum()) * step
    assert distant_share(angle, False) == pytest.approx(irradiance / math.pi, rel=1e-6)
    size = math.pi * (
        math.sin(math.radians(angle) / 2) ** 2 if angle <= 180 else 2 - math.sin(math.radians(angle) / 2) ** 2
    )
    assert distant_share(angle, True) == pytest.approx(irradiance / math.pi / size, rel=1e-6)


def test_a_normalised_distant_light_is_in_lux() -> None:
    assert distant_share(0.0, True) == distant_share(0.0, False) == distant_share(7.0, True) == 1 / math.pi
    assert distant_share(0.53, True) * DISTANT_INTENSITY == 1


@pytest.mark.parametrize("reach", [100.0, 1.0])
def test_lights_that_stand_somewhere_read_their_level_from_a_metre(reach: float) -> None:
    """Small lights, a surface that faces them from the distance at which ours have their level."""
    at = moved(0, 0, -reach)
    r, w, h = 0.004 * reach, 0.006 * reach, 0.003 * reach
    towards = turn_y(180) @ at
    truth = lit(1.0, "sphere", (r,), at, np.zeros((1, 3)), FACING)[0]
    assert sphere_share(r, reach, False) == pytest.approx(truth, rel=1e-4)
    assert sphere_share(r, reach, True) == pytest.approx(truth / (4 * math.pi * r * r), rel=1e-4)
    truth = lit(1.0, "rect", (w, h), towards, np.zeros((1, 3)), FACING)[0]
    assert flat_share(w * h, reach, False) == pytest.approx(truth, rel=1e-4)
    assert flat_share(w * h, reach, True) == pytest.approx(truth / (w * h), rel=1e-4)
    truth = lit(1.0, "disk", (r,), towards, np.zeros((1, 3)), FACING)[0]
    assert flat_share(math.pi * r * r, reach, False) == pytest.approx(truth, rel=1e-4)
    r /= 20  # a cylinder's near side is nearer than its middle
    truth = lit(1.0, "cylinder", (r, h), at, np.zeros((1, 3)), FACING)[0]
    assert cylinder_share(r, h, reach, False) == pytest.approx(truth, rel=1e-3)
    assert cylinder_share(r, h, reach, True) == pytest.approx(truth / (2 * math.pi * r * h), rel=1e-3)


def test_what_is_written_has_the_level_of_its_exposure() -> None:
    assert sphere_share(3.0, 40.0, True) * sphere_intensity(40.0) == pytest.approx(1, rel=1e-12)
    assert flat_share(3.0, 40.0, True) * flat_intensity(40.0) == pytest.approx(1, rel=1e-12)
