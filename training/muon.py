"""Muon: momentum whose steps are made orthogonal, for the weights of convolutions and layers (Jordan et al. 2024).

Fewer steps than Adam for networks of this size, at the price of a few small matrix products.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Muon(torch.optim.Optimizer):
    """Steps of `rate` times 0.2 in root mean square, about Adam's, so that rates are alike (Liu et al. 2025).

    Weights of two or more dimensions; those of convolutions are taken as matrices of outputs by all the rest.
    """

    def __init__(self, weights: Iterable[Tensor], rate: float, momentum: float = 0.95, decay: float = 0.0) -> None:
        super().__init__(weights, {"lr": rate, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state: dict[str, Any] = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                kept = state["momentum"]
                kept.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(kept, group["momentum"])
                matrix = ahead.flatten(1)
                scale = 0.2 * max(matrix.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["decay"])
                weight.add_(orthogonal(matrix).reshape(weight.shape).to(weight.dtype), alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix with all singular values 1, by five Newton-Schulz steps.

    The polynomial's coefficients bring singular values into 0.7 to 1.2 quickly rather than to 1 exactly. All steps are
    polynomials of the matrix times its transpose, so they are taken there, where it is small.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix) / (matrix.norm() + 1e-7)
    one = torch.eye(x.shape[0], dtype=x.dtype, device=x.device)
    # In full precision and a little larger: an eigenvalue that rounding has made negative would run away.
    square = x @ x.T + 1e-6 * one
    product = one
    for _ in range(5):
        step = a * one + b * square + c * (square @ square)
        product = step @ product
        square = step @ square @ step
    x = product @ x
    out: Tensor = x.T if tall else x
    return out
