"""Vertices of the face with the triangles around them, and how their normals move with form and expression.

The moves follow from the cross products of the triangles around a vertex, without differences.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .fitting import Points, Problem, cross
from .model import Array, face_model
from .painted import areas, spread

_SAMPLES = 700
"""Vertices that are looked at."""
_ABOVE, _BELOW = 4.5, 0.5
"""Centimetres above the brows and below the chin to which there is skin to be expected."""


@dataclass(frozen=True, eq=False)
class Rings:
    """Vertices that are looked at, and those around them.

    vertex : `[N]`. area : `[N]`, square centimetres that each stands for. mean : `[N, 3]`, moves : `[N, 3, M]`, of
    them. triangle : `[N, K, 3]`, of the triangles around each, counted among `ring_mean` `[V, 3]`, whose moves are
    `ring_moves` `[M, V, 3]`. real : `[N, K]`, 1, and 0 beyond the last triangle. spokes : `[N, 3 R, M]`, how the
    vertices of these triangles move, 0 beyond the last. corner : `[N, K, 3]`, which of those R its corners are.
    """

    vertex: NDArray[np.int64]
    area: Array
    mean: Array
    moves: Array
    ring_mean: Array
    ring_moves: Array
    triangle: NDArray[np.int64]
    real: Array
    corner: NDArray[np.int64]
    spokes: Array

    def shape(self, weights: Array) -> Array:
        """The vertices `[N, 3]` of a face."""
        return np.asarray(self.mean + self.moves @ weights)

    def normals(self, weights: Array) -> tuple[Array, Array]:
        """Unit normals `[N, 3]` of a face, and how they move `[N, 3, M]`.

        The normal of a triangle is a x b + b x c + c x a, so it moves with a as the cross product of a's with b - c.
        """
        v = self.ring_mean + np.tensordot(weights, self.ring_moves, 1)
        corners = v[self.triangle]
        a, b, c = (corners[:, :, k] for k in range(3))
        whole = (np.cross(b - a, c - a) * self.real[..., None]).sum(1)
        edges = np.stack((b - c, c - a, a - b), 2) * self.real[..., None, None]
        count = self.spokes.shape[1] // 3
        across = np.zeros((len(self.vertex), count, 3))
        rows = np.arange(len(self.vertex))[:, None, None]
        np.add.at(across, (rows, self.corner), edges)
        blocks = -cross(across.reshape(-1, 3)).reshape(len(self.vertex), count * 3, 3)
        slopes = blocks.transpose(0, 2, 1) @ self.spokes
        length = np.maximum(np.linalg.norm(whole, axis=1), 1e-12)[:, None]
        normal = whole / length
        along = (normal[:, :, None] * slopes).sum(1, keepdims=True)
        return normal, (slopes - along * normal[:, :, None]) / length[:, :, None]


@lru_cache(1)
def rings() -> Rings:
    """Those of the model that are looked at: skin before the ears, from below the chin to above the brows."""
    model = face_model()
    mean, faces = model.mean, model.corners[model.faces][~model.eye[model.faces[:, 0]]]
    area = areas(mean, faces)
    brows = [mean[line][:, 1].max() for name, line in model.landmarks.items() if name.startswith("brow")]
    low, ear = mean[model.landmarks["chin"]][:, 1].min(), mean[model.landmarks["ear_left"]][:, 2].max()
    usable = (area > 0) & (mean[:, 1] < max(brows) + _ABOVE) & (mean[:, 1] > low - _BELOW) & (mean[:, 2] > ear + 1.0)
    chosen, stands = spread(mean, np.flatnonzero(usable), area, _SAMPLES)
    beside: list[list[int]] = [[] for _ in mean]
    for number, triangle in enumerate(faces.tolist()):
        for vertex in triangle:
            beside[vertex].append(number)
    most = max(len(beside[i]) for i in chosen)
    real = np.array([[float(k < len(beside[i])) for k in range(most)] for i in chosen])
    fans = np.array([[faces[beside[i][k if k < len(beside[i]) else 0]] for k in range(most)] for i in chosen])
    used, triangle = np.unique(fans, return_inverse=True)
    triangle = triangle.reshape(fans.shape)
    moving = Problem(model, Points((), (1, 1))).moving
    # One after the other in memory: every step adds all of them up.
    moves = np.ascontiguousarray(np.concatenate((model.identity[:, used], model.expression[moving][:, used])))
    around = [np.unique(fan) for fan in triangle]
    count = max(map(len, around))
    spokes = np.zeros((len(chosen), count, 3, len(moves)))
    corner = np.zeros(fans.shape, np.int64)
    for i, ring in enumerate(around):
        spokes[i, : len(ring)] = moves[:, ring].transpose(1, 2, 0)
        corner[i] = np.searchsorted(ring, triangle[i])
    own = np.searchsorted(used, chosen)
    return Rings(
        chosen, stands, mean[chosen], np.ascontiguousarray(moves[:, own].transpose(1, 2, 0)), mean[used], moves,
        triangle, real, corner, spokes.reshape(len(chosen), -1, len(moves)),
    )  # fmt: skip
