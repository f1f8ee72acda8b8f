"""Rays marched through a frame's depth, cell by cell, in large cells where nothing is near.

A ray looks at one cell of a pyramid after the other: where it passes in front of all that a cell holds, or behind, it
goes on to the next and looks at larger ones; else at smaller ones, down to single pixels (Uludag 2014, here with
farthest depths beside the nearest, and both slanted). So nothing is missed between two steps, however thin, and open
space is crossed in a few. In the picture rays are straight and 1 / depth changes evenly along them (McGuire and Mara
2014), so cells are crossed exactly.
"""

import ctypes
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..cores import Check, side_by_side
from ..kernels import Kernel
from .bounds import LARGEST, Bounds
from .depthfield import DepthField
from .rays import Met, Rays

NUDGE = 2e-3
"""Cells by which a ray is moved over the edge of a cell."""

ENOUGH = 0.995
"""How much a ray is blocked when nothing more is looked for."""

SLACK = 0.5
"""Pixels' widths behind a surface from which on a ray is blocked for sure."""

CLEAR = 2.0
"""Cells from its start up to which a ray that comes out of a surface is not blocked by it."""

_BLOCK = 1 << 15
"""Rays that a thread of a processor follows between two checks."""

KERNEL = Kernel(
    Path(__file__).with_name("march.cu"),
    "march",
    {"NUDGE": NUDGE, "ENOUGH": ENOUGH, "SLACK": SLACK, "CLEAR": CLEAR, "LARGEST": LARGEST},
)
"""The same for GPUs of NVIDIA's, where a ray is followed by a thread of its own. What has none is followed by the
processor."""


def trace(
    field: DepthField,
    bounds: Bounds,
    count: int,
    make: Callable[[int, int], Rays],
    steps: int,
    check: Check,
) -> Met:
    """Follow `count` rays through a frame until they are blocked, come to their end or have looked at `steps` cells.

    make : gives the rays from one number up to another, when their turn comes. check : is called often and may raise.
    """
    if field.inverse.dtype == torch.float32 and KERNEL.runs_on(field.inverse.device):
        check()
        return _by_kernel(field, bounds, make(0, count), steps)
    from .march_cpu import follow  # compiles, or loads what is compiled

    met = torch.empty(4, count, dtype=field.inverse.dtype)
    sheets = tuple(map(_array, bounds.tensors))
    surface = tuple(map(_array, (field.inverse, field.deep, field.split)))
    pixel = surface[0].dtype.type(field.pixel)

    def work(begin: int) -> None:
        check()
        rays = _array(torch.stack(make(begin, min(begin + _BLOCK, count))))
        follow(sheets, bounds.width, surface, pixel, rays, begin, met.numpy(), steps)

    side_by_side([partial(work, begin) for begin in range(0, count, _BLOCK)])
    return Met(*met.to(field.inverse.device))


def _array(x: Tensor) -> npt.NDArray[np.floating[Any]]:
    array: npt.NDArray[np.floating[Any]] = x.detach().cpu().contiguous().numpy()
    return array


