"""Ellipses, rectangles and ramps as closed forms of pixel coordinates.

Coordinates are pixels, y down, pixel centres at +0.5; regions are plain half-open tuples (x0, y0, x1, y1). Every
function returns float32 `[1, H, W]`, 0 to 1.
"""

from typing import Literal

import torch
from torch import Tensor

from .resample import Box

Point = tuple[float, float]
Interpolation = Literal["linear", "smooth", "smooth0", "smooth1"]
"""How a ramp runs: evenly, eased at both ends, eased at its start, eased at its end."""


def pixel_centers(region: Box, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """x `[1, W]` and y `[H, 1]` of the pixel centres of a region, in float64 to keep fractions far from 0."""
    x = torch.arange(region[0], region[2], dtype=torch.float64, device=device) + 0.5
    y = torch.arange(region[1], region[3], dtype=torch.float64, device=device) + 0.5
    return x[None, :], y[:, None]


def interpolate(t: Tensor, interpolation: Interpolation) -> Tensor:
    """0..1 bent by an interpolation; values outside are held."""
    t = t.clamp(0.0, 1.0)
    if interpolation == "smooth":
        return t * t * (3.0 - 2.0 * t)
    if interpolation == "smooth0":
        return t * t
    if interpolation == "smooth1":
        return t * (2.0 - t)
    return t


def ramp(
    start: Point, end: Point, region: Box, interpolation: Interpolation = "linear", device: torch.device | str = "cpu"
) -> Tensor:
    """0 at `start` and before it, 1 at `end` and after it, constant across the line between them.

    A ramp whose points are the same is a step at that point.
    """
    x, y = pixel_centers(region, device)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    if length == 0:
        return ((x - start[0]) + 0.0 * y >= 0).float()[None]
    t = ((x - start[0]) * (dx / length) + (y - start[1]) * (dy / length)).float()
    return interpolate(t, interpolation)[None]


def rectangle(
    area: tuple[float, float, float, float], region: Box, softness: float = 0.0, device: torch.device | str = "cpu"
) -> Tensor:
    """The rectangle (x0, y0, x1, y1), with exactly covered edge pixels.

    softness : pixels over which the coverage rises, smoothly, from 0 at the edge inwards; at most half the rectangle.
    """
    x, y = pixel_centers(region, device)
    sides = []
    for center, low, high in ((x, area[0], area[2]), (y, area[1], area[3])):
        if high <= low:
            return torch.zeros(1, y.shape[0], x.shape[1], device=device)
        if softness <= 0:
            sides.append(
                (torch.minimum(center + 0.5, center.new_tensor(high)) - (center - 0.5).clamp(min=low)).clamp(0, 1)
            )
        else:
            width = min(softness, (high - low) / 2)
            inward = torch.minimum(center - low, high - center)
            sides.append(interpolate(inward / width, "smooth"))
    return (sides[0] * sides[1]).float()[None]


def rounded_rectangle(
    area: tuple[float, float, float, float], region: Box, radius: float, softness: float = 0.0,
    device: torch.device | str = "cpu",
) -> Tensor:  # fmt: skip
    """The rectangle (x0, y0, x1, y1) with corners of a radius in pixels, anti-aliased over a pixel.

    radius : at most half the shorter side. softness : pixels over which the coverage rises, smoothly, from 0 at the
        edge inwards, along the distance to it.
    """
    x, y = pixel_centers(region, device)
    rx, ry = (area[2] - area[0]) / 2, (area[3] - area[1]) / 2
    if rx <= 0 or ry <= 0:
        return torch.zeros(1, y.shape[0], x.shape[1], device=device)
    radius = min(radius, rx, ry)
    # Distance to a rectangle that is smaller by the radius, less the radius.
    u, v = (x - (area[0] + rx)).abs() - (rx - radius), (y - (area[1] + ry)).abs() - (ry - radius)
    inward = radius - torch.hypot(u.clamp(min=0), v.clamp(min=0)) - torch.maximum(u, v).clamp(max=0)
    if softness <= 1:
        return (inward + 0.5).clamp(0, 1).float()[None]
    return interpolate(inward / min(softness, rx, ry), "smooth").float()[None]


def ellipse(
    area: tuple[float, float, float, float], region: Box, softness: float = 0.0, device: torch.device | str = "cpu"
) -> Tensor:
    """The ellipse in the rectangle (x0, y0, x1, y1).

    softness : 0 is a hard edge, anti-aliased over a pixel; 1 fades from the centre to the edge, smoothly. Distances are
        taken to first order, exact for circles.
    """
    x, y = pixel_centers(region, device)
    rx, ry = (area[2] - area[0]) / 2, (area[3] - area[1]) / 2
    if rx <= 0 or ry <= 0:
        return torch.zeros(1, y.shape[0], x.shape[1], device=device)
    u, v = (x - (area[0] + rx)) / rx, (y - (area[1] + ry)) / ry
    radius = torch.hypot(u, v)
    # Gradient of the radius: how fast it grows per pixel.
    growth = (torch.hypot(u / rx, v / ry) / radius.clamp(min=1e-12)).clamp(min=1e-12)
    hard = (0.5 - (radius - 1.0) / growth).clamp(0.0, 1.0)
    if softness <= 0:
        return hard.float()[None]
    fade = interpolate((1.0 - radius) / softness, "smooth")
    # A fade narrower than a pixel is as wide as the pixel.
    return torch.where(growth < softness, fade, hard).float()[None]
