"""What volumes over a view hold before the surfaces of a picture."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import ComputeContext, Region

from ..ops.progress import bands_of, shared

_BAND = 1 << 16
"""Pixels that a thread looks up at a time."""


class BeforeSurfaces:
    """Reads volumes over the region that is computed, at the depths of surfaces.

    data : the window that volumes and depths lie over; beside it what is at its edge goes on. depth : `[1, H, W]`.
    """

    def __init__(self, ctx: ComputeContext, data: Region, depth: Tensor) -> None:
        self._ctx = ctx
        self._data = data
        self._depth = depth

    def depth(self, band: Region) -> Tensor:
        """Depths `[h, w]` over a part of the region."""
        rows, columns = self._within(band)
        return self._depth[0].index_select(0, rows).index_select(1, columns)

    def read(self, volume: Tensor, index: Callable[[Tensor], Tensor]) -> Tensor:
        """What a volume `[C, edges, rows, columns]` holds before the surfaces, `[C, h, w]`.

        index : depths as places among the edges, 0 the first and 1 the last.
        """
        out = self._ctx.zeros(len(volume))

        def work(band: Region) -> None:
            rows, columns = self._within(band)
            across, down = (
                ((x + 0.5) * (count / size) - 0.5) * (2 / (count - 1)) - 1
                for x, count, size in (
                    (columns, volume.shape[3], self._data.width), (rows, volume.shape[2], self._data.height)
                )
            )  # fmt: skip
            deep = 2 * index(self.depth(band)) - 1
            where = torch.stack((across.expand_as(deep), down[:, None].expand_as(deep), deep), -1)
            found = F.grid_sample(volume[None], where[None, None], padding_mode="border", align_corners=True)
            top, left = self._ctx.region.slices_of(band)
            out[:, top, left] = found[0, :, 0]

        self.banded(work)
        return out

    def banded(self, work: Callable[[Region], None]) -> None:
        """Do work over the region, in bands that threads share."""
        ctx = self._ctx

        def checked(band: Region) -> None:
            ctx.check()
            work(band)

        shared(checked, bands_of(ctx.region, _BAND, ctx.device))

    def _within(self, band: Region) -> tuple[Tensor, Tensor]:
        """Rows and columns of the data window that are nearest to those of a band."""
        data, device = self._data, self._depth.device
        rows = torch.arange(band.y0, band.y1, device=device).clamp(data.y0, data.y1 - 1) - data.y0
        columns = torch.arange(band.x0, band.x1, device=device).clamp(data.x0, data.x1 - 1) - data.x0
        return rows, columns
