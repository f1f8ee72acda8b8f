"""Long operations in pieces, so that whoever waits sees them move and may stop them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from rimlight.engine import Region, side_by_side

T = TypeVar("T")

Progress = Callable[[float], None]
"""Called between pieces of work with the share that is done, 0 to 1; it stops the work by raising."""


def silent(fraction: float) -> None:
    """Nobody watches."""


def part(progress: Progress, index: int, count: int) -> Progress:
    """The progress of piece `index` of `count` equal ones."""
    return lambda share: progress((index + share) / count)


def shared(work: Callable[[T], None], pieces: Iterable[T], progress: Progress = silent) -> None:
    """`work(piece)` for every piece, side by side where the processor has the cores."""
    works = [partial(work, piece) for piece in pieces]
    progress(0.0)
    side_by_side(works, lambda done: progress(done / len(works)))


def bands_of(region: Region, pixels: int, device: torch.device) -> list[Region]:
    """Bands of about so many pixels, whole rows, for the threads of a processor; other devices get the region at once.
    """
    rows = max(1, pixels // max(1, region.width)) if device.type == "cpu" else region.height
    return list(region.bands(rows))


def by_channel_strips(
    op: Callable[[Tensor], Tensor], x: Tensor, height: int, rows: int, progress: Progress = silent
) -> Tensor:
    """`op(x)` made channel by channel in strips of `rows` rows.

    x : `[C, H, W]` with equal margins above and below `height` rows, which `op` takes off; every row of the result may
        only depend on the rows within the margin around it, and every channel on itself.

    Devices other than the CPU are quick enough for whole channels.
    """
    rows = rows if x.device.type == "cpu" else height
    tops, reach = range(0, height, max(1, rows)), x.shape[1] - height
    planes = []
    for i, plane in enumerate(torch.split(x, 1)):
        parts = []
        for j, top in enumerate(tops):
            progress((i + j / len(tops)) / x.shape[0])
            parts.append(op(plane[:, top : min(top + rows, height) + reach]))
        planes.append(torch.cat(parts, dim=1))
    return torch.cat(planes)
