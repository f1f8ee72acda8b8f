"""Resampling of pictures under projective matrices and coordinate fields, antialiased where they get smaller.

Output pixel centres are mapped to continuous source coordinates in float64 and the kernel's weights are computed for
each pixel, never taken from a table of phases. All coordinates are absolute, so a tile equals the crop of the whole.
Where the picture gets smaller the kernel widens as `footprint` says; from a factor of 2 or 3 on it reads from a picture
that was halved by averaging blocks of 2x2 pixels, aligned to absolute coordinates.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .footprint import Footprint, axis_reach, footprint, mip_level
from .matrices import inverse_matrix, jacobian, transformed_bounds
from .progress import shared
from .resample import Box, Edges, Filter, check_region, get_filter, normalized, resample, tap_count, taps

_PIXELS = 1 << 17  # output pixels that are mapped at a time
_BLOCK = 1 << 14  # of them that a thread does at a time
_TAPS = 1 << 19  # kernel weights that are computed at a time
_DARK, _PLAIN = -2, -1  # kinds of pixels: not to be computed, kernel not widened
_LIMIT = float(1 << 24)  # coordinates further out are brought here: outside of every picture


def warp_matrix(
    x: Tensor,
    matrix: Tensor,
    in_region: Box,
    out_region: Box,
    filter: str = "cubic",
    edges: Edges = "black",
) -> Tensor:
    """A picture seen through a matrix that takes output pixels to input pixels.

    x : float32 `[C, H, W]` over `in_region`; `needed_region` says how much is enough.
    matrix : 3x3 float64 on the CPU, y down, pixel centres at +0.5. Output pixels whose divisor (third row) is not
        positive lie behind the horizon and are black.
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
    area = _reached(x, matrix, kernel, in_region, out_region) if affine and edges == "black" else out_region
    out = x.new_zeros((x.shape[0], y1 - y0, x1 - x0))
    if area[0] >= area[2] or area[1] >= area[3]:
        return out
    source = _Source(x, in_region, edges)
    columns = torch.arange(area[0], area[2], dtype=torch.float64, device=x.device) + 0.5
    rows = torch.arange(area[1], area[3], dtype=torch.float64, device=x.device)[:, None] + 0.5
    step = max(1, _PIXELS // columns.numel())
    fixed = footprint(*matrix[:2, :2].to(x.device).reshape(4, 1)) if affine and kernel.antialias else None
    for start in range(0, rows.shape[0], step):
        r = rows[start : start + step]
        u, v, p, valid = (*_affine(matrix, columns, r), fixed, None) if affine else _projected(
            matrix, columns, r, kernel.antialias
        )  # fmt: skip
        pixels = _sample(source, u.flatten(), v.flatten(), p, kernel, valid)
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


def warp_field(
    x: Tensor,
    coords: Tensor,
    in_region: Box,
    filter: str = "cubic",
    edges: Edges = "black",
    antialias: bool = True,
    margin: int = 0,
) -> Tensor:
    """A picture seen through a field of coordinates.

    x : float32 `[C, H, W]` over `in_region`.
    coords : float `[2, h + 2 margin, w + 2 margin]`, absolute source coordinates x and y in pixels, y down. A
    coordinate
        that is no number gives black.
    antialias : widen the kernel by the local derivatives; at a jump of the field the smaller one-sided derivative
    counts.
    margin : how many pixels of `coords` on each side only serve the derivatives. With at least 1 a tile equals the crop
    of
        the whole; with 0 the derivatives at the border come from the inside.
    Returns float32 `[C, h, w]`.
    """
    check_region(x, in_region)
    kernel = get_filter(filter)
    inner = coords[:, margin : coords.shape[1] - margin, margin : coords.shape[2] - margin].double()
    height, width = inner.shape[1:]
    out = x.new_zeros((x.shape[0], height, width))
    if min(x.shape) == 0 or min(height, width) == 0:
        return out
    source = _Source(x, in_region, edges)
    valid = torch.isfinite(inner).all(0)
    u, v = torch.where(valid, inner, 0.0)
    whole: Footprint | None = None
    if antialias and kernel.antialias:
        ux, vx = _derivative(coords, 2, margin)
        uy, vy = _derivative(coords, 1, margin)
        whole = footprint(ux, uy, vx, vy)
    step = max(1, _PIXELS // width)
    for start in range(0, height, step):
        rows = slice(start, min(height, start + step))
        p = None if whole is None else (whole[0][rows].flatten(), whole[1][rows].flatten(), whole[2][rows].flatten())
        pixels = _sample(source, u[rows].flatten(), v[rows].flatten(), p, kernel, valid[rows].flatten())
        out[:, rows] = pixels.T.view(-1, rows.stop - start, width)
    return out


class _Source:
    """A picture as a table of pixels with a ring of what lies outside, and its halved versions, made when asked for."""

    def __init__(self, x: Tensor, region: Box, edges: Edges) -> None:
        self.edges = edges
        self.levels = [(x, region[0], region[1])]
        self.tables: dict[int, Tensor] = {}

    def level(self, number: int) -> tuple[Tensor, int, int, int, int]:
        """(table `[(h + 2) (w + 2), C]`, x0, y0, width, height) of the picture halved `number` times."""
        while len(self.levels) <= number:
            self.levels.append(self._halved(*self.levels[-1]))
        x, x0, y0 = self.levels[number]
        if number not in self.tables:
            mode = "constant" if self.edges == "black" else "replicate"
            self.tables[number] = F.pad(x[None], (1, 1, 1, 1), mode)[0].flatten(1).T.contiguous()
        return self.tables[number], x0, y0, x.shape[2], x.shape[1]

    def _halved(self, x: Tensor, x0: int, y0: int) -> tuple[Tensor, int, int]:
        left, top = x0 % 2, y0 % 2
        right, bottom = (left + x.shape[2]) % 2, (top + x.shape[1]) % 2
        mode = "constant" if self.edges == "black" else "replicate"
        x = F.pad(x[None], (left, right, top, bottom), mode)
        return F.avg_pool2d(x, 2)[0], x0 // 2, y0 // 2


def _sample(source: _Source, u: Tensor, v: Tensor, p: Footprint | None, kernel: Filter, valid: Tensor | None) -> Tensor:
    """Filtered pixels `[N, C]` at continuous coordinates; black where not `valid`.

    p : footprints, `[N]` or `[1]` when they are all the same; None never widens the kernel.
    """
    u, v = u.clamp(-_LIMIT, _LIMIT), v.clamp(-_LIMIT, _LIMIT)
    if p is None or bool(((p[0] == 1) & (p[2] == 1)).all()):
        out = _gather(source, u, v, None, 0, (1.0, 1.0), kernel)
    elif p[0].numel() == 1:
        level = int(mip_level(p, kernel.support).item())
        reach = tuple(value.item() / kernel.support / 2**level for value in axis_reach(p, kernel.support))
        out = _gather(source, u, v, p, level, (reach[0], reach[1]), kernel)
    elif u.device.type == "cpu":
        out = _sample_one_by_one(source, u, v, p, kernel, valid)
    else:
        out = _sample_by_kind(source, u, v, p, kernel, valid)
    return out if valid is None else torch.where(valid[:, None], out, 0.0)


def _sample_one_by_one(
    source: _Source, u: Tensor, v: Tensor, p: Footprint, kernel: Filter, valid: Tensor | None
) -> Tensor:
    """Pixels with footprints of their own, by a compiled loop."""
    from .warp_cpu import gather  # compiles, or loads what is compiled

    level = mip_level(p, kernel.support).long()
    if valid is not None:
        level[~valid] = _DARK
    out = u.new_zeros((u.numel(), source.levels[0][0].shape[0]), dtype=torch.float32)
    target = out.numpy()
    position, footprints = torch.stack((u, v)).double().numpy(), torch.stack(p).double().numpy()
    levels, numbers = level.numpy(), np.array((*kernel.numbers, 0.0), np.float32)
    tables = {number: source.level(number) for number in torch.unique(level).tolist() if number != _DARK}

    def run(start: int) -> None:
        part = slice(start, start + _BLOCK)
        for number, (table, x0, y0, width, height) in tables.items():
            gather(
                table.numpy(), (x0, y0, width, height), 2.0**-number, position[:, part], footprints[:, part],
                levels[part], number, kernel.form, numbers, kernel.support, kernel.sums_to_one, target[part],
            )  # fmt: skip

    shared(run, range(0, u.numel(), _BLOCK))
    return out


def _sample_by_kind(
    source: _Source, u: Tensor, v: Tensor, p: Footprint, kernel: Filter, valid: Tensor | None
) -> Tensor:
    """Pixels with footprints of their own, in groups that read the same level with a similar reach."""
    level = mip_level(p, kernel.support)
    shrink = torch.exp2(level)
    wide, high = (value / (kernel.support * shrink) for value in axis_reach(p, kernel.support))
    plain = (p[0] == 1) & (p[2] == 1)
    # Reaches are rounded up to half octaves; the numbers of level and reaches make up one key.
    kinds = (torch.ceil(2 * torch.log2(value.clamp(min=1.0)) - 1e-6) for value in (wide, high))
    key = torch.where(plain, float(_PLAIN), (level * 64 + next(kinds)) * 64 + next(kinds)).long()
    dark = None if valid is None else ~valid
    if source.edges == "black":
        # Blocks of the reduced picture reach further than the kernel itself.
        x, x0, y0 = source.levels[0]
        beyond_x = torch.maximum(x0 - u, u - (x0 + x.shape[2])) > (wide * kernel.support + 2) * shrink
        beyond_y = torch.maximum(y0 - v, v - (y0 + x.shape[1])) > (high * kernel.support + 2) * shrink
        beyond = beyond_x | beyond_y
        dark = beyond if dark is None else dark | beyond
    if dark is not None:
        key = torch.where(dark, _DARK, key)
    out = source.levels[0][0].new_zeros((u.numel(), source.levels[0][0].shape[0]))
    for kind in torch.unique(key).tolist():
        if kind == _DARK:
            continue
        at = (key == kind).nonzero().flatten()
        if kind == _PLAIN:
            out[at] = _gather(source, u[at], v[at], None, 0, (1.0, 1.0), kernel)
            continue
        reach = 2.0 ** (kind // 64 % 64 / 2), 2.0 ** (kind % 64 / 2)
        own = (p[0][at], p[1][at], p[2][at])
        out[at] = _gather(source, u[at], v[at], own, kind // 4096, reach, kernel)
    return out


def _gather(
    source: _Source,
    u: Tensor,
    v: Tensor,
    p: Footprint | None,
    level: int,
    reach: tuple[float, float],
    kernel: Filter,
) -> Tensor:
    """Filtered pixels `[N, C]` from one level, with kernels that reach `reach` times their support at most."""
    table, x0, y0, width, height = source.level(level)
    shrink = 2.0**-level
    nx, ny = tap_count(reach[0], kernel), tap_count(reach[1], kernel)
    parts: list[Tensor] = []
    chunk = max(256, _TAPS // (nx * ny))
    for start in range(0, u.numel(), chunk):
        part = slice(start, start + chunk)
        column, dx = taps(u[part] * shrink, reach[0], nx, kernel)
        row, dy = taps(v[part] * shrink, reach[1], ny, kernel)
        if p is None:
            wx, wy = kernel.weight(dx), kernel.weight(dy)
            weight = _outer(wx, wy) if kernel.sums_to_one else _outer(normalized(wx), normalized(wy))
        else:
            own = p if p[0].numel() == 1 else (p[0][part], p[1][part], p[2][part])
            weight = _widened(dx, dy, own, shrink, kernel)
        column = (column + _steps(nx, x0, u.device)).clamp_(-1, width).add_(1)
        row = (row + _steps(ny, y0, u.device)).clamp_(-1, height).add_(1).mul_(width + 2)
        index = (row[:, None] + column).flatten(0, 1).T.contiguous()
        weight = weight.T.contiguous()
        parts.append(F.embedding_bag(index, table, mode="sum", per_sample_weights=weight))
    return torch.cat(parts) if len(parts) != 1 else parts[0]


def _steps(count: int, origin: int, device: torch.device) -> Tensor:
    """`[count, 1]`, from a run's first pixel to its columns relative to `origin`."""
    return torch.arange(-origin, count - origin, dtype=torch.int32, device=device)[:, None]


def _outer(wx: Tensor, wy: Tensor) -> Tensor:
    """Weights `[ny nx, N]` of a separable kernel from `[nx, N]` and `[ny, N]`."""
    return (wy[:, None] * wx).flatten(0, 1)


def _widened(dx: Tensor, dy: Tensor, p: Footprint, shrink: float, kernel: Filter) -> Tensor:
    """Weights `[ny nx, N]` of kernels with footprints of their own, adding up to one."""
    p00, p01, p11 = (value.float() * shrink for value in p)
    if p01.numel() == 1 and abs(p01.item()) <= 1e-6 * p00.item():
        return _outer(normalized(kernel.weight(dx / p00)), normalized(kernel.weight(dy / p11)))
    det = p00 * p11 - p01 * p01
    q00, q01, q11 = p11 / det, -p01 / det, p00 / det
    a = dx * q00 + (dy * q01)[:, None]
    b = dx * q01 + (dy * q11)[:, None]
    weight = kernel.weight(a).mul_(kernel.weight(b)).flatten(0, 1)
    return weight.div_(weight.sum(0))


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


def _reached(x: Tensor, matrix: Tensor, kernel: Filter, in_region: Box, out_region: Box) -> Box:
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
