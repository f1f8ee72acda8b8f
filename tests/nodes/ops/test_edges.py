from typing import Literal

import pytest
import torch

from rimlight.nodes.ops.edges import edge_magnitude, gradient


@pytest.mark.parametrize("operator", ["sobel", "prewitt"])
def test_a_ramp_has_its_slope(operator: Literal["sobel", "prewitt"]) -> None:
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(12.0), indexing="ij")
    ramp = (3 * x + 4 * y)[None]
    gx, gy = gradient(ramp, operator)
    torch.testing.assert_close(gx, torch.full((1, 7, 10), 3.0))
    torch.testing.assert_close(gy, torch.full((1, 7, 10), 4.0))
    torch.testing.assert_close(edge_magnitude(ramp, operator), torch.full((1, 7, 10), 5.0))


def test_the_laplacian_of_a_parabola_is_constant() -> None:
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(12.0), indexing="ij")
    bowl = (0.5 * x * x - 2 * y * y)[None]
    torch.testing.assert_close(edge_magnitude(bowl, "laplacian"), torch.full((1, 7, 10), 3.0), atol=1e-4, rtol=0)


def test_flat_areas_have_no_edges() -> None:
    flat = torch.full((2, 6, 6), 0.7)
    for operator in ("sobel", "prewitt", "laplacian"):
        assert edge_magnitude(flat, operator).max() < 1e-6
