"""Brush strokes over pixels: what each touches, and what it makes of that. Scene-linear; nothing is clamped."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .brush_strokes import BrushStroke
from .drawn import plain
from .filters import unsharp_mask
from .gaussian import gaussian_blur, gaussian_margin
from .matrices import needed_region, translate_matrix
from .paint_strokes import PaintStroke
from .raster import box_about
from .resample import Box
from .smear import smear
from .strokes import draw_stroke
from .warp import warp_matrix

Source = Callable[[Box], Tensor]
"""The pixels `[C, h, w]` of a picture over a box."""
_TURNED = "cubic"
"""The filter of what is copied turned or scaled, that of Transform."""


def stroke_box(stroke: BrushStroke, pixels: Tensor, limit: Box) -> Box:
    """The pixels that a stroke can touch, cut to `limit`; an empty box where it touches none.

    stroke : as it is at a frame. pixels : 3x3 float64, affine, from the coordinates of the strokes to pixels (y down).
    """
    if not stroke.points or not stroke.opacity or not stroke.size:
        return (0, 0, 0, 0)
    placed = stroke.placed(pixels)
    return box_about(placed.ends, plain(stroke.size) * placed.scale / 2 + 1.5, limit)


def reach(stroke: PaintStroke, pixels: Tensor, region: Box, limit: Box) -> Box:
    """What of the picture below a stroke its pixels in a region depend on, cut to `limit`; a smear's on all of it."""
    box = stroke_box(stroke, pixels, region)
    if box[0] >= box[2] or stroke.brush not in ("blur", "sharpen", "smear"):
        return box
    if stroke.brush == "smear":
        return stroke_box(stroke, pixels, limit)
    margin = gaussian_margin(_sigma(stroke, pixels))
    return (
        max(limit[0], box[0] - margin), max(limit[1], box[1] - margin),
        min(limit[2], box[2] + margin), min(limit[3], box[3] + margin),
    )  # fmt: skip


def source_box(stroke: PaintStroke, pixels: Tensor, box: Box, carried: Tensor, data: Box) -> Box:
    """Where the pixels of a box of a clone come from, with the neighbours that parts of pixels need.

    carried : 3x3 float64, from pixels to those of the same spot in the picture that is copied. data : where that has
    pixels.
    """
    seen = _seen(stroke, pixels, carried)
    if not _only_shifts(seen):
        return needed_region(seen, box, _TURNED, bounds=data)
    x, y = (math.floor(shift) for shift in seen[:2, 2].tolist())
    return box[0] + x, box[1] + y, box[2] + x + 1, box[3] + y + 1


def paint_stroke(
    stroke: PaintStroke, x: Tensor, pixels: Tensor, region: Box, limit: Box, source: Source, below: Source,
    color: Tensor, light: Tensor, check: Callable[[], None], carried: Tensor, data: Box,
) -> None:  # fmt: skip
    """Lay a stroke over `x [C, H, W]`, the pixels of `region`, in place.

    limit : what `reach` is cut to. source : what clone, reveal and erase copy, black where there is nothing. below :
    `x`, gone on beyond `region` as a picture does. color : `[C, 1, 1]`, of `paint`. light : `[C, 1, 1]`, 1 for
    channels that `dodge` multiplies, 0 for others. check : raises when nobody waits any more. carried, data : see
    `source_box`.

    Pixels that are covered whole become what is laid on them even where they held no number; those that are not
    covered stay bit for bit.
    """
    box = stroke_box(stroke, pixels, region)
    if box[0] >= box[2]:
        return
    part = x[:, box[1] - region[1] : box[3] - region[1], box[0] - region[0] : box[2] - region[0]]
    if stroke.brush == "smear":
        line, scale, _ = stroke.placed(pixels)
        whole, width = stroke_box(stroke, pixels, limit), plain(stroke.size) * scale
        part.copy_(smear(line, width, plain(stroke.hardness), *_pressed(stroke), below, whole, box, check))
        return
    cover = stroke_cover(stroke, pixels, box, x.device)
    if stroke.brush == "dodge":
        part.mul_(torch.exp2(cover * plain(stroke.stops) * light))
        return
    if stroke.brush == "paint":
        new = color.expand_as(part)
    elif stroke.brush == "erase":
        new = source(box)
    elif stroke.brush in ("blur", "sharpen"):
        new = _filtered(stroke, pixels, box, below)
    else:
        new = _cloned(stroke, pixels, box, source, carried, data)
    mixed = torch.where(cover <= 0, part, torch.lerp(part, new, cover))
    part.copy_(torch.where(cover >= 1, new, mixed))


