"""Where the paint of a face is compared with that of a picture: vertices between brows and chin, eyes included."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .fitting import Points, Problem
from .model import Array, face_model
from .paint import face_paint

_SAMPLES = 900
"""Vertices that are compared."""
_ABOVE, _BELOW, _BESIDE, _BEHIND = 2.5, 0.4, 6.8, 3.0
"""Centimetres above the brows and below the chin, from the middle, and before the ears, to which paint is alike."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Vertices and their paint.

    vertex : `[N]`. area : `[N]`, square centimetres that each stands for. mean : `[N, 3]`, moves : `[N, 3, M]`, of
    them. mean_marks, worth : `[N, 4]`, the marks of people there, and one over how much these vary.
    """

    vertex: NDArray[np.int64]
    area: Array
    mean: Array
    moves: Array
    mean_marks: Array
    worth: Array

    def shape(self, weights: Array) -> Array:
        """The vertices `[N, 3]` of a face."""
        return np.asarray(self.mean + self.moves @ weights)


@lru_cache(1)
def spots() -> Spots:
    """The vertices that are compared."""
    model, paint = face_model(), face_paint()
    mean, faces = model.mean, model.corners[model.faces]
    area = areas(mean, faces)
    chosen, stands = spread(mean, np.flatnonzero(within(mean) & (area > 0)), area, _SAMPLES)
    moving = Problem(model, Points((), (1, 1))).moving
    moves = np.concatenate((model.identity[:, chosen], model.expression[moving][:, chosen]))
    return Spots(
        chosen, stands, mean[chosen], np.ascontiguousarray(moves.transpose(1, 2, 0)), paint.mean[chosen],
        paint.worth[chosen],
    )  # fmt: skip


def areas(mean: Array, faces: NDArray[np.int64]) -> Array:
    """The area of each vertex `[V]`: a third of its triangles' `[F, 3]`."""
    size = np.linalg.norm(
        np.cross(mean[faces[:, 1]] - mean[faces[:, 0]], mean[faces[:, 2]] - mean[faces[:, 0]]), axis=1
    )
    return np.asarray(np.bincount(faces.ravel(), np.repeat(size / 6, 3), len(mean)), np.float64)


def within(mean: Array) -> NDArray[np.bool_]:
    """Which vertices `[V, 3]` of the average face lie where paint is compared, bool."""
    model = face_model()
    brows = max(model.mean[line][:, 1].max() for name, line in model.landmarks.items() if name.startswith("brow"))
    low = model.mean[model.landmarks["chin"]][:, 1].min()
    x, y, z = mean.T
    found: NDArray[np.bool_] = (y < brows + _ABOVE) & (y > low - _BELOW) & (np.abs(x) < _BESIDE) & (z > _BEHIND)
    return found


def spread(mean: Array, usable: NDArray[np.int64], area: Array, count: int) -> tuple[NDArray[np.int64], Array]:
    """About so many vertices in even distances, each the first in a cell of a grid, and the area of all in its cell."""
    cell = math.sqrt(float(area[usable].sum()) / count)
    _, first, inverse = np.unique(
        np.floor(mean[usable] / cell).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    return usable[first], np.asarray(np.bincount(inverse.ravel(), area[usable], len(first)), np.float64)
