"""Curves of colours, which go straight on beyond their ends."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from rimlight.engine import Curve, apply_curve


def lookup(x: Tensor, master: Curve, channels: Sequence[Curve | None] = ()) -> Tensor:
    """`x [C, H, W]` through `master`, then each channel through its own curve; straight on beyond the ends."""
    result = apply_curve(x, _straight(master))
    if not any(channels):
        return result
    planes = list(result)
    for i, curve in enumerate(channels):
        if curve is not None:
            planes[i] = apply_curve(planes[i], _straight(curve))
    return torch.stack(planes)


def _straight(curve: Curve) -> Curve:
    return replace(curve, before="linear", after="linear")
