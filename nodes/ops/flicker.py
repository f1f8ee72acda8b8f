"""How much a shot flickers: the colour difference between a frame and the one before, brought to its place.

Colours are compared in CIE 1976 L*a*b*, where a difference of about 1 is just seen (CIE 15). The light of the picture
may be anything: L* goes on above 100 by the same cube root and is straight through black, so that negative values
count too. Differences finer than a given size do not: grain is no flicker, and where motion was missed by a part of a
pixel, they are large and cancel out.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .flow import Motion, followed
from .steady import averaged

_DELTA = 6 / 29
_LEAST = 0.02  # of the picture, that has to be in both frames


def lab(x: Tensor, from_xyz: tuple[float, ...]) -> Tensor:
    """CIE L*a*b* `[3, H, W]` of scene-linear `x [3, H, W]`, with (1, 1, 1) as white.

    from_xyz : the row-major 3x3 matrix from CIE XYZ to the RGB of `x`.
    """
    to_xyz = torch.linalg.inv(torch.tensor(from_xyz, dtype=torch.float64).reshape(3, 3))
    to_xyz = (to_xyz / to_xyz.sum(1, keepdim=True)).to(x)
    t = torch.einsum("ij,jhw->ihw", to_xyz, x)
    f = torch.where(t > _DELTA**3, t.clamp_min(_DELTA**3) ** (1 / 3), t / (3 * _DELTA**2) + 4 / 29)
    return torch.stack((116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])))


def change(
    now: Tensor, before: Tensor, motion: Motion, size: float, check: Callable[[], None] = lambda: None
) -> tuple[float | None, float]:
    """The mean colour difference between a frame and the one before, and the share of the picture that it is taken of.

    now, before : L*a*b* `[3, H, W]` of the two frames. motion : from now to before. size : pixels, the standard
    deviation of the Gaussian within which differences cancel out. Where next to nothing is in both frames, as across a
    cut, what agrees is chance and says nothing of the light: the first is None then. check : called now and then; it
    stops the work by raising.
    """
    weight = motion.valid
    off = followed(before, motion.vectors, "linear") - now
    check()
    distance = averaged(off, weight, size).square().sum(0, keepdim=True).sqrt()
    check()
    # Row by row, so that the number of threads does not change the sum.
    total, count = ((part.sum(-1).double().sum()) for part in (distance * weight, weight))
    seen = float(count) / max(1, weight.numel())
    return (float(total / count) if seen > _LEAST else None), seen
