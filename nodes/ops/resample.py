"""Resampling filters and exact separable resampling.

Continuous coordinates have pixel centres at +0.5, so pixel i covers [i, i + 1). Regions are plain half-open tuples
(x0, y0, x1, y1), y down.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Box = tuple[int, int, int, int]
"""A half-open region (x0, y0, x1, y1) in pixels, y down."""

Edges = Literal["black", "repeat"]
"""What lies outside the pixels that were given: nothing, or the nearest of them."""

_STRIP = 32

BOX, TRIANGLE, CUBIC, SINC = range(4)
"""Forms of kernels, for compiled loops, which call no function of tensors."""


@dataclass(frozen=True, slots=True)
class Filter:
    """An even reconstruction kernel.

    support : the kernel is zero at this distance from its centre and beyond, in pixels.
    weight : distances to weights; zero outside the support.
    antialias : False for a filter that never widens when the picture is made smaller.
    sums_to_one : the weights of a kernel that is not widened add up to one wherever it stands.
    form, numbers : `weight` once more: one of the forms above, and what it is made of. CUBIC: see `_coefficients`.
        SINC: where it ends, and the support of the window that it is multiplied by, 0 for none.
    """

    name: str
    support: float
    weight: Callable[[Tensor], Tensor]
    antialias: bool = True
    sums_to_one: bool = True
    form: int = BOX
    numbers: tuple[float, ...] = ()


def _coefficients(b: float, c: float) -> tuple[float, float, float, float, float]:
    """Of the cubic kernel: of t cubed, t squared and 1 up to a distance of 1; of the outer piece, which has a double
    root at 2, those of (2 - t) and 1 beside that root.
    """
    p3, p2, p0 = (12 - 9 * b - 6 * c) / 6, (-18 + 12 * b + 6 * c) / 6, (6 - 2 * b) / 6
    return p3, p2, p0, (b + 6 * c) / 6, -c


def _cubic(b: float, c: float) -> Callable[[Tensor], Tensor]:
    """The two-parameter cubic family of Mitchell and Netravali (1988)."""
    p3, p2, p0, e1, e0 = _coefficients(b, c)

    def one(t: Tensor) -> Tensor:
        t = t.abs().clamp_(max=1.0)
        return (t * p3).add_(p2).mul_(t).mul_(t).add_(p0)

    def two(t: Tensor) -> Tensor:
        t = t.abs().clamp_(max=2.0)
        rest = 2.0 - t
        inner = (t * p3).add_(p2).mul_(t).mul_(t).add_(p0)
        outer = (rest * e1).add_(e0).mul_(rest).mul_(rest)
        return torch.where(t < 1.0, inner, outer)

    return one if b == c == 0 else two


def _box(t: Tensor) -> Tensor:
    return ((t >= -0.5) & (t < 0.5)).to(t.dtype)


def _triangle(t: Tensor) -> Tensor:
    return (1.0 - t.abs()).clamp_(min=0.0)


def _sinc(t: Tensor) -> Tensor:
    """The sine cardinal, exactly zero at all whole numbers but 0: whole pixels away is another pixel."""
    return torch.where(t == t.round(), (t == 0).to(t.dtype), torch.sinc(t))


def _lanczos(support: float) -> Callable[[Tensor], Tensor]:
    def weight(t: Tensor) -> Tensor:
        return torch.where(t.abs() < support, _sinc(t) * torch.sinc(t / support), 0.0)

    return weight


def _sinc4(t: Tensor) -> Tensor:
    return torch.where(t.abs() < 2.0, _sinc(t), 0.0)


def _cubic_filter(name: str, b: float, c: float) -> Filter:
    return Filter(name, 1.0 if b == c == 0 else 2.0, _cubic(b, c), form=CUBIC, numbers=_coefficients(b, c))


FILTERS: dict[str, Filter] = {
    f.name: f
    for f in (
        Filter("impulse", 0.5, _box, antialias=False),
        Filter("box", 0.5, _box),
        Filter("triangle", 1.0, _triangle, form=TRIANGLE),
        _cubic_filter("cubic", 0, 0),
        _cubic_filter("keys", 0, 1 / 2),
        _cubic_filter("simon", 0, 3 / 4),
        _cubic_filter("rifman", 0, 1),
        _cubic_filter("mitchell", 1 / 3, 1 / 3),
        _cubic_filter("parzen", 1, 0),
        _cubic_filter("notch", 3 / 2, -1 / 4),
        Filter("lanczos4", 2.0, _lanczos(2.0), sums_to_one=False, form=SINC, numbers=(2.0, 2.0)),
        Filter("lanczos6", 3.0, _lanczos(3.0), sums_to_one=False, form=SINC, numbers=(3.0, 3.0)),
        Filter("sinc4", 2.0, _sinc4, sums_to_one=False, form=SINC, numbers=(2.0, 0.0)),
    )
}
"""Filters by the names artists know. `cubic` (B = C = 0) is the default of Transform."""


def get_filter(name: str) -> Filter:
    """A filter by name. Raises ValueError with a sentence when there is none of that name."""
    try:
        return FILTERS[name]
    except KeyError:
        raise ValueError(f"'{name}' is no filter: expected one of {', '.join(FILTERS)}") from None


def taps(position: Tensor, width: Tensor | float, count: int, kernel: Filter) -> tuple[Tensor, Tensor]:
    """The pixels that a kernel reads along one axis, and their distances from its centre.

    position : float64 `[N]`, continuous coordinates.
    width : how far the kernel is widened (1 is not at all), one number or float `[N]`.
    count : pixels per position; `tap_count` of the largest width.
    Returns the first pixel of each run, int32 `[N]`, and signed distances float32 `[count, N]`, in unwidened pixels.
    """
    first = torch.ceil(position - 0.5 - kernel.support * width)  # the left end belongs to a box, the right one does not
    distance = (first + 0.5 - position).to(torch.float32)
    steps = torch.arange(count, dtype=torch.float32, device=position.device)
    return first.to(torch.int32), distance + steps[:, None]


def tap_count(width: float, kernel: Filter) -> int:
    """How many pixels a kernel widened by `width` can touch along one axis."""
    return max(1, math.ceil(2 * kernel.support * width - 1e-6))


def normalized(weight: Tensor) -> Tensor:
    """Weights `[n, N]` divided by their sum, added in order, so that zero weights at the end change nothing."""
    total = weight[0].clone()
    for row in weight[1:]:
        total += row
    return weight / total


def resize(
    x: Tensor,
    in_size: tuple[int, int],
    out_size: tuple[int, int],
    filter: str = "cubic",
    *,
    in_region: Box | None = None,
    out_region: Box | None = None,
    edges: Edges = "repeat",
) -> Tensor:
    """A picture of `in_size` (width, height) fitted to `out_size`, only over `out_region`.

    x : float32 `[C, H, W]` over `in_region` of the picture (default: all of it).
    Returns float32 `[C, h, w]` over `out_region` (default: all). The mean of the light is kept.
    """
    (iw, ih), (ow, oh) = in_size, out_size
    if min(iw, ih, ow, oh) < 1:
        raise ValueError(f"cannot resize {iw}x{ih} to {ow}x{oh}: both sizes must be at least one pixel")
    return resample(
        x,
        (iw / ow, ih / oh),
        (0.0, 0.0),
        in_region or (0, 0, iw, ih),
        out_region or (0, 0, ow, oh),
        filter,
        edges,
    )


def resample(
    x: Tensor,
    scale: tuple[float, float],
    offset: tuple[float, float],
    in_region: Box,
    out_region: Box,
    filter: str = "cubic",
    edges: Edges = "black",
) -> Tensor:
    """Axis-aligned resampling: the output at (X, Y) shows the source at (scale_x X + offset_x, scale_y Y + offset_y).

    Where |scale| is above one the kernel is widened by it, so that nothing aliases; a negative scale mirrors. An axis
    that only moves by whole pixels is copied bit for bit. A NaN or infinity reaches only the pixels whose kernel reads
    it.
    """
    check_region(x, in_region)
    kernel = get_filter(filter)
    axes = [
        (1, scale[1], offset[1], in_region[1], out_region[1], out_region[3]),
        (2, scale[0], offset[0], in_region[0], out_region[0], out_region[2]),
    ]
    # The order must depend on the scale alone, or a tile would round differently from the whole.
    axes.sort(key=lambda axis: -abs(axis[1]))
    finite = bool(torch.isfinite(x.sum()))
    plans = {dim: _plan(a, b, start, out0, out1, kernel) for dim, a, b, start, out0, out1 in axes}
    first_dim, last_dim = axes[0][0], axes[1][0]
    lo, hi = _span(*plans[last_dim], x.shape[last_dim])
    x = x.narrow(last_dim, lo, hi - lo)
    plans[last_dim] = (plans[last_dim][0] - lo, plans[last_dim][1])
    for dim in (first_dim, last_dim):
        x = _apply(x, dim, *plans[dim], edges, finite)
    return x


def check_region(x: Tensor, region: Box) -> None:
    """Raise ValueError unless the tensor `[C, H, W]` has the size of the region."""
    width, height = region[2] - region[0], region[3] - region[1]
    if x.shape[1:] != (height, width):
        found = f"{x.shape[-1]}x{x.shape[-2]}"
        raise ValueError(f"the pixels are {found}, but the region they are said to cover is {width}x{height}")


def _plan(scale: float, offset: float, start: int, out0: int, out1: int, kernel: Filter) -> tuple[Tensor, Tensor]:
    """First source row of each output row (relative to `start`) and normalised weights `[n_out, taps]`, on the CPU."""
    position = (torch.arange(out0, out1, dtype=torch.float64) + 0.5) * scale + offset
    width = max(1.0, abs(scale)) if kernel.antialias else 1.0
    first, distance = taps(position, width, tap_count(width, kernel), kernel)
    weight = normalized(kernel.weight(distance / width)).T
    first = first - start
    if bool((weight[:, 0] == 1.0).all()) and not bool(weight[:, 1:].any()):
        weight = weight[:, :1]
    return first, weight


def _span(first: Tensor, weight: Tensor, size: int) -> tuple[int, int]:
    """The source rows that a plan reads, at least one, cut to those there are."""
    if first.numel() == 0 or size == 0:
        return 0, size
    lo, hi = int(first.min()), int(first.max()) + weight.shape[1]
    lo = min(max(lo, 0), size - 1)
    return lo, min(max(hi, lo + 1), size)


def _apply(x: Tensor, dim: int, first: Tensor, weight: Tensor, edges: Edges, finite: bool) -> Tensor:
    """One axis of `x` `[C, H, W]` through a plan."""
    n_out, count = weight.shape
    size = x.shape[dim]
    shape = [*x.shape]
    shape[dim] = n_out
    if size == 0 or n_out == 0:
        return x.new_zeros(shape)
    if count == 1:
        return _copy(x, dim, first, edges)
    if not finite:
        return _tap_by_tap(x, dim, first, weight, edges)
    out = x.new_empty(shape)
    index = first[:, None] + torch.arange(count)
    if edges == "black":
        weight = weight * ((index >= 0) & (index < size))
    index = index.clamp(0, size - 1).long()
    for start in range(0, n_out, _STRIP):
        rows, w = index[start : start + _STRIP], weight[start : start + _STRIP]
        lo, hi = int(rows.min()), int(rows.max()) + 1
        band = torch.zeros(rows.shape[0], hi - lo).scatter_add_(1, rows - lo, w).to(x.device)
        source = x.narrow(dim, lo, hi - lo)
        target = out.narrow(dim, start, rows.shape[0])
        target.copy_(band @ source if dim == 1 else source @ band.T)
    return out


def _copy(x: Tensor, dim: int, first: Tensor, edges: Edges) -> Tensor:
    """Rows picked one by one, without arithmetic."""
    size, n_out = x.shape[dim], first.numel()
    lo, hi = int(first[0]), int(first[-1]) + 1
    if lo >= 0 and hi <= size and hi - lo == n_out and bool((first.diff() == 1).all()):
        return x.narrow(dim, lo, n_out)
    out = x.index_select(dim, first.clamp(0, size - 1).to(x.device))
    outside = ((first < 0) | (first >= size)).to(x.device)
    if edges == "black" and bool(outside.any()):
        out.index_fill_(dim, outside.nonzero().flatten(), 0.0)
    return out


def _tap_by_tap(x: Tensor, dim: int, first: Tensor, weight: Tensor, edges: Edges) -> Tensor:
    """The slow sum, in which a weight of zero hides even a NaN."""
    size = x.shape[dim]
    out: Tensor | None = None
    for k in range(weight.shape[1]):
        w = weight[:, k]
        index = first + k
        if edges == "black":
            w = w * ((index >= 0) & (index < size))
        w = w.to(x.device)
        w = w[:, None] if dim == 1 else w
        term = x.index_select(dim, index.clamp(0, size - 1).to(x.device)) * w
        term = torch.where(w == 0, 0.0, term)
        out = term if out is None else out + term
    assert out is not None
    return out
