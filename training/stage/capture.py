"""Taking a view of a scene: layers by a few jittered samples a pixel, visibility by a ray a pixel and direction.

Direction d of a pixel is jittered inside the direction's cell. The jitter is interleaved over tiles of 4 x 4 pixels
(Keller and Heidrich 2001): the pixels of a tile share out the cell among themselves, so that a filter of about that
size, which `relit` applies, leaves soft shadows without noise or bands.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera, Region

from .scene import Met, Scene
from .smooth import smoothed
from .sphere import frame_of, from_frame, spread_directions
from .view import View, pack_bits

_TILE = 4
"""Pixels along the side of the tiles over which a direction's jitter is interleaved."""
_SOFT = 1.5
"""Degrees from which on a key light's penumbra is wider than the filter that takes the noise out of it."""
_LEAST = 0.12
"""The share of a scene that a key light has to reach."""


@dataclass(frozen=True)
class Plan:
    """How a view is taken.

    width, height : pixels. fov : degrees that the frame is wide. samples : rays a pixel for the layers. directions,
    keys : how many of each. key_rays : rays a pixel and key light. bounce : rays a pixel for the surroundings' albedo;
    0 leaves that layer out.
    """

    width: int = 256
    height: int = 256
    fov: float = 30.0
    samples: int = 6
    directions: int = 128
    keys: int = 8
    key_rays: int = 16
    bounce: int = 16


def take(
    scene: Scene,
    plan: Plan,
    seed: int,
    about: Mapping[str, str],
    device: torch.device | str = "cpu",
    keys: tuple[Tensor, Tensor] | None = None,
) -> View:
    """The view that a camera at the origin, looking along -z, has of a scene. The same for the same seed.

    keys : directions `[K, 3]` and diameters `[K]` of the key lights, random ones by default; those that reach next to
    nothing of the scene are replaced.
    """
    rng = np.random.default_rng([seed, 0x7A4E])
    points = _Points(scene, plan, rng, device)
    directions, weights = spread_directions(plan.directions, _rotation(rng))
    cell = 1 - float(weights[0]) / (2 * math.pi)
    seen = torch.cat([points.seen(axis, cell, 1, number) for number, axis in enumerate(directions)])
    layers: dict[str, Any] = points.layers()
    key_directions, key_angles = (x.clone() for x in keys or key_lights(plan.keys, rng))
    key_visibility = torch.cat(
        [_key(points, layers, key_directions, key_angles, number, rng) for number in range(len(key_angles))]
    )
    return View(
        **layers,
        directions=directions.to(device),
        weights=weights.to(device),
        bits=pack_bits(seen),
        key_directions=key_directions.to(device),
        key_angles=key_angles.to(device),
        key_visibility=key_visibility,
        fov=plan.fov,
        indirect=points.surroundings(layers) if plan.bounce else None,
        about=dict(about),
    )


def _key(
    points: "_Points",
    layers: Mapping[str, Tensor],
    directions: Tensor,
    angles: Tensor,
    number: int,
    rng: np.random.Generator,
) -> Tensor:
    """The visibility `[1, h, w]` uint8 of a key light, which is replaced while it reaches too little of the scene."""
    for _ in range(6):
        half = math.cos(math.radians(float(angles[number])) / 2)
        if float(points.seen(directions[number], half, 1, number).sum()) >= _LEAST * float(points.any.sum()):
            break
        another, size = key_lights(1, rng)
        directions[number], angles[number] = another[0], size[0]
    half = math.cos(math.radians(float(angles[number])) / 2)
    share = points.seen(directions[number], half, points.plan.key_rays, number).float().mean(0, keepdim=True)
    if float(angles[number]) > _SOFT:
        share = smoothed(share, layers["normal"], layers["depth"], _TILE)
    return (share * 255).round().to(torch.uint8)


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
        self.hits = [self._sample(s) for s in range(plan.samples)]
        hit = torch.stack([met.hit for met in self.hits])
        # A pixel's sample that missed is replaced by the first that did not.
        first = hit.to(torch.uint8).argmax(0)
        self.any = hit.any(0)
        numbers = torch.arange(plan.samples, device=device)[:, None]
        self.chosen = torch.where(hit, numbers, first)
        self.starts = self._of_samples(torch.stack([met.start for met in self.hits]))
        self.faces = self._of_samples(torch.stack([met.face for met in self.hits]))

    def _sample(self, s: int) -> Met:
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

    def _of_samples(self, values: Tensor) -> list[Tensor]:
        """Of `[samples, 3, n]` the values that the rays of a number start from, for each number modulo samples."""
        count = self.plan.samples
        out = []
        for number in range(count):
            index = self.chosen.gather(0, ((number + self.tile) % count)[None])
            out.append(values.gather(0, index[:, None].expand(1, 3, -1))[0])
        return out

    def seen(self, axis: Tensor, cos_max: float, rays: int, number: int) -> Tensor:
        """Whether light arrives by rays within a cone about a direction: `[rays, h, w]` bool."""
        out = torch.zeros(rays, self.count, dtype=torch.bool, device=self.device)
        axis = axis.to(self.device)
        first, second = frame_of(axis)
        strata = _TILE * _TILE
        for ray in range(rays):
            begin = (number + ray) % self.plan.samples
            face, start = self.faces[begin], self.starts[begin]
            # None of the cone is in front of most surfaces that look away.
            front = (axis[:, None] * face).sum(0) > -math.sqrt(1 - min(1.0, max(0.0, cos_max)) ** 2)
            where = (self.any & front).nonzero()[:, 0]
            tile = self.tile[where]
            # Pixels of a tile, and rays of a pixel, take different parts of the cone; the turn differs from pixel to
            # pixel by less than a part.
            u = ((tile * 7 + number * 5 + ray * 3) % strata + self.noise[1, where]) / strata
            v = tile * 0.618033989 + ray / rays + number * 0.37 + self.noise[2, where] / strata
            z = 1 - u * (1 - cos_max)
            r = (1 - z * z).clamp_min(0).sqrt()
            v = v * (2 * math.pi)
            direction = (r * v.cos()) * first[:, None] + (r * v.sin()) * second[:, None] + z * axis[:, None]
            above = (face[:, where] * direction).sum(0) > 0
            where, direction = where[above], direction[:, above]
            chance = (self.noise[3, where] + ray * 0.618033989 + number * 0.754877666) % 1
            out[ray, where] = self.scene.opens(start[:, where], direction, chance)
        return out.reshape(rays, self.plan.height, self.plan.width)

    def surroundings(self, layers: Mapping[str, Tensor]) -> Tensor:
        """Albedo `[3, h, w]` of what hides the sky, cosine-weighted."""
        rays, strata = self.plan.bounce, _TILE * _TILE
        total = torch.zeros(3, self.count, device=self.device)
        where = self.any.nonzero()[:, 0]
        tile, noise = self.tile[where], self.noise[:, where]
        for ray in range(rays):
            face = self.faces[ray % self.plan.samples][:, where]
            start = self.starts[ray % self.plan.samples][:, where]
            u = (((tile * 7 + ray * 5) % strata + noise[1]) / strata + ray / rays) % 1
            v = (tile * 0.618033989 + ray * 0.754877666) * (2 * math.pi)
            r = u.sqrt()
            direction = from_frame(face, r * v.cos(), r * v.sin(), (1 - u).sqrt())
            met = self.scene.meet(start, direction, noise[3])
            total[:, where] += torch.where(met.hit, met.albedo, 0.0)
        mean = (total / rays).reshape(3, self.plan.height, self.plan.width)
        return smoothed(mean, layers["normal"], layers["depth"], _TILE)
