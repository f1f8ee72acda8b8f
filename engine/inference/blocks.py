"""What the parts of the student are made of."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CONTRAST = 8.0
"""The encoding of light is linear for light below an eighth of the level and logarithmic above."""
STEEPEST = 12.0
"""Nepers of light about the level beyond which no estimate goes."""


class Block(nn.Module):
    """Two convolutions beside a short cut; a code, where there is one, scales and shifts what is between them."""

    def __init__(self, width: int, code: int = 0, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(code, 2 * width) if code else None
        quieten(self.second, 0.3)
        if self.film is not None:
            quieten(self.film, 0.3)

    def forward(self, x: Tensor, code: Tensor | None = None) -> Tensor:
        """Features `[b, width, h, w]` as they came in, changed. code : `[b, code]`."""
        y = self.first(x * (x.square().mean(1, keepdim=True) + 1e-4).rsqrt())
        if self.film is not None and code is not None:
            scale, shift = self.film(code)[..., None, None].chunk(2, 1)
            y = y * (1 + scale) + shift
        out: Tensor = x + self.second(F.silu(y))
        return out


def quieten(layer: nn.Conv2d | nn.Linear, scale: float) -> None:
    """Make a layer's first answers small, so that a network begins near doing nothing."""
    with torch.no_grad():
        layer.weight.mul_(scale)
        if layer.bias is not None:
            layer.bias.zero_()


def normalised(code: Tensor) -> Tensor:
    """Codes `[b, n]`, of root mean square 1."""
    return code * (code.square().mean(1, keepdim=True) + 1e-6).rsqrt()


def bounded(x: Tensor, limit: float) -> Tensor:
    """About `x`, of any shape, where it is small, going smoothly to at most `limit` on both sides of 0."""
    return limit * torch.tanh(x / limit)
