"""How deep shadows are, told by the slopes of light in their penumbras.

Along an edge whose visibility `v` is known, light follows `v + (1 - v) exp(-g)`: its logarithm changes from pixel to
pixel by what the depth `g` says, and besides by what the surface does. A surface has no reason to change just as the
visibility does, so the depth is right that leaves the fewest changes: a robust fit of three numbers, to steps of one to
sixteen pixels. It wants no pixel of full shadow or of full light, and no lit surface like the one in shadow. Where the
matte does not lie on the shadow's edge nothing fits, little is explained, and what else is known of the depth decides.

Pictures are logarithms of light `[3, H, W]`; depths `[3]` in nepers, a channel each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import mean_of_all

from .shadow import CORE

_STEPS = (1, 2, 4, 8, 16)  # pixels
_CHANGES = 0.02  # of full light, from which a step in the visibility tells something
_FLAT = 1e-3  # up to which the visibility counts as even
_FEW, _MANY = 64, 8000  # steps below which nothing is told, and that are looked at of a kind
_LEAST = 0.01  # nepers that surfaces change by at least
_NEAR, _POWER = 0.1, 0.4  # of the usual change, up to which errors count squared; beyond they hardly count more
_STARTS = torch.arange(0.1, 4.2, 0.3)
_ROUNDS, _DONE, _BOUND = 20, 1e-3, 0.5
_BELIEF, _ALIKE = 2.0, 0.25  # how much what else is known counts, and for each shadow what is true of all
_FAR = 0.3  # nepers off, at which that counts half


@dataclass(frozen=True)
class _Steps:
    """Steps over edges of shadows.

    change : `[3, N]`, by which the logarithm of light changes. start, end : `[N]`, the visibility there. usual : `[N]`,
    by how much light changes over such steps elsewhere. weight : `[N]`. shadow : `[N]`, the number of the shadow.
    """

    change: Tensor
    start: Tensor
    end: Tensor
    usual: Tensor
    weight: Tensor
    shadow: Tensor

    def of(self, number: int) -> "_Steps":
        """Those of one shadow."""
        at = self.shadow == number
        return _Steps(
            self.change[:, at], self.start[at], self.end[at], self.usual[at], self.weight[at], self.shadow[at]
        )

    def left(self, depth: Tensor) -> tuple[Tensor, Tensor]:
        """What a depth `[3]` leaves unexplained `[3, N]`, in usual changes, and how fast that falls with the depth."""
        share = (-depth)[:, None].exp()
        before, after = (v + (1 - v) * share for v in (self.start, self.end))
        slope = ((1 - self.start) / before - (1 - self.end) / after) * share
        return (self.change - (after / before).log()) / self.usual, slope / self.usual

    def cost(self, left: Tensor) -> float:
        each = self.weight * _power(left.square().mean(0) + _NEAR**2, _POWER / 2)
        return float(each.cpu().numpy().sum(dtype=np.float64)) / _POWER  # torch adds one row up thread by thread


def depths_by_slopes(logs: Tensor, visibility: Tensor, nearest: Tensor, known: Tensor, most: float) -> Tensor:
    """The depth `[count, 3]` of each shadow, 0 to `most`.

    visibility : `[1, H, W]`. nearest : `[H, W]`, the number of the shadow nearest to every pixel. known : `[count, 3]`,
    what else is known of their depths; passed on where the picture has no penumbra.
    """
    steps = _steps(logs, visibility[0], nearest)
    if steps is None:
        return known
    sizes = torch.bincount(nearest[visibility[0] <= CORE], minlength=len(known)).to(known)
    middle = (known * sizes[:, None]).sum(0) / sizes.sum().clamp_min(1)
    low = min(_STARTS.tolist(), key=lambda g: steps.cost(steps.left(torch.full_like(middle, g))[0]))
    belief = _BELIEF if bool(middle.any()) else 0.0
    alike = _fitted(steps, (torch.full_like(middle, low), middle), middle, belief, most)
    out = alike.expand_as(known).clone()
    for number in range(len(known) if len(known) > 1 else 0):
        own = steps.of(number)
        if own.weight.numel() >= _FEW:
            out[number] = _fitted(own, (alike, known[number]), alike, _ALIKE, most)
    return out


def _fitted(steps: _Steps, starts: Sequence[Tensor], known: Tensor, belief: float, most: float) -> Tensor:
    """The depth `[3]` that leaves least, by reweighted least squares from several starts.

    belief : how much `known` counts, beside steps that are off by their usual change; less the farther off it is.
    """
    found = [_descended(steps, start, known, belief, most) for start in starts]
    return min(found, key=lambda pair: pair[1])[0]


def _descended(steps: _Steps, depth: Tensor, known: Tensor, belief: float, most: float) -> tuple[Tensor, float]:
    """The depth `[3]` near one to begin with, and what it costs."""
    for _ in range(_ROUNDS):
        left, slope = steps.left(depth)
        weight = steps.weight * _power(left.square().mean(0) + _NEAR**2, _POWER / 2 - 1)
        full = belief * (steps.weight * slope.square()).sum(1)
        off = depth - known
        held = full / (1 + off.square().mean() / _FAR**2)
        certain = (weight * slope.square()).sum(1) + held
        step = ((weight * slope * left).sum(1) - held * off) / certain.clamp_min(1e-9)
        depth = (depth + step.clamp(-_BOUND, _BOUND)).clamp(0, most)
        if float(step.abs().max()) < _DONE:
            break
    far = float((depth - known).square().mean()) / _FAR**2
    return depth, steps.cost(steps.left(depth)[0]) + float(full.mean()) * _FAR**2 / 2 * math.log1p(far)


def _power(x: Tensor, exponent: float) -> Tensor:
    """A power of numbers above 0. Torch's own rounds the last numbers of a thread's share otherwise."""
    return x.log().mul_(exponent).exp_()


def _steps(logs: Tensor, visibility: Tensor, nearest: Tensor) -> _Steps | None:
    """The steps over edges of shadows; None where there are too few to tell."""
    found = []
    height, width = visibility.shape
    for size in _STEPS:
        for across, length in ((True, width), (False, height)):
            if 2 * size >= length:
                continue
            dim = 1 if across else 0
            sides = [(x.narrow(x.ndim - 2 + dim, at, length - size)) for at in (0, size)
                     for x in (logs, visibility[None], nearest[None])]  # fmt: skip
            start_log, start, start_at, end_log, end, end_at = (side.flatten(1) for side in sides)
            moved = (end - start)[0].abs()
            change, flat = end_log - start_log, moved < _FLAT
            usual = change[:, flat] if int(flat.sum()) >= _FEW else change
            at = (moved > _CHANGES).nonzero()[:, 0]
            stride = max(1, len(at) // _MANY)
            at = at[::stride]
            deeper = torch.where(start[0, at] < end[0, at], start_at[0, at], end_at[0, at])
            one = torch.ones_like(start[0, at])
            level = mean_of_all(usual.abs()).to(one).clamp_min(_LEAST) if usual.numel() else one.new_tensor(_LEAST)
            found.append((change[:, at], start[0, at], end[0, at], level * one, one * (stride / size), deeper))
    if sum(len(part[1]) for part in found) < _FEW:
        return None
    return _Steps(*(torch.cat(parts, -1) for parts in zip(*found, strict=True)))
