"""Smaller pictures for previews, at places that do not depend on the region asked for."""

import torch
from torch import Tensor

from ..layers import LayerKind
from ..region import Region

_AVERAGED = frozenset({LayerKind.COLOR, LayerKind.MATTE, LayerKind.MOTION})


def source_region(region: Region, scale: float) -> Region:
    """The pixels at full size that `region` at `scale` is made of."""
    if scale == 1.0 or region.is_empty:
        return region
    return region.scaled(1 / scale)


def downscale(x: Tensor, region: Region, scale: float, kind: LayerKind = LayerKind.COLOR) -> tuple[Tensor, Region]:
    """`x` `[C, h, w]` over `region` at `scale` (below 1), and the region it covers then.

    Pixel (i, j) of the result is the area [i / scale, (i + 1) / scale) of the frame, wherever `region` begins, so that
    regions fit together. Colour, mattes and motion vectors are averaged over the area that `x` covers, weighted by
    coverage. Normals, positions, depths and data keep the pixel nearest to the centre, since an average of ids, of
    unit vectors or of two surfaces is none. Motion vectors keep their length in full-size pixels.
    """
    if scale == 1.0 or region.is_empty:
        return x, region
    small = region.scaled(scale)
    if kind not in _AVERAGED:
        rows = _nearest(region.y0, region.y1, small.y0, small.y1, scale, x)
        columns = _nearest(region.x0, region.x1, small.x0, small.x1, scale, x)
        return x.index_select(1, rows).index_select(2, columns), small
    step = round(1 / scale)
    if abs(step * scale - 1) < 1e-9 and all(v % step == 0 for v in region.box):
        return torch.nn.functional.avg_pool2d(x[None], step)[0], small
    down = _weights(region.y0, region.y1, small.y0, small.y1, scale, x)
    across = _weights(region.x0, region.x1, small.x0, small.x1, scale, x)
    return down @ x @ across.T, small


def _nearest(first: int, last: int, start: int, stop: int, scale: float, like: Tensor) -> Tensor:
    centres = (torch.arange(start, stop, dtype=torch.float64, device=like.device) + 0.5) / scale
    return centres.floor().long().clamp(first, last - 1) - first


def _weights(first: int, last: int, start: int, stop: int, scale: float, like: Tensor) -> Tensor:
    """`[stop - start, last - first]`: how much of each small pixel each full pixel covers, rows summing to 1."""
    low = torch.arange(start, stop, dtype=torch.float64, device=like.device)[:, None] / scale
    at = torch.arange(first, last, dtype=torch.float64, device=like.device)[None, :]
    cover = (torch.minimum(low + 1 / scale, at + 1) - torch.maximum(low, at)).clamp_min(0)
    return (cover / cover.sum(1, keepdim=True)).to(like.dtype)
