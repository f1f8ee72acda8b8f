"""Muon: momentum whose steps are made orthogonal, for the weights of convolutions and layers (Jordan et al. 2024).

Fewer steps than Adam for networks of this size, at the price of a few small matrix products. Weights are taken together
wherever they can be: one by one their many small operations would take a GPU longer to begin than to do.
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor


class Muon(torch.optim.Optimizer):
    """Steps of `rate` times 0.2 in root mean square, about Adam's, so that rates are alike (Liu et al. 2025).

    Weights of two or more dimensions, on one device; those of convolutions are taken as matrices of outputs by all the
    rest.
    """

    def __init__(self, weights: Iterable[Tensor], rate: float, momentum: float = 0.95, decay: float = 0.0) -> None:
        super().__init__(weights, {"lr": rate, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            slopes = [weight.grad for weight in weights]
            kept = [self._momentum(weight) for weight in weights]
            torch._foreach_lerp_(kept, slopes, 1 - group["momentum"])
            ahead = torch._foreach_lerp(slopes, kept, group["momentum"])
            torch._foreach_mul_(weights, 1 - group["lr"] * group["decay"])
            torch._foreach_add_(weights, _directions(ahead), alpha=-group["lr"])

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        kept: Tensor = state["momentum"]
        return kept


def _directions(ahead: Sequence[Tensor]) -> list[Tensor]:
    """The steps of weights for a rate of 1: orthogonal, and about 0.2 in root mean square."""
    alike: dict[torch.Size, list[int]] = {}
    for i, weight in enumerate(ahead):
        alike.setdefault(weight.shape, []).append(i)
    # The order of columns is that of weights in torch.channels_last, which are then read and written as they lie.
    stacks = [torch.stack([ahead[i].movedim(1, -1) for i in members]) for members in alike.values()]
    steps = list(ahead)
    for stack, members, found in zip(stacks, alike.values(), orthogonal([s.flatten(2) for s in stacks]), strict=True):
        found = found * (0.2 * max(found.shape[1:]) ** 0.5)
        for i, step in zip(members, found.reshape(stack.shape).unbind(), strict=True):
            steps[i] = step.movedim(-1, 1)
    return steps


def orthogonal(stacks: Sequence[Tensor]) -> list[Tensor]:
    """About the nearest matrices with all singular values 1, of stacks `[n, rows, columns]`, by five Newton-Schulz
    steps.

    The polynomial's coefficients bring singular values into 0.7 to 1.2 quickly rather than to 1 exactly. All steps are
    polynomials of a matrix times its transpose, so they are taken there, where it is small, and together for all
    matrices of the same shorter side.
    """
    wide = [stack.mT if stack.shape[1] > stack.shape[2] else stack for stack in stacks]
    wide = [x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7) for x in wide]
    sides: dict[int, list[int]] = {}
    for i, x in enumerate(wide):
        sides.setdefault(x.shape[1], []).append(i)
    found = list(wide)
    for members in sides.values():
        products = _newton_schulz(torch.cat([torch.bmm(wide[i], wide[i].mT) for i in members]))
        for i, product in zip(members, torch.split(products, [len(wide[i]) for i in members]), strict=True):
            x = torch.bmm(product, wide[i])
            found[i] = x.mT if stacks[i].shape[1] > stacks[i].shape[2] else x
    return found


def _newton_schulz(square: Tensor) -> Tensor:
    """What matrices x are to be multiplied by from the left; square : `[n, rows, rows]`, x times its transpose."""
    a, b, c = 3.4445, -4.7750, 2.0315
    # In full precision and a little larger: an eigenvalue that rounding has made negative would run away.
    square.diagonal(dim1=1, dim2=2).add_(1e-6)
    product = step = _polynomial(square, a, b, c)
    for _ in range(4):
        square = torch.bmm(torch.bmm(step, square), step)
        step = _polynomial(square, a, b, c)
        product = torch.bmm(step, product)
    return product


def _polynomial(square: Tensor, a: float, b: float, c: float) -> Tensor:
    """a + b square + c square^2."""
    out = torch.baddbmm(square, square, square, beta=b, alpha=c)
    out.diagonal(dim1=1, dim2=2).add_(a)
    return out
