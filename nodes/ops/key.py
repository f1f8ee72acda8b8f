"""Mattes from colour, brightness and difference, and removal of spill.

Pictures are `[3, H, W]`, scene-linear; mattes are `[1, H, W]` in 0..1.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from .color import Weights, luminance

Spill = Literal["red", "green", "blue"]
Limit = Literal["average", "max", "min"]

_CHANNEL: dict[str, int] = {"red": 0, "green": 1, "blue": 2}


def ramp(x: Tensor, low: float, high: float) -> Tensor:
    """0 up to `low`, 1 from `high`, straight between; a step (1 at and above `low`) where the two are equal."""
    if high == low:
        return (x >= low).to(x.dtype)
    return ((x - low) / (high - low)).clamp_(0, 1)


def luma_key(
    x: Tensor, low: tuple[float, float], high: tuple[float, float] | None = None, weights: Weights = "rec709"
) -> Tensor:
    """A matte by luminance: rising from 0 to 1 over the pair `low`, falling again over the pair `high` if given."""
    grey = luminance(x, weights)
    matte = ramp(grey, *low)
    return matte if high is None else torch.minimum(matte, 1 - ramp(grey, *high))


def difference_key(x: Tensor, clean: Tensor, low: float, high: float, relative: bool = False) -> Tensor:
    """A matte of what differs from a clean plate: 0 up to a difference of `low`, 1 from `high`.

    The difference is the largest over the channels. `relative` divides it by the brighter of the two values, so that
    shadows and highlights key alike and exposure does not matter.
    """
    difference = (x - clean).abs()
    if relative:
        scale = torch.maximum(x.abs(), clean.abs())
        difference = torch.where(scale == 0, 0.0, difference / scale)
    return ramp(difference.amax(0, keepdim=True), low, high)


def chroma_key(
    x: Tensor,
    screen: tuple[float, float, float],
    acceptance: float = 120.0,
    low: float = 0.0,
    high: float = 0.75,
    weights: Weights = "rec709",
) -> Tensor:
    """The matte of the subject before a screen of the colour `screen`: 1 on the subject, 0 on the screen.

    Chroma is the pair blue less luminance, red less luminance, turned so that the screen points along u, and measured
    in units of the screen's own. What lies within `acceptance` degrees about u is screen, by the measure
    `u - |v| / tan(acceptance / 2)` (van den Bergh and Lalioti 1999): up to `low` the matte is 1, from `high` on it is
    0. The measure is linear in the picture, without the noise of a division in the dark. Raises ValueError for a grey
    screen.
    """
    sample = torch.tensor(screen, dtype=torch.float64).view(3, 1, 1)
    grey = luminance(sample, weights)
    screen_b, screen_r = float(sample[2] - grey), float(sample[0] - grey)
    square = screen_b**2 + screen_r**2
    if square <= 1e-12 * float(sample.abs().max()) ** 2:
        raise ValueError(f"the screen colour {screen} is grey, expected one with a hue")
    y = luminance(x, weights)
    blue, red = x[2:3] - y, x[0:1] - y
    u = (blue * screen_b).add_(red, alpha=screen_r).div_(square)
    v = (blue * screen_r).sub_(red, alpha=screen_b).div_(square)
    if acceptance < 180:
        u.sub_(v.abs_(), alpha=1 / math.tan(math.radians(acceptance) / 2))
    return 1 - ramp(u, low, high)


def despill(x: Tensor, spill: Spill, limit: Limit = "average", amount: float = 1.0) -> tuple[Tensor, Tensor]:
    """`x` with the screen channel held to the `limit` of the other two, and the spill `[1, H, W]` taken away."""
    excess = _excess(x, spill, limit)
    if amount != 1:
        excess.mul_(amount)
    i = _CHANNEL[spill]
    return torch.cat([x[:i], x[i : i + 1] - excess, x[i + 1 :]]), excess


def _excess(x: Tensor, spill: Spill, limit: Limit) -> Tensor:
    """What the screen channel has above the limit set by the others, at least 0."""
    if spill not in _CHANNEL:
        raise ValueError(f"there is no screen '{spill}', known are {', '.join(_CHANNEL)}")
    i = _CHANNEL[spill]
    channel = x[i : i + 1]
    one, two = (x[j : j + 1] for j in range(3) if j != i)
    match limit:
        case "average":
            bound = (one + two).mul_(0.5)
        case "max":
            bound = torch.maximum(one, two)
        case "min":
            bound = torch.minimum(one, two)
        case _:
            raise ValueError(f"there is no spill limit '{limit}', known are average, max, min")
    return (channel - bound).clamp_min_(0)
