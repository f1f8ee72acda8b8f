"""Cast shadows without learning: where they are, and what the light was that they took.

Pictures are scene-linear `[3, H, W]`, visibility `[1, H, W]` is 1 in light and 0 in full shadow. Within a shadow light
follows `shadowed = light * (visibility + (1 - visibility) * share)`, the share that the surroundings still give, per
channel. Everything scales with the exposure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .fir import spline_blur, spline_margin

Match = Literal["edge", "mean", "deviation"]
CORE = 0.5
"""Visibility up to which a pixel belongs to a shadow."""
_DEEP = 0.9  # of full shadow, from which it tells how dark the shadow is
_LIT = 0.02  # of full shadow, up to which it counts as lit
_FEW = 16  # pixels tell nothing below this
_FEWEST = 64  # pairs at which the search for the densest ends
_SHIFTS = 30
_SPREAD = 0.05  # of the logarithm, about a fourteenth of a stop
_PAIR_SHARE = 1 / 6  # of the ring, the depth of the pixels that are paired
_BINS = 512
_DARKEST = 1e-3  # of the mean
_TINY = 1e-30
Plane = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Stack = npt.NDArray[np.float64]
Where = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def stops(x: Tensor, floor: float) -> Tensor:
    """Mean exposure of the channels of `x [3, H, W]` in stops, `[1, H, W]`; light under `floor` counts as `floor`."""
    return x.clamp_min(floor).log2().mean(0, keepdim=True)


def two_groups(values: Tensor) -> tuple[float, float]:
    """The means of the low and the high group into which `values [N]`, at least one, split best (Otsu, 1979)."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return low, low
    places = ((values - low) * (_BINS / (high - low))).long().clamp(0, _BINS - 1)
    counts = np.bincount(places.cpu().numpy(), minlength=_BINS).astype(np.float64)
    centers = low + (np.arange(_BINS) + 0.5) * (high - low) / _BINS
    below, total = np.cumsum(counts), counts.sum()
    weighted = np.cumsum(counts * centers)
    above = total - below
    mean_low = weighted / np.maximum(below, 1)
    mean_high = (weighted[-1] - weighted) / np.maximum(above, 1)
    best = int(np.argmax(below * above * (mean_low - mean_high) ** 2))
    return float(mean_low[best]), float(mean_high[best])


def local_mean(x: Tensor, size: float) -> Tensor:
    """Mean of `x [C, H, W]` over windows of `size` pixels that end at the edges of the picture."""
    margin = spline_margin(size)
    pads = (margin, margin, margin, margin)
    ones = torch.nn.functional.pad(torch.ones_like(x[:1]), pads)
    return spline_blur(torch.nn.functional.pad(x, pads), size, size) / spline_blur(ones, size, size)


@dataclass(frozen=True)
class Shadows:
    """Shadows told apart.

    nearest : `[H, W]`, for every pixel the number (from 0) of the shadow that is nearest. distance : to it in pixels.
    count : how many there are.
    """

    nearest: Labels
    distance: Plane
    count: int


def find_shadows(visibility: Tensor) -> Shadows | None:
    """The connected shadows, each where visibility is at most a half; None where there is none."""
    dark = (visibility[0] <= CORE).cpu().numpy()
    if not dark.any():
        return None
    outside = np.where(dark, 0, 255).astype(np.uint8)
    distance, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    return Shadows((nearest - 1).astype(np.int32), distance.astype(np.float32), int(nearest.max()))


@dataclass(frozen=True)
class Lift:
    """What full shadow needs to become light, per shadow and channel: `gain * x + offset`, arrays `[count, 3]`."""

    gain: Stack
    offset: Stack


def measure_lift(x: Tensor, visibility: Tensor, shadows: Shadows, ring: float, gap: float, match: Match) -> Lift:
    """Compare every shadow with the lit ring around it, channel by channel.

    Parameters
    ----------
    ring, gap : width of the ring and its distance from the shadow in pixels.
    match : `edge` takes the most frequent ratio between light and shadow on either side of the edge, in a sixth of the
        ring; `mean` makes the means equal by a gain, `deviation` means and standard deviations by a gain and
        an offset.

    Shadows too small to tell, or without light around them, take the lift of all shadows together. No gain is below 1.
    """
    v = visibility[0].cpu().numpy()
    pixels = x.clamp_min(0).double().cpu().numpy()
    lit = (v >= 1 - _LIT) & (shadows.distance > gap) & (shadows.distance <= gap + ring)
    deep = v <= 1 - _DEEP
    # A shadow that is nowhere deep is measured in all of its core.
    has_deep = np.bincount(shadows.nearest[deep], minlength=shadows.count) >= _FEW
    deep |= (v <= CORE) & ~has_deep[shadows.nearest]
    if match == "edge":
        gain = np.exp(_edge_ratios(pixels, shadows, deep, v >= 1 - _LIT, ring * _PAIR_SHARE))
        return Lift(np.maximum(gain, 1), np.zeros_like(gain))
    inside, around = (_moments(pixels, shadows, where) for where in (deep, lit))
    unknown = (inside[0] < _FEW) | (around[0] < _FEW)
    (mean_in, variance_in), (mean_out, variance_out) = (
        _mean_and_variance(np.where(unknown, table.sum(axis=1, keepdims=True), table)) for table in (inside, around)
    )
    seen = (mean_in > 0) & (mean_out > 0)
    ratio = np.maximum(np.where(seen, mean_out / np.where(seen, mean_in, 1), 1), 1)
    if match == "mean":
        return Lift(ratio, np.zeros_like(ratio))
    spread = np.sqrt(variance_out / np.where(variance_in > 0, variance_in, 1))
    # A gain far from the ratio of the means tells of another surface, not of the light.
    gain = np.where((variance_in > 0) & seen, np.clip(spread, np.maximum(ratio / 2, 1), ratio * 2), ratio)
    return Lift(gain, ratio * mean_in - gain * mean_in)


