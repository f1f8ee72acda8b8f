"""Scenes of spheres, boxes and planes with procedural textures, traced in closed form: no assets, no libraries."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .scene import Met

_FAR = 1e9
"""The distance of what is not met."""
_LIFT = 2e-3
"""Centimetres that rays start above a surface."""


@dataclass(frozen=True)
class Texture:
    """Two materials and where which is. Colours ACEScg.

    kind : `plain`, `checker`, `stripes` or `noise`; size : centimetres.
    """

    kind: str
    size: float
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    roughness: tuple[float, float]
    f0: tuple[float, float, float]


@dataclass(frozen=True)
class Solid:
    """A sphere (of radius `half[0]`) or a box (of half extents `half`), turned by `turn` `[3, 3]`."""

    shape: str
    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    turn: Tensor
    texture: Texture
    subject: bool
    seen: bool = True


class Primitives:
    """Solids over a floor; `turn` and `eye` take camera space to the scene's: `x_scene = turn @ x + eye`."""

    def __init__(self, solids: tuple[Solid, ...], turn: Tensor, eye: Tensor) -> None:
        self.solids, self.turn, self.eye = solids, turn, eye.reshape(3, 1)

    def meet(self, origin: Tensor, direction: Tensor, chance: Tensor) -> Met:
        """See `Scene.meet`; nothing is half transparent."""
        turn, eye = self.turn.to(origin), self.eye.to(origin)
        o, d = turn @ origin + eye, turn @ direction
        distances = torch.stack([_distance(s, o, d, _LIFT) for s in self.solids])
        distance, which = distances.min(0)
        hit = distance < _FAR
        point = o + torch.where(hit, distance, 0.0) * d
        n = o.shape[1]
        out = {"normal": o.new_zeros(3, n), "albedo": o.new_zeros(3, n), "f0": o.new_zeros(3, n)}
        roughness, subject = o.new_zeros(n), torch.zeros(n, dtype=torch.bool, device=o.device)
        for number, solid in enumerate(self.solids):
            where = (which == number) & hit
            if not where.any():
                continue
            local = solid.turn.to(o).T @ (point[:, where] - o.new_tensor(solid.centre).reshape(3, 1))
            out["normal"][:, where] = solid.turn.to(o) @ _normal(solid, local)
            albedo, rough = _material(solid.texture, local)
            out["albedo"][:, where] = albedo
            out["f0"][:, where] = o.new_tensor(solid.texture.f0).reshape(3, 1)
            roughness[where] = rough
            subject[where] = solid.subject
        normal = out["normal"] * torch.where((out["normal"] * d).sum(0) > 0, -1.0, 1.0)
        start = turn.T @ (point + normal * _LIFT - eye)
        normal = turn.T @ normal
        return Met(hit, distance, start, normal, normal, out["albedo"], roughness, out["f0"], subject)

    def opens(self, start: Tensor, direction: Tensor, chance: Tensor) -> Tensor:
        """See `Scene.opens`."""
        o, d = self.turn.to(start) @ start + self.eye.to(start), self.turn.to(start) @ direction
        free = torch.ones(start.shape[1], dtype=torch.bool, device=start.device)
        for solid in self.solids:
            free &= _distance(solid, o, d, 0.0) >= _FAR
        return free


def _distance(solid: Solid, o: Tensor, d: Tensor, least: float) -> Tensor:
    """Where rays enter a solid, or leave it when they start inside; `_FAR` where they miss."""
    o = o - o.new_tensor(solid.centre).reshape(3, 1)
    if solid.shape == "sphere":
        a, b = (d * d).sum(0), (o * d).sum(0)
        root = b * b - a * ((o * o).sum(0) - solid.half[0] ** 2)
        s = root.clamp_min(0).sqrt()
        near, far, found = (-b - s) / a, (-b + s) / a, root > 0
    else:
        turn, half = solid.turn.to(o).T, o.new_tensor(solid.half).reshape(3, 1)
        o, d = turn @ o, turn @ d
        d = torch.where(d.abs() < 1e-9, 1e-9, d)
        low, high = (-half - o) / d, (half - o) / d
        near, far = torch.minimum(low, high).amax(0), torch.maximum(low, high).amin(0)
        found = far > near
    distance = torch.where(near > least, near, far)
    return torch.where(found & (distance > least), distance, _FAR)


def _normal(solid: Solid, local: Tensor) -> Tensor:
    if solid.shape == "sphere":
        return local / solid.half[0]
    ratio = local / local.new_tensor(solid.half).reshape(3, 1)
    side = ratio.abs().argmax(0, keepdim=True)
    return torch.zeros_like(local).scatter(0, side, ratio.gather(0, side).sign())


def _material(texture: Texture, local: Tensor) -> tuple[Tensor, Tensor]:
    """Albedo `[3, n]` and roughness `[n]` at points in the solid's frame."""
    p = local / texture.size
    if texture.kind == "checker":
        share = ((p + 1e-3).floor().sum(0) % 2).abs()
    elif texture.kind == "stripes":
        share = 0.5 + 0.5 * torch.sin(p[0] * 6 + 2 * torch.sin(p[1] * 2 + p[2]))
    elif texture.kind == "noise":
        share = sum(value_noise(p * 2**k) / 2**k for k in range(3)) / 1.75
    else:
        share = torch.zeros_like(p[0])
    first, second = (p.new_tensor(c).reshape(3, 1) for c in (texture.first, texture.second))
    low, high = texture.roughness
    return first + (second - first) * share, low + (high - low) * share


