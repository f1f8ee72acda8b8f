"""The surfaces of a frame as something that rays can hit, and rays that are cast at them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..cores import Check, unchecked
from ..region import Region
from .bounds import Bounds
from .camera import Camera
from .depthfield import DepthField
from .march import blocked_at, trace
from .rays import Rays
from .smooth import Smoother, spread, varies
from .values import dot, indices, unit

_MANY = 8
"""Rays per pixel from which on narrow edges need no wide mean."""


_NARROW = 16.0
"""Pixels: edges that are wider are smooth with an eighth of the rays."""

_RAYS = 1 << 22
"""Rays that are got ready at a time."""


@dataclass(frozen=True)
class March:
    """How rays are marched.

    reach : how far, in centimetres; 0 goes as far as the scene's depth range. bias : distance from the surface at which
    rays start, in pixels' widths. steps : cells of the picture, large ones where nothing is near, that a ray looks at
    before it counts as free. rays : per pixel for lights with size and for occlusion.
    """

    reach: float = 0.0
    bias: float = 1.0
    steps: int = 512
    rays: int = 8


class Occluders:
    """The surfaces of a frame as something that rays can hit, prepared once for all lights.

    position, normal : `[3, h, w]` over `region` of the camera's frame. thickness : how deep surfaces are, in
    centimetres: what passes behind them by more than this goes on. check : is called often and may raise to stop.
    nbytes : what is kept besides the two layers.
    """

    def __init__(
        self, position: Tensor, normal: Tensor, camera: Camera, region: Region, cm_per_unit: float = 1.0,
        thickness: float = 20.0, check: Check = unchecked,
    ) -> None:  # fmt: skip
        self.position = position
        self.normal = normal
        self.unit = cm_per_unit
        self.field = DepthField(position, camera, region, thickness / cm_per_unit, check)
        self.bounds = Bounds.of(self.field, check)
        self.smoother = Smoother(self.field, normal)
        check()
        depth = -position[2:].detach()
        # Pixels are longer on surfaces that are seen at an angle.
        facing = (dot(normal.detach(), unit(position.detach()))).abs().clamp_min(0.1)
        self.pixel = depth * self.field.pixel / facing
        self.nearest, farthest = float(depth.amin()), float(depth.amax())
        self.span = farthest - self.nearest + 2 * camera.tan_x * farthest
        parts = (self.pixel, *self.field.tensors, *self.bounds.tensors, *self.smoother.tensors)
        self.nbytes = sum(x.numel() * x.element_size() for x in parts)


class Aim(NamedTuple):
    """Where rays go: directions `[3, n]`, unit, and how far their aims are `[n]`, None at infinity."""

    direction: Tensor
    distance: Tensor | None


Aiming = Callable[[Tensor, Tensor, Tensor | None], Aim]
Weighing = Callable[[Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor]]


class Caster:
    """Rays from the pixels of a frame through it. Lengths are in scene units.

    What aims them gives an `Aim` for places and normals `[3, n]` and points of the unit square `[2, n]`; what weighs
    them gives, for how much they are blocked, how far away and the distance of their aim, all `[n]`, how much that
    counts and how wide its edge is.
    """

    def __init__(self, scene: Occluders, march: March, check: Check) -> None:
        self.scene = scene
        self.march = march
        self.check = check
        self.reach = march.reach / scene.unit if march.reach > 0 else scene.span

    def gathered(self, aim: Aiming, weigh: Weighing, narrow: float = _NARROW) -> Tensor:
        """What all rays find, `[4, h, w]` as of `shot`.

        An eighth of the rays goes everywhere, the others where those and their neighbours do not agree about an edge
        that is too narrow, in pixels, for a mean over neighbours.
        """
        rays, region, like = self.march.rays, self.scene.field.region, self.scene.position
        some = max(1, rays // 8)
        first = range(0, rays - rays % some, rays // some)
        others = [ray for ray in range(rays) if ray not in first]
        total = self.shot(aim, weigh, [spread(region, rays, ray, like) for ray in first])
        if not others:
            return total
        around = self.scene.smoother.wide(total.detach(), 1, self.check)
        edges = varies(total[:1].detach() / total[3:].clamp_min(1e-6))
        edges = edges & (around[2:3] <= narrow * around[:1].clamp_min(1e-6))
        total = total * (len(first) / torch.where(edges, rays, len(first)))
        more = self.shot(aim, weigh, [spread(region, rays, ray, like) for ray in others], edges)
        return total + more * (len(others) / rays)

    def shot(
        self, aim: Aiming, weigh: Weighing, points: Sequence[Tensor | None], wanted: Tensor | None = None
    ) -> Tensor:
        """Means over rays from the pixels that are `wanted`, `[4, h, w]`, elsewhere 0: how much they are blocked, how
        much of them is known, the width of edges in pixels times how much of them there is, and how many are faced.
        """
        scene = self.scene
        shape = scene.pixel.shape
        which = None if wanted is None else indices(wanted.flatten())
        place, normal, pixel = (
            x.flatten(1) if which is None else x.flatten(1).index_select(1, which)
            for x in (scene.position, scene.normal, scene.pixel)
        )
        size = max(1, _RAYS // max(1, place.shape[1]))
        total = place.new_zeros(4, place.shape[1])
        for begin in range(0, len(points), size):
            aims = []
            for u in points[begin : begin + size]:
                self.check()
                aims.append(aim(place, normal, _columns(u, which)))
            blocked, far, known, faces = self._cast(place, normal, aims)
            for k, (_, distance) in enumerate(aims):
                self.check()
                counts, width = weigh(blocked[k], far[k], distance)
                edge = (counts * width / pixel[0]).detach()
                total = total + torch.stack((counts, known[k], edge, faces[k]))
        total = total / len(points)
        if which is not None:
            total = total.new_zeros(4, shape.numel()).index_copy(1, which, total)
        return total.reshape(4, *shape[1:])

    @torch.no_grad()
    def free(self, place: Tensor, aim: Aim) -> Tensor:
        """How much of rays from places in the open `[3, n]` is not blocked `[n]`."""
        length = torch.full_like(place[0], self.reach)
        if aim.distance is not None:
            length = torch.minimum(length, aim.distance)

        def make(first: int, last: int) -> Rays:
            return self._rays(place[:, first:last], aim.direction[:, first:last], length[first:last])[0]

        met = trace(self.scene.field, self.scene.bounds, place.shape[1], make, self.march.steps, self.check)
        return 1 - met.blocked

    def _cast(self, place: Tensor, normal: Tensor, aims: Sequence[Aim]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """How much rays are blocked, how far away, how much of that is known, and 1 where surfaces face the aim, all
        `[k, n]`. Where they do not no ray goes, and what is known is 1.
        """
        scene, count = self.scene, place.shape[1]
        faces = torch.cat([dot(normal, a.direction)[0] > 0 for a in aims])
        which = indices(faces)
        known = place.new_empty(len(which))

        def begin(first: int, last: int) -> tuple[Tensor, Tensor, Tensor]:
            """Where rays start and their directions `[3, n]`, and how far they go at most."""
            starts, directions, lengths = [], [], []
            some = which[first:last]
            for k, a in enumerate(aims):
                own = some if len(aims) == 1 else some[(some >= k * count) & (some < (k + 1) * count)] - k * count
                at = place.index_select(1, own)
                starts.append(at - normal.index_select(1, own) * (at[2:] * (scene.field.pixel * self.march.bias)))
                directions.append(a.direction.index_select(1, own))
                length = torch.full_like(at[0], self.reach)
                if a.distance is not None:
                    length = torch.minimum(length, a.distance.detach().index_select(0, own))
                lengths.append(length)
            return torch.cat(starts, 1), torch.cat(directions, 1), torch.cat(lengths)

        @torch.no_grad()
        def make(first: int, last: int) -> Rays:
            rays, known[first:last] = self._rays(*begin(first, last))
            return rays

        with torch.no_grad():
            met = trace(scene.field, scene.bounds, len(which), make, self.march.steps, self.check)
            known = torch.maximum(known, met.blocked)
        blocked = met.blocked
        if torch.is_grad_enabled() and (place.requires_grad or any(a.direction.requires_grad for a in aims)):
            start, towards, _ = begin(0, len(which))
            point = start + towards * met.far
            blocked = blocked_at(scene.field, make(0, len(which)), met, *scene.field.place(point), -point[2])

        def over_all(x: Tensor, rest: float) -> Tensor:
            return x.new_full((len(faces),), rest).index_copy(0, which, x).reshape(len(aims), count)

        faced = faces.to(place.dtype).reshape(len(aims), count)
        return over_all(blocked, 0.0), over_all(met.far, 0.0), over_all(known, 1.0), faced

    def _rays(self, start: Tensor, towards: Tensor, length: Tensor) -> tuple[Rays, Tensor]:
        """Rays `[3, n]` in the picture as far as they can meet something, and how much of them is known."""
        field = self.scene.field
        leave = self._leave(start, towards)
        known = (leave / length).clamp(0, 1).sqrt()
        # Nothing is in front of what is nearest.
        nearer = (-start[2] - 0.999 * self.scene.nearest) / towards[2].clamp_min(1e-9)
        nearer = torch.where(towards[2] > 0, nearer, torch.inf)
        far = torch.minimum(torch.minimum(length, leave), nearer.clamp_min(0))
        stop = start + towards * far
        rows, columns = field.cells
        (u0, v0), (u1, v1) = field.place(start), field.place(stop)
        u0, u1 = (x.clamp(0.5, columns + 1.5) for x in (u0, u1))
        v0, v1 = (x.clamp(0.5, rows + 1.5) for x in (v0, v1))
        w0, w1 = -1 / start[2], -1 / stop[2]
        end = torch.maximum((u1 - u0).abs(), (v1 - v0).abs())
        over = 1 / end.clamp_min(1e-6)
        return Rays(u0, v0, w0, (u1 - u0) * over, (v1 - v0) * over, (w1 - w0) * over, end, far), known

    def _leave(self, start: Tensor, towards: Tensor) -> Tensor:
        """How far rays go until they leave the frame."""
        c, r = self.scene.field.camera, self.scene.field.region
        sides = (
            (0, (2 * r.x0 / c.width - 1 - c.center_x) * c.tan_x, 1),
            (0, (2 * r.x1 / c.width - 1 - c.center_x) * c.tan_x, -1),
            (1, (1 - 2 * r.y0 / c.height - c.center_y) * c.tan_y, -1),
            (1, (1 - 2 * r.y1 / c.height - c.center_y) * c.tan_y, 1),
        )
        out = torch.full_like(start[0], torch.inf)
        for axis, slope, sign in sides:
            # How far inside the plane through the camera and this side of the frame.
            inside = sign * (start[axis] + slope * start[2])
            change = sign * (towards[axis] + slope * towards[2])
            out = torch.minimum(out, inside.clamp_min(0) / (-change).clamp_min(1e-9))
        return out

    def smoothed(self, found: Tensor, low: float = 10.0, high: float = 30.0) -> Tensor:
        """What rays found, `[k, h, w]`, as means over as many pixels as edges are wide: how much is blocked comes
        first, the width of its edges in pixels times that third.
        """
        smoother = self.scene.smoother
        near = smoother.wide(found, 1, self.check)
        far = smoother.wide(near, 4, self.check)
        width = far[2:3] / far[:1].detach().clamp_min(1e-6)
        if self.march.rays >= _MANY:
            near = torch.lerp(smoother.narrow(found), near, ((width - 1) / 3).clamp(0, 1))
        return torch.lerp(near, far, ((width - low) / (high - low)).clamp(0, 1))


def _columns(u: Tensor | None, which: Tensor | None) -> Tensor | None:
    """Points `[2, h, w]` of the pixels `which`, as columns `[2, n]`."""
    if u is None or which is None:
        return None if u is None else u.flatten(1)
    return u.flatten(1).index_select(1, which)
