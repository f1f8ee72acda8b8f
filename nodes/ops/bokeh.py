"""Lens blur: aperture-shaped kernels with soft edges."""

import math

import torch
from torch import Tensor

_SUBSAMPLES = 8


def bokeh_margin(radius: float) -> int:
    """Pixels of margin that an aperture of `radius` pixels needs on each side."""
    return max(0, math.ceil(radius - 0.5))


def bokeh_kernel(
    radius_x: float,
    radius_y: float,
    blades: int = 0,
    rotation: float = 0.0,
    roundness: float = 0.0,
) -> Tensor:
    """Aperture image `[2 * margin_y + 1, 2 * margin_x + 1]`, float64, summing to 1.

    Parameters
    ----------
    radius_x, radius_y : half sizes in pixels, fractional allowed; 0 is one pixel.
    blades : 0 for a disc (an ellipse), or 3 and more for a regular polygon inscribed in it.
    rotation : degrees, counter-clockwise as seen; at 0 a corner points right.
    roundness : 0 keeps straight blades, 1 bends them into the disc.
    """
    if blades in (1, 2) or blades < 0:
        raise ValueError(f"bokeh: {blades} blades found, expected 0 (a disc) or 3 and more")
    if radius_x < 0 or radius_y < 0:
        raise ValueError(f"bokeh: radii are {radius_x} and {radius_y} pixels, expected 0 or more")
    mx, my = bokeh_margin(radius_x), bokeh_margin(radius_y)
    # A kernel thinner than a pixel still covers one: below half a pixel the shape no longer matters.
    rx, ry = max(radius_x, 0.5), max(radius_y, 0.5)
    u = _subpixels(mx)[None, :] / rx
    v = -_subpixels(my)[:, None] / ry
    reach = torch.hypot(u, v)
    limit = torch.ones_like(reach)
    if blades:
        sector = 2 * math.pi / blades
        angle = torch.remainder(torch.atan2(v, u) - math.radians(rotation), sector) - sector / 2
        limit = math.cos(sector / 2) / torch.cos(angle)
        limit = torch.lerp(limit, torch.ones_like(limit), roundness)
    # Coverage ramps over one subsample, so that the kernel changes smoothly with the radius.
    coverage = ((limit - reach) * math.sqrt(rx * ry) * _SUBSAMPLES + 0.5).clamp(0, 1)
    kernel = coverage.view(2 * my + 1, _SUBSAMPLES, 2 * mx + 1, _SUBSAMPLES).sum(dim=(1, 3))
    return kernel / kernel.sum()


def _subpixels(margin: int) -> Tensor:
    count = (2 * margin + 1) * _SUBSAMPLES
    return (torch.arange(count, dtype=torch.float64) + 0.5) / _SUBSAMPLES - (margin + 0.5)
