"""Filters that smooth within objects and stop at their edges: bilateral and guided."""

import math

import numpy as np
import torch
from torch import Tensor

from .fir import finite, spline_blur, spline_margin
from .progress import Progress, shared, silent
from .resize import grown

_BILATERAL_REACH = 2.5  # in sigmas; the weight there is 0.04
_PAIRS = 1 << 25  # pixels and neighbours that a processor goes through between two checks


def bilateral_margin(sigma: float) -> int:
    """Pixels of margin that `bilateral` needs on each side."""
    return math.ceil(_BILATERAL_REACH * sigma)


def bilateral(
    x: Tensor,
    sigma_space: float,
    sigma_range: float,
    guide: Tensor | None = None,
    stops: bool = False,
    floor: float = 1e-4,
    progress: Progress = silent,
) -> Tensor:
    """Average the neighbours that look alike (Tomasi and Manduchi, 1998), exact within a disc of 2.5 sigma.

    Parameters
    ----------
    x : `[C, H, W]` with `bilateral_margin(sigma_space)` extra pixels on each side. NaN counts as 0.
    sigma_space : pixels; 0 is the identity.
    sigma_range : difference at which a neighbour's weight falls to exp(-1/2): linear units, or stops with `stops`. The
        difference is the Euclidean one over all channels of the guide. Above 0.
    guide : `[G, H, W]` that decides what looks alike; `x` itself by default.
    stops : compare exposures, log2 of the guide, with values under `floor` (above 0) taken as `floor`.
    progress : called with the share done.

    Returns `x` filtered, without the margin.
    """
    margin = bilateral_margin(sigma_space)
    if sigma_range <= 0:
        raise ValueError(f"bilateral: sigma_range is {sigma_range}, expected more than 0")
    if margin == 0:
        return x
    key = finite(x if guide is None else guide)
    if key.shape[1:] != x.shape[1:]:
        raise ValueError(f"bilateral: the guide is {tuple(key.shape[1:])}, expected {tuple(x.shape[1:])}")
    x = finite(x)
    if stops:
        key = torch.log2(key.clamp_min(floor))
    # Scaled so that 2 to the power of minus the squared distance is the weight.
    key = key * (math.sqrt(0.5 / math.log(2)) / sigma_range)
    height, width = x.shape[1] - 2 * margin, x.shape[2] - 2 * margin
    disc = [
        (dy, dx)
        for dy in range(-margin, margin + 1)
        for dx in range(-margin, margin + 1)
        if math.hypot(dx, dy) <= _BILATERAL_REACH * sigma_space
    ]
    near = [(dx * dx + dy * dy) / (2 * math.log(2) * sigma_space**2) for dy, dx in disc]
    out = x.new_empty(x.shape[0], height, width)
    if x.device.type == "cpu":
        from .bilateral_cpu import average  # compiles, or loads what is compiled

        pixels, keys, target = x.contiguous().numpy(), key.contiguous().numpy(), out.numpy()
        steps = np.array(disc, np.int32) + np.int32(margin)
        nears = np.array(near, np.float32)
        rows = max(1, _PAIRS // (width * len(disc)))
        shared(
            lambda top: average(pixels, keys, steps, nears, top, min(top + rows, height), target),
            range(0, height, rows),
            progress,
        )
        return out
    center = key[:, margin : margin + height, margin : margin + width]
    out.zero_()
    weights = x.new_zeros(height, width)
    for i, (dy, dx) in enumerate(disc):
        progress(i / len(disc))
        lines, columns = slice(margin + dy, margin + dy + height), slice(margin + dx, margin + dx + width)
        difference = key[0, lines, columns] - center[0]
        distance = difference.square_()
        for channel in range(1, key.shape[0]):
            difference = key[channel, lines, columns] - center[channel]
            distance.addcmul_(difference, difference)
        weight = distance.add_(near[i]).neg_().exp2_()
        weights.add_(weight)
        out.addcmul_(x[:, lines, columns], weight)
    return out.div_(weights)


def guided_margin(radius: float) -> int:
    """Pixels of margin that `guided_filter` needs on each side: its two boxes in a row."""
    return 2 * spline_margin(2 * radius + 1)


def guided_filter(
    x: Tensor,
    guide: Tensor,
    radius: float,
    epsilon: float,
    floor: float | None = None,
    progress: Progress = silent,
) -> Tensor:
    """Smooth `x` where the guide is smooth, keep the guide's edges (He, Sun and Tang, 2010).

    Parameters
    ----------
    x : `[C, H, W]` with `guided_margin(radius)` extra pixels on each side. NaN counts as 0.
    guide : `[1, H, W]`, or `[3, H, W]` to use the full colour covariance.
    radius : half size of the boxes in pixels, fractional allowed.
    epsilon : variance of the guide, in its own units squared, below which it counts as smooth. Above 0.
    floor : when given, `epsilon` is relative: times the square of the guide's local mean, taken as `floor` (above 0)
        where it is less. The result then scales with the light.

    progress : called with the share done.

    Moments are taken in float64, so that bright areas lose no precision. Returns `[C, H, W]` without the margin.
    """
    if guide.shape[0] not in (1, 3) or guide.shape[1:] != x.shape[1:]:
        raise ValueError(
            f"guided filter: the guide is {tuple(guide.shape)}, expected 1 or 3 channels of {tuple(x.shape[1:])}"
        )
    if epsilon <= 0:
        raise ValueError(f"guided filter: epsilon is {epsilon}, expected more than 0")
    size = 2 * radius + 1
    margin = spline_margin(size)

    done = 0

    def box(value: Tensor) -> Tensor:
        nonlocal done
        progress(done / total)
        done += 1
        return spline_blur(value, size, size, 0)

    g = finite(guide).double()
    count = g.shape[0]
    pairs = [(i, j) for i in range(count) for j in range(i, count)]
    total = 1 + len(pairs) + 4 * x.shape[0]
    mean_g = box(g)
    smooth = torch.full_like(mean_g, epsilon) if floor is None else epsilon * mean_g.clamp_min(floor).square()
    covariance = {
        (i, j): box((g[i] * g[j])[None])[0] - mean_g[i] * mean_g[j] + (smooth[i] if i == j else 0.0) for i, j in pairs
    }
    inverse = _symmetric_inverse(covariance, count)
    inner = slice(2 * margin, -2 * margin) if margin else slice(None)
    crop = g[:, inner, inner]
    out = x.new_empty(x.shape[0], *crop.shape[1:])
    for plane, target in zip(finite(x), out, strict=True):
        p = plane.double()[None]
        mean_p = box(p)
        cross = box(g * p) - mean_g * mean_p
        progress(done / total)
        slope = torch.stack([sum((inverse[i][j] * cross[j] for j in range(count)), cross[0] * 0) for i in range(count)])
        offset = mean_p - (slope * mean_g).sum(dim=0, keepdim=True)
        target.copy_((box(slope) * crop).sum(dim=0) + box(offset)[0])
    return out


def guided_whole(
    x: Tensor,
    guide: Tensor,
    size: float,
    difference: float,
    floor: float | None = None,
    progress: Progress = silent,
) -> Tensor:
    """`guided_filter` of a whole picture `[C, H, W]`, whose edges repeat; `x` itself where `size` is 0.

    size : width of the boxes in pixels. difference : of the guide, that makes an edge; with `floor` a share of it.
    progress : called with the share done.
    """
    if size <= 0:
        return x
    pads = (guided_margin(size / 2),) * 4
    padded = [torch.nn.functional.pad(t[None], pads, mode="replicate")[0] for t in (x, guide)]
    return guided_filter(padded[0], padded[1], size / 2, difference**2, floor, progress)


def guided_enlarged(
    x: Tensor, guide: Tensor, full: Tensor, size: float, difference: float, progress: Progress = silent
) -> Tensor:
    """Maps `x [C, h, w]` in the size of a larger guide, their edges where it has edges: the fast guided filter (He and
    Sun, 2015). In every box the map is a line over the guide, fitted small and drawn large.

    guide : `[1, h, w]`, `full [1, H, W]` made smaller. size : width of the boxes in pixels of `guide`. difference : of
    the guide, that makes an edge. progress : called with the share done.
    """
    pad = spline_margin(size)

    def box(value: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(value[None], (pad,) * 4, mode="replicate")[0]
        return spline_blur(padded, size, size, 0)

    g, p = finite(guide).double(), finite(x).double()
    mean_g, mean_p = box(g), box(p)
    slope = (box(g * p) - mean_g * mean_p) / (box(g * g) - mean_g * mean_g + difference**2)
    lines = box(torch.cat((slope, mean_p - slope * mean_g))).to(x)
    out = x.new_empty(x.shape[0], *full.shape[1:])
    for i, (plane, line) in enumerate(zip(out, torch.stack(lines.chunk(2), 1), strict=True)):
        progress(i / len(out))
        slope, offset = grown(line, (full.shape[1], full.shape[2]))
        torch.add(slope * full[0], offset, out=plane)
    return out


def _symmetric_inverse(m: dict[tuple[int, int], Tensor], count: int) -> list[list[Tensor]]:
    """Inverse of a symmetric 1 x 1 or 3 x 3 matrix per pixel, from its upper triangle, by cofactors."""
    if count == 1:
        return [[m[0, 0].reciprocal()]]
    a, b, c, d, e, f = m[0, 0], m[0, 1], m[0, 2], m[1, 1], m[1, 2], m[2, 2]
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    scale = (a * aa + b * ab + c * ac).reciprocal()
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    return [[value * scale for value in row] for row in ((aa, ab, ac), (ab, bb, bc), (ac, bc, cc))]
