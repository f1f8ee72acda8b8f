"""Lights that are seen in a picture: what shines brighter than what lies around could.

Everything is relative to the picture's own light, so that results scale with the exposure. Places and sizes are shares
of the picture's long side.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from rimlight.engine import mean_of_all

from .fir import finite
from .gaussian import blurred
from .resize import resized, within

_SMALL = 480  # pixels of the long side at which sources are looked for
_AROUND = 0.1  # of the long side, the standard deviation of what counts as around
_TYPICAL = 0.6  # of the picture is darker than what a surface under the light of the scene shows
_GROW = 1.5  # stops below the threshold down to which a source reaches
_SOFT = 1.0  # stops over which its matte rises
_CLOSE = 0.012  # of the long side, gaps up to which belong to a source
_DARKEST = 2.0**-20
_FARTHEST = 0.25  # of the long side that a source may move between a frame and the reference
# What a lit face in a dark room shows, and few sources do:
_LIT_RADIUS = 0.125  # of the long side: it is larger
_LIT_WARM = (0.75, 1.6)  # stops of red over green, as skin of all tones has in white to warm light
_LIT_UNEVEN = 0.6  # stops: its light changes by more across it
_LIT_ABOVE, _LIT_SHARE = 1.25, 0.8  # stops above the threshold that this share of it does not reach
# What a shirt, a table or a sunlit ground shows, as light comes from above: it is low in the frame and no point, too.
_LOW = 0.6  # of the height, below which its middle is
_LOW_RADIUS = 0.032  # of the long side: it is larger
_LOW_UNEVEN = 0.5  # stops, as of a face
_LOW_BELOW = 0.5  # stops below the threshold, where half of it stays, if it is even
# What a wall, a rock or leaves in the sun show among plants, and gaps with the sky in them do not:
_LEAF, _LEAF_RED = 0.25, -0.1  # stops of green over the middle of red and blue, and over red, from which it is a leaf
_PLANTS = 0.25  # of the picture, from which it is among plants
_SUNNY = (0.15, 2.0)  # stops of red over blue: sunlight on something, while the sky is white or blue
_SUNNY_ABOVE, _SUNNY_SHARE = 0.75, 0.9  # stops above the threshold that this share of it does not reach


@dataclass(frozen=True)
class Source:
    """x, y : its middle, from the top left. radius : of a disc of its area. bright : the mean of its light. energy :
    its share of all light that is seen.
    """

    x: float
    y: float
    radius: float
    bright: float
    energy: float


@dataclass(frozen=True)
class Sources:
    """found : the sources. around : `[1, h, w]`, stops of what a surface could show at most. nearest : `[h, w]`, the
    number (from 0) of the source that is nearest, -1 where there is none. reach, inside : `[1, h, w]`, 1 near sources
    and within their outlines, 0 beyond.
    """

    found: tuple[Source, ...]
    around: Tensor
    nearest: Tensor
    reach: Tensor
    inside: Tensor

    def above(self, x: Tensor) -> Tensor:
        """Stops `[1, H, W]` by which the picture `x [3, H, W]` of the sources outshines what a surface could show."""
        size = x.shape[1:]
        around = torch.nn.functional.interpolate(self.around[None], size, mode="bilinear", align_corners=False)[0]
        return _stops(_bright(x), _base(x)) - around.to(x)

    def mattes(self, x: Tensor, threshold: float, slots: Sequence[int], count: int) -> Tensor:
        """Mattes `[count, H, W]` of the sources over the picture `x [3, H, W]` that they were found in.

        slots : for each source its matte, -1 for none.
        """
        size = x.shape[1:]
        reach, inside = (
            torch.nn.functional.interpolate(m[None], size, mode="bilinear", align_corners=False)[0].to(x)
            for m in (self.reach, self.inside)
        )
        cover = ((self.above(x) - threshold + _GROW) / _SOFT + 0.5).clamp(0, 1) * reach
        cover = torch.maximum(cover, inside)
        made = x.new_zeros(count, *size)
        for source, slot in enumerate(slots):
            if slot >= 0:
                own = (self.nearest == source).to(x)[None, None]
                own = torch.nn.functional.interpolate(own, size, mode="bilinear", align_corners=False)[0, 0]
                made[slot] = cover[0] * own
        return made


def _bright(x: Tensor) -> Tensor:
    x = finite(x)
    return (x.mean(0, keepdim=True) + x.amax(0, keepdim=True)).double() / 2


def _base(x: Tensor) -> Tensor:
    """Light of the picture to compare with, `[]`: the mean of what is not black."""
    bright = _bright(x).clamp_min(0)
    return mean_of_all(bright).clamp_min(1e-30)


def _stops(bright: Tensor, base: Tensor) -> Tensor:
    return (bright / base).clamp_min(_DARKEST).log2()


def find_sources(
    x: Tensor, threshold: float, least: float, most: int, faces: bool = False, surfaces: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Sources:  # fmt: skip
    """Sources in a picture `[3, H, W]`, the strongest first.

    threshold : stops by which a source is brighter than the surfaces around it and than most of the picture. least :
    its diameter as a share of the long side. most : how many. faces : keep also what looks like a lit face in the
    dark: large, warm, uneven, and not far above the threshold. surfaces : keep also what looks like a lit surface in
    the lower part of the picture: no point, uneven or hardly above the threshold, and nowhere far above it; or among
    plants like something in the sun: redder than the sky, and nowhere far above the threshold. check : called now and
    then; it stops the work by raising.
    """
    base, size = _base(x), within(x.shape[1], x.shape[2], _SMALL)
    check()
    small = resized(finite(x), size)
    check()
    bright = resized(_bright(x), size)
    check()
    logs = _stops(bright, base)
    values = logs.flatten()
    typical = values.kthvalue(1 + round(_TYPICAL * (values.numel() - 1))).values
    long = max(size)
    sigma = _AROUND * long
    # What shines is no part of what is around it.
    around = torch.maximum(blurred(logs.clamp_max(typical + 1), sigma), typical)
    above = (logs - around)[0].cpu().numpy()
    grown = (above >= threshold - _GROW).astype(np.uint8)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(grown, connectivity=8)
    energy = np.bincount(labels.ravel(), bright[0].cpu().numpy().ravel(), count)
    seeded = np.zeros(count, dtype=bool)
    seeded[labels[above >= threshold]] = True
    area = stats[:, cv2.CC_STAT_AREA]
    enough = math.pi / 4 * (least * long) ** 2
    chosen = [i for i in range(1, count) if seeded[i] and area[i] >= enough]
    if not faces:
        large = area >= math.pi * (_LIT_RADIUS * long) ** 2
        chosen = [i for i in chosen if not (large[i] and _is_face(small, above, labels == i, threshold))]
    if not surfaces:
        low = (area >= math.pi * (_LOW_RADIUS * long) ** 2) & (middles[:, 1] > _LOW * size[0])
        chosen = [i for i in chosen if not (low[i] and _is_surface(above[labels == i], threshold))]
        if _among_plants(small):
            chosen = [i for i in chosen if not _is_sunny(small, above, labels == i, threshold)]
    chosen = sorted(chosen, key=lambda i: -energy[i])[:most]
    total = max(float(bright.clamp_min(0).sum()), 1e-30)
    found = tuple(
        Source(
            (float(middles[i][0]) + 0.5) / long, (float(middles[i][1]) + 0.5) / long,
            math.sqrt(area[i] / math.pi) / long, float(energy[i] / area[i]), float(energy[i] / total),
        )
        for i in chosen
    )  # fmt: skip
    check()
    nearest, reach, inside = _around(labels, chosen)
    maps = (torch.as_tensor(m, device=x.device) for m in (nearest, reach, inside))
    return Sources(found, around.float(), *maps)


def _is_surface(stops: np.ndarray, threshold: float) -> bool:
    """Whether a region low in a picture is a lit surface, by the stops `[n]` above what a surface could show."""
    even = stops.std() <= _LOW_UNEVEN and np.median(stops) > threshold - _LOW_BELOW
    return bool(np.quantile(stops, _LIT_SHARE) < threshold + _LIT_ABOVE and not even)


def _among_plants(x: Tensor) -> bool:
    """Whether enough of a picture `[3, h, w]` is green as leaves are."""
    red, green, blue = _log_channels(x)
    leaf = (green - (red + blue) / 2 > _LEAF) & (green - red > _LEAF_RED)
    return bool(leaf.mean() > _PLANTS)


def _is_sunny(x: Tensor, above: np.ndarray, there: np.ndarray, threshold: float) -> bool:
    """Whether a region among plants is something in the sun and no source; see `_is_face`."""
    red, _, blue = _log_channels(x)
    top = np.quantile(above[there], _SUNNY_SHARE)
    return bool(_SUNNY[0] < np.median((red - blue)[there]) < _SUNNY[1] and top < threshold + _SUNNY_ABOVE)


def _log_channels(x: Tensor) -> np.ndarray:
    """Stops of the channels of a picture `[3, h, w]`."""
    return np.asarray(x.clamp_min(max(_DARKEST * float(x.max()), 1e-30)).log2().cpu().numpy())


def _is_face(x: Tensor, above: np.ndarray, there: np.ndarray, threshold: float) -> bool:
    """Whether a large region of a picture `[3, h, w]` is a lit face and no source.

    above : `[h, w]`, stops above what a surface could show. there : `[h, w]` bool, the region.
    """
    stops = above[there]
    red, green, _ = (channel[there] for channel in _log_channels(x))
    top = np.quantile(stops, _LIT_SHARE)
    warm = np.median(red - green)
    return bool(_LIT_WARM[0] < warm < _LIT_WARM[1] and stops.std() > _LIT_UNEVEN and top < threshold + _LIT_ABOVE)


def _around(labels: np.ndarray, chosen: Sequence[int]) -> tuple[np.ndarray, ...]:
    """The nearest of the chosen regions `[h, w]`; 1 within two pixels of one, and well inside one, `[1, h, w]`."""
    number = np.full(int(labels.max()) + 1, -1)
    number[list(chosen)] = range(len(chosen))
    own = _filled(number[labels], len(chosen))
    if not chosen:
        nothing = np.zeros((1, *labels.shape), np.float32)
        return np.full(labels.shape, -1), nothing, nothing
    outside = np.where(own >= 0, 0, 255).astype(np.uint8)
    distance, index = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    owner = np.full(int(index.max()) + 1, -1)
    owner[index[own >= 0]] = own[own >= 0]
    depth = cv2.distanceTransform((own >= 0).astype(np.uint8), cv2.DIST_L2, 5)
    reach, inside = np.clip(3 - distance, 0, 1), np.clip(depth - 1, 0, 1)
    return owner[index], reach.astype(np.float32)[None], inside.astype(np.float32)[None]


def _filled(own: np.ndarray, count: int) -> np.ndarray:
    """Regions with what they enclose: a window is one, whatever is seen through it."""
    size = 2 * max(1, round(_CLOSE * max(own.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    for i in range(count):
        there = cv2.morphologyEx((own == i).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
        outlines, _ = cv2.findContours(there, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        inside = cv2.drawContours(np.zeros_like(there), outlines, -1, 1, cv2.FILLED)
        own = np.where((inside > 0) & (own < 0), i, own)
    return own


def by_place(found: Sequence[Source]) -> list[int]:
    """For each source its number from the left, so that it keeps it while it flickers."""
    order = sorted(range(len(found)), key=lambda i: (found[i].x, found[i].y))
    slots = [0] * len(found)
    for slot, i in enumerate(order):
        slots[i] = slot
    return slots


def matched(found: Sequence[Source], known: Sequence[Source]) -> list[int]:
    """For each source the number, from the left, of the known one that it is, or the next number that is free.

    Pairs are made in the order of how near they are in place and alike in size.
    """
    numbers = by_place(known)
    pairs = sorted(
        (_apart(a, b), i, j) for i, a in enumerate(found) for j, b in enumerate(known) if _apart(a, b) < _FARTHEST
    )
    slots: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in pairs:
        if i not in slots and j not in taken:
            slots[i] = numbers[j]
            taken.add(j)
    free = iter(range(len(known), len(known) + len(found)))
    return [slots[i] if i in slots else next(free) for i in range(len(found))]


def _apart(a: Source, b: Source) -> float:
    return math.hypot(a.x - b.x, a.y - b.y) + 0.02 * abs(math.log2(a.radius / b.radius))
