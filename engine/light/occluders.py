"""The surfaces of a frame as something that rays can hit, and rays that are cast at them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..region import Region
from .bounds import Bounds
from .camera import Camera
from .depthfield import DepthField
from .march import Rays, blocked_at, indices, trace
from .smooth import Smoother
from .values import dot, unit

_MANY = 8
"""Rays per pixel from which on narrow edges need no wide mean."""


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
    centimetres: what passes behind them by more than this goes on. nbytes : what is kept besides the two layers.
    """

    def __init__(
        self, position: Tensor, normal: Tensor, camera: Camera, region: Region, cm_per_unit: float = 1.0,
        thickness: float = 20.0,
    ) -> None:  # fmt: skip
        self.position = position
        self.normal = normal
        self.unit = cm_per_unit
        self.field = DepthField(position, camera, region, thickness / cm_per_unit)
        self.bounds = Bounds.of(self.field)
        self.smoother = Smoother(self.field, normal)
        depth = -position[2:].detach()
        # Pixels are longer on surfaces that are seen at an angle.
        facing = (dot(normal.detach(), unit(position.detach()))).abs().clamp_min(0.1)
        self.pixel = depth * self.field.pixel / facing
        self.nearest, farthest = float(depth.amin()), float(depth.amax())
        self.span = farthest - self.nearest + 2 * camera.tan_x * farthest
        parts = (self.pixel, *self.field.tensors, *self.bounds.tensors, *self.smoother.tensors)
        self.nbytes = sum(x.numel() * x.element_size() for x in parts)


class Caster:
    """Rays from the pixels of a frame through it. Lengths are in scene units."""

    def __init__(self, scene: Occluders, march: March, check: Callable[[], None] | None) -> None:
        self.scene = scene
        self.march = march
        self.check = check or (lambda: None)
        self.reach = march.reach / scene.unit if march.reach > 0 else scene.span

    def cast(self, direction: Tensor, distance: Tensor | None, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rays from the pixels that are `wanted`: how much they are blocked, how far away, and how much of that is
        known, all `[1, h, w]`.
        """
        self.check()
        scene, shape = self.scene, wanted.shape
        which = indices(wanted.flatten())
        place, normal, towards = (
            x.expand_as(scene.position).flatten(1).index_select(1, which)
            for x in (scene.position, scene.normal, direction)
        )
        start = place - normal * (place[2:] * (scene.field.pixel * self.march.bias))
        length = torch.full_like(place[0], self.reach)
        if distance is not None:
            length = torch.minimum(length, distance.detach().expand(shape).flatten().index_select(0, which))
        with torch.no_grad():
            rays, known, far = self._rays(start.detach(), towards.detach(), length)
            met = trace(scene.field, scene.bounds, rays, self.march.steps, self.check)
            share = met.at / rays.end.clamp_min(1e-6)
            stop = rays.w + rays.dw * rays.end
            far = far * share * stop / (rays.w + (stop - rays.w) * share)
            known = torch.maximum(known, met.blocked)
        blocked = met.blocked
        if torch.is_grad_enabled() and (start.requires_grad or towards.requires_grad):
            point = start + towards * far
            blocked = blocked_at(scene.field, rays, met, *scene.field.place(point), -point[2])

        def over_frame(x: Tensor, rest: float) -> Tensor:
            return x.new_full((shape.numel(),), rest).index_copy(0, which, x).reshape(shape)

        return over_frame(blocked, 0.0), over_frame(far, 0.0), over_frame(known, 1.0)

    def _rays(self, start: Tensor, towards: Tensor, length: Tensor) -> tuple[Rays, Tensor, Tensor]:
        """Rays `[3, n]` in the picture as far as they can meet something, how much of them is known, and how far that
        is.
        """
        field = self.scene.field
        leave = self._leave(start, towards)
        known = (leave / length).clamp(0, 1).sqrt()
        # Nothing is in front of what is nearest.
        nearer = (-start[2] - 0.999 * self.scene.nearest) / towards[2].clamp_min(1e-9)
        far = torch.minimum(torch.minimum(length, leave), nearer.clamp_min(0))
        stop = start + towards * far
        rows, columns = field.cells
        (u0, v0), (u1, v1) = field.place(start), field.place(stop)
        u0, u1 = (x.clamp(0.5, columns + 1.5) for x in (u0, u1))
        v0, v1 = (x.clamp(0.5, rows + 1.5) for x in (v0, v1))
        w0, w1 = -1 / start[2], -1 / stop[2]
        end = torch.maximum((u1 - u0).abs(), (v1 - v0).abs())
        over = 1 / end.clamp_min(1e-6)
        return Rays(u0, v0, w0, (u1 - u0) * over, (v1 - v0) * over, (w1 - w0) * over, end), known, far

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

    def smoothed(self, found: Tensor) -> Tensor:
        """What rays found, `[k, h, w]`, as means over as many pixels as edges are wide: how much is blocked comes
        first, the width of its edges in pixels times that third.
        """
        smoother = self.scene.smoother
        near = smoother.wide(found, 1)
        self.check()
        far = smoother.wide(near, 4)
        width = far[2:3] / far[:1].detach().clamp_min(1e-6)
        if self.march.rays >= _MANY:
            near = torch.lerp(smoother.narrow(found), near, ((width - 1) / 3).clamp(0, 1))
        return torch.lerp(near, far, ((width - 16) / 32).clamp(0, 1))
