"""Rays marched through a frame's depth, cell by cell, in large cells where nothing is near.

A ray looks at one cell of a pyramid after the other: where it passes in front of all that a cell holds, or behind, it
goes on to the next and looks at larger ones; else at smaller ones, down to single pixels (Uludag 2014, here with
farthest depths beside the nearest, and both slanted). So nothing is missed between two steps, however thin, and open
space is crossed in a few. In the picture rays are straight and 1 / depth changes evenly along them (McGuire and Mara
2014), so cells are crossed exactly.
"""

import ctypes
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..kernels import Kernel
from .bounds import LARGEST, Bounds
from .depthfield import DepthField
from .rays import Met, Rays
from .values import Check, indices

_NUDGE = 2e-3
"""Cells by which a ray is moved over the edge of a cell."""

_ENOUGH = 0.995
"""How much a ray is blocked when nothing more is looked for."""

_SLACK = 0.5
"""Pixels' widths behind a surface from which on a ray is blocked for sure."""

_CLEAR = 2.0
"""Cells from its start up to which a ray that comes out of a surface is not blocked by it."""

_ROUND = 4
"""Cells that rays look at between two times that those at a pixel are dealt with."""

_BLOCK = 1 << 15
"""Rays that a thread follows at a time: what they need stays in a processor's cache, and torch shares out no operation
among threads, which costs more than it gains for so few."""

KERNEL = Kernel(
    Path(__file__).with_name("march.cu"),
    "march",
    {"NUDGE": _NUDGE, "ENOUGH": _ENOUGH, "SLACK": _SLACK, "CLEAR": _CLEAR, "ROUND": _ROUND, "LARGEST": LARGEST},
)
"""The same for GPUs of NVIDIA's, where a ray is followed by a thread of its own: rounds over all rays would wait there
for Python, and every operation of a round for the memory."""