def _edge_ratios(pixels: Stack, shadows: Shadows, deep: Where, lit: Where, depth: float) -> Stack:
    """Logarithm of lit over shadowed light, `[count, 3]`, of pixels deep in shadow and the lit pixel nearest to each.

    The pixels are those at most `depth` further from light than the nearest of their shadow. Where different materials
    meet at the edge their ratios scatter, and those of the same material agree: the densest value is taken.
    """
    ratios = np.zeros((shadows.count, len(pixels)))
    if not lit.any() or not deep.any():
        return ratios
    distance, place = nearest_lit(lit)
    nearest = np.full(shadows.count, np.inf)
    np.minimum.at(nearest, shadows.nearest[deep], distance[deep])
    near = deep & (distance <= nearest[shadows.nearest] + depth)
    labels, partner = shadows.nearest[near], place[near]
    logs = np.log(np.maximum(pixels, max(_DARKEST * float(pixels.mean()), _TINY))).reshape(len(pixels), -1)
    pairs = logs[:, partner] - logs[:, np.flatnonzero(near)]
    ratios[:] = _densest(pairs)
    for i, members in of_each(labels, shadows.count):
        if len(members) >= _FEW:
            ratios[i] = _densest(pairs[:, members])
    return ratios


def nearest_lit(lit: Where) -> tuple[Any, Places]:
    """How far away the nearest lit pixel is `[H, W]`, and its place in the flat picture."""
    distance, number = cv2.distanceTransformWithLabels(
        np.where(lit, 0, 255).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place_of = np.zeros(int(number.max()) + 1, dtype=np.int64)
    place_of[number[lit]] = np.flatnonzero(lit)
    return distance, place_of[number]


def of_each(labels: Labels, count: int) -> Iterable[tuple[int, Places]]:
    """Which of `labels [N]` are each number below `count`."""
    ends = np.cumsum(np.bincount(labels, minlength=count))
    return enumerate(np.split(np.argsort(labels, kind="stable"), ends[:-1]))


def _densest(pairs: Stack) -> Stack:
    """The mode of `pairs [3, N]`, N above 0, by their mean over the channels; the mean `[3]` of the pairs around it.

    Found by halving to the shortest interval that holds half, until few are left (Bickel and Fruehwirth, 2006), and
    from there by mean shift, so that it is no accident of a few pairs.
    """
    means = pairs.mean(0)
    kept = np.sort(means)
    while len(kept) > _FEWEST:
        half = len(kept) // 2
        start = int((kept[half:] - kept[:-half]).argmin())
        kept = kept[start : start + half + 1]
    center = float(np.median(kept))
    for _ in range(_SHIFTS):
        weights = np.exp(-(((means - center) / _SPREAD) ** 2) / 2)
        center = float((weights * means).sum() / weights.sum())
    return np.asarray((pairs * weights).sum(1) / weights.sum())


def _moments(pixels: Stack, shadows: Shadows, where: Where) -> Any:
    """Number, sum and sum of squares of the pixels of each channel that belong to each shadow: `[3, count, 3]`."""
    labels = shadows.nearest[where]
    number = np.bincount(labels, minlength=shadows.count).astype(np.float64)
    planes = [channel[where] for channel in pixels]
    first, second = (
        np.stack([np.bincount(labels, plane**power, shadows.count) for plane in planes], axis=1) for power in (1, 2)
    )
    return np.stack((np.repeat(number[:, None], len(planes), axis=1), first, second))


def _mean_and_variance(table: Any) -> tuple[Stack, Stack]:
    number = np.maximum(table[0], 1)
    mean = table[1] / number
    return mean, np.maximum(table[2] / number - mean**2, 0)


def lift_shadows(x: Tensor, visibility: Tensor, shadows: Shadows, lift: Lift) -> Tensor:
    """`x [3, H, W]` without its shadows; every pixel of full visibility stays as it is, bit for bit.

    Half shadow is lifted by what the model says its light lost, so that soft edges leave no line. Nothing gets darker.
    """
    nearest = torch.from_numpy(shadows.nearest.astype(np.int64)).to(x.device)
    gain, offset = (
        torch.from_numpy(table.T.astype(np.float32)).to(x.device)[:, nearest] for table in (lift.gain, lift.offset)
    )
    shadow = (1 - visibility).clamp(0, 1)
    lifted = (x + shadow * offset / gain) / (1 - shadow + shadow / gain)
    lifted = torch.where(x >= 0, torch.maximum(lifted, x), lifted)
    return torch.where(shadow > 0, lifted, x)


def without_specks(visibility: Tensor, smallest: float) -> Tensor:
    """`visibility [1, H, W]` without shadows, and holes in shadows, of less than `smallest` squared pixels."""
    if smallest <= 1:
        return visibility
    out = visibility[0].cpu().numpy().copy()
    for dark, filling in ((True, 1.0), (False, 0.0)):
        inside = (out <= CORE) == dark
        count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
        small = stats[:, cv2.CC_STAT_AREA] < smallest**2
        small[0] = False  # what is not inside
        if count > 1:
            out[small[labels]] = filling
    return torch.from_numpy(out)[None].to(visibility.device)
