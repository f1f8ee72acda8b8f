"""Made-up solids: turned, blown, squared, bent, fluted and dented, alone and stuck together.

Models are few, and what a network has seen of few shapes it knows by heart. Scenes of made-up shapes have none to be
known, so that only how light falls on surfaces is left to learn; networks trained on such scenes do well on real things
(Xu et al. 2018). No assets, no libraries.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .mesh import Material, Mesh
from .models import random_stuff
from .shapes import Vector

_AROUND, _ALONG = 128, 96
"""Vertices around a form and along it."""

Grid = NDArray[np.float64]
"""Places `[along, around, 3]`, closed around; y goes along."""


def made_form(rng: np.random.Generator, material: Callable[[], Material] | None = None) -> tuple[Mesh, ...]:
    """A solid of one to four parts, standing on y = 0 in the middle of x and z, scaled to a largest extent of 1.

    material : of each part; paints, plastics and metals where it is left out.
    """
    stuff = material or (lambda: random_stuff(rng))
    count = int(rng.choice([1, 2, 3, 4], p=[0.55, 0.2, 0.15, 0.1]))
    shared = stuff() if rng.random() < 0.4 else None
    parts = []
    top = 0.0
    for number in range(count):
        part = _part(rng)
        size = 1.0 if number == 0 else float(rng.uniform(0.25, 0.8))
        part = part * size
        low, high = part.reshape(-1, 3).min(0), part.reshape(-1, 3).max(0)
        aside = np.zeros(3) if number == 0 else rng.normal(0, 0.25, 3) * np.array([1, 0, 1])
        # Each part stands on, in, or half beside those before it.
        lift = top * float(rng.choice([0.0, 0.5, 0.92])) - low[1]
        part = part + aside + np.array([0, lift, 0])
        top = max(top, float(high[1] - low[1]) + lift + float(low[1]))
        parts.append(_mesh(part, shared or stuff(), rng))
    points = np.concatenate([m.vertices for m in parts])
    low, high = points.min(0), points.max(0)
    scale = 1 / float((high - low).max())
    shift = -scale * np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    return tuple(m.moved(np.eye(3), shift, scale) for m in parts)


def _part(rng: np.random.Generator) -> Grid:
    """A closed surface of an extent of about 1, turned at random where it does not stand."""
    kinds: dict[str, Callable[[np.random.Generator], Grid]] = {
        "squared": _squared, "turned": _turned, "blown": _blown, "tube": _tube, "prism": _prism,
    }  # fmt: skip
    grid = kinds[str(rng.choice(list(kinds), p=[0.25, 0.25, 0.2, 0.15, 0.15]))](rng)
    grid = grid - grid.reshape(-1, 3).mean(0)
    grid = grid / np.ptp(grid.reshape(-1, 3), axis=0).max()
    if rng.random() < 0.35:
        grid = _twisted(grid, rng)
    if rng.random() < 0.3:
        grid = _bent(grid, rng)
    if rng.random() < 0.55:
        grid = _dented(grid, rng)
    return grid @ _random_turn(rng).T if rng.random() < 0.4 else grid


def _angles(count: int, whole: float = 2 * math.pi) -> Vector:
    """The seam's column is there twice, that uv can close."""
    return np.linspace(0, whole, count)


