"""Scenes of balls, boxes and planes seen by a camera, and the shadows that tracing rays through them gives."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from rimlight.engine import Camera, Region

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Solids:
    """What stands in a scene, in camera space: balls as centre and radius, boxes as low and high corner, planes as a
    point and a normal.
    """

    balls: tuple[tuple[Place, float], ...] = ()
    boxes: tuple[tuple[Place, Place], ...] = ()
    planes: tuple[tuple[Place, Place], ...] = field(default=())

    def hit(self, start: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """Distance `[1, h, w]` of the first hit, infinite where there is none, and the normal there `[3, h, w]`."""
        nearest = torch.full_like(start[:1], torch.inf)
        normal = torch.zeros_like(start)
        for centre, radius in self.balls:
            middle = _column(centre, start)
            gap = start - middle
            half = (gap * direction).sum(0, keepdim=True)
            root = half * half - (gap * gap).sum(0, keepdim=True) + radius * radius
            t = -half - root.clamp_min(0).sqrt()
            t = torch.where((root > 0) & (t > 1e-9), t, torch.inf)
            at = start + direction * t.nan_to_num(0, 0, 0)
            nearest, normal = _nearer(nearest, normal, t, (at - middle) / radius)
        for low, high in self.boxes:
            inverse = 1 / torch.where(direction.abs() < 1e-12, 1e-12, direction)
            a, b = (_column(low, start) - start) * inverse, (_column(high, start) - start) * inverse
            enter, leave = torch.minimum(a, b), torch.maximum(a, b)
            t, axis = enter.max(0, keepdim=True)
            t = torch.where((t <= leave.amin(0, keepdim=True)) & (t > 1e-9), t, torch.inf)
            faces = torch.zeros_like(start).scatter_(0, axis, 1.0) * -direction.sign()
            nearest, normal = _nearer(nearest, normal, t, faces)
        for point, facing in self.planes:
            up = _column(facing, start)
            slope = (direction * up).sum(0, keepdim=True)
            t = ((_column(point, start) - start) * up).sum(0, keepdim=True) / slope
            t = torch.where((slope.abs() > 1e-12) & (t > 1e-9), t, torch.inf)
            nearest, normal = _nearer(nearest, normal, t, up.expand_as(start))
        return nearest, normal

    def seen(self, camera: Camera) -> tuple[Tensor, Tensor]:
        """Positions and normals `[3, h, w]`, in double precision."""
        rays = camera.rays(Region(0, 0, camera.width, camera.height), torch.zeros(1, dtype=torch.float64))
        rays = rays / rays.norm(dim=0, keepdim=True)
        distance, normal = self.hit(torch.zeros_like(rays), rays)
        return rays * distance, normal

    def visibility(self, position: Tensor, normal: Tensor, targets: Tensor) -> Tensor:
        """The share `[1, h, w]` of `targets` `[n, 3]` that is seen from positions; of directions where they have
        length one and are far away, of places otherwise.
        """
        total = torch.zeros_like(position[:1])
        start = position + normal * 1e-6
        for target in targets.to(position.dtype):
            gap = target.reshape(3, 1, 1) - position
            far = gap.norm(dim=0, keepdim=True)
            distance, _ = self.hit(start, gap / far)
            total += distance >= far
        return total / len(targets)


def disc(count: int) -> Tensor:
    """`count` points `[count, 2]` spread over the unit disc (a sunflower)."""
    n = torch.arange(count, dtype=torch.float64) + 0.5
    radius, turn = (n / count).sqrt(), n * 2.399963229728653
    return torch.stack((radius * turn.cos(), radius * turn.sin()), 1)


def _column(place: Place, like: Tensor) -> Tensor:
    return torch.tensor(place, dtype=like.dtype).reshape(3, 1, 1)


def _nearer(nearest: Tensor, normal: Tensor, t: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    closer = t < nearest
    return torch.where(closer, t, nearest), torch.where(closer, other, normal)
