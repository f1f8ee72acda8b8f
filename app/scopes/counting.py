"""Counts behind the scopes, from true values of pixels: pure functions on arrays, for workers.

Values come as float32 `[h, w, 3]`. A scale says where they lie on an axis from 0 to 1: scene-linear light in stops from
a grey card, display values as they are. What lies outside is counted at the ends.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Space = Literal["scene", "display"]

GREY = 0.18
STOPS = (-10.0, 8.0)
"""Of the scale of scene-linear light."""
CODES = (-0.05, 1.05)
"""Of the scale of display values: what is clipped is seen."""
PLAUSIBLE = (0.02, 0.9)
"""Between what the albedo of surfaces is: charcoal and fresh snow."""
BINS = 256
ROWS = 240


@dataclass(frozen=True)
class Histogram:
    """Counts `[4, BINS]` of red, green, blue and luminance. below, above : share of values outside the scale."""

    counts: Counts
    below: float
    above: float


def on_scale(values: Floats, space: Space) -> Floats:
    """Where values lie on the axis, 0 to 1 inside the scale. Values that have no logarithm lie below it."""
    if space == "display":
        low, high = CODES
        return (values - np.float32(low)) / np.float32(high - low)
    low, high = STOPS
    with np.errstate(divide="ignore", invalid="ignore"):
        stops = np.log2(np.where(values > 0, values / np.float32(GREY), np.float32(np.nan)))
    place: Floats = (stops.astype(np.float32) - np.float32(low)) / np.float32(high - low)
    return np.nan_to_num(place, nan=-1.0)


def ticks(space: Space) -> list[tuple[float, str]]:
    """Marks on the axis, from 0 to 1, with what they say."""
    if space == "display":
        low, high = CODES
        return [((v - low) / (high - low), f"{v:g}") for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    low, high = STOPS
    return [((v - low) / (high - low), f"{v:+d}" if v else "18 %") for v in range(-8, 9, 2)]


def spaced(marks: Sequence[tuple[float, str]], length: float, apart: float) -> list[tuple[float, str]]:
    """Marks of an axis of a length, without words where these stood less than `apart` from each other: those of middle
    grey, or of the first, stay, and each so many from there.
    """
    between = (marks[1][0] - marks[0][0]) * length
    each = max(1, math.ceil(apart / between)) if between > 0 else len(marks)
    first = next((i for i, (_, text) in enumerate(marks) if text == "18 %"), 0)
    return [(share, text if (i - first) % each == 0 else "") for i, (share, text) in enumerate(marks)]


def luminance(rgb: Floats, weights: tuple[float, float, float]) -> Floats:
    """Luminance `[h, w]`."""
    return (rgb @ np.asarray(weights, np.float32)).astype(np.float32)


def histogram(rgb: Floats, weights: tuple[float, float, float], space: Space) -> Histogram:
    """How often values occur. Pixels that are not finite do not count."""
    fine = rgb[np.isfinite(rgb).all(-1)]
    if not len(fine):
        return Histogram(np.zeros((4, BINS), np.int64), 0.0, 0.0)
    channels = [fine[:, 0], fine[:, 1], fine[:, 2], luminance(fine, weights)]
    places = [on_scale(values, space) for values in channels]
    counts = np.stack([_counted(place) for place in places])
    together = np.concatenate(places[:3])
    return Histogram(counts, float((together < 0).mean()), float((together > 1).mean()))


def _counted(place: Floats) -> Counts:
    bins = (np.clip(place, 0.0, 1.0) * BINS).astype(np.int64).clip(max=BINS - 1)
    return np.bincount(bins, minlength=BINS)


def trace(values: Floats, space: Space, columns: int) -> Counts:
    """A waveform `[ROWS, columns]` of `[h, w]`: how often a value occurs in a column of it, bright at the top."""
    height, width = values.shape
    place = on_scale(values, space)
    column = np.broadcast_to(np.arange(width) * columns // width, (height, width))
    fine = np.isfinite(values)
    row = ((1 - np.clip(np.where(fine, place, 0), 0.0, 1.0)) * ROWS).astype(np.int64).clip(max=ROWS - 1)
    flat = (row * columns + column)[fine]
    return np.bincount(flat, minlength=ROWS * columns).reshape(ROWS, columns)


def chroma(rgb: Floats, weights: tuple[float, float, float], space: Space) -> Floats:
    """Where colours lie in the vectorscope, `[N, 2]`, white in the middle, primaries within -1 to 1.

    Display values: Cb and Cr of Rec.709, doubled. Scene-linear light: the differences to luminance over the brightest
    channel, so that exposure does not matter.
    """
    fine = rgb[np.isfinite(rgb).all(-1)].reshape(-1, 3)
    if space == "display":
        y = luminance(fine, (0.2126, 0.7152, 0.0722))
        return np.stack(((fine[:, 2] - y) / 0.9278, (fine[:, 0] - y) / 0.7874), 1)
    y = luminance(fine, weights)
    top = fine.max(-1)
    lit = top > 1e-6
    fine, y, top = fine[lit], y[lit], top[lit]
    red, blue = 1 - weights[0], 1 - weights[2]
    return np.stack(((fine[:, 2] - y) / (blue * top), (fine[:, 0] - y) / (red * top)), 1).astype(np.float32)


def scattered(points: Floats, low: tuple[float, float], high: tuple[float, float], size: int) -> Counts:
    """How often points `[N, 2]` fall into each cell of a square picture `[size, size]`, y up; those outside are left
    out.
    """
    span = np.asarray(high) - np.asarray(low)
    at = (points - np.asarray(low)) / span
    inside = ((at >= 0) & (at < 1)).all(-1)
    cell = (at[inside] * size).astype(np.int64)
    flat = (size - 1 - cell[:, 1]) * size + cell[:, 0]
    return np.bincount(flat, minlength=size * size).reshape(size, size)


def plausible(albedo: Floats) -> tuple[float, float, float, Counts]:
    """How much of an albedo `[h, w, 3]` real surfaces could have: shares within, below and above, and counts `[BINS]`
    over 0 to 1.25 of the brightest channel. Pixels without albedo do not count.
    """
    fine = albedo[np.isfinite(albedo).all(-1) & (albedo != 0).any(-1)]
    if not len(fine):
        return 0.0, 0.0, 0.0, np.zeros(BINS, np.int64)
    low, high = PLAUSIBLE
    dark, bright = fine.max(-1) < low, fine.max(-1) > high
    counts = _counted(fine.max(-1) / np.float32(1.25))
    below, above = float(dark.mean()), float(bright.mean())
    return 1 - below - above, below, above, counts
