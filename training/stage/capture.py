"""Taking a view of a scene: layers by a few jittered samples a pixel, visibility by a ray a pixel and direction.

Direction d of a pixel is jittered inside the direction's cell. The jitter is interleaved over tiles of 4 x 4 pixels (Keller
and Heidrich 2001): the pixels of a tile share out the cell among themselves, so that a filter of that size, which
`lighting` applies, leaves soft shadows without noise or bands.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera, Region

from .scene import Met, Scene
from .smooth import smoothed
from .sphere import around, from_frame, spread_directions
from .view import View, pack_bits

_TILE = 4
_BATCH = 1 << 19
"""Rays that are cast at a time."""


@dataclass(frozen=True)
class Plan:
    """How a view is taken.

    width, height : pixels. fov : degrees that the frame is wide. samples : rays a pixel for the layers. directions, keys :
    how many of each. key_rays : rays a pixel and key light. bounce : rays a pixel for the surroundings' albedo; 0 leaves
    that layer out.
    """

    width: int = 256
    height: int = 256
    fov: float = 30.0
    samples: int = 6
    directions: int = 128
    keys: int = 8
    key_rays: int = 16
    bounce: int = 16


def take(scene: Scene, plan: Plan, seed: int, about: Mapping[str, str], device: torch.device | str = "cpu") -> View:
    """The view that a camera at the origin, looking along -z, has of a scene. The same for the same seed."""
    rng = np.random.default_rng([seed, 0x7A4E])
    points = _Points(scene, plan, rng, device)
    directions, weights = spread_directions(plan.directions, _rotation(rng))
    key_directions, key_angles = key_lights(plan.keys, rng)
    cell = 1 - float(weights[0]) / (2 * math.pi)
    seen = torch.cat([points.seen(axis, cell, 1, number) for number, axis in enumerate(directions)])
    keys = [
        points.seen(axis, math.cos(math.radians(float(angle)) / 2), plan.key_rays, number)
        for number, (axis, angle) in enumerate(zip(key_directions, key_angles, strict=True))
    ]
    key_visibility = torch.stack([key.float().mean(0) for key in keys]).mul(255).round().to(torch.uint8)
    view = points.layers()
    return View(
        **view,
        directions=directions.to(device),
        weights=weights.to(device),
        bits=pack_bits(seen),
        key_directions=key_directions.to(device),
        key_angles=key_angles.to(device),
        key_visibility=key_visibility,
        fov=plan.fov,
        indirect=points.surroundings() if plan.bounce else None,
        about=dict(about),
    )


def key_lights(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Directions `[count, 3]` and diameters `[count]` in degrees of key lights, as pictures tend to have them: mostly
    from above and from the camera's side, some from behind, a few from below.
    """
    azimuth = np.where(rng.random(count) < 0.75, rng.normal(0, 55, count), rng.uniform(-180, 180, count))
    elevation = np.clip(rng.normal(28, 24, count), -30, 85)
    a, e = np.radians(azimuth), np.radians(elevation)
    directions = np.stack((np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)), 1)
    angles = np.exp(rng.uniform(math.log(0.5), math.log(25), count))
    return torch.from_numpy(directions).float(), torch.from_numpy(angles).float()