class Surfaces(ctypes.Structure):
    """What rays are followed through, as the kernel takes it. What it points to stays as long as this does."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("near", "far", "across", "down")),
        ("width", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("inverse", "deep", "split")),
        ("rows", ctypes.c_int),
        ("columns", ctypes.c_int),
        ("pixel", ctypes.c_float),
    )

    def __init__(self, field: DepthField, bounds: Bounds) -> None:
        self.kept = [x.contiguous() for x in (*bounds.tensors, field.inverse, field.deep, field.split)]
        places = [x.data_ptr() for x in self.kept]
        super().__init__(*places[:4], bounds.width, *places[4:], *field.cells, field.pixel)


def _by_kernel(field: DepthField, bounds: Bounds, rays: Rays, steps: int) -> Met:
    given = torch.stack(rays)
    count = given.shape[1]
    met = given.new_empty(4, count)
    KERNEL(count, Surfaces(field, bounds), given, met, count, steps)
    return Met(*met)


def blocked_at(field: DepthField, rays: Rays, met: Met, u: Tensor, v: Tensor, depth: Tensor) -> Tensor:
    """What `met` says rays are blocked, differentiable with respect to the places, in cells, and depths `[n]` of the
    points where they are it most.

    A ray that goes through a surface does so elsewhere when it moves; one that passes behind a silhouette is blocked by
    what it passes sideways, not by where along itself that is.
    """
    a, b = rays.u + rays.du * met.at, rays.v + rays.dv * met.at
    cell = _Cell(field, a, b)
    moved_u, moved_v = u - u.detach(), v - v.detach()
    square = (rays.du * rays.du + rays.dv * rays.dv).clamp_min(1e-9)
    along = -(rays.du * moved_u + rays.dv * moved_v) / square
    with torch.no_grad():
        share, surface = cell.surfaces(a[None], b[None])
        deep = (rays.w + rays.dw * met.at).reciprocal() - surface
        hit = torch.maximum(cell.hit(deep, deep + surface), met.through * (deep > -1e-3 * surface))
        step = 0.05
        ahead = cell.surfaces((a + step * rays.du)[None], (b + step * rays.dv)[None])[1]
        # How 1 / depth parts from the surface's along the ray.
        parts = rays.dw - (1 / ahead[0, 0] - 1 / surface[0, 0]) / step
        parts = torch.where(parts.abs() < 1e-12, -1e-12, parts)
    gap = 1 / depth - 1 / cell.surfaces((a + moved_u)[None], (b + moved_v)[None])[1][0, 0]
    along = torch.where(met.through > 0, -(gap - gap.detach()) / parts, along)
    share = cell.surfaces((a + moved_u + rays.du * along)[None], (b + moved_v + rays.dv * along)[None])[0]
    total = (share * hit).sum((0, 1))
    return met.blocked + (total - total.detach())


class _Cell:
    """The cells `[n]` that points are in."""

    def __init__(self, field: DepthField, u: Tensor, v: Tensor) -> None:
        self.x, self.y = u.floor(), v.floor()
        rows, columns = field.cells
        column, row = self.x.int().sub_(1).clamp_(0, columns - 1), self.y.int().sub_(1).clamp_(0, rows - 1)
        self.pixel = field.pixel
        index = row * columns + column
        self.deep = field.deep.flatten().index_select(0, index)
        split = field.split.flatten().index_select(0, index)
        # The picture of depths has one column more.
        corners = (index + row) + index.new_tensor([0, 1, columns + 1, columns + 2])[:, None]
        self.corners = field.inverse.flatten().index_select(0, corners.flatten()).reshape(corners.shape)
        low, high = self.corners.detach().aminmax(dim=0)
        # Nearer to what is near, as there may be a third surface far behind both.
        near = self.corners.detach().gt(torch.lerp(low, high, 0.75)).to(split.dtype)
        self.near = torch.maximum(near, 1 - split)
        groups = torch.stack((self.near, 1 - self.near))
        self.means = (groups * self.corners.detach()).sum(1) / groups.sum(1).clamp_min(1)

    def surfaces(self, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """The shares of what is near and of what is far at places `[k, n]` in cells, and their depths: `[k, 2, n]`."""
        x, y = (u - self.x).clamp(0, 1), (v - self.y).clamp(0, 1)
        xy = x * y
        weights = torch.stack((1 - x - y + xy, x - xy, y - xy, xy), 1)
        near = weights * self.near
        parts = torch.stack((near, weights - near), 1)
        share = parts.sum(2)
        # Where none of it is left it is as deep as it is on average.
        inverse = (parts * self.corners).sum(2) + 1e-6 * self.means
        return share, (share + 1e-6) / inverse.clamp_min(1e-18)

    def hit(self, deep: Tensor, depth: Tensor) -> Tensor:
        """How much a ray is blocked `deep` behind a surface: over the last quarter of what is solid less and less."""
        slack = depth * (SLACK * self.pixel)
        return (deep / slack).clamp(0, 1) * ((self.deep - deep) / (slack + 0.25 * self.deep)).clamp(0, 1)
