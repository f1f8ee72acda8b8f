import math

import pytest
import torch

from pictures import picture, ramp
from rimlight.engine import Region
from stage import run, staged

FRAME = Region(0, 0, 61, 61)


def spot(light: float = 1000.0) -> torch.Tensor:
    x = torch.zeros(4, 61, 61)
    x[:, 30, 30] = light
    return x


@pytest.mark.parametrize(("size", "blades"), [((9.0, 9.0), 0), ((30.0, 21.0), 0), ((30.0, 30.0), 6)])
def test_a_point_becomes_the_aperture_and_keeps_its_light(size: tuple[float, float], blades: int) -> None:
    y = run("Defocus", picture(spot(), FRAME), size=size, blades=blades)["rgba"][0].double()
    assert float(y.sum()) == pytest.approx(1000, rel=1e-5)
    assert float(y.min()) == 0
    area = math.pi if blades == 0 else blades / 2 * math.sin(2 * math.pi / blades)
    assert float(y[30, 30]) == pytest.approx(1000 / (area * size[0] * size[1] / 4), rel=0.02)


def test_a_triangle_points_to_the_right_and_turns_counter_clockwise() -> None:
    right = run("Defocus", picture(spot(), FRAME), size=31, blades=3)["rgba"][0]
    assert float(right[30, 44]) > 0 and float(right[30, 16]) == 0
    up = run("Defocus", picture(spot(), FRAME), size=31, blades=3, rotation=90)["rgba"][0]
    assert float(up[16, 30]) > 0 and float(up[44, 30]) == 0


def test_round_blades_are_a_disc() -> None:
    disc = run("Defocus", picture(spot(), FRAME), size=21)["rgba"]
    bent = run("Defocus", picture(spot(), FRAME), size=21, blades=5, roundness=1)["rgba"]
    torch.testing.assert_close(bent, disc, atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", [0.0, 1.0])
def test_no_size_is_no_node(size: float) -> None:
    assert staged("Defocus", ramp(), size=size).vertex("node").alias is not None
