"""Edge detection: the size of the gradient, by the classical 3 x 3 operators, and the Laplacian."""

from typing import Literal

import torch
from torch import Tensor

from .filters import convolve
from .fir import separable

EdgeOperator = Literal["sobel", "prewitt", "laplacian"]
EDGE_MARGIN = 1

# Smoothing across the derivative; normalised so that a ramp of 1 per pixel has gradient 1.
_SMOOTH = {"sobel": (0.25, 0.5, 0.25), "prewitt": (1 / 3, 1 / 3, 1 / 3)}
_DERIVATIVE = (-0.5, 0.0, 0.5)
# The 9-point Laplacian, isotropic to fourth order: 1 for x**2 / 2.
_LAPLACIAN = torch.tensor([[1.0, 4.0, 1.0], [4.0, -20.0, 4.0], [1.0, 4.0, 1.0]], dtype=torch.float64) / 6


def gradient(x: Tensor, operator: Literal["sobel", "prewitt"] = "sobel") -> tuple[Tensor, Tensor]:
    """Derivatives (along x rightwards, along rows downwards) per pixel of `x [C, H, W]`, each `[C, H - 2, W - 2]`."""
    smooth = _SMOOTH[operator]
    return separable(x, _DERIVATIVE, smooth), separable(x, smooth, _DERIVATIVE)


def edge_magnitude(x: Tensor, operator: EdgeOperator = "sobel") -> Tensor:
    """Edge strength per channel of `x [C, H, W]`, at or above 0, per pixel of distance: `[C, H - 2, W - 2]`.

    Sobel and Prewitt give the length of the gradient, `laplacian` the size of the second derivative.
    """
    if operator == "laplacian":
        return convolve(x, _LAPLACIAN).abs()
    return torch.hypot(*gradient(x, operator))
