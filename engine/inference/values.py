"""How a network wants the numbers of a layer, and back: a curve, a range, a mean and a deviation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Convert = Callable[[Tensor], Tensor]

SRGB_SPACE = "Linear Rec.709 (sRGB)"
CURVES = ("linear", "log", "srgb", "srgb-clipped", "reciprocal")
_LEAST = 1e-6
"""The smallest number that a reciprocal is taken of."""


@dataclass(frozen=True)
class Values:
    """What the numbers of a tensor mean.

    A network is given `(low + (high - low) * curve(x) - mean) / std`; the way back is the inverse of that.

    curve : `linear` x itself; `log` sign(x) log2(1 + scale |x|); `srgb` the sRGB curve (IEC 61966-2-1), which goes on
    above 1 and, mirrored, below 0; `srgb-clipped` the same after x was clamped to 0 .. 1; `reciprocal` 1 / x, as
    between depth and disparity.
    space : colour space in which x is meant; empty for the working space.
    """

    curve: str = "linear"
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    space: str = ""

    def encode(self, x: Tensor) -> Tensor:
        """`[C, h, w]`, in the space of the values, as the network is given it."""
        y = self.low + (self.high - self.low) * self._curve(x)
        return (y - _column(self.mean, y)) / _column(self.std, y)

    def decode(self, y: Tensor) -> Tensor:
        """What a network gave `[C, h, w]`, as numbers of a layer: the inverse of `encode`."""
        y = y * _column(self.std, y) + _column(self.mean, y)
        return self._inverse((y - self.low) / (self.high - self.low))

    def lost(self, x: Tensor) -> Tensor:
        """The part of `x [C, h, w]` that does not survive `encode`: what was clipped."""
        return x - x.clamp(0, 1) if self.curve == "srgb-clipped" else torch.zeros_like(x)

    def _curve(self, x: Tensor) -> Tensor:
        if self.curve == "log":
            return x.sign() * torch.log2(1 + self.scale * x.abs())
        if self.curve == "srgb":
            return x.sign() * _to_srgb(x.abs())
        if self.curve == "srgb-clipped":
            return _to_srgb(x.clamp(0, 1))
        return _reciprocal(x) if self.curve == "reciprocal" else x

    def _inverse(self, y: Tensor) -> Tensor:
        if self.curve == "log":
            return y.sign() * (torch.exp2(y.abs()) - 1) / self.scale
        if self.curve in ("srgb", "srgb-clipped"):
            return y.sign() * _from_srgb(y.abs())
        return _reciprocal(y) if self.curve == "reciprocal" else y


def _column(numbers: tuple[float, ...], like: Tensor) -> Tensor:
    return like.new_tensor(numbers).reshape(-1, 1, 1)


def _to_srgb(x: Tensor) -> Tensor:
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def _from_srgb(y: Tensor) -> Tensor:
    return torch.where(y <= 0.04045, y / 12.92, ((y.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def _reciprocal(x: Tensor) -> Tensor:
    return torch.where(x < 0, -1.0, 1.0) / x.abs().clamp_min(_LEAST)
