"""Brush strokes along polylines as coverage.

Coordinates are pixels, y down; regions are plain half-open tuples (x0, y0, x1, y1).
"""

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .gradients import interpolate, pixel_centers
from .resample import Box


def draw_stroke(
    points: Tensor,
    width: float,
    region: Box,
    hardness: float = 1.0,
    pressure: Tensor | None = None,
    device: torch.device | str = "cpu",
    strength: Tensor | None = None,
) -> Tensor:
    """Coverage float32 `[1, H, W]` of a round brush drawn along points `[N, 2]`.

    width : diameter in pixels at pressure 1; a brush thinner than a pixel is fainter instead.
    hardness : 1 is a hard edge over one pixel, 0 fades smoothly from the middle of the stroke.
    pressure, strength : `[N]`, factors of the width and of the coverage, linear between the points.

    Where segments overlap the larger coverage counts.
    """
    points = points.double().cpu()
    radii = torch.full((points.shape[0],), width / 2, dtype=torch.float64)
    if pressure is not None:
        radii = radii * pressure.double().cpu().clamp(min=0.0)
    out = torch.zeros(1, max(0, region[3] - region[1]), max(0, region[2] - region[0]), device=device)
    if points.shape[0] == 0 or not bool(torch.isfinite(points).all() & torch.isfinite(radii).all()):
        return out
    shares = torch.ones_like(radii) if strength is None else strength.double().cpu()
    if points.shape[0] == 1:
        points, radii, shares = points.repeat(2, 1), radii.repeat(2), shares.repeat(2)
    ends = torch.cat((points, radii[:, None], shares[:, None]), 1).tolist()
    for a, b in itertools.pairwise(ends):
        (ax, ay, ra, _), (bx, by, rb, _) = a, b
        reach = max(ra, rb, 0.5) + 1.0
        x0, y0 = math.floor(min(ax, bx) - reach), math.floor(min(ay, by) - reach)
        x1, y1 = math.ceil(max(ax, bx) + reach), math.ceil(max(ay, by) + reach)
        box = max(x0, region[0]), max(y0, region[1]), min(x1, region[2]), min(y1, region[3])
        if box[0] >= box[2] or box[1] >= box[3] or max(ra, rb) <= 0:
            continue
        part = out[:, box[1] - region[1] : box[3] - region[1], box[0] - region[0] : box[2] - region[0]]
        torch.maximum(part, _segment(a, b, box, hardness, device), out=part)
    return out


def _segment(a: Sequence[float], b: Sequence[float], box: Box, hardness: float, device: torch.device | str) -> Tensor:
    """Coverage of one segment, from x, y, radius and strength to others."""
    x, y = pixel_centers(box, device)
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = (((x - a[0]) * dx + (y - a[1]) * dy) / max(length, 1e-18)).clamp(0.0, 1.0)
    distance = torch.hypot(x - (a[0] + t * dx), y - (a[1] + t * dy))
    radius = a[2] + t * (b[2] - a[2])
    faint = (2.0 * radius).clamp(max=1.0)
    if a[3] != 1 or b[3] != 1:
        faint = faint * (a[3] + t * (b[3] - a[3]))
    radius = radius.clamp(min=0.5)
    edge = (radius + 0.5 - distance).clamp(0.0, 1.0)
    soft = radius * (1.0 - min(max(hardness, 0.0), 1.0))
    fade = interpolate((radius - distance) / soft.clamp(min=1e-9), "smooth")
    return (torch.where(soft > 1.0, fade, edge) * faint).float()[None]
