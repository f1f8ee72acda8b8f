"""Changes from frame to frame that are no changes of light: found along the motion and taken back.

What a frame is to be lies on a line through what the frames around it say. A line, because light that comes up or a
shadow that passes changes steadily and is to stay so, at the ends of a shot too, where there are frames on one side
only. All is in stops, so that exposure does not matter.
"""

import torch
from torch import Tensor

from .shadow_light import blurred

_FLOOR = 2.0**-7  # of the level, below which light says little
_STEADY = 1.0  # frames squared: how much trends are doubted that few frames show
_LEAST = 1e-3  # share of the picture that has to be seen in both frames


def stops(x: Tensor) -> Tensor:
    """`x [C, H, W]`, scene-linear, in stops `[C, H, W]` over a floor that lies under its own level.

    The level is the median of what is above black, so every exposure gives the same but for a constant. Negative values
    count as black.
    """
    lit = x[x > 0]
    level = lit.median() if lit.numel() else x.new_tensor(1.0)
    return torch.log2(x.clamp_min(0) + _FLOOR * level)


class Line:
    """Straight lines over time through the changes that frames show, one for each pixel, weighted.

    The frame itself shows no change, with weight 1.
    """

    def __init__(self, like: Tensor) -> None:
        zero = torch.zeros_like(like[:1])
        self._weight, self._step, self._square = torch.ones_like(zero), zero.clone(), zero + _STEADY
        self._change, self._slope = torch.zeros_like(like), torch.zeros_like(like)

    def add(self, step: float, change: Tensor, weight: Tensor) -> None:
        """Another frame. step : frames after this one. change : stops `[C, H, W]`. weight : `[1, H, W]`, 0 to 1."""
        self._weight += weight
        self._step += weight * step
        self._square += weight * step**2
        weighted = change * weight
        self._change += weighted
        self._slope.add_(weighted, alpha=step)

    def here(self) -> Tensor:
        """Where the lines pass this frame, in stops `[C, H, W]` from what it is."""
        determinant = self._weight * self._square - self._step**2
        return (self._square * self._change - self._step * self._slope) / determinant


def averaged(change: Tensor, valid: Tensor, size: float) -> Tensor:
    """A change `[C, H, W]` averaged over `size` pixels, the standard deviation of a Gaussian, as far as `valid`."""
    return blurred(change * valid, size) / blurred(valid, size).clamp_min(1e-6)


def agreement(change: Tensor, valid: Tensor, tolerance: float, size: float) -> Tensor:
    """How far `[1, H, W]` a change in stops `[C, H, W]` may be a flicker: 1 for small ones, 0 for those that are much
    larger than `tolerance` stops in any channel, which are changes of light.

    valid : `[1, H, W]`, where the change is known. size : pixels over which it is averaged first.
    """
    seen = averaged(change, valid, size).abs().amax(0, keepdim=True)
    return torch.exp(-((seen / tolerance) ** 2))


def of_all(change: Tensor, valid: Tensor) -> Tensor | None:
    """The change `[C, 1, 1]` that most of the picture shows, its median where `valid [1, H, W]`; None where too little
    is valid to say."""
    sure = valid[0] > 0.5
    if float(sure.sum()) <= _LEAST * sure.numel():
        return None
    return change[:, sure].median(1).values.reshape(-1, 1, 1)
