"""A pattern of a picture, and where it is in another one: to a few hundredths of a pixel, at any exposure.

Light is compressed first, by a logarithm that is straight near black, relative to the light around: another exposure is
then another offset, and a highlight of a thousand weighs little more than white. The pattern is looked for at whole
pixels by normalised correlation, which heeds neither offset nor contrast, and from there refined by Gauss-Newton steps
(Lucas and Kanade 1981; Baker and Matthews 2004) that solve for contrast and offset with the motion, so that what they
reach is a maximum of the same correlation (Evangelidis and Psarakis 2008).

Arrays are `[h, w]` with row 0 at the top; places are x and y in pixels of the picture, y down, centres at +0.5.
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor

from ..region import Region

Motion = Literal["translate", "similarity", "affine"]
Floats = npt.NDArray[np.float64]
Place = tuple[float, float]

MARGIN = 4
"""Pixels around a box that are needed for the blur and the interpolation."""
_BLUR = 0.8  # pixels; less aliasing and noise than in the picture, as much detail as interpolation can use
_TOE = 0.25  # of the median: light below that is compressed less and less
_STEPS = 30
_CLOSE = 1e-3  # pixels
_RIDGE = 1e-6  # of the largest: keeps the steps small where the pattern does not say, as along an edge
_EDGE = 0.01  # of the larger principal value of the slopes
_FLAT = 1e-3  # in log light: a pattern that varies by less is empty
_COUNTED = 1 << 16  # pixels out of which the median is taken
_SAMPLES = 4096  # of a pattern at most
_DENSE = 65  # width and height of what is compared pixel by pixel
_LARGEST = 1e30  # in the stead of infinities
_SEEN = 0.4  # of the pattern, by weight: with less of it inside the picture it is not found

_LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Window:
    """Compressed light `[h, w]` over a region of the picture."""

    light: Floats
    region: Region

    @staticmethod
    def of(x: Tensor, region: Region) -> "Window":
        """Of a layer `[C, h, w]`: the luminance of three channels or more, else the mean."""
        planes = x.detach().double().cpu().numpy()
        if planes.shape[0] >= 3:
            planes = np.stack([weight * plane for weight, plane in zip(_LUMINANCE, planes, strict=False)]).sum(0)
        else:
            planes = planes.mean(0)
        light: Floats = np.nan_to_num(np.maximum(planes, 0.0), nan=0.0, posinf=_LARGEST)
        positive = light[light > 0]
        some = positive[:: max(1, positive.size // _COUNTED)]
        toe = _TOE * float(np.median(some)) if some.size else 1.0
        blurred = cv2.GaussianBlur(np.log1p(light / toe), (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE)
        return Window(np.asarray(blurred, np.float64), region)

    @staticmethod
    def nothing(region: Region) -> "Window":
        """Where the picture has no pixels."""
        return Window(np.zeros((1, 1)), Region(region.x0, region.y0, region.x0 + 1, region.y0 + 1))

    def reduced(self, step: int) -> "Window":
        """The mean of every `step` x `step` pixels, counted from the picture's own corner; places shrink with it."""
        r = self.region
        x0, y0, x1, y1 = -(-r.x0 // step), -(-r.y0 // step), r.x1 // step, r.y1 // step
        if x1 <= x0 or y1 <= y0:
            return Window.nothing(Region(x0, y0, x0 + 1, y0 + 1))
        part = self.light[y0 * step - r.y0 : y1 * step - r.y0, x0 * step - r.x0 : x1 * step - r.x0]
        means: Floats = part.reshape(y1 - y0, step, x1 - x0, step).mean((1, 3))
        return Window(means, Region(x0, y0, x1, y1))

    def covers(self, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Where places are inside."""
        r = self.region
        inside: npt.NDArray[np.bool_] = (x >= r.x0) & (x <= r.x1) & (y >= r.y0) & (y <= r.y1)
        return inside

    def sample(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Values and slopes in x and y at places, by cubic convolution; its outermost pixels go on outside."""
        u, v = x - self.region.x0 - 0.5, y - self.region.y0 - 0.5
        i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        (wx, dx), (wy, dy) = _cubic(u - i), _cubic(v - j)
        h, w = self.light.shape
        columns = [np.clip(i + k - 1, 0, w - 1) for k in range(4)]
        value, slope_x, slope_y = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
        for k in range(4):
            row = np.clip(j + k - 1, 0, h - 1)
            taps = [self.light[row, column] for column in columns]
            along = sum(a * t for a, t in zip(wx, taps, strict=True))
            value += wy[k] * along
            slope_x += wy[k] * sum(a * t for a, t in zip(dx, taps, strict=True))
            slope_y += dy[k] * along
        return value, slope_x, slope_y


@dataclass(frozen=True)
class Found:
    """Where a pattern was found. linear : 2x2, how it was turned, scaled and sheared: offsets from the middle of the
    pattern become `linear @ offset`. error : 1 minus the correlation, 0 to 2.
    """

    place: Place
    linear: Floats
    error: float


class Pattern:
    """What is seen around a place. Raises ValueError with a sentence where nothing is.

    size : width and height in pixels, rounded to odd numbers. slides : whether it is a straight edge, along which it
    looks the same.
    """

    def __init__(self, window: Window, place: Place, size: tuple[float, float]) -> None:
        half = max(1, math.floor(size[0] / 2)), max(1, math.floor(size[1] / 2))
        self.half = half
        # A large pattern is sampled sparsely: so many places say all there is to say of so few unknowns.
        stride = max(1, math.ceil(math.sqrt((2 * half[0] + 1) * (2 * half[1] + 1) / _SAMPLES)))
        self._x, self._y = _offsets(half, stride)
        self._unit = float(max(half))
        self._window, self._place = window, place
        x, y = place[0] + self._x, place[1] + self._y
        self._values, gx, gy = window.sample(x, y)
        self._weight = np.exp(-((self._x / (half[0] + 0.5)) ** 2) - (self._y / (half[1] + 0.5)) ** 2)
        self._weight = self._weight / self._weight.sum() * window.covers(x, y)
        if _spread(self._values, self._weight) < _FLAT:
            raise ValueError("there is nothing in the pattern to follow, it is flat; choose a place with some texture")
        self.slides = _one_way(gx, gy, self._weight)

    def find(self, window: Window, near: Place, reach: tuple[int, int], linear: Floats, motion: Motion) -> Found:
        """The most similar place at most `reach` pixels from `near`.

        linear : how the pattern was turned, scaled and sheared until now, see `Found`. motion : what may become of it
        beyond moving.
        """
        start = self._search(window, near, reach, linear)
        found = self._refined(window, start, linear, motion)
        if motion != "translate" and not _plausible(found.linear, linear):
            found = self._refined(window, start, linear, "translate")
        return found

    def _search(self, window: Window, near: Place, reach: tuple[int, int], linear: Floats) -> Place:
        """The best place in steps of whole pixels; of a large pattern first in smaller pictures, then by its middle."""
        step, middle = -(-(2 * max(self.half) + 1) // _DENSE), _DENSE // 2
        if step > 1:
            small, known = window.reduced(step), self._window.reduced(step)
            x, y = _best(
                known, _scaled(self._place, 1 / step), (self.half[0] // step, self.half[1] // step), linear,
                small, _scaled(near, 1 / step), (-(-reach[0] // step), -(-reach[1] // step)),
            )  # fmt: skip
            near, reach = _scaled((x, y), step), (step + 1, step + 1)
        half = min(self.half[0], middle), min(self.half[1], middle)
        return _best(self._window, self._place, half, linear, window, near, reach)

    def _refined(self, window: Window, start: Place, linear: Floats, motion: Motion) -> Found:
        """From a place that is right to a pixel or so to the maximum of the correlation."""
        u, v, scale = self._x, self._y, self._unit
        a, t = linear.copy(), np.array(start)
        best = Found(start, linear, 2.0)
        for _ in range(_STEPS):
            x, y = t[0] + a[0, 0] * u + a[0, 1] * v, t[1] + a[1, 0] * u + a[1, 1] * v
            value, gx, gy = window.sample(x, y)
            weight = self._weight * window.covers(x, y)  # what has left the picture says nothing
            if weight.sum() < _SEEN:
                break
            root = np.sqrt(weight)
            error = 1 - _correlation(self._values, value, weight)
            if error <= best.error:
                best = Found((float(t[0]), float(t[1])), a.copy(), error)
            columns = [gx, gy]
            if motion == "similarity":
                columns += [(gx * u + gy * v) / scale, (gy * u - gx * v) / scale]
            elif motion == "affine":
                columns += [gx * u / scale, gx * v / scale, gy * u / scale, gy * v / scale]
            count = len(columns)
            design = np.stack([*columns, -self._values, -np.ones_like(u)], 1) * root[:, None]
            normal = design.T @ design
            normal[np.arange(count), np.arange(count)] += _RIDGE * normal[:count, :count].max()
            try:
                step = np.linalg.solve(normal, -design.T @ (value * root))
            except np.linalg.LinAlgError:
                break
            move = np.clip(step[:2], -1, 1)
            t += move
            if motion == "similarity":
                a += np.array([[step[2], -step[3]], [step[3], step[2]]]) / scale
            elif motion == "affine":
                a += step[2:6].reshape(2, 2) / scale
            if not np.isfinite(a).all() or math.dist(t, start) > 2 + 0.1 * scale:
                break
            if np.abs(step[:count]).max() < _CLOSE:
                break
        return best


def _offsets(half: tuple[int, int], stride: int = 1) -> tuple[Floats, Floats]:
    """All x and y of a grid around 0 that reaches `half` to each side."""
    x, y = (np.arange(-(h // stride), h // stride + 1) * float(stride) for h in half)
    rows, columns = np.meshgrid(y, x, indexing="ij")
    return columns.ravel(), rows.ravel()


def _scaled(place: Place, factor: float) -> Place:
    return place[0] * factor, place[1] * factor


def _best(
    source: Window, place: Place, half: tuple[int, int], linear: Floats, window: Window, near: Place,
    reach: tuple[int, int],
) -> Place:  # fmt: skip
    """The middle of the pixel, at most `reach` from `near`, around which `window` is most like `source` is around
    `place`, by correlation. half : columns and rows to each side that are compared. linear : as in `Found`.
    """
    back, (u, v) = np.linalg.inv(linear), _offsets(half)
    x, y = back[0, 0] * u + back[0, 1] * v, back[1, 0] * u + back[1, 1] * v
    pattern = source.sample(place[0] + x, place[1] + y)[0].reshape(2 * half[1] + 1, 2 * half[0] + 1)
    column, row = math.floor(near[0]), math.floor(near[1])
    xs = np.arange(column - half[0] - reach[0], column + half[0] + reach[0] + 1) - window.region.x0
    ys = np.arange(row - half[1] - reach[1], row + half[1] + reach[1] + 1) - window.region.y0
    h, w = window.light.shape
    area = window.light[np.clip(ys, 0, h - 1)][:, np.clip(xs, 0, w - 1)]
    score = cv2.matchTemplate(area.astype(np.float32), pattern.astype(np.float32), cv2.TM_CCOEFF_NORMED)
    score = np.nan_to_num(score, nan=-1.0, posinf=-1.0, neginf=-1.0)
    at_y, at_x = divmod(int(score.argmax()), score.shape[1])
    return column - reach[0] + at_x + 0.5, row - reach[1] + at_y + 0.5


def _correlation(one: Floats, other: Floats, weight: Floats) -> float:
    """The weighted correlation of two patterns, -1 to 1; 0 where one is flat."""
    total = weight.sum()
    one, other = one - weight @ one / total, other - weight @ other / total
    size = math.sqrt(float(weight @ (one * one)) * float(weight @ (other * other)))
    return float(weight @ (one * other)) / size if size > 1e-12 else 0.0


def _spread(values: Floats, weight: Floats) -> float:
    """The weighted standard deviation."""
    total = max(float(weight.sum()), 1e-12)
    return math.sqrt(float(weight @ (values - weight @ values / total) ** 2) / total)


def _one_way(gx: Floats, gy: Floats, weight: Floats) -> bool:
    """Whether slopes all go the same way: by the smaller of the principal values of their moments (Shi and Tomasi
    1994).
    """
    xx, yy, xy = (float(weight @ product) for product in (gx * gx, gy * gy, gx * gy))
    middle, apart = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return middle - apart < _EDGE * (middle + apart)


def _plausible(linear: Floats, before: Floats) -> bool:
    """Whether a pattern can have become this from one frame to the next: less than half as large again, unmirrored."""
    change = linear @ np.linalg.inv(before)
    sizes = np.linalg.svd(change, compute_uv=False)
    return bool(np.linalg.det(change) > 0 and sizes.max() < 1.5 and sizes.min() > 1 / 1.5)


def _cubic(t: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Weights of four neighbours for a place `t` between the middle two, and their slopes (Keys 1981)."""
    s = 1 - t
    weights = (-0.5 * t * s * s, 1 + t * t * (1.5 * t - 2.5), 1 + s * s * (1.5 * s - 2.5), -0.5 * s * t * t)
    slopes = (-0.5 * s * (s - 2 * t), t * (4.5 * t - 5), -s * (4.5 * s - 5), -0.5 * t * (2 * s - t))
    return weights, slopes
