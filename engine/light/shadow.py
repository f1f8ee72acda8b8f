"""Shadows and ambient occlusion from what the picture shows, by marching rays through its positions.

A picture knows only the surfaces that the camera sees. A ray is blocked where it runs behind such a surface, by no
more than its assumed `thickness`; where it leaves the frame nothing is known, it counts as free and `confidence` says
so. Every pixel may depend on every other, so these functions want whole frames: a node that calls them needs its
input's full data window.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from ..region import Region
from .beam import frame
from .camera import Camera
from .lights import AreaLight, DirectionalLight, Light, PointLight
from .sampling import lattice, local_to
from .values import Scalar, basis, dot, tensor_of, unit


class Seen(NamedTuple):
    """visibility `[1, h, w]`: share of the light that arrives, 1 is all. confidence `[1, h, w]`: share of it that is
    known.
    """

    visibility: Tensor
    confidence: Tensor


@dataclass(frozen=True)
class March:
    """How rays are marched.

    reach : how far, in centimetres; 0 goes as far as the scene's depth range. thickness : how deep surfaces are, in
    centimetres: what passes behind them by more than this goes on. bias : distance from the surface at which rays
    start, in pixels' widths. steps : along each ray, denser near its start. rays : per pixel for lights with size and
    for occlusion.
    """

    reach: float = 0.0
    thickness: float = 20.0
    bias: float = 1.5
    steps: int = 48
    rays: int = 8


def cast_shadow(
    position: Tensor, normal: Tensor, camera: Camera, region: Region, light: Light, cm_per_unit: float = 1.0,
    march: March | None = None,
) -> Seen:  # fmt: skip
    """The visibility of a light with a direction or a place, from positions and normals `[3, h, w]` over `region`.

    Rays go to points spread over the light's size, the same ones for every pixel, so edges soften with the distance
    of what casts them. Surfaces that turn away from the light are left to their shading: their visibility is 1.
    Lights from all around cast no such shadow, see `occlusion`.
    """
    march = march or March()
    scene = _Scene(position, camera, region, cm_per_unit, march)
    visible, known = torch.zeros_like(position[:1]), torch.zeros_like(position[:1])
    targets = _targets(light, position, cm_per_unit, march.rays)
    for direction, reach in targets:
        free, sure = scene.cast(normal, direction, reach)
        facing = dot(normal, direction) > 0
        visible = visible + torch.where(facing, free, 1.0)
        known = known + torch.where(facing, sure, 1.0)
    return Seen(visible / len(targets), known / len(targets))


def occlusion(
    position: Tensor, normal: Tensor, camera: Camera, region: Region, cm_per_unit: float = 1.0,
    march: March | None = None,
) -> Seen:  # fmt: skip
    """Ambient occlusion: the cosine-weighted share of directions in which nothing is near, within `march.reach`."""
    march = march or March(reach=50.0)
    scene = _Scene(position, camera, region, cm_per_unit, march)
    visible, known = torch.zeros_like(position[:1]), torch.zeros_like(position[:1])
    for u in lattice(march.rays, position):
        r, phi = u[0].sqrt(), 2 * math.pi * u[1]
        direction = local_to(normal, r * phi.cos(), r * phi.sin(), (1 - u[0]).sqrt())
        free, sure = scene.cast(normal, direction, None)
        visible, known = visible + free, known + sure
    return Seen(visible / march.rays, known / march.rays)


class _Scene:
    """The positions of a frame as something rays can hit. Lengths are in scene units."""

    def __init__(self, position: Tensor, camera: Camera, region: Region, cm_per_unit: float, march: March) -> None:
        self.position = position
        self.camera = camera
        self.region = region
        self.march = march
        self.depth = -position[2:]
        self.inverse = 1 / self.depth.clamp_min(1e-6)
        near, far = self.depth.detach().aminmax()
        span = float(far - near) + 2 * camera.tan_x * float(far)
        self.reach = march.reach / cm_per_unit if march.reach > 0 else span
        self.thickness = march.thickness / cm_per_unit
        self.pixel = 2 * camera.tan_x / camera.width

    def cast(self, normal: Tensor, direction: Tensor, reach: Tensor | None) -> tuple[Tensor, Tensor]:
        """Whether rays from all pixels go free, and whether that is known: both `[1, h, w]`, 0 to 1."""
        march = self.march
        away = self.depth * self.pixel * march.bias
        start = self.position + normal * away
        length = torch.full_like(self.depth, self.reach) if reach is None else reach.clamp_max(self.reach)
        free = torch.ones_like(self.depth)
        sure = torch.ones_like(self.depth)
        inside = torch.ones_like(self.depth)
        before_depth, before_surface = -start[2:], self.depth
        for i in range(1, march.steps + 1):
            at = start + direction * (length * (i / march.steps) ** 2)
            surface, pixel, within = self._depth_at(at)
            depth = -at[2:]
            inside = inside * within
            # Only what is behind both: the even surface, which is smooth, and the pixel's own, which joins no edges.
            hit = torch.minimum(self._hit(depth - surface, away), self._hit(depth - pixel, away))
            # Between two steps the ray may have gone through a surface that both steps see.
            through = (before_depth <= before_surface) & (depth > surface)
            same = (surface - before_surface).abs() <= self.thickness + (depth - before_depth).abs()
            hit = torch.where(through & same, 1.0, hit)
            before_depth, before_surface = depth, surface
            free = torch.minimum(free, 1 - hit * inside)
            sure = torch.minimum(sure, torch.where((inside > 0) | (free < 0.5), 1.0, (i - 1) / march.steps))
        return free, sure

    def _hit(self, behind: Tensor, away: Tensor) -> Tensor:
        """1 where a point is behind the surface but not beyond it, with edges as wide as the bias."""
        enters = (behind / away).clamp(0, 1)
        leaves = ((self.thickness - behind) / away).clamp(0, 1)
        return enters * leaves

    def _depth_at(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The picture's depth where points appear, between pixels and of the nearest pixel, and 1 where that is in
        the frame and in front of the camera.
        """
        x, y = self.camera.project(points)
        x, y = x - self.region.x0, y - self.region.y0
        _, h, w = self.depth.shape
        grid = torch.stack((2 * x / w - 1, 2 * y / h - 1), -1)[None]
        # On a plane 1 / depth is linear over the picture.
        even = 1 / F.grid_sample(self.inverse[None], grid, padding_mode="border", align_corners=False)[0]
        own = F.grid_sample(self.depth[None], grid, mode="nearest", padding_mode="border", align_corners=False)[0]
        inside = (x >= 0) & (x <= w) & (y >= 0) & (y <= h) & (points[2] < 0)
        return even, own, inside[None].to(points.dtype)


