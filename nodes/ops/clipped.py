"""Highlights that a camera cut off: at which level, and what was probably above it.

Pictures are scene-linear `[3, H, W]`. Everything scales with the exposure.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from rimlight.engine import LINEAR_REC709, WorkingSpace

from .membrane import membrane

CAMERAS = ("auto", "working", "rec709")
"""Whose channels a camera cut off: those of the working space, or of linear Rec.709, as in all sRGB files."""

_BAND = 0.01  # of the level, within which values count as cut off
_BANDS = 16  # below the largest value, among which the pile is looked for
_PILE = 3.0  # times as many values at the level as in bands of the same width just below
_FEWEST = 8
_SHARE = 2e-5  # of all pixels
_NEAR, _FAR = 1.5, 4.5  # pixels from the border, between which light is watched rising
_DIM = math.log(4)  # below the level, from which a neighbour is another thing and not the light's own falloff
_TOLD = 2.0  # stops that the channels that are left may tell, however low the peak
_LEAST = 0.5  # of its height a light reaches in its middle, however its border looks
_FLAT = 0.5 * math.log(2)  # below a region, down to which light around it is of one piece with it
_STILL = 0.15  # of what is around a light: as much may be as bright as what is beside it
SPECK = 6.0
"""Pixels of half the width of a region in light nearly as bright that is as likely a speck of texture as a light."""
_TINY = 1e-30
_SHOULDER = (0.7, 0.95)  # of the level, between which a camera that clips tells less and less of how bright light was


def clip_levels(x: Tensor, check: Callable[[], None] = lambda: None) -> tuple[float, float, float]:
    """The levels at which the channels of `x [3, H, W]` are cut off; infinity for one that is not.

    A channel is cut off where its largest values pile up: several times as many are within a hundredth of a value near
    the largest as in equal steps below it. So is one that ends where another is cut off, be it in a few pixels, as the
    blue of the sun. check : called now and then; it stops the work by raising.
    """
    found = [pile for pile, _ in _piles(x, check)]
    tops = [float(plane[torch.isfinite(plane)].max()) if bool(torch.isfinite(plane).any()) else 0.0 for plane in x]
    red, green, blue = (
        level if level < math.inf else min((y for y in found if y <= top <= y * (1 + 2 * _BAND)), default=math.inf)
        for level, top in zip(found, tops, strict=True)
    )
    return red, green, blue


def clipped_in(x: Tensor, spaces: Sequence[Tensor], check: Callable[[], None] = lambda: None) -> int:
    """In which of some spaces the channels of `x [3, H, W]` were cut off: that in which most values pile up, as in any
    other a pile is spread out. The first where none is better than it.

    spaces : matrices `[3, 3]` to them. check : as of `clip_levels`.
    """
    piles = [sum(more for _, more in _piles(in_space(x, matrix), check)) for matrix in spaces]
    return max(range(len(piles)), key=lambda i: piles[i])


def camera_matrix(
    x: Tensor, working: WorkingSpace, camera: str, check: Callable[[], None] = lambda: None
) -> Tensor | None:
    """From the working space to that whose channels were cut off in `x [3, H, W]`, `[3, 3]`; None for the same.

    camera : one of `CAMERAS`; auto is the one in which more values pile up. check : as of `clip_levels`.
    """
    if camera == "working":
        return None
    matrix = working.matrix_to(LINEAR_REC709)
    same = torch.eye(3, dtype=torch.float64)
    if torch.allclose(matrix, same, atol=1e-6):
        return None
    return matrix if camera == "rec709" or clipped_in(x, (same, matrix), check) == 1 else None


def in_space(x: Tensor, matrix: Tensor) -> Tensor:
    """`x [3, H, W]` in the space that a matrix `[3, 3]` leads to; what is no number counts as black."""
    return torch.einsum("ij,jhw->ihw", matrix.to(x), torch.nan_to_num(x, 0.0, 0.0, 0.0))


def _piles(x: Tensor, check: Callable[[], None]) -> list[tuple[float, float]]:
    """`_pile` of each channel of `x [3, H, W]`."""
    found = []
    for plane in x:
        check()
        found.append(_pile(plane.flatten()))
    return found


def _pile(values: Tensor) -> tuple[float, float]:
    """The level at which values are cut off, infinity for never, and by how many more than their surroundings."""
    values = values[torch.isfinite(values)]
    if values.numel() == 0 or float(values.max()) <= 0:
        return math.inf, 0.0
    top, count = float(values.max()), values.numel()
    bounds = [top * (1 - _BAND) ** i for i in range(_BANDS + 1)]
    values = values[values >= bounds[-1]]
    above = [0, *(int((values >= b).sum()) for b in bounds[1:])]
    counts = [second - first for first, second in itertools.pairwise(above)]
    # A codec's ringing leaves few values above the pile, and a shoulder just below it.
    pile = max(range(_BANDS - 4), key=lambda i: counts[i])
    below = sum(counts[pile + 2 : pile + 5]) / 3
    piled = counts[pile] >= max(_FEWEST, _SHARE * count) and counts[pile] > _PILE * below
    return (bounds[pile + 1], counts[pile] - below) if piled else (math.inf, 0.0)


def known_light(x: Tensor) -> Tensor:
    """How far `[1, H, W]`, 1 to 0, a picture `[3, H, W]` still tells how bright its light was: less and less on the
    shoulder towards the level at which a channel is cut off, nothing there. 1 where nothing is cut off.
    """
    levels = x.new_tensor(clip_levels(x))[:, None, None]
    share = torch.where(torch.isfinite(levels), torch.nan_to_num(x, 0.0, 0.0, 0.0) / levels.clamp_min(_TINY), 0.0)
    start, end = _SHOULDER
    return 1 - ((share - start) / (end - start)).clamp(0, 1).mean(0, keepdim=True)


@dataclass(frozen=True)
class Rebuilt:
    """light : `[3, H, W]`, where nothing was cut off bit for bit the picture. confidence : `[1, H, W]`, 1 there."""

    light: Tensor
    confidence: Tensor


def rebuild(
    x: Tensor,
    levels: tuple[float, float, float],
    peak: float,
    size: float,
    core: float,
    ratios: bool = True,
    speck: float = SPECK,
) -> Rebuilt:
    """Light above the level at which it was cut off.

    Parameters
    ----------
    x : `[3, H, W]`. levels : of red, green and blue, values from which on they are cut off; infinity for never.
    peak : stops above the level that the middle of a small region reaches at most. Channels that are left tell no more
        than that either, or than two stops.
    size : pixels of half the width of a region from which on it rises less: a lamp, a reflection are small, a sky is
        large.
    core : 0 to 1, how white the light is where it is brightest; 0 keeps the colour of the border.
    ratios : whether channels that are not cut off say how the others go on.
    speck : see SPECK, at the scale of a proxy.

    Where one or two channels are left they carry the light, in the colour that continues the border's. Where none is
    left, the logarithm of light continues the border (a membrane), lifted by a bulge that begins as steeply as
    light rises towards the border, and settles at the peak. A speck among light that is nearly as bright is taken for
    texture and no lamp: it goes on as its border rises, and no further.
    """
    limit = x.new_tensor(levels)[:, None, None]
    cut = x >= limit
    some = cut.any(0)
    if not bool(some.any()):
        return Rebuilt(x, torch.ones_like(x[:1]))
    rows, columns = _box(some)
    # In float64, so that how threads share out the work does not show in the last bit.
    part = _rebuild(
        x[:, rows, columns].double(), cut[:, rows, columns], limit.double(), peak, (size, speck), core, ratios
    )
    light, confidence = x.clone(), torch.ones_like(x[:1])
    light[:, rows, columns], confidence[:, rows, columns] = part.light.to(x), part.confidence.to(x)
    return Rebuilt(light, confidence)


def _box(where: Tensor) -> tuple[slice, slice]:
    """The rows and columns around what is true, with room to see the light around it."""
    slices = []
    for axis in (1, 0):
        at = torch.nonzero(where.any(axis))[:, 0]
        slices.append(slice(max(0, int(at[0]) - 8), int(at[-1]) + 9))
    return slices[0], slices[1]


def _rebuild(
    x: Tensor, cut: Tensor, limit: Tensor, peak: float, sizes: tuple[float, float], core: float, ratios: bool
) -> Rebuilt:
    base = torch.where(torch.isfinite(limit), limit, 0.0).amax().clamp_min(_TINY)
    # A pixel that is cut off is at the level, however far a codec's ringing carries it above.
    held = torch.where(cut, limit.expand_as(x), x)
    logs = (torch.nan_to_num(held, 0.0, 0.0, 0.0) / base).clamp_min(1e-6).log()
    some, every = cut.any(0), cut.all(0) | (cut.any(0) & (not ratios))
    mean = logs.mean(0, keepdim=True)
    color = membrane(logs - mean, ~some)
    none = cut.all(0)
    if bool(none.any()):
        # No channel tells a colour here, and what is dark at the border is another thing with another colour.
        light = (1 + logs.amax(0, keepdim=True) / _DIM).clamp(0, 1)
        color = torch.where(none, membrane(torch.where(some, color, (logs - mean) * light), ~none), color)
    # Where channels are left: each says how bright the light is, in the colour of the border.
    left = (~cut).to(x)
    told = ((logs - color) * left).sum(0, keepdim=True) / left.sum(0, keepdim=True).clamp_min(1)
    floor = _floor(logs, color, cut)
    # A channel that is nearly black at the border says in the middle that all light is a thousandfold.
    bright = torch.where(some & ~every, floor + _settled(told - floor, max(peak, _TOLD) * math.log(2)), mean)
    middle = torch.zeros_like(mean)
    lift = torch.zeros_like(mean)
    if bool(every.any()):
        bright = torch.where(every, torch.maximum(membrane(bright, ~every), floor), bright)
        # By that channel which is darkest beside its level: a lamp whose glow is cut off in red stands out in blue.
        ends = torch.where(torch.isfinite(limit), limit, base).clamp_min(_TINY)
        lift, middle = _bulge(bright, (logs - (ends / base).log()).amin(0), every, peak, *sizes)
    rebuilt = torch.exp(bright + lift + color * (1 - core * middle)) * base
    rebuilt = torch.where(cut, torch.maximum(rebuilt, x), x)
    rise = torch.where(some, (bright + lift - mean), torch.zeros_like(mean)).clamp_min(0)
    trust = torch.where(every, 0.5, 0.75) * torch.exp(-rise)
    return Rebuilt(rebuilt, torch.where(some, trust, torch.ones_like(trust)))


def _floor(logs: Tensor, color: Tensor, cut: Tensor) -> Tensor:
    """The least brightness at which the channels that are cut off, in their colour, come to the level on average."""
    share = cut.to(logs)
    return ((logs - color) * share).sum(0, keepdim=True) / share.sum(0, keepdim=True).clamp_min(1)


def _settled(rise: Tensor, most: float) -> Tensor:
    """A rise in nepers, 0 where it is negative: as it is up to half of the most, and settling at the most."""
    half = most / 2
    beyond = (rise - half).clamp_min(0)
    return rise.clamp(0, half) + half * (1 - torch.exp(-beyond / half))


def _bulge(
    bright: Tensor, beside: Tensor, every: Tensor, peak: float, size: float, speck: float
) -> tuple[Tensor, Tensor]:
    """How far above a continuation the light rises, in nepers, and how much a pixel is the middle of its region, 0 to
    1; `[1, H, W]` each, 0 outside the regions `every [H, W]`.

    bright : `[1, H, W]`, nepers, what the regions continue. beside : `[H, W]`, nepers below the level.
    """
    hill = membrane(torch.zeros_like(bright), ~every, 1.0)
    inside = every.cpu().numpy()
    count, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    top = np.zeros(count)
    np.maximum.at(top, labels.ravel().astype(np.int64), hill[0].double().cpu().numpy().ravel())
    half = np.sqrt(2 * np.maximum(top, 1e-6))  # half the width of a strip, about that of a disc
    height = peak * math.log(2) / (1 + (half / max(size, 1e-3)) ** 2)
    slopes, lit = _borders(bright[0], beside, labels, half)
    light = np.maximum(lit, half**2 / (half**2 + speck**2))
    slope = np.maximum(slopes, 2 * _LEAST * light * height / half)
    per = torch.as_tensor(np.stack((half, height, slope)), device=bright.device, dtype=bright.dtype)
    where = torch.as_tensor(labels, device=bright.device, dtype=torch.long)
    a, h, g = per[0][where][None], per[1][where][None], per[2][where][None]
    far = hill / a  # grows from the border as distance does, and is round in the middle
    zero = torch.zeros_like(bright)
    lift = torch.where(every, h * (1 - torch.exp(-g * far / h.clamp_min(1e-9))), zero)
    return lift, torch.where(every, 1 - torch.exp(-4 * far / a), zero)


def _borders(bright: Tensor, beside: Tensor, labels: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each region, by its number: nepers per pixel by which light rises towards it, 0 where its neighbours are dark;
    and how sure it is a light and no speck of texture, 0 to 1.

    bright, beside : `[H, W]`, as of `_bulge`. half : half of its width. It is a light as far as its neighbours are much
    darker, and where it stands in a glow that falls on all sides: what is several widths away is darker than what is
    beside it.
    """
    x, below, count = bright.double().cpu().numpy(), beside.double().cpu().numpy(), len(half)
    outside = np.where(labels > 0, 0, 255).astype(np.uint8)
    distance, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    # The distance transform numbers the regions anew.
    owner = np.zeros(int(nearest.max()) + 1, dtype=np.int64)
    owner[nearest[labels > 0]] = labels[labels > 0]
    number = owner[nearest]

    def mean(where: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = np.bincount(number[where], minlength=count)
        return np.bincount(number[where], values[where], count) / np.maximum(n, 1), n

    level, _ = mean(labels > 0, x)
    kin = (labels == 0) & (x > level[number] - _DIM)
    ring = (labels == 0) & (distance > _NEAR) & (distance <= _FAR)
    hard, _ = mean(ring, (below < -_FLAT).astype(float))
    (first, n1), (second, n2) = (
        mean(kin & (distance <= _NEAR), x),
        mean(kin & (distance > _NEAR) & (distance <= _FAR), x),
    )
    slope = (first - second) / ((_NEAR + _FAR) / 2 - _NEAR / 2)
    wide = half[number]
    away = (labels == 0) & (distance > _FAR + 2 * wide) & (distance <= 2 * _FAR + 6 * wide)
    near, _ = mean((labels == 0) & (distance <= _NEAR), below)
    still, n3 = mean(away, (below > near[number] - _FLAT).astype(float))
    glow = np.where((n1 >= 3) & (n3 >= 12), 1 - np.minimum(still / _STILL, 1), 0.0)
    return np.where((n1 >= 3) & (n2 >= 3), np.maximum(slope, 0), 0.0), np.maximum(hard, glow)
