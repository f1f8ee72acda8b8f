"""What closes the mouth of the face: a skin between the lips, so that teeth and tongue can lie on it as they are seen.

The model ends at the inner edges of the lips. Between these its uv are free, and there the skin lies.
"""

import numpy as np
from numpy.typing import NDArray

_MOST = 200
"""Vertices that the edge of the mouth has at most; the edge of the neck has more."""


def between_lips(
    mean: NDArray[np.float64], corners: NDArray[np.int64], uv: NDArray[np.float64], faces: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Triangles `[T, 3]`, corner numbers, that span the mouth, turned in uv as `faces` `[F, 3]` of the skin are.

    mean : `[V, 3]`. corners : vertex of each corner `[C]`. uv : `[C, 2]`. Empty where the skin has no such hole.
    """
    upper, lower = _lips(mean, corners[faces])
    made = []
    i = j = 0
    while i + 1 < len(upper) or j + 1 < len(lower):
        # The lips are sewn up from one corner to the other, a step wherever the next one is nearer.
        ahead = mean[upper[i + 1], 0] if i + 1 < len(upper) else np.inf
        below = mean[lower[j + 1], 0] if j + 1 < len(lower) else np.inf
        if ahead <= below:
            made.append((upper[i], lower[j], upper[i + 1]))
            i += 1
        else:
            made.append((upper[i], lower[j], lower[j + 1]))
            j += 1
    skin = np.unique(faces)
    corner = np.full(len(mean), -1)
    corner[corners[skin]] = skin
    found = np.array([t for t in made if len(set(t)) == 3], np.int64).reshape(-1, 3)
    sewn = corner[found]
    turned = np.sign(np.median(_area(uv[faces])))
    return np.where((_area(uv[sewn]) * turned < 0)[:, None], sewn[:, ::-1], sewn)


def _lips(mean: NDArray[np.float64], triangles: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """The vertices of the inner edges of the upper and the lower lip, from left to right, both with both ends."""
    edges = np.sort(np.concatenate((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]])), 1)
    once, count = np.unique(edges, axis=0, return_counts=True)
    beside: dict[int, list[int]] = {}
    for a, b in once[count == 1].tolist():
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    while beside:
        loop = [min(beside)]
        while (onward := next((k for k in beside[loop[-1]] if k not in loop[-2:] and k in beside), None)) is not None:
            if onward == loop[0]:
                break
            loop.append(onward)
        for vertex in loop:
            del beside[vertex]
        x = mean[loop, 0]
        if len(loop) < _MOST and x.min() < 0 < x.max():
            start, end = int(x.argmin()), int(x.argmax())
            loop = loop[start:] + loop[:start]
            end = (end - start) % len(loop)
            one, other = loop[: end + 1], [loop[0], *loop[:end:-1], loop[end]]
            above = mean[one, 1].mean() > mean[other, 1].mean()
            return (one, other) if above else (other, one)
    return [], []


def _area(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area of triangles `[T, 3, 2]`."""
    a, b = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    area: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return area