def _targets(light: Light, position: Tensor, cm_per_unit: float, rays: int) -> list[tuple[Tensor, Tensor | None]]:
    """Directions `[3, h, w]` to points of a light and the distances to them, None for lights at infinity."""
    if isinstance(light, DirectionalLight):
        axis = unit(tensor_of(light.direction, position)).reshape(3, 1, 1)
        radius = torch.tan(torch.deg2rad(tensor_of(light.angle, position)) / 2)
        first, second = basis(axis)
        spread = _disc(light.angle, rays, position)
        return [(unit(axis + radius * (a * first + b * second)).expand_as(position), None) for a, b in spread]
    if not isinstance(light, (PointLight, AreaLight)):
        raise RimlightError(f"{light.kind} light '{light.name}' casts no shadow of its own, use ambient occlusion")
    gap = tensor_of(light.position, position).reshape(3, 1, 1) - position
    size = light.width if isinstance(light, AreaLight) else light.size
    half = tensor_of(size, position) / (2 * cm_per_unit)
    if isinstance(light, AreaLight) and light.shape != "sphere":
        _, first, second = frame(light.aim, light.roll, position)
        tall = half if light.shape == "disc" else tensor_of(light.height, position) / (2 * cm_per_unit)
        spread = _disc(1.0, rays, position) if light.shape == "disc" else (2 * lattice(rays, position) - 1).unbind(0)
    else:
        first, second = basis(unit(gap))
        tall = half
        spread = _disc(size, rays, position)
    out: list[tuple[Tensor, Tensor | None]] = []
    for a, b in spread:
        to = gap + a * half * first + b * tall * second
        distance = dot(to, to).clamp_min(1e-12).sqrt()
        out.append((to / distance, distance))
    return out


def _disc(size: Scalar, rays: int, like: Tensor) -> Sequence[Tensor]:
    """Points `[2]` spread over the unit disc; its centre alone where the light has no size."""
    if not isinstance(size, Tensor) and size == 0:
        return (like.new_zeros(2),)
    u = lattice(rays, like)
    r, phi = u[:, 0].sqrt(), 2 * math.pi * u[:, 1]
    return torch.stack((r * phi.cos(), r * phi.sin()), 1).unbind(0)
