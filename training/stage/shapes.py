"""Simple meshes: walls with and without windows, and things out of sight that throw shadows."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .mesh import Material, Mesh

Vector = NDArray[np.float64]


def quad(corner: Vector, along: Vector, up: Vector, material: Material, tile: float, *, subject: bool = False) -> Mesh:
    """A rectangle from a corner along two edges; its texture repeats every `tile` centimetres."""
    p = np.stack((corner, corner + along, corner + along + up, corner + up))
    w, h = np.linalg.norm(along) / tile, np.linalg.norm(up) / tile
    uv = np.array([[0, 0], [w, 0], [w, h], [0, h]])
    normal = np.cross(along, up)
    normals = np.repeat((normal / np.linalg.norm(normal))[None], 4, 0)
    return Mesh.of(p, np.array([[0, 1, 2], [0, 2, 3]]), uv, material, normals=normals, subject=subject)


def wall(
    corner: Vector,
    along: Vector,
    up: Vector,
    material: Material,
    tile: float,
    holes: list[tuple[float, float, float, float]],
) -> list[Mesh]:
    """A rectangle with rectangular holes (left, right, low, high as shares), cut into a grid of quads."""
    xs = sorted({0.0, 1.0, *(x for hole in holes for x in hole[:2])})
    ys = sorted({0.0, 1.0, *(y for hole in holes for y in hole[2:])})
    parts = []
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            if any(a < x < b and c < y < d for a, b, c, d in holes):
                continue
            parts.append(quad(corner + along * x0 + up * y0, along * (x1 - x0), up * (y1 - y0), material, tile))
    return parts


def blocker(kind: str, size: float, rng: np.random.Generator) -> Mesh:
    """Something flat of about `size` centimetres in the plane z = 0, see `outlines`."""
    return _flat(outlines(kind, size, rng))


def outlines(kind: str, size: float, rng: np.random.Generator) -> list[Vector]:
    """Outlines `[n, 2]` of what throws shadows, about the origin: blinds, leaves, window, edge, blob or bars.

    Each is star-shaped about the mean of its points.
    """
    if kind == "blinds":
        return _blinds(size, rng)
    if kind == "bars":
        turn = rng.uniform(0, math.pi)
        places = [(k - 1) * size * rng.uniform(0.3, 0.7) for k in range(int(rng.integers(1, 4)))]
        return [_turned(_box(x, x + size * rng.uniform(0.03, 0.15), -size, size), turn) for x in places]
    if kind == "window":
        return _window(size, rng)
    if kind == "edge":
        return [_turned(_box(0, 2 * size, -2 * size, 2 * size), rng.uniform(0, 2 * math.pi))]
    if kind == "leaves":
        count = int(rng.integers(15, 60))
        return [_leaf(rng.normal(0, size * 0.4, 2), size * rng.uniform(0.05, 0.16), rng) for _ in range(count)]
    count = int(rng.integers(1, 4))
    return [_blob(rng.normal(0, size * 0.3, 2), size * rng.uniform(0.2, 0.5), rng) for _ in range(count)]


BLOCKERS = ("blinds", "leaves", "window", "edge", "blob", "bars")


def _blinds(size: float, rng: np.random.Generator) -> list[Vector]:
    count, turn = int(rng.integers(4, 12)), rng.normal(0, 0.3)
    slats = []
    for k in range(count):
        y = (k / count - 0.5) * size * 1.4
        slats.append(_turned(_box(-size, size, y, y + size * 0.7 / count * rng.uniform(0.7, 1.3)), turn))
    return slats


def _window(size: float, rng: np.random.Generator) -> list[Vector]:
    """The bars of a window and the wall about it."""
    bar, half = size * rng.uniform(0.04, 0.1), size / 2
    upright = [_box(x - bar, x + bar, -half, half) for x in np.linspace(-half, half, rng.integers(3, 5))]
    across = [_box(-half, half, y - bar, y + bar) for y in np.linspace(-half, half, rng.integers(3, 5))]
    sides = [_box(-3 * half, -half, -size, size), _box(half, 3 * half, -size, size)]
    return [*upright, *across, *sides, _box(-half, half, half, size), _box(-half, half, -size, -half)]


def _box(left: float, right: float, low: float, high: float) -> Vector:
    return np.array([[left, low], [right, low], [right, high], [left, high]])


def _turned(points: Vector, angle: float) -> Vector:
    c, s = math.cos(angle), math.sin(angle)
    turned: Vector = points @ np.array([[c, s], [-s, c]])
    return turned


def _leaf(place: Vector, size: float, rng: np.random.Generator) -> Vector:
    t = np.linspace(0, 2 * math.pi, 9)[:-1]
    shape = np.stack((np.cos(t) * size, np.sin(t) * size * rng.uniform(0.25, 0.6)), 1)
    return _turned(shape, rng.uniform(0, math.pi)) + place


def _blob(place: Vector, size: float, rng: np.random.Generator) -> Vector:
    """A closed line about a point, star-shaped, of a few random waves."""
    t = np.linspace(0, 2 * math.pi, 33)[:-1]
    r = np.ones_like(t)
    for k in range(1, 6):
        r = r + rng.normal(0, 0.28 / k) * np.cos(k * t + rng.uniform(0, 2 * math.pi))
    return np.stack((np.cos(t), np.sin(t)), 1) * (size * np.maximum(r, 0.15))[:, None] + place


def _flat(shapes: list[Vector]) -> Mesh:
    """Star-shaped outlines as fans of triangles in z = 0."""
    points, faces, start = [], [], 0
    for shape in shapes:
        n = len(shape)
        points.append(np.concatenate((shape.mean(0, keepdims=True), shape)))
        around = np.arange(n)
        faces.append(start + np.stack((np.zeros(n, int), 1 + around, 1 + (around + 1) % n), 1))
        start += n + 1
    flat = np.concatenate(points)
    vertices = np.concatenate((flat, np.zeros((len(flat), 1))), 1)
    normals = np.tile([0.0, 0.0, 1.0], (len(flat), 1))
    return Mesh.of(vertices, np.concatenate(faces), None, Material((0.3, 0.3, 0.3)), normals=normals, subject=False)
