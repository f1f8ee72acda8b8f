"""Highlights in specular light: found, and seen in a larger light."""

import torch
from torch import Tensor

from .gaussian import blurred
from .morphology import largest_around

_WIDTH = 24  # of the long side, in parts: things wider than this are no highlights
_LOW, _HIGH = 0.35, 0.8  # shares of the picture that are specular between which light counts more and more
_SPREAD = 0.02  # of the long side: how far a highlight is widened by a light of 90 degrees


def peaks(specular: Tensor, plate: Tensor) -> Tensor:
    """What of estimated specular light `[3, h, w]` stands out as highlights, `[3, h, w]`, not below 0.

    Estimates take some of everything for specular, with all its texture. Highlights are small, brighter than what is
    around them (the white top hat of Serra 1982), and most of the light where they are.
    """
    light = torch.nan_to_num(specular, 0.0, 0.0, 0.0).clamp_min(0)
    size = max(1, round(max(light.shape[-2:]) / _WIDTH / 2))
    bright = light.mean(0, keepdim=True)
    floor = largest_around(-largest_around(-bright, size), size)
    tiny = torch.finfo(light.dtype).tiny
    whole = torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0).sum(0, keepdim=True)
    share = light.sum(0, keepdim=True) / whole.clamp_min(tiny)
    x = ((share - _LOW) / (_HIGH - _LOW)).clamp(0, 1)
    above = 1 - floor / bright.clamp_min(tiny)
    return light * above.clamp(0, 1) * x * x * (3 - 2 * x)


def widened(specular: Tensor, degrees: float) -> Tensor:
    """Highlights `[3, h, w]` of a small light as a light of a diameter in degrees, 0 to 180, gives them: wider, lower,
    with the same energy.
    """
    sigma = _SPREAD * max(specular.shape[-2:]) * degrees / 90
    if sigma <= 0 or min(specular.shape[-2:]) == 0:
        return specular
    light = torch.nan_to_num(specular, 0.0, 0.0, 0.0)
    wide = blurred(light, sigma)
    energy, left = (x.double().sum((1, 2), keepdim=True) for x in (light, wide))
    gain = torch.where(left.abs() > 1e-12, energy / left, 1.0).clamp(0.5, 2.0)
    return wide * gain.to(wide.dtype)
