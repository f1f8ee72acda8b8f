"""Pictures from their gradients: the Poisson equation with free edges, solved at once by cosine transforms.

Everything is float64.
"""

import torch
from torch import Tensor

from rimlight.engine import poisson


def differences(x: Tensor) -> tuple[Tensor, Tensor]:
    """Forward differences of `x [C, H, W]`: rightwards `[C, H, W - 1]` and downwards `[C, H - 1, W]`."""
    return x[:, :, 1:] - x[:, :, :-1], x[:, 1:] - x[:, :-1]


def from_differences(right: Tensor, down: Tensor) -> Tensor:
    """The picture `[C, H, W]`, float64, of mean 0 whose differences are nearest to the given ones (least squares).

    right : `[C, H, W - 1]`, down : `[C, H - 1, W]`, as `differences` gives them.
    """
    right, down = right.double(), down.double()
    zero_x = right.new_zeros(right.shape[0], right.shape[1], 1)
    zero_y = down.new_zeros(down.shape[0], 1, down.shape[2])
    return poisson(torch.cat((zero_x, right, zero_x), 2).diff(dim=2) + torch.cat((zero_y, down, zero_y), 1).diff(dim=1))