def stroke_cover(stroke: BrushStroke, pixels: Tensor, box: Box, device: torch.device) -> Tensor:
    """How much a stroke covers of the pixels of a box, float32 `[1, h, w]`, 0 to 1. pixels : see `stroke_box`."""
    line, scale, _ = stroke.placed(pixels)
    sizes, shares = _pressed(stroke)
    return draw_stroke(line, plain(stroke.size) * scale, box, plain(stroke.hardness), sizes, device, shares)


def _pressed(stroke: BrushStroke) -> tuple[Tensor, Tensor]:
    """The factors `[N]` of the size of a brush and of its cover at the points of a stroke."""
    pressure = stroke.table[:, 2]
    full = torch.ones_like(pressure)
    sizes = pressure if stroke.pressure in ("size", "both") else full
    return sizes, plain(stroke.opacity) * (pressure if stroke.pressure in ("opacity", "both") else full)


def _seen(stroke: PaintStroke, pixels: Tensor, carried: Tensor) -> Tensor:
    """From pixels to those that a clone copies there, 3x3 float64, y down; shifts that are whole but for rounding are
    whole.
    """
    linear = (pixels @ stroke.matrix)[:2, :2]
    dx, dy = (float(x) for x in linear @ torch.tensor(stroke.offset, dtype=torch.float64))
    seen = carried @ translate_matrix(dx, dy)
    whole = seen.round()
    return torch.where((seen - whole).abs() < 1e-6, whole, seen) if _only_shifts(seen) else seen


def _only_shifts(matrix: Tensor) -> bool:
    return bool(((matrix[:2, :2] - torch.eye(2, dtype=matrix.dtype)).abs() < 1e-9).all())


def _sigma(stroke: PaintStroke, pixels: Tensor) -> float:
    """Standard deviation in pixels of a blur that is `blur_size` wide at half its height, as Blur sizes it."""
    return plain(stroke.blur_size) * stroke.placed(pixels).scale / 2.4


def _filtered(stroke: PaintStroke, pixels: Tensor, box: Box, below: Source) -> Tensor:
    """What is below without its fine detail, or with it twice."""
    sigma = _sigma(stroke, pixels)
    margin = gaussian_margin(sigma)
    origin = box[0] - margin, box[1] - margin
    x = below((*origin, box[2] + margin, box[3] + margin))
    return (
        gaussian_blur(x, sigma, sigma, origin)
        if stroke.brush == "blur"
        else unsharp_mask(x, sigma, sigma, 1.0, 0.0, origin)
    )


def _cloned(stroke: PaintStroke, pixels: Tensor, box: Box, source: Source, carried: Tensor, data: Box) -> Tensor:
    """The input at the offset: linear between pixels; where it is turned or scaled, by a filter that keeps detail."""
    seen, there = _seen(stroke, pixels, carried), source_box(stroke, pixels, box, carried, data)
    found = source(there)
    if not _only_shifts(seen):
        return warp_matrix(found, seen, there, box, _TURNED)
    for axis, shift in zip((-1, -2), seen[:2, 2].tolist(), strict=True):
        size, share = found.shape[axis] - 1, shift - math.floor(shift)
        first = found.narrow(axis, 0, size)
        found = torch.lerp(first, found.narrow(axis, 1, size), share) if share else first
    return found
