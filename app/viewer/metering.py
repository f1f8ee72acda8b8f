"""What a spot meter says of scene-linear luminances: stops about middle grey, and the ratio to a reference."""

import math

import torch
from torch import Tensor

from ..scopes.counting import GREY
from .plane import Plane

Weights = tuple[float, float, float]
_EVEN = 0.05
"""Stops below which lights are told as equal."""


def is_light(plane: Plane) -> bool:
    """Whether the numbers of a plane's layer are light."""
    return plane.showing.managed


def luminance(plane: Plane, pixels: Tensor, weights: Weights) -> Tensor:
    """`[N]` of pixels `[C, N]` of the plane's layer, which is light. weights : of red, green and blue."""
    parts = [(weight, i) for weight, i in zip(weights, plane.showing.indices, strict=False) if i >= 0]
    return torch.stack([weight * pixels[i] for weight, i in parts]).sum(0)


def stops(light: float) -> str:
    """Light about middle grey, `+1.3`; in words where it has no logarithm."""
    if math.isnan(light):
        return "not a number"
    if light < 0:
        return "negative"
    if light == 0:
        return "no light"
    return "infinite" if math.isinf(light) else _signed(math.log2(light) - math.log2(GREY))


def ratio(reference: float, light: float) -> str:
    """How a reference stands to light, `4.0:1` as key to fill; `no ratio` where either is none."""
    away = _away(reference, light)
    if away is None:
        return "no ratio"
    return f"{_factor(away)}:1" if away > -_EVEN else f"1:{_factor(-away)}"


def metered(light: float, reference: float | None) -> str:
    """All in one line, `-0.7 stops  4.0:1 / 2.0 stops`. reference : a luminance to compare with, None for none."""
    own = stops(light)
    found = f"{own} stops" if own[-1].isdigit() else own
    if reference is None:
        return found
    away = _away(reference, light)
    apart = "" if away is None else f" / {_signed(away).removeprefix('+')} stops"
    return f"{found}  {ratio(reference, light)}{apart}"


def _away(reference: float, light: float) -> float | None:
    """By how many stops the reference is brighter; None where either is no light."""
    if all(math.isfinite(value) and value > 0 for value in (reference, light)):
        return math.log2(reference) - math.log2(light)
    return None


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text


def _factor(away: float) -> str:
    """2 to the power of stops, in few digits."""
    value = 2.0 ** min(away, 1000.0)  # floats of pictures are 280 stops apart at most
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}" if value < 1e5 else f"{value:.2g}"
