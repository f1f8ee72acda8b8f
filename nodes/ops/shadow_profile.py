"""Where the edge of a shadow lies beside a rough matte, and how wide its penumbra is, as the picture shows it.

Across the edge of a shadow light rises from what is left of it to all of it, everywhere along the edge in the same way;
edges of things and of paint lie anywhere and fall as often as they rise. So the slope of light away from the matte is
taken in the middle (the median) of all places as far from its edge, and what penumbra says the same is looked for.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .gaussian import blurred
from .shadow import find_shadows
from .shadow_light import logs_of

_FINE = 1.0  # pixels over which slopes are taken
_FEW = 12  # places as far from the edge that tell something
_LONG = 60  # pixels of edge from which on a shadow is looked at by itself
_HALF = 0.5
_CERTAIN = 0.5  # of the slopes' energy, that a penumbra has to explain
_DEPTHS = (0.3, 0.45, 0.7, 1.0, 1.4, 1.9, 2.5)  # nepers
_NARROWEST, _GROWS = 0.7, 1.3  # deviation in pixels of the narrowest penumbra that is tried, and the step to the next
_WIDEST = 1 / 3  # of what is looked at, the widest penumbra and the farthest edge that are tried
_STEEP = 0.6  # nepers a pixel, beyond which a slope says no more
Profile = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Edge:
    """The edge of a shadow. middle : pixels from the matte's edge, above 0 outside. width : pixels, the deviation of
    its penumbra.
    """

    middle: float
    width: float


@dataclass(frozen=True, eq=False)
class Edged:
    """Shadows with the edges that they have in a picture. visibility : `[1, H, W]`. width : `[1, H, W]`, the deviation
    in pixels of the penumbra of the nearest of them.
    """

    visibility: Tensor
    width: Tensor


def edged(shadow: Tensor, x: Tensor, reach: float) -> Edged | None:
    """The shadows of a rough matte `[1, H, W]` with the edges that they have in a picture `[3, H, W]`; None where no
    edge is told of any. Small shadows have that which all have together.

    reach : pixels on either side of the matte's edge that are looked at.
    """
    shadows = find_shadows(1 - shadow)
    dark = (shadow[0] >= _HALF).cpu().numpy()
    if shadows is None or dark.all():
        return None
    away = _signed(dark)
    near = np.abs(away) <= reach
    bins, slopes = np.round(away[near] + round(reach)).astype(np.int64), _slopes(x, away)[near]
    label = shadows.nearest[near]
    usual = edge_of(*_medians(bins, slopes, reach))
    along = np.bincount(label[np.abs(away[near]) < 1], minlength=shadows.count)
    middle, width = np.zeros(shadows.count), np.zeros(shadows.count)
    for i in range(shadows.count):
        own = label == i if along[i] >= _LONG else None
        edge = usual if own is None else edge_of(*_medians(bins[own], slopes[own], reach)) or usual
        if edge is None:
            return None
        middle[i], width[i] = edge.middle, edge.width
    wide = width[shadows.nearest]
    visibility = _rise((away - middle[shadows.nearest]) / wide)
    return Edged(*(torch.from_numpy(y.astype(np.float32))[None].to(shadow) for y in (visibility, wide)))


def edge_of(slopes: Profile, weight: Profile) -> Edge | None:
    """The penumbra that explains slopes best, None where none does.

    slopes : nepers a pixel at each distance `[2 n + 1]`, from -n pixels to n. weight : how much each counts.
    """
    reach = len(slopes) // 2
    middles, widths, model = _penumbras(reach)
    energy = float((weight * slopes**2).sum())
    off = (model**2 @ weight - 2 * (model @ (weight * slopes))).reshape(len(_DEPTHS), len(widths), len(middles))
    if not float(off.min()) < -_CERTAIN * energy:
        return None
    _, w, m = np.unravel_index(int(off.argmin()), off.shape)
    return Edge(float(middles[m]), float(widths[w]))


@lru_cache(8)
def _penumbras(reach: int) -> tuple[Profile, Profile, Profile]:
    """Middles, widths, and the slopes of each depth, width and middle, in rows."""
    most = max(1, math.floor(reach * _WIDEST))
    steps = np.arange(1 + max(0, int(math.log(most / _NARROWEST, _GROWS))))
    widths = np.asarray(_NARROWEST * _GROWS**steps, dtype=np.float64)
    middles = np.arange(-most, most + 1).astype(np.float64)
    left = np.exp(-np.asarray(_DEPTHS))[:, None, None, None]
    between = np.arange(-reach, reach + 2) - 0.5
    seen = _rise((between - middles[:, None]) / np.hypot(widths, _FINE)[:, None, None])[None]
    model = np.diff(np.log(seen + (1 - seen) * left), axis=-1)
    return middles, widths, model.reshape(-1, 2 * reach + 1)


def _medians(bins: npt.NDArray[np.int64], slopes: Profile, reach: float) -> tuple[Profile, Profile]:
    """The median of slopes at each distance, and how many there are; few say nothing."""
    count = 2 * round(reach) + 1
    bins = np.clip(bins, 0, count - 1)
    order = np.argsort(bins, kind="stable")
    ends = np.cumsum(np.bincount(bins, minlength=count))[:-1]
    groups = np.split(slopes[order], ends)
    medians = np.array([np.median(g) if len(g) >= _FEW else 0.0 for g in groups])
    return medians, np.array([len(g) if len(g) >= _FEW else 0 for g in groups], dtype=np.float64)


def _signed(dark: npt.NDArray[np.bool_]) -> Profile:
    """Pixels to the edge of what is dark, below 0 inside of it."""
    inside, outside = (cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, 5) for m in (dark, ~dark))
    return np.where(dark, 0.5 - inside, outside - 0.5).astype(np.float64)


def _slopes(x: Tensor, away: Profile) -> Profile:
    """Nepers a pixel by which light `[3, H, W]` rises in the direction in which a distance `[H, W]` does."""
    logs = blurred(logs_of(x), _FINE).mean(0).double().cpu().numpy()
    rows, columns = _gradient(logs)
    down, right = _gradient(np.asarray(cv2.GaussianBlur(away, (0, 0), _FINE), np.float64))
    length = np.maximum(np.hypot(down, right), 1e-6)
    return np.asarray(np.clip((rows * down + columns * right) / length, -_STEEP, _STEEP))


def _gradient(x: Profile) -> list[Profile]:
    """Slopes down and to the right; none along a side of one pixel."""
    return [np.gradient(x, axis=axis) if size > 1 else np.zeros_like(x) for axis, size in enumerate(x.shape)]


def _rise(x: Profile) -> Profile:
    """The integral of a Gaussian, 0 to 1."""
    return np.asarray(torch.special.ndtr(torch.from_numpy(np.ascontiguousarray(x))).numpy())
