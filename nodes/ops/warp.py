"""Resampling of pictures under projective matrices and coordinate fields, antialiased where they get smaller.

Output pixel centres are mapped to continuous source coordinates in float64, which `sampling` reads the picture at. All
coordinates are absolute, so a tile equals the crop of the whole. Where the picture gets smaller the kernel widens as
`footprint` says.
"""

import torch
from torch import Tensor

from .footprint import Footprint, axis_reach, footprint, mip_level
from .matrices import inverse_matrix, jacobian, transformed_bounds
from .progress import Progress, silent
from .resample import Box, Edges, Filter, check_region, get_filter, resample
from .sampling import Source, sample

_PIXELS = 1 << 17  # output pixels that are mapped at a time


def warp_matrix(
    x: Tensor,
    matrix: Tensor,
    in_region: Box,
    out_region: Box,
    filter: str = "cubic",
    edges: Edges = "black",
    progress: Progress = silent,
) -> Tensor:
    """A picture seen through a matrix that takes output pixels to input pixels.

    x : float32 `[C, H, W]` over `in_region`; `needed_region` says how much is enough.
    matrix : 3x3 float64 on the CPU, y down, pixel centres at +0.5. Output pixels whose divisor (third row) is not
        positive lie behind the horizon and are black.
    progress : called with the share done.
    Returns float32 `[C, h, w]` over `out_region`. Whole-pixel moves, mirrors and quarter turns are exact copies and
    axis-aligned scaling is exactly separable.
    """
    check_region(x, in_region)
    kernel = get_filter(filter)
    x0, y0, x1, y1 = out_region
    if min(x.shape) == 0 or x0 >= x1 or y0 >= y1:
        return x.new_zeros((x.shape[0], max(0, y1 - y0), max(0, x1 - x0)))
    if not bool(torch.isfinite(matrix).all()):
        raise ValueError("the transform cannot be applied: its matrix holds a value that is no number")
    affine = matrix[2, :2].tolist() == [0, 0] and float(matrix[2, 2]) != 0
    if affine:
        matrix = matrix / matrix[2, 2]
        straight = _axis_aligned(x, matrix, in_region, out_region, filter, edges)
        if straight is not None:
            return straight
    area = _reached(matrix, kernel, in_region, out_region) if affine and edges == "black" else out_region
    out = x.new_zeros((x.shape[0], y1 - y0, x1 - x0))
    if area[0] >= area[2] or area[1] >= area[3]:
        return out
    source = Source(x, in_region, edges)
    columns = torch.arange(area[0], area[2], dtype=torch.float64, device=x.device) + 0.5
    rows = torch.arange(area[1], area[3], dtype=torch.float64, device=x.device)[:, None] + 0.5
    step = max(1, _PIXELS // columns.numel())
    fixed = footprint(*matrix[:2, :2].to(x.device).reshape(4, 1)) if affine and kernel.antialias else None
    for start in range(0, rows.shape[0], step):
        progress(start / rows.shape[0])
        r = rows[start : start + step]
        u, v, p, valid = (*_affine(matrix, columns, r), fixed, None) if affine else _projected(
            matrix, columns, r, kernel.antialias
        )  # fmt: skip
        pixels = sample(source, u.flatten(), v.flatten(), p, kernel, valid)
        top = area[1] - y0 + start
        out[:, top : top + r.shape[0], area[0] - x0 : area[2] - x0] = pixels.T.view(-1, r.shape[0], columns.numel())
    return out


def _axis_aligned(
    x: Tensor, matrix: Tensor, in_region: Box, out_region: Box, filter: str, edges: Edges
) -> Tensor | None:
    """The picture where an affine matrix turns it by nothing, or by quarters: rows and columns by themselves."""
    (m00, m01, m02), (m10, m11, m12), _ = matrix.tolist()
    tiny = 1e-9 * max(abs(m00), abs(m01), abs(m10), abs(m11))
    if abs(m01) <= tiny and abs(m10) <= tiny:
        return resample(x, (m00, m11), (m02, m12), in_region, out_region, filter, edges)
    if abs(m00) <= tiny and abs(m11) <= tiny:
        turned = (in_region[1], in_region[0], in_region[3], in_region[2])
        return resample(x.transpose(1, 2), (m10, m01), (m12, m02), turned, out_region, filter, edges)
    return None


def _affine(matrix: Tensor, columns: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Where in the source pixel centres lie, x and y `[h, w]`."""
    (m00, m01, m02), (m10, m11, m12), _ = matrix.tolist()
    return columns * m00 + (rows * m01 + m02), columns * m10 + (rows * m11 + m12)


def _projected(
    matrix: Tensor, columns: Tensor, rows: Tensor, antialias: bool
) -> tuple[Tensor, Tensor, Footprint | None, Tensor]:
    """As `_affine`, for any matrix; footprints, and which pixels lie before the horizon, `[h w]`."""
    m20, m21, m22 = matrix[2].tolist()
    w = columns * m20 + (rows * m21 + m22)
    valid = w > 0
    w = torch.where(valid, w, 1.0)
    u, v = (value / w for value in _affine(matrix, columns, rows))
    p = footprint(*(d.flatten() for d in jacobian(matrix, u, v, w))) if antialias else None
    return u, v, p, valid.flatten()


def _reached(matrix: Tensor, kernel: Filter, in_region: Box, out_region: Box) -> Box:
    """The part of `out_region` that an affine matrix can light up from `in_region`."""
    m = (matrix / matrix[2, 2])[:2, :2].flatten()
    try:
        inverse = inverse_matrix(matrix)
    except ValueError:
        return out_region
    p = footprint(*(value[None] for value in m))
    block = 2 * 2 ** int(mip_level(p, kernel.support).item())
    rx, ry = (int(value.item()) + block + 2 for value in axis_reach(p, kernel.support))
    grown = (in_region[0] - rx, in_region[1] - ry, in_region[2] + rx, in_region[3] + ry)
    return transformed_bounds(inverse, grown, out_region)


def warp_field(
    x: Tensor,
    coords: Tensor,
    in_region: Box,
    filter: str = "cubic",
    edges: Edges = "black",
    antialias: bool = True,
    margin: int = 0,
    progress: Progress = silent,
) -> Tensor:
    """A picture seen through a field of coordinates.

    x : float32 `[C, H, W]` over `in_region`.
    coords : float `[2, h + 2 margin, w + 2 margin]`, absolute source coordinates x and y in pixels, y down. A
        coordinate that is no number gives black.
    antialias : widen the kernel by the local derivatives; at a jump of the field the smaller one-sided derivative
        counts.
    margin : how many pixels of `coords` on each side only serve the derivatives. With at least 1 a tile equals the
        crop of the whole; with 0 the derivatives at the border come from the inside.
    progress : called with the share done.
    Returns float32 `[C, h, w]`.
    """
    check_region(x, in_region)
    kernel = get_filter(filter)
    inner = coords[:, margin : coords.shape[1] - margin, margin : coords.shape[2] - margin].double()
    height, width = inner.shape[1:]
    out = x.new_zeros((x.shape[0], height, width))
    if min(x.shape) == 0 or min(height, width) == 0:
        return out
    source = Source(x, in_region, edges)
    valid = torch.isfinite(inner).all(0)
    u, v = torch.where(valid, inner, 0.0)
    steps: tuple[Tensor, ...] = ()
    if antialias and kernel.antialias:
        ux, vx = _derivative(coords, 2, margin)
        progress(0.0)
        uy, vy = _derivative(coords, 1, margin)
        steps = ux, uy, vx, vy
    step = max(1, _PIXELS // width)
    for start in range(0, height, step):
        progress(start / height)
        rows = slice(start, min(height, start + step))
        p = footprint(*(d[rows].flatten() for d in steps)) if steps else None
        pixels = sample(source, u[rows].flatten(), v[rows].flatten(), p, kernel, valid[rows].flatten())
        out[:, rows] = pixels.T.view(-1, rows.stop - start, width)
    return out


def _derivative(coords: Tensor, dim: int, margin: int) -> tuple[Tensor, Tensor]:
    """du and dv along a dimension: of the steps to either neighbour the shorter one, over the inner pixels."""
    size = coords.shape[dim]
    if size < 2:
        step = torch.zeros_like(coords)
        before = after = step
    else:
        step = coords.diff(dim=dim)
        before = torch.cat((step.narrow(dim, 0, 1), step), dim)
        after = torch.cat((step, step.narrow(dim, size - 2, 1)), dim)
    lengths = [side.square().sum(0).nan_to_num(nan=torch.inf) for side in (before, after)]
    best = torch.where(lengths[0] <= lengths[1], before, after)
    best = best[:, margin : coords.shape[1] - margin, margin : coords.shape[2] - margin]
    return best[0], best[1]
