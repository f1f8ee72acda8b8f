import math

import pytest
import torch

from rimlight.nodes.ops.gradients import ellipse, interpolate, ramp, rectangle

REGION = (-10, -5, 50, 40)


def test_interpolations() -> None:
    t = torch.tensor([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])
    expected = {
        "linear": [0, 0, 0.25, 0.5, 1, 1],
        "smooth": [0, 0, 0.15625, 0.5, 1, 1],
        "smooth0": [0, 0, 0.0625, 0.25, 1, 1],
        "smooth1": [0, 0, 0.4375, 0.75, 1, 1],
    }
    for name, values in expected.items():
        torch.testing.assert_close(interpolate(t, name), torch.tensor(values))  # type: ignore[arg-type]


def test_ramp() -> None:
    found = ramp((0, 0), (20, 0), REGION)[0]
    expected = ((torch.arange(-10, 50) + 0.5) / 20).clamp(0, 1).expand(45, 60)
    torch.testing.assert_close(found, expected)
    diagonal = ramp((0, 0), (10, 10), REGION)[0]
    assert float(diagonal[5 + 4, 10 + 4]) == pytest.approx(0.45)
    assert float(diagonal[5 + 0, 10 + 8]) == pytest.approx(0.45)
    step = ramp((5, 5), (5, 5), REGION)[0]
    assert float(step[0, 14]) == 0
    assert float(step[0, 15]) == 1


def test_rectangle() -> None:
    hard = rectangle((0.25, 2.0, 10.0, 7.5), REGION)[0]
    assert float(hard.double().sum()) == pytest.approx(9.75 * 5.5)
    assert float(hard[5 + 4, 10]) == 0.75
    soft = rectangle((0.0, -100.0, 40.0, 200.0), REGION, softness=10.0)[0, 20]
    t = (torch.arange(10) + 0.5) / 10
    torch.testing.assert_close(soft[10:20], t * t * (3 - 2 * t))
    assert float(soft[30]) == 1
    assert float(rectangle((5, 5, 5, 9), REGION).sum()) == 0


def test_ellipse() -> None:
    hard = ellipse((0, 0, 30, 30), REGION)
    assert float(hard.double().sum()) == pytest.approx(math.pi * 15**2, rel=2e-3)
    assert float(ellipse((0, 5, 40, 25), REGION).double().sum()) == pytest.approx(math.pi * 200, rel=5e-3)
    soft = ellipse((0, 0, 30, 30), REGION, softness=1.0)[0]
    r = math.hypot(4.5, 0.5) / 15
    assert float(soft[5 + 15, 10 + 19]) == pytest.approx((1 - r) ** 2 * (1 + 2 * r), abs=1e-6)
    barely = ellipse((0, 0, 30, 30), REGION, softness=1e-6)
    torch.testing.assert_close(barely, hard)


def test_tiles_and_devices(device: torch.device) -> None:
    for draw in (
        lambda box, at: ellipse((0, 0, 30, 20), box, 0.4, at),
        lambda box, at: rectangle((0.3, 0, 30, 20), box, 3.0, at),
        lambda box, at: ramp((0, 3), (30, 20), box, "smooth", at),
    ):
        whole = draw(REGION, "cpu")
        tile = draw((3, 4, 20, 30), device).cpu()
        torch.testing.assert_close(tile, whole[:, 9:35, 13:30], rtol=0, atol=1e-6)
