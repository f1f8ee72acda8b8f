"""Still roto shapes as one matte."""

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor

from .drawn import plain, size_of
from .raster import Shape, box_about, draw_shape, flatten, outward, shape_bounds
from .resample import Box
from .shapes import RotoShape
from .strokes import draw_stroke

Drawn = Callable[[RotoShape, Box, Callable[[], Tensor]], Tensor]
_COMBINE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "union": lambda a, b: a + b - a * b,
    "subtract": lambda a, b: a * (1 - b),
    "intersect": lambda a, b: a * b,
    "difference": lambda a, b: a * (1 - b) + b * (1 - a),
}


def draw_matte(
    shapes: Iterable[RotoShape],
    pixels: Tensor,
    region: Box,
    drawn: Drawn = lambda shape, box, draw: draw(),
    device: torch.device | str = "cpu",
) -> Tensor:
    """Coverage float32 `[1, H, W]`, 0 to 1, of still shapes, each acting on what those before it drew.

    pixels : 3x3 float64, affine, from the coordinates of the shapes to pixels (y down).
    region : pixels, half-open (x0, y0, x1, y1).
    drawn : gives the coverage `[1, h, w]` of a shape over a box of pixels, on the device: by `draw`, or as it is known.
    """
    matte = torch.zeros(1, max(0, region[3] - region[1]), max(0, region[2] - region[0]), device=device)
    for shape in shapes:
        if not shape.visible:
            continue
        x0, y0, x1, y1 = box = bounds(shape, pixels, region)
        rows, columns = slice(y0 - region[1], y1 - region[1]), slice(x0 - region[0], x1 - region[0])
        empty = x0 >= x1 or y0 >= y1
        made = None
        if not empty:
            cover = drawn(shape, box, partial(_coverage, shape, pixels, box, device))
            made = _COMBINE[shape.mode](matte[:, rows, columns], cover)
        if shape.mode == "intersect":
            matte.zero_()
        if made is not None:
            matte[:, rows, columns] = made
    return matte


def bounds(shape: RotoShape, pixels: Tensor, limit: Box) -> Box:
    """The pixels that a still shape can touch, cut to `limit`; an empty box where it touches none."""
    if not shape.points:
        return (0, 0, 0, 0)
    if shape.closed:
        return shape_bounds(_outline(shape, pixels), limit)
    line, (width, _) = _line(shape, pixels), _brush(shape, pixels)
    return box_about((*line.amin(0).tolist(), *line.amax(0).tolist()), width / 2 + 1, limit)


def _coverage(shape: RotoShape, pixels: Tensor, box: Box, device: torch.device | str) -> Tensor:
    if shape.closed:
        return draw_shape(_outline(shape, pixels), box, device)
    width, hardness = _brush(shape, pixels)
    return draw_stroke(_line(shape, pixels), width, box, hardness, device=device) * plain(shape.opacity)


def _outline(shape: RotoShape, pixels: Tensor) -> Shape:
    """The shape in pixels."""
    matrix = pixels @ shape.matrix
    table = torch.tensor(shape.points, dtype=torch.float64)
    turned = table[:, :12].view(-1, 6, 2) @ matrix[:2, :2].T
    made = Shape(turned[:, 0] + matrix[:2, 2], turned[:, 1], turned[:, 2], None, plain(shape.opacity))
    distance, offsets = plain(shape.feather) * size_of(pixels), turned[:, 3]
    if distance == 0 and not bool(offsets.any()):
        return made
    offsets = offsets + outward(made, distance) if distance else offsets
    free = table[:, 12] if bool(table[:, 12].any()) else None
    own = (turned[:, 4], turned[:, 5], free) if free is not None else (None, None, None)
    return Shape(made.points, made.tangent_in, made.tangent_out, offsets, made.opacity, plain(shape.falloff), *own)


def _line(shape: RotoShape, pixels: Tensor) -> Tensor:
    """The points `[N, 2]` of an open shape: flattened as a closed one whose last side is straight."""
    made = _outline(shape, pixels)
    assert made.tangent_in is not None and made.tangent_out is not None
    arrive, leave = made.tangent_in.clone(), made.tangent_out.clone()
    arrive[0], leave[-1] = 0.0, 0.0
    return flatten(Shape(made.points, arrive, leave))[0]


def _brush(shape: RotoShape, pixels: Tensor) -> tuple[float, float]:
    """Width in pixels and hardness of an open shape's line, its feather on both sides."""
    width, soft = plain(shape.width), 2 * abs(plain(shape.feather))
    whole = width + soft
    return whole * size_of(pixels), width / whole if whole else 1.0
