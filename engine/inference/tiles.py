"""A picture cut into tiles for a network, and the results put together.

The cut depends on the frame alone, never on what part of it is wanted, so a tile is the same tile whoever asks. A tile
is given its surroundings, the halo; where the halo holds all that a result depends on, tiles and the whole frame agree
to rounding. Where it does not, neighbours are mixed smoothly over the blend.
"""

import itertools
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import RimlightError
from ..region import Region
from .declaration import Tiling

log = logging.getLogger(__name__)

Run = Callable[[Region], Mapping[str, Tensor]]
"""Gives a network's results `[C, h, w]` over a region of the padded frame, by name."""

SMALLEST = 64
"""Side of a tile, in pixels, below which memory is not tried to be saved."""


@dataclass(frozen=True)
class Tile:
    """A tile: `seen` is what the network is given, `used` what of its results counts, `core` its own pixels."""

    core: Region
    used: Region
    seen: Region


def padded(frame: Region, tiling: Tiling) -> Region:
    """The frame with its sides made a multiple, to the right and below, as the network is given it."""
    width, height = _up(frame.width, tiling.multiple), _up(frame.height, tiling.multiple)
    return Region(frame.x0, frame.y0, frame.x0 + width, frame.y0 + height)


def fitting_size(tiling: Tiling, bytes_per_pixel: int, memory: int, largest: int) -> int:
    """The side of a tile without its surroundings: as declared, else what fits `memory` bytes, at most `largest`."""
    if tiling.fixed:
        return tiling.size - 2 * tiling.margin
    if tiling.size:
        return max(tiling.size // tiling.multiple, 1) * tiling.multiple
    side = min(largest, math.isqrt(max(1, memory // bytes_per_pixel)) - 2 * tiling.margin)
    return _up(max(side, SMALLEST, 2 * tiling.blend), tiling.multiple)


def reach(frame: Region, tiling: Tiling, size: int, region: Region) -> Region:
    """The pixels of the frame that results over `region` may depend on, with tiles of `size` or smaller."""
    if tiling.whole:
        return frame
    return region.expand(size + tiling.blend + tiling.margin).intersect(frame)


def tiles(frame: Region, tiling: Tiling, size: int, region: Region) -> list[Tile]:
    """The tiles of a padded frame that have a part in `region`, row by row."""
    columns = _cuts(frame.x0, frame.x1, tiling, size, region.x0, region.x1)
    rows = _cuts(frame.y0, frame.y1, tiling, size, region.y0, region.y1)
    return [
        Tile(*(Region(x[i][0], y[i][0], x[i][1], y[i][1]) for i in range(3)))
        for y, x in itertools.product(rows, columns)
    ]


def _cuts(begin: int, end: int, tiling: Tiling, size: int, first: int, last: int) -> list[list[tuple[int, int]]]:
    """Core, used and seen range of every tile along one axis that has a part in `first .. last`."""
    half, count = (tiling.blend + 1) // 2, max(1, math.ceil((end - begin) / size))
    # Tiles of about the same size waste nothing on a narrow last one; a network of fixed size leaves no choice.
    step = size if tiling.fixed else _up(math.ceil((end - begin) / count), tiling.multiple)
    found = []
    for a in range(begin, end, step):
        c = min(a + step, end)
        used = (max(a - half, begin), min(c + half, end))
        if used[0] < last and first < used[1]:
            seen = (a - tiling.margin, a + step + tiling.margin)
            if not tiling.fixed:
                seen = (max(seen[0], begin), min(c + tiling.margin, end))
            found.append([(a, c), used, seen])
    return found


def run_in_tiles(
    run: Run,
    frame: Region,
    tiling: Tiling,
    size: int,
    region: Region,
    progress: Callable[[float], None] = lambda fraction: None,
    shrunk: Callable[[int], None] = lambda size: None,
) -> dict[str, Tensor]:
    """A network's results `[c, h, w]`, by name, over `region`, tile by tile.

    frame : the frame, padded. size : side of a tile; when memory runs out it is halved, `shrunk` is told, and all
    begins anew. progress : called between tiles; what it raises ends the work. Raises RimlightError when the smallest
    tile does not fit either, torch.OutOfMemoryError where that was on a GPU.
    """
    while True:
        problem: Exception
        try:
            return _all(run, tiles(frame, tiling, size, region), tiling, frame, region, progress)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            problem = error
        # What the failed attempt held is free only here, when its frames are gone.
        smaller = max(SMALLEST, size // 2 // tiling.multiple * tiling.multiple, 2 * tiling.blend, tiling.multiple)
        if tiling.fixed or tiling.whole or smaller >= size:
            if isinstance(problem, torch.OutOfMemoryError):
                raise problem
            raise RimlightError(f"the model ran out of memory with tiles of {size} pixels; use a proxy scale") from None
        problem = problem.with_traceback(None)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        log.warning("memory ran out with tiles of %d pixels; tried again with %d", size, smaller)
        size = smaller
        shrunk(size)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of torch or of onnxruntime says that memory ran out."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    words = ("can't allocate memory", "out of memory", "failed to allocate memory", "bad_alloc", "not enough memory")
    return not isinstance(error, RimlightError) and any(word in text for word in words)


def _all(
    run: Run, parts: Sequence[Tile], tiling: Tiling, frame: Region, region: Region, progress: Callable[[float], None]
) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for i, tile in enumerate(parts):
        progress(i / len(parts))
        made = run(tile.seen)
        rows, columns = tile.seen.slices_of(tile.used.intersect(region))
        if len(parts) == 1:
            return {name: x[:, rows, columns].contiguous() for name, x in made.items()}
        inside = tile.used.intersect(region)
        to_rows, to_columns = region.slices_of(inside)
        for name, x in made.items():
            if name not in out:
                out[name] = x.new_zeros((x.shape[0], region.height, region.width))
            weight = _weight(tile, frame, (tiling.blend + 1) // 2, inside, x)
            out[name][:, to_rows, to_columns] += x[:, rows, columns] * weight
    return out


def _up(number: int, multiple: int) -> int:
    """The next multiple from `number` on."""
    return math.ceil(number / multiple) * multiple


def _weight(tile: Tile, frame: Region, half: int, inside: Region, like: Tensor) -> Tensor:
    """How much a tile counts `[h, w]`; over all tiles it adds up to 1."""
    x = _ramps(tile.core.x0, tile.core.x1, frame.x0, frame.x1, half, inside.x0, inside.x1, like)
    y = _ramps(tile.core.y0, tile.core.y1, frame.y0, frame.y1, half, inside.y0, inside.y1, like)
    return y[:, None] * x


def _ramps(a: int, c: int, begin: int, end: int, half: int, first: int, last: int, like: Tensor) -> Tensor:
    at = torch.arange(first, last, device=like.device, dtype=like.dtype) + 0.5
    weight = torch.ones_like(at)
    if half and a > begin:
        weight = weight * _smooth((at - (a - half)) / (2 * half))
    if half and c < end:
        weight = weight * (1 - _smooth((at - (c - half)) / (2 * half)))
    return weight


def _smooth(t: Tensor) -> Tensor:
    t = t.clamp(0, 1)
    return t * t * (3 - 2 * t)
