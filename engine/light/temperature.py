"""Lights whose colour is RGB, in the words that a light meter has: temperature and tint."""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from ..params import Vec3
from .lights import NEUTRAL_KELVIN, Light
from .photometry import WorkingSpace, nearest_white, white_rgb
from .values import triple

_STEPS = 40
_KELVIN = (1000.0, 25000.0)
_TINT = 100.0
_STARTS = (5500.0, 3000.0, 4200.0, 12000.0, 1800.0)
_STUCK, _EXACT = 1e12, 1e-18
_FAR = 50.0
"""The tint (Duv 0.05) from which on CIE 15 gives a colour no temperature."""
_SAME = 1e-6
"""Parts of a light's luminance by which its colour may differ in other words."""
_WHITE: Vec3 = (1.0, 1.0, 1.0)


def tempered(light: Light, space: WorkingSpace) -> Light:
    """The same light with its colour as temperature and tint, its strength in the exposure and `color` white.

    As it was where it has a temperature or tint already, where RGB is grey, and where no white has its colour: Duv
    beyond 0.05, or outside 1000..25000 K.
    """
    color = triple(torch.as_tensor(light.color, dtype=torch.float64))
    said = (float(light.kelvin), float(light.tint)) != (NEUTRAL_KELVIN, 0.0)
    level = sum(c * w for c, w in zip(color, space.luminance, strict=True))
    if said or not (0 < level < math.inf) or min(color) == max(color):
        return light
    kelvin, tint = _named(triple(torch.tensor(color, dtype=torch.float64) / level), space)
    if kelvin is None:
        return light
    return light.with_(kelvin=kelvin, tint=tint, color=_WHITE, exposure=light.exposure + math.log2(level))


@lru_cache(256)
def _named(rgb: Vec3, space: WorkingSpace) -> tuple[float | None, float]:
    """Temperature and tint of a colour of luminance 1; None where no white has it."""
    near, duv = nearest_white(torch.tensor(rgb, dtype=torch.float64), space)
    if not duv <= 1.01e-3 * _FAR:  # nothing to search for, which takes a third of a second
        return None, 0.0
    kelvin, tint = _search(rgb, space, (near, *_STARTS))  # steps from the nearest may end where the locus bends
    off = max(abs(a - b) for a, b in zip(white_rgb(kelvin, tint, space).tolist(), rgb, strict=True))
    return (kelvin, tint) if abs(tint) <= _FAR and off <= _SAME else (None, 0.0)


def kelvin_tint(rgb: Vec3, space: WorkingSpace) -> tuple[float, float]:
    """Temperature and tint whose white in the working space has the colour `rgb`: the inverse of `white_rgb`.

    Limited to 1000..25000 K and a tint of 100 (Duv 0.1) either way; light beyond that gives the nearest.
    """
    return _search(rgb, space, _STARTS)


def _search(rgb: Vec3, space: WorkingSpace, starts: Sequence[float]) -> tuple[float, float]:
    """See `kelvin_tint`; from some temperatures on."""
    target = _ratios(torch.tensor(rgb, dtype=torch.float64))

    def error(v: Tensor) -> Tensor:
        return _ratios(white_rgb(1e6 / float(v[0]), float(v[1]), space)) - target

    low, high = (torch.tensor(v, dtype=torch.float64) for v in ((1e6 / _KELVIN[1], -_TINT), (1e6 / _KELVIN[0], _TINT)))
    best, left = low, math.inf
    for start in starts:
        v, damping = low.new_tensor((1e6 / start, 0.0)), 1e-3
        found = error(v)
        for _ in range(_STEPS):
            if damping > _STUCK or found.square().sum() < _EXACT:
                break
            slopes = torch.stack([(error(v + d) - error(v - d)) / 2e-2 for d in 1e-2 * torch.eye(2, dtype=v.dtype)], 1)
            square = slopes.T @ slopes
            damped = square + damping * torch.diag(square.diagonal().clamp_min(1e-18))
            trial = torch.minimum(torch.maximum(v - torch.linalg.solve(damped, slopes.T @ found), low), high)
            there = error(trial)
            if there.square().sum() < found.square().sum():
                v, found, damping = trial, there, damping / 10
            else:
                damping *= 10
        if float(found.square().sum()) < left:
            best, left = v, float(found.square().sum())
        if left < _EXACT:
            break
    return 1e6 / float(best[0]), float(best[1])


def _ratios(rgb: Tensor) -> Tensor:
    """Red and blue over green, on a scale that goes on below 0."""
    red, green, blue = rgb
    top = torch.stack((red, blue)) / green.clamp_min(1e-6)
    return torch.asinh(top * 5)
