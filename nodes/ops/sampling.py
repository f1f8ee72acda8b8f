"""Filtered pixels of a picture at places of any kind, each with a kernel as wide as its footprint.

The kernel's weights are computed for each place, never taken from a table of phases. From a footprint of 2 or 3 pixels
on it reads from a picture that was halved by averaging blocks of 2x2 pixels, aligned to absolute coordinates.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .footprint import Footprint, axis_reach, mip_level
from .progress import shared
from .resample import Box, Edges, Filter, normalized, tap_count, taps

_BLOCK = 1 << 14  # pixels that a thread does at a time
_TAPS = 1 << 19  # kernel weights that are computed at a time
_DARK, _PLAIN = -2, -1  # kinds of pixels: not to be computed, kernel not widened
_LIMIT = float(1 << 24)  # coordinates further out are brought here: outside of every picture


class Source:
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


def sample(source: Source, u: Tensor, v: Tensor, p: Footprint | None, kernel: Filter, valid: Tensor | None) -> Tensor:
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
    source: Source, u: Tensor, v: Tensor, p: Footprint, kernel: Filter, valid: Tensor | None
) -> Tensor:
    """Pixels with footprints of their own, by a compiled loop."""
    from .sampling_cpu import gather  # compiles, or loads what is compiled

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


def _sample_by_kind(source: Source, u: Tensor, v: Tensor, p: Footprint, kernel: Filter, valid: Tensor | None) -> Tensor:
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
    source: Source,
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
