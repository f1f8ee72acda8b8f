"""OpenColorIO's CPU processor on planar tensors: no interleaving, no copies, bands of rows side by side."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..cores import side_by_side
from .pyocio import ocio

# About 40 ms of the slowest transform (ACES 2.0 output) on one core: fine enough to be cancelled in time.
BAND_PIXELS = 1 << 17


def apply_planar(processor: Any, x: Tensor, check: Callable[[], None] | None = None) -> Tensor:
    """`x` [3 or 4, H, W] float32 on the CPU through an OCIO CPU processor; a fourth channel is copied as it is.

    The processor works pixel by pixel, so bands and threads do not change the result. `check` is called before each
    band and may raise to stop the work.
    """
    source = x.detach().contiguous()
    out = torch.empty_like(source)
    out[3:] = source[3:]
    height, width = source.shape[1:]
    if not height or not width:
        return out
    rows = max(1, BAND_PIXELS // width)
    before, after = source.numpy(), out.numpy()

    def band(top: int) -> None:
        if check is not None:
            check()
        count = min(rows, height - top)
        planar = ocio().PlanarImageDesc
        # The descriptors point into the arrays. OCIO releases the GIL while it works.
        read = planar(*(before[c, top : top + count] for c in range(3)), width, count)
        write = planar(*(after[c, top : top + count] for c in range(3)), width, count)
        processor.apply(read, write)

    side_by_side([partial(band, top) for top in range(0, height, rows)])
    return out