def _rotation(rng: np.random.Generator) -> Tensor:
    """A random rotation `[3, 3]`."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    q[:, 0] *= np.sign(np.linalg.det(q))
    return torch.from_numpy(q)


class _Points:
    """The surface points of all pixels, `samples` of each, and rays from them."""

    def __init__(self, scene: Scene, plan: Plan, rng: np.random.Generator, device: torch.device | str) -> None:
        self.scene, self.plan, self.device = scene, plan, device
        h, w = plan.height, plan.width
        self.count = h * w
        self.noise = torch.from_numpy(rng.random((4, h * w), np.float32)).to(device)
        rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        self.tile = ((rows % _TILE) * _TILE + columns % _TILE).flatten().to(device)
        self.hits = [self._sample(s, rows, columns) for s in range(plan.samples)]
        hit = torch.stack([met.hit for met in self.hits])
        # A pixel's sample that missed is replaced by the first that did not.
        first = hit.to(torch.uint8).argmax(0)
        self.any = hit.any(0)
        numbers = torch.arange(plan.samples, device=device)[:, None]
        self.chosen = torch.where(hit, numbers, first)
        self.start = torch.stack([met.start for met in self.hits])
        self.face = torch.stack([met.face for met in self.hits])

    def _sample(self, s: int, rows: Tensor, columns: Tensor) -> Met:
        """The points that sample s of each pixel meets: a golden-ratio lattice in the pixel, the middle first."""
        plan = self.plan
        camera = Camera.from_fov(plan.width, plan.height, plan.fov)
        du, dv = ((0.5 + s * 0.754877666) % 1 - 0.5, (0.5 + s * 0.569840291) % 1 - 0.5)
        middle = camera.rays(Region(0, 0, plan.width, plan.height), torch.zeros(1)).to(self.device)
        shift = torch.tensor([du * 2 * camera.tan_x / plan.width, -dv * 2 * camera.tan_y / plan.height, 0.0])
        ray = (middle + shift.to(self.device)[:, None, None]).flatten(1)
        chance = (s + self.noise[0]) / plan.samples
        return self.scene.meet(torch.zeros_like(ray), ray, (chance * 7) % 1 if plan.samples == 1 else chance)

    def layers(self) -> dict[str, Tensor]:
        """The layers that are means over the samples that meet a surface."""
        plan = self.plan
        hits = torch.stack([met.hit for met in self.hits]).float()
        share = hits.sum(0).clamp_min(1)

        def mean(values: list[Tensor]) -> Tensor:
            total = torch.zeros_like(values[0])
            for value, hit in zip(values, hits, strict=True):
                total = total + torch.where(hit > 0, value, 0.0)
            return (total / share).reshape(-1, plan.height, plan.width)

        normal = mean([met.normal for met in self.hits])
        normal = normal / normal.norm(dim=0, keepdim=True).clamp_min(1e-6)
        subject = torch.stack([met.subject & met.hit for met in self.hits]).float().mean(0)
        depth = torch.stack([met.distance for met in self.hits]).gather(0, self.chosen[:1])[0]
        image = (1, plan.height, plan.width)
        return {
            "albedo": mean([met.albedo for met in self.hits]),
            "normal": torch.where(self.any.reshape(image), normal, 0.0),
            "depth": torch.where(self.any, depth, 0.0).reshape(image),
            "roughness": mean([met.roughness[None] for met in self.hits]),
            "f0": mean([met.f0 for met in self.hits]),
            "matte": subject.reshape(image),
            "surface": hits.mean(0).reshape(image),
        }

    def _of_sample(self, values: Tensor, number: int) -> Tensor:
        """Of `[samples, 3, n]` the sample that ray `number` of each pixel starts from."""
        turn = (number + self.tile) % self.plan.samples
        index = self.chosen.gather(0, turn[None])
        return values.gather(0, index[:, None].expand(1, 3, -1))[0]

    def seen(self, axis: Tensor, cos_max: float, rays: int, number: int) -> Tensor:
        """Whether light arrives by rays within a cone about a direction: `[rays, h, w]` bool."""
        n = self.count
        out = torch.zeros(rays, n, dtype=torch.bool, device=self.device)
        axis = axis.to(self.device).reshape(3, 1)
        strata = _TILE * _TILE
        for ray in range(rays):
            # Pixels of a tile, and rays of a pixel, take different parts of the cone; the turn differs from pixel to
            # pixel by less than a part.
            part = (self.tile * 7 + number * 5 + ray * 3) % strata
            u = (part + self.noise[1]) / strata
            v = (part * 0.618033989 + ray / rays + number * 0.37 + self.noise[2] / strata) % 1
            direction = around(axis.expand(3, n), torch.tensor(cos_max), u, v)
            face, start = self._of_sample(self.face, number + ray), self._of_sample(self.start, number + ray)
            there = self.any & ((face * direction).sum(0) > 0)
            chance = (self.noise[3] + ray * 0.618033989 + number * 0.754877666) % 1
            for piece in there.nonzero()[:, 0].split(_BATCH):
                out[ray, piece] = self.scene.opens(start[:, piece], direction[:, piece], chance[piece])
        return out.reshape(rays, self.plan.height, self.plan.width)

    def surroundings(self) -> Tensor:
        """Albedo `[3, h, w]` of what hides the sky, cosine-weighted."""
        n, rays = self.count, self.plan.bounce
        total = torch.zeros(3, n, device=self.device)
        for ray in range(rays):
            part = (self.tile * 7 + ray * 5) % (_TILE * _TILE)
            u = ((part + self.noise[1]) / (_TILE * _TILE) + ray / rays) % 1
            v = (part * 0.618033989 + ray * 0.754877666) % 1 * (2 * math.pi)
            face, start = self._of_sample(self.face, ray), self._of_sample(self.start, ray)
            r = u.sqrt()
            direction = from_frame(face, r * v.cos(), r * v.sin(), (1 - u).sqrt())
            where = self.any.nonzero()[:, 0]
            met = self.scene.meet(start[:, where], direction[:, where], self.noise[3, where])
            total[:, where] += torch.where(met.hit, met.albedo, 0.0)
        mean = (total / rays).reshape(3, self.plan.height, self.plan.width)
        layers = self.layers()
        return smoothed(mean, layers["normal"], layers["depth"], _TILE)