def value_noise(p: Tensor) -> Tensor:
    """Smooth noise `[n]` in 0..1 at points `[3, n]`, one bump a unit."""
    cell = p.floor()
    t = p - cell
    t = t * t * (3 - 2 * t)
    total = torch.zeros_like(p[0])
    for corner in range(8):
        bits = p.new_tensor([corner & 1, corner >> 1 & 1, corner >> 2]).reshape(3, 1)
        weight = torch.where(bits > 0, t, 1 - t).prod(0)
        q = (cell + bits).long()
        h = (q[0] * 73856093) ^ (q[1] * 19349663) ^ (q[2] * 83492791)
        h = ((h ^ (h >> 13)) * 1274126177) & 0x7FFFFFFF
        total = total + weight * ((h ^ (h >> 16)) & 0xFFFF).to(p.dtype) / 0xFFFF
    return total


def random_primitives(rng: np.random.Generator) -> tuple[Primitives, float]:
    """A random arrangement on a floor, some walls, some things out of sight that throw shadows; and a field of view."""
    fov = float(rng.uniform(18, 60))
    distance = float(rng.uniform(60, 140)) / math.tan(math.radians(fov) / 2) / 2
    solids = [_box((0, -10, 0), (600, 10, 600), rng, turned=False, subject=False)]
    solids += [
        _solid(rng, (rng.normal(0, 18), 0, rng.normal(0, 18)), float(rng.uniform(5, 20)), True)
        for _ in range(rng.integers(2, 7))
    ]
    if rng.random() < 0.5:
        solids.append(_box((0, 100, -rng.uniform(60, 140)), (600, 150, 5), rng, turned=False, subject=False))
    if rng.random() < 0.3:
        side = rng.choice((-1, 1)) * rng.uniform(70, 140)
        solids.append(_box((side, 100, 0), (5, 150, 600), rng, turned=False, subject=False))
    for _ in range(rng.integers(0, 4)):  # behind and beside the camera
        a, r = rng.uniform(-math.pi, math.pi), distance * rng.uniform(1.0, 1.6)
        place = (r * math.sin(a), rng.uniform(20, 200), distance * 0.6 + abs(r * math.cos(a)))
        solids.append(_solid(rng, place, float(rng.uniform(8, 40)), False))
    azimuth, elevation = rng.normal(0, 20), math.radians(rng.uniform(3, 45))
    return Primitives(tuple(solids), *_camera(math.radians(azimuth), elevation, distance, rng)), fov


def _camera(azimuth: float, elevation: float, distance: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The turn `[3, 3]` from camera to scene and the eye `[3]` of a camera that looks at about (0, 10, 0)."""
    back = np.array(
        [math.sin(azimuth) * math.cos(elevation), math.sin(elevation), math.cos(azimuth) * math.cos(elevation)]
    )
    right = np.array([math.cos(azimuth), 0.0, -math.sin(azimuth)])
    up = np.cross(back, right)
    target = np.array([rng.normal(0, 4), rng.uniform(6, 16), rng.normal(0, 4)])
    return torch.from_numpy(np.stack((right, up, back), 1)).float(), torch.from_numpy(target + distance * back).float()


def _solid(rng: np.random.Generator, place: tuple[float, float, float], size: float, subject: bool) -> Solid:
    x, y, z = place
    if rng.random() < 0.5:
        return Solid("sphere", (x, y + size, z), (size, size, size), torch.eye(3), _texture(rng, size), subject)
    half = tuple(float(v) for v in size * rng.uniform(0.4, 1.2, 3))
    return _box((x, y + half[1], z), (half[0], half[1], half[2]), rng, turned=True, subject=subject)


def _box(
    centre: tuple[float, float, float],
    half: tuple[float, float, float],
    rng: np.random.Generator,
    *,
    turned: bool,
    subject: bool,
) -> Solid:
    a = rng.uniform(0, 2 * math.pi) if turned else 0.0
    c, s = math.cos(a), math.sin(a)
    turn = torch.tensor([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    x, y, z = (float(v) for v in centre)
    return Solid("box", (x, y, z), half, turn, _texture(rng, min(half[0], 20.0)), subject)


def _texture(rng: np.random.Generator, size: float) -> Texture:
    metal = rng.random() < 0.15

    def color() -> tuple[float, float, float]:
        grey = np.exp(rng.uniform(math.log(0.05), math.log(0.8)))
        r, g, b = np.clip(grey * np.exp(rng.normal(0, 0.35, 3)), 0.02, 0.9)
        return float(r), float(g), float(b)

    first, second = color(), color()
    rough = tuple(float(v) for v in np.clip(rng.uniform(0.15, 0.95, 2), 0.1, 1))
    black = (0.0, 0.0, 0.0)
    return Texture(
        str(rng.choice(("plain", "checker", "stripes", "noise"))),
        float(size * rng.uniform(0.15, 0.8)),
        black if metal else first,
        black if metal else second,
        (rough[0], rough[1]),
        color() if metal else (0.04, 0.04, 0.04),
    )
