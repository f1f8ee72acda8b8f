"""The motion that takes tracked points where others are: by least squares, as much of it as the points can tell.

Points are y-up, in pixels. A matrix is 3x3 float64 and acts on columns (x, y, 1).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .matrices import Point

Model = Literal["translate", "rotate", "similarity", "affine", "perspective"]
Floats = npt.NDArray[np.float64]

FEWEST: dict[str, int] = {"translate": 1, "rotate": 2, "similarity": 2, "affine": 3, "perspective": 4}
"""How many points a model takes."""

_FLAT = 1e-9  # of the spread of the points, squared: below it they are in one line


def model_for(count: int) -> Model:
    """The most that so many points tell without being sensitive to noise: 4 points and more still give `affine`."""
    return "translate" if count == 1 else "similarity" if count == 2 else "affine"


def fit_motion(source: Sequence[Point], target: Sequence[Point], weights: Sequence[float], model: Model) -> Tensor:
    """The matrix of a model that takes the source points nearest to the target points, by weighted squares.

    translate, rotate (with translation), similarity (with one scale) and affine in closed form: the centroids agree and
    the rest comes from the second moments (Umeyama 1991 in two dimensions). perspective by the direct linear
    transformation with normalised points (Hartley 1997), exact for four.
    Raises ValueError with a sentence for points that do not determine it.
    """
    if len(source) < FEWEST[model]:
        raise ValueError(f"'{model}' takes {FEWEST[model]} points or more, found {len(source)}")
    p, q = np.array(source, dtype=np.float64), np.array(target, dtype=np.float64)
    w = np.array(weights, dtype=np.float64)
    if not (np.isfinite(p).all() and np.isfinite(q).all() and np.isfinite(w).all()):
        raise ValueError("a point is no finite number")
    w /= w.sum()
    if model == "perspective":
        return torch.from_numpy(_perspective(p, q, w))
    cp, cq = w @ p, w @ q
    linear = _linear(p - cp, q - cq, w, model)
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, cq - linear @ cp
    return torch.from_numpy(matrix)


def _linear(p: Floats, q: Floats, w: Floats, model: Model) -> Floats:
    """The 2x2 part for points about their centroids."""
    if model == "translate":
        return np.eye(2)
    moments = (p * w[:, None]).T @ p
    spread = float(np.trace(moments))
    if model == "affine":
        if np.linalg.det(moments) <= _FLAT * spread * spread:
            raise ValueError("the points are in one line, which says nothing of an affine motion; use similarity")
        linear: Floats = (q * w[:, None]).T @ p @ np.linalg.inv(moments)
        return linear
    along = float(w @ (p * q).sum(1))
    across = float(w @ (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]))
    length = float(np.hypot(along, across))
    if spread <= 0 or length <= 0:
        raise ValueError("the points are all in one place, which says nothing of a rotation; use translate")
    scale = 1 / length if model == "rotate" else 1 / spread
    return np.array([[along, -across], [across, along]]) * scale


def _perspective(p: Floats, q: Floats, w: Floats) -> Floats:
    (p, to_p), (q, to_q) = _normalized(p, w), _normalized(q, w)
    rows = []
    for (x, y), (u, v), weight in zip(p, q, np.sqrt(w), strict=True):
        rows.append(weight * np.array([x, y, 1, 0, 0, 0, -u * x, -u * y, -u]))
        rows.append(weight * np.array([0, 0, 0, x, y, 1, -v * x, -v * y, -v]))
    _, sizes, right = np.linalg.svd(np.array(rows), full_matrices=True)
    core = right[8].reshape(3, 3)
    if sizes[7] <= 1e-6 * sizes[0] or abs(np.linalg.det(core)) <= 1e-8:
        raise ValueError("three of the four points are in one line, which says nothing of a perspective")
    matrix = np.linalg.inv(to_q) @ core @ to_p
    divisors = (np.c_[p, np.ones(len(p))] @ np.linalg.inv(to_p).T) @ matrix[2]
    if divisors.min() < 0 < divisors.max():
        raise ValueError("the points have changed sides, as no perspective lets them")
    result: Floats = matrix / divisors[0]
    return result


def _normalized(p: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Points about their centroid at a mean distance of 1, and the matrix that takes them there."""
    center = w @ p
    size = float(w @ np.linalg.norm(p - center, axis=1)) or 1.0
    matrix = np.array([[1, 0, -center[0]], [0, 1, -center[1]], [0, 0, size]]) / size
    return (p - center) / size, matrix


def smoothed(values: Sequence[Point], offsets: Sequence[float], period: float) -> Point:
    """Where a point would be at offset 0 if it moved evenly: a straight line through its places, the near ones first.

    values : its places, at so many frames from now. period : movement faster than so many frames goes; the weights are
    a Gaussian of half of it. At the ends of a clip, where places are on one side only, the line still goes through.
    """
    k, p = np.array(offsets, dtype=np.float64), np.array(values, dtype=np.float64)
    w = np.exp(-0.5 * (k / (period / 2)) ** 2)
    s0, s1, s2 = w.sum(), (w * k).sum(), (w * k * k).sum()
    spread = s0 * s2 - s1 * s1
    share = w * (s2 - k * s1) / spread if spread > 1e-12 * s0 * s0 else w / s0
    x, y = (share @ p).tolist()
    return x, y
