"""Toe and shoulder: curves that bend the darkest and the brightest light and leave all between.

They take scene-linear values of any shape, unbounded, one by one, unless they say otherwise."""

import math

import torch
from torch import Tensor

from .color import Values, Weights, each_channel, luminance


def toe(x: Tensor, lift: Values) -> Tensor:
    """`x + lift / (1 + (x / lift)**2)`, and `x + lift` below 0: smooth, rising everywhere, close to `x` far above."""
    return each_channel(_toe, x, lift)


def _toe(x: Tensor, lift: float, out: Tensor | None = None) -> Tensor:
    if lift == 0:
        return x if out is None else out.copy_(x)
    return torch.add(x, (x.clamp_min(0) / lift).square_().add_(1).reciprocal_(), alpha=lift, out=out)


def shoulder(x: Tensor, low: float, high: float) -> Tensor:
    """`x` up to `low`, then bending, never to exceed `high`: low + s (1 - exp(-(x - low) / s)) with s = high - low."""
    span = high - low
    return x.clamp_max(low) + (x.clamp_min(low) - low).div_(-span).expm1_().mul_(-span)


def log_compress(x: Tensor, low: float, high: float) -> Tensor:
    """`x` up to `low`, then a logarithm with slope 1 at `low` and value 1 at `high`, and on beyond it without an end.

    low + (1 - low) ln(1 + k t) / ln(1 + k) with t = (x - low) / (high - low). low : below 1. high : above low; up to 1
    nothing is compressed.
    """
    rate = _log_rate((1 - low) / (high - low))
    if rate == 0:
        return x
    over = (x.clamp_min(low) - low).mul_(rate / (high - low)).log1p_()
    return over.mul_((1 - low) / math.log1p(rate)).add_(x.clamp_max(low))


def _log_rate(share: float) -> float:
    """k with ln(1 + k) / k = share: how strongly a logarithm bends that starts at slope 1. 0 from a share of 1 on."""
    if share >= 1 - 1e-9:
        return 0.0
    low, high = 0.0, 1.0
    while math.log1p(high) > share * high:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if math.log1p(middle) > share * middle else (low, middle)
    return (low + high) / 2


def clip_saturation_kept(x: Tensor, low: float, high: float) -> Tensor:
    """`x [3, H, W]` darkened where its largest channel is above `low`, so that none exceeds `high`; hue and saturation
    stay."""
    most = x.amax(0, keepdim=True)
    return torch.where(most > low, x * (shoulder(most, low, high) / most.clamp_min(1e-30)), x)


def clip_brightness_kept(x: Tensor, low: float, high: float, weights: Weights) -> Tensor:
    """`x [3, H, W]` desaturated where its largest channel is above `low`, so that none exceeds `high`.

    The luminance stays where that can be, and the hue; what is brighter than the limit as a whole becomes grey of it.
    """
    most, grey = x.amax(0, keepdim=True), luminance(x, weights)
    limit = shoulder(most, low, high)
    kept = torch.minimum(grey, limit)
    share = ((limit - kept) / (most - grey).clamp_min(1e-30)).clamp_(0, 1)
    return torch.where(most > low, torch.addcmul(kept, x - grey, share), x)
