"""A picture that was moved is found where it was moved to, whatever its brightness."""

import math

import pytest
import torch
from torch import Tensor

from pictures import coordinates
from rimlight.engine import Region
from rimlight.nodes.ops.align import find_motion
from rimlight.nodes.ops.matrices import affine_matrix

FRAME = Region(0, 0, 200, 150)


def seen(matrix: Tensor) -> Tensor:
    """A pattern `[1, h, w]` as it lies after pixels were moved by a matrix."""
    x, y = coordinates(FRAME)
    back = torch.linalg.inv(matrix).float()
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in back)
    u, v = u / w, v / w
    return ((u / 5 + (v / 31).sin()).sin() + (v / 7 + u / 40).cos() + (u / 90 + v / 60).sin() * 2)[None]


@pytest.mark.parametrize(
    ("model", "matrix"),
    [
        ("translate", affine_matrix((7.3, -4.6))),
        ("rotate", affine_matrix((3.0, 2.0), 1.2, center=(100.0, 75.0))),
        ("perspective", affine_matrix((4.0, -3.0), -0.8, (1.01, 0.99), center=(100.0, 75.0))),
    ],
)
def test_a_motion_is_found_to_a_tenth_of_a_pixel(model: str, matrix: Tensor) -> None:
    still, moved = seen(torch.eye(3, dtype=torch.float64)), seen(matrix)
    found = find_motion(still, 0.5 * moved + 3, torch.ones_like(still, dtype=torch.bool), model)
    assert found is not None
    corners = torch.tensor([[20.0, 180, 180, 20], [20, 20, 130, 130], [1, 1, 1, 1]], dtype=torch.float64)
    off = (found @ corners)[:2] / (found @ corners)[2] - (matrix @ corners)[:2]
    assert float(off.norm(dim=0).max()) < 0.1


def test_what_has_nothing_in_common_is_not_found() -> None:
    still = seen(torch.eye(3, dtype=torch.float64))
    noise = torch.randn(still.shape, generator=torch.Generator().manual_seed(3))
    everywhere = torch.ones_like(still, dtype=torch.bool)
    assert find_motion(still, noise, everywhere, "translate") is None
    assert find_motion(still, torch.full_like(still, math.pi), everywhere, "rotate") is None
    assert find_motion(still, still, torch.zeros_like(everywhere), "translate") is None
