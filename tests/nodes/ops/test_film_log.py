"""Film scans as codes and as light."""

import math

import pytest
import torch

from rimlight.nodes.ops.film_log import cineon_to_linear, linear_to_cineon


def test_codes_and_light_are_as_written_and_come_back(device: torch.device) -> None:
    codes = torch.tensor([95.0, 685.0, 445.0, 1023.0, 0.0], device=device) / 1023
    linear = cineon_to_linear(codes.view(1, 1, -1)).flatten().tolist()
    assert linear[0] == pytest.approx(0, abs=1e-6)
    assert linear[1] == pytest.approx(1, abs=1e-5)
    offset = 10 ** ((95 - 685) * 0.002 / 0.6)
    assert linear[2:] == pytest.approx(
        [(10 ** ((c - 685) * 0.002 / 0.6) - offset) / (1 - offset) for c in (445, 1023, 0)], rel=1e-4
    )
    x = torch.tensor([-3.0, -0.25, 0.0, 0.01, 0.18, 0.999, 1.0, 1.001, 40.0, 65504.0], device=device).view(1, 1, -1)
    assert torch.allclose(cineon_to_linear(linear_to_cineon(x)), x, rtol=1e-4, atol=1e-5)
    y = torch.linspace(-3, 2, 400, device=device).view(1, 1, -1)
    assert (cineon_to_linear(y).diff() > 0).all()
    near = linear_to_cineon(x, math.nextafter(685.0, 0), 685.0)
    assert torch.isfinite(near).all()  # as good as a step, but no division by nothing