class _Going(NamedTuple):
    """Rays that are under way: which they are, how far (t), one over the size of their cell (fine) and how many cells
    they have looked at (seen). At a pixel that may block it a ray waits, with `fine` at 2.
    """

    which: Tensor
    rays: Rays
    iu: Tensor
    iv: Tensor
    right: Tensor
    down: Tensor
    t: Tensor
    fine: Tensor
    seen: Tensor

    def some(self, index: Tensor) -> "_Going":
        which, rays, *more = self
        part = [x.index_select(0, index) for x in more]
        return _Going(which.index_select(0, index), rays.some(index), *part)

    def with_(self, other: "_Going") -> "_Going":
        which, rays, *more = self
        both = [torch.cat(pair) for pair in zip(more, other[2:], strict=True)]
        joined = Rays(*(torch.cat(pair) for pair in zip(rays, other.rays, strict=True)))
        return _Going(torch.cat((which, other.which)), joined, *both)


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
    met = Met(*(field.inverse.new_zeros(count) for _ in range(4)))
    if field.inverse.device.type != "cpu":
        _trace(field, bounds, (0, count), make, steps, check, met, max(1, count))
        return met
    threads = max(1, min(torch.get_num_threads(), count // (2 * _BLOCK)))
    edges = [count * i // threads for i in range(threads + 1)]
    mode = torch.is_inference_mode_enabled()

    def work(some: tuple[int, int]) -> None:
        with torch.inference_mode(mode), torch.no_grad():
            _trace(field, bounds, some, make, steps, check, met, _BLOCK)

    if threads == 1:
        work((0, count))
        return met
    with ThreadPoolExecutor(threads, "rays") as pool:
        list(pool.map(work, itertools.pairwise(edges)))
    return met


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


def _trace(
    field: DepthField,
    bounds: Bounds,
    some: tuple[int, int],
    make: Callable[[int, int], Rays],
    steps: int,
    check: Check,
    met: Met,
    size: int,
) -> None:
    """Follow the rays from one number up to another, about `size` at a time."""
    begun, last = some
    going = _start(make(begun, begun), begun)
    # Few rays go far: others start beside them, so that there are always many to work on at a time.
    while len(going.which) or begun < last:
        check()
        if len(going.which) <= size // 2 and begun < last:
            until = min(last, begun + (size + 1) // 2)
            going = going.with_(_start(make(begun, until), begun))
            begun = until
        for _ in range(_ROUND):
            _step(bounds, going)
        going.seen.add_(_ROUND)
        at_pixel = indices(going.fine > 1)
        if len(at_pixel):
            own = going.some(at_pixel)
            leave = _leave(own, torch.ones_like(own.t))[0]
            found = _meet(field, own.rays, own.t, leave)
            before = met.blocked.index_select(0, own.which)
            # Those that are done stay a while beside the others, and meet nothing any more.
            under_way = (own.t < own.rays.end) & (own.seen < steps + _ROUND)
            blocked = found.blocked * under_way
            better = (blocked > before).to(before.dtype)
            most = torch.maximum(blocked, before)
            met.blocked.index_copy_(0, own.which, most)
            for kept, new in zip(met[1:], found[1:], strict=True):
                kept.index_copy_(0, own.which, torch.lerp(kept.index_select(0, own.which), new, better))
            ends = (most > _ENOUGH).to(most.dtype)
            going.t.index_copy_(0, at_pixel, torch.lerp(leave + _NUDGE, own.rays.end, ends))
            going.fine.index_fill_(0, at_pixel, 1.0)
        left = indices((going.t < going.rays.end) & (going.seen < steps))
        if len(left) < 0.8 * len(going.which):
            going = going.some(left)


def _start(rays: Rays, number: int) -> _Going:
    """Those of rays that go anywhere; `number` is that of the first."""
    which = indices(rays.end > _NUDGE)
    rays = rays.some(which)
    right, down = (rays.du > 0).to(rays.u.dtype), (rays.dv > 0).to(rays.u.dtype)
    iu, iv = (1 / torch.where(x.abs() < 1e-9, 1e-9, x) for x in (rays.du, rays.dv))
    zero = torch.zeros_like(rays.u)
    return _Going(which + number, rays, iu, iv, right, down, zero, torch.full_like(zero, 0.0625), zero.clone())


def _step(bounds: Bounds, going: _Going) -> None:
    """Move every ray on to the next cell, or to a smaller one."""
    rays, t = going.rays, going.t
    fine = going.fine.clamp_max_(1)
    leave, column, row = _leave(going, fine)
    # The sizes lie side by side: cells of size s begin at 2 width (1 - 1 / s).
    start = fine.mul(-2 * bounds.width).add_(2 * bounds.width)
    index = (column + start).int().add_(row.int().mul_(2 * bounds.width))
    across, down = bounds.across.index_select(0, index), bounds.down.index_select(0, index)
    size = 1 / fine
    # 1 / depth of the ray less that of a plane like the cell's through its middle, and how much that changes.
    x, y = column.add_(0.5).mul_(size).sub_(rays.u), row.add_(0.5).mul_(size).sub_(rays.v)
    level = torch.addcmul(torch.addcmul(rays.w, across, x), down, y)
    change = torch.addcmul(torch.addcmul(rays.dw, across, rays.du, value=-1), down, rays.dv, value=-1)
    here, there = torch.addcmul(level, change, t), torch.addcmul(level, change, leave)
    low, high = torch.minimum(here, there), torch.maximum(here, there)
    free = low.gt_(bounds.near.index_select(0, index))
    free = torch.maximum(free, high.lt_(bounds.far.index_select(0, index)))
    t.lerp_(leave.add_(_NUDGE), free)
    torch.minimum(t, rays.end, out=t)
    fine.mul_(free.mul_(-1.5).add_(2)).clamp_min_(1 / LARGEST)


def _leave(going: _Going, fine: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where rays leave the cell they are in, and its column and row among those of its size."""
    rays, t = going.rays, going.t
    size = 1 / fine
    column = torch.addcmul(rays.u, rays.du, t).mul_(fine).floor_()
    row = torch.addcmul(rays.v, rays.dv, t).mul_(fine).floor_()
    across = (column + going.right).mul_(size).sub_(rays.u).mul_(going.iu)
    along = (row + going.down).mul_(size).sub_(rays.v).mul_(going.iv)
    leave = torch.minimum(across, along)
    return torch.minimum(torch.maximum(leave, t), rays.end), column, row


def _meet(field: DepthField, rays: Rays, a: Tensor, b: Tensor) -> Met:
    """What rays meet within the cells that they cross from `a` to `b`: there, and where they go through a surface."""
    middle = 0.5 * (a + b)
    cell = _Cell(field, torch.addcmul(rays.u, rays.du, middle), torch.addcmul(rays.v, rays.dv, middle))

    def at(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        depth = torch.addcmul(rays.w, rays.dw, t).reciprocal_()
        share, surface = cell.surfaces(torch.addcmul(rays.u, rays.du, t), torch.addcmul(rays.v, rays.dv, t))
        deep = depth[:, None] - surface
        return share, deep, cell.hit(deep, depth[:, None])

    share, deep, hit = at(torch.stack((a, b)))
    ends = (share * hit).sum(1)
    # Into it, or out of it: that only away from where rays start, so that what is noise there shadows nothing.
    passes = torch.where(a > _CLEAR, deep[0] * deep[1] < 0, (deep[0] <= 0) & (deep[1] > 0)).to(a.dtype)
    # Where that is, for what is near if it is passed, else for what is far; in the middle where nothing is.
    change = deep[0] - deep[1]
    gone = deep[0] / torch.where(change == 0, 1.0, change)
    part = torch.lerp(torch.lerp(torch.full_like(a, 0.5), gone[1], passes[1]), gone[0], passes[0])
    where = torch.lerp(a, b, part.clamp_(0, 1))
    share, _, hit = at(where[None])
    through = passes.amax(0)
    inside = (share[0] * torch.maximum(hit[0], passes)).sum(0)
    best = torch.maximum(inside, torch.maximum(ends[0], ends[1]))
    first, inner = (best == ends[0]).to(a.dtype), (best == inside).to(a.dtype)
    place = torch.lerp(torch.lerp(b, a, first), where, inner)
    return Met(best, place, through * inner, rays.distance(place))


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
        slack = depth * (_SLACK * self.pixel)
        return (deep / slack).clamp(0, 1) * ((self.deep - deep) / (slack + 0.25 * self.deep)).clamp(0, 1)