def _signed_power(x: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    x = x.round(12)  # a small power of what only rounding has left would be a hole
    return np.asarray(np.sign(x) * np.abs(x) ** power)


def _squared(rng: np.random.Generator) -> Grid:
    """A superquadric (Barr 1981): anything between a ball, a cushion, a rod and a box."""
    north, east = np.exp(rng.uniform(math.log(0.08), math.log(1.6), 2))
    half = np.exp(rng.uniform(math.log(0.25), 0, 3))
    v, u = _angles(_ALONG, math.pi)[:, None] - math.pi / 2, _angles(_AROUND)[None, :]
    ring, height = _signed_power(np.cos(v), north), _signed_power(np.sin(v), north)
    x, z = ring * _signed_power(np.cos(u), east), ring * _signed_power(np.sin(u), east)
    return np.stack(np.broadcast_arrays(x * half[0], height * half[1], z * half[2]), -1)


def _profile(rng: np.random.Generator, points: int) -> Vector:
    """Radii along a form: smooth between random ones, or straight between them, closed at both ends."""
    radii = np.exp(rng.normal(0, 0.55, points))
    at = np.sort(rng.random(points - 2))
    places = np.concatenate(([0.0], at, [1.0]))
    along = np.linspace(0, 1, _ALONG - 2)
    line = np.interp(along, places, radii)
    if rng.random() < 0.7:
        width = int(rng.integers(3, 16))
        box = np.ones(width) / width
        line = np.convolve(np.pad(line, width, mode="edge"), box, "same")[width:-width]
    return np.concatenate(([0.0], line, [0.0]))


def _turned(rng: np.random.Generator) -> Grid:
    """What a lathe makes, now and then fluted."""
    radii = _profile(rng, int(rng.integers(3, 9)))
    height = float(np.exp(rng.uniform(math.log(0.4), math.log(5.0)))) * radii.mean()
    along = np.linspace(0, 1, _ALONG - 2)
    y = height * np.concatenate(([0.0], along, [1.0]))[:, None]
    u = _angles(_AROUND)[None, :]
    radius = radii[:, None] * np.ones_like(u)
    if rng.random() < 0.25:
        count, depth = int(rng.integers(3, 25)), float(rng.uniform(0.02, 0.2))
        radius = radius * (1 + depth * _signed_power(np.cos(count * u), float(rng.uniform(0.4, 1.5))))
    return np.stack(np.broadcast_arrays(radius * np.cos(u), y, radius * np.sin(u)), -1)


def _blown(rng: np.random.Generator) -> Grid:
    """A ball whose radius varies smoothly with direction."""
    v, u = _angles(_ALONG, math.pi)[:, None] - math.pi / 2, _angles(_AROUND)[None, :]
    ball = np.stack(np.broadcast_arrays(np.cos(v) * np.cos(u), np.sin(v), np.cos(v) * np.sin(u)), -1)
    waves = int(rng.integers(3, 12))
    towards = rng.normal(0, float(rng.uniform(0.8, 2.6)), (waves, 3))
    sums = np.sin(ball @ towards.T + rng.uniform(0, 2 * math.pi, waves)) @ rng.normal(0, 1, waves)
    return ball * np.exp(float(rng.uniform(0.1, 0.45)) * sums / math.sqrt(waves))[..., None]


def _tube(rng: np.random.Generator) -> Grid:
    """A ring, a knot or a worm: a tube of changing thickness along a curve."""
    closed = rng.random() < 0.5
    t = np.linspace(0, 1, _ALONG)
    turns = np.arange(1, 4)
    waves = rng.normal(0, 1, (3, 3, 2)) / turns[None, :, None] ** 1.3
    phase = 2 * math.pi * t[:, None] * turns * (1.0 if closed else 0.45)
    path = np.cos(phase) @ waves[..., 0].T + np.sin(phase) @ waves[..., 1].T
    if closed and rng.random() < 0.5:
        path = np.stack((np.cos(2 * math.pi * t), 0.1 * np.sin(4 * math.pi * t), np.sin(2 * math.pi * t)), -1)
    thick = 0.25 * np.ptp(path, axis=0).max() * float(rng.uniform(0.25, 1.0))
    radius = thick * (1 + float(rng.uniform(0, 0.4)) * np.sin(2 * math.pi * t * int(rng.integers(1, 9))))
    if not closed:
        radius = radius * np.minimum(1, 12 * np.minimum(t, 1 - t)) ** 0.5
    tangent = np.gradient(path, axis=0)
    if closed:
        tangent[0] = tangent[-1] = path[1] - path[-2]
    tangent = tangent / np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    side = np.cross(tangent, _unit(rng.normal(0, 1, 3)))
    side = side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    other = np.cross(tangent, side)
    u = _angles(_AROUND)[None, :, None]
    return np.asarray(path[:, None] + radius[:, None, None] * (np.cos(u) * side[:, None] + np.sin(u) * other[:, None]))


def _prism(rng: np.random.Generator) -> Grid:
    """An outline of corners or waves, drawn up, with a narrow bevel and maybe a slant."""
    u = _angles(_AROUND)
    if rng.random() < 0.6:
        corners = int(rng.integers(3, 9))
        reach = np.exp(rng.normal(0, 0.3, corners)) if rng.random() < 0.5 else np.ones(corners)
        at = np.linspace(0, 2 * math.pi, corners + 1)
        ring = np.stack((np.append(reach, reach[0]) * np.cos(at), np.append(reach, reach[0]) * np.sin(at)), -1)
        outline = np.stack([np.interp(u, at, ring[:, k]) for k in range(2)], -1)
    else:
        radius = 1 + float(rng.uniform(0.1, 0.45)) * np.cos(int(rng.integers(2, 8)) * u)
        outline = np.stack((radius * np.cos(u), radius * np.sin(u)), -1)
    height, bevel = float(np.exp(rng.uniform(math.log(0.15), math.log(3.0)))), float(rng.uniform(0.01, 0.15))
    along = np.linspace(0, 1, _ALONG - 6)
    shares = np.concatenate(([0, 1 - bevel, 1 - 0.3 * bevel], np.ones_like(along), [1 - 0.3 * bevel, 1 - bevel, 0]))
    slant = 1 - float(rng.uniform(0, 0.7)) * np.concatenate(([0] * 3, along, [1] * 3))
    rise = bevel / height * np.array([0, 0, 0.3])
    y = height * np.concatenate((rise, rise[2] + bevel / height + along, 1 + 2.6 * bevel / height - rise[::-1]))
    flat = outline[None] * (shares * slant)[:, None, None]
    return np.stack((flat[..., 0], np.broadcast_to(y[:, None], flat.shape[:2]), flat[..., 1]), -1)


def _twisted(grid: Grid, rng: np.random.Generator) -> Grid:
    """Turned about y, the more the higher, and narrowed or widened."""
    turn = rng.normal(0, 1.2) * grid[..., 1]
    wide = np.exp(rng.normal(0, 0.7) * grid[..., 1])
    x, z = grid[..., 0] * wide, grid[..., 2] * wide
    return np.stack((x * np.cos(turn) - z * np.sin(turn), grid[..., 1], x * np.sin(turn) + z * np.cos(turn)), -1)


def _bent(grid: Grid, rng: np.random.Generator) -> Grid:
    """Bowed sideways."""
    bow = rng.normal(0, 0.5) * (2 * grid[..., 1]) ** 2
    return grid + np.stack((bow, np.zeros_like(bow), np.zeros_like(bow)), -1)


def _dented(grid: Grid, rng: np.random.Generator) -> Grid:
    """With bumps, folds or grooves of several sizes across its surface."""
    along, around = np.gradient(grid, axis=0), np.gradient(grid, axis=1)
    normal = np.cross(around, along)
    normal = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    depth = float(np.exp(rng.uniform(math.log(0.004), math.log(0.05))))
    waves = int(rng.integers(2, 10))
    pitch = float(np.exp(rng.uniform(math.log(4.0), math.log(28.0))))
    towards = rng.normal(0, 1, (waves, 3)) * pitch
    sums = np.sin(grid @ towards.T + rng.uniform(0, 2 * math.pi, waves)).sum(-1) / math.sqrt(waves)
    if rng.random() < 0.3:  # ridges in place of waves
        sums = 1 - 2 * np.abs(sums)
    ends = np.sin(np.linspace(0, math.pi, len(grid)))[:, None, None].clip(0, 0.3) / 0.3
    dented = grid + depth * sums[..., None] * normal * ends
    dented[:, -1] = dented[:, 0]
    return np.asarray(dented)


def _mesh(grid: Grid, material: Material, rng: np.random.Generator) -> Mesh:
    """Triangles of a grid, facing outwards: smooth, or with facets to be seen."""
    facets = rng.random() < 0.12
    if facets:
        rows, columns = (np.linspace(0, n - 1, int(rng.integers(6, 16))).round().astype(int) for n in grid.shape[:2])
        grid = grid[rows][:, columns]
    rows, columns = np.arange(grid.shape[0]), np.arange(grid.shape[1])
    number = rows[:, None] * len(columns) + columns
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, c, b), (a, d, c))])
    points = grid.reshape(-1, 3)
    a, b, c = points[faces].transpose(1, 0, 2)
    faces = faces[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-9]  # at either end they shrink to nothing
    if np.einsum("ij,ij->i", points[faces[:, 0]], np.cross(points[faces[:, 1]], points[faces[:, 2]])).sum() < 0:
        faces = faces[:, ::-1]
    v, u = np.meshgrid(rows / rows[-1], columns / columns[-1], indexing="ij")
    uv = np.stack((u, v), -1).reshape(-1, 2) * np.exp(rng.uniform(0, 1.2, 2)).round()
    if facets:
        points, uv = points[faces].reshape(-1, 3), uv[faces].reshape(-1, 2)
        faces = np.arange(len(points)).reshape(-1, 3)
        across = np.cross(points[1::3] - points[::3], points[2::3] - points[::3])
        flat = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        return Mesh.of(points, faces, uv, material, normals=np.repeat(flat, 3, 0))
    return Mesh.of(points, faces, uv, material)


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


def _random_turn(rng: np.random.Generator) -> Vector:
    """A rotation `[3, 3]`, every one as likely as another."""
    q, r = np.linalg.qr(rng.normal(0, 1, (3, 3)))
    q = q * np.sign(np.diag(r))
    return np.asarray(q if np.linalg.det(q) > 0 else -q)
