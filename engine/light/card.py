"""A flag made ready: where rays cross its plane, and what goes through there."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from .areas import area_means
from .beam import frame
from .flag import Flag
from .values import Carried, tensor_of

_LEAST = 1e-5
"""Width of an edge, in scene units, that counts as none."""


class Crossing(NamedTuple):
    """Where rays cross a card's plane.

    across, up : from the card's middle along its own axes, scene units. share : of the way to the light, at most 1
    where the plane is before it. slope : how far across and up, `[2, n]`, a ray goes for a unit along the normal.
    there : whether it crosses at all.
    """

    across: Tensor
    up: Tensor
    share: Tensor
    slope: Tensor
    there: Tensor


class Card(Carried):
    """A flag for places `[3, n]` in scene units, of the dtype and device of `like`."""

    def __init__(self, flag: Flag, cm_per_unit: float, like: Tensor) -> None:
        aim, right, up = frame(flag.aim, flag.roll, like)
        self.turn = torch.stack([v.flatten() for v in (right, up, aim)])  # camera space to the card's own
        self.at = tensor_of(flag.position, like).reshape(3, 1)
        self.half_width = tensor_of(flag.width, like) / (2 * cm_per_unit)
        self.half_height = tensor_of(flag.height, like) / (2 * cm_per_unit)
        self.soft = tensor_of(flag.softness, like) / cm_per_unit
        self.round = flag.shape == "ellipse"
        self.opening = flag.opening
        self.taken = tensor_of(flag.transmission, like).reshape(3, 1)
        self.picture = None
        if flag.picture is not None:
            self.picture = _Sizes(flag.picture.to(like).clamp(0, 1))
        elif flag.picture_file:
            raise RimlightError(f"flag '{flag.name}': its picture '{flag.picture_file}' was not read")

    @property
    def outer(self) -> Tensor:
        """What goes past the card's edge, `[3, 1]`."""
        return self.taken if self.opening else torch.ones_like(self.taken)

    @property
    def inner(self) -> Tensor | None:
        """What goes through the card, `[3, 1]`, where that is the same all over it."""
        if self.picture is not None:
            return None
        return torch.ones_like(self.taken) if self.opening else self.taken

    def local(self, places: Tensor) -> Tensor:
        """Places `[3, n]` from the card's middle along its own axes: right, up and along `aim`."""
        return self.turn @ (places - self.at)

    def cross(self, local: Tensor, ray: Tensor, ends: bool) -> Crossing:
        """Where rays from `local` places cross. ray : `[3, n]` in camera space; it ends at the light where `ends`."""
        x, y, z = local.unbind(0)
        dx, dy, dz = (self.turn @ ray).unbind(0)
        steep = torch.where(dz.abs() > 1e-12, dz, 1e-12)
        share = -z / steep
        there = share > 0
        if ends:
            there = there & (share < 1)
        return Crossing(x + share * dx, y + share * dy, share, torch.stack((dx, dy)) / steep, there)

    def drawn(self, found: Crossing, vector: Tensor) -> Tensor:
        """How far across and up `[2, n]` a crossing goes when its ray's end goes by a `vector` `[3, n]` (or spread)."""
        own = self.turn @ vector
        return found.share * (own[:2] - found.slope * own[2:])

    def through(self, across: Tensor, up: Tensor, wide: Tensor, high: Tensor) -> Tensor:
        """What goes through the plane, `[3, n]`, on average over `wide` times `high` about points of it."""
        cover = self._ellipse(across, up, wide, high) if self.round else self._rectangle(across, up, wide, high)
        inner = self.inner
        if inner is None:
            assert self.picture is not None
            size = torch.stack((2 * self.half_width, 2 * self.half_height))
            # Across from -1 to 1 and down likewise, as the picture is sampled.
            shown = self.picture.mean(across / self.half_width, -up / self.half_height, wide / size[0], high / size[1])
            inner = shown + self.taken * (1 - shown)
        return self.outer + (inner - self.outer) * cover

    def outline(self) -> Tensor:
        """Corners `[4, 3]` in camera space of the rectangle that holds all of the card, its soft edge too."""
        x, y = self.half_width + self.soft / 2, self.half_height + self.soft / 2
        corners = torch.stack([torch.stack((a * x, b * y)) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
        return corners @ self.turn[:2] + self.at.T

    def _rectangle(self, across: Tensor, up: Tensor, wide: Tensor, high: Tensor) -> Tensor:
        return self._band(across, self.half_width, wide) * self._band(up, self.half_height, high)

    def _band(self, x: Tensor, half: Tensor, wide: Tensor) -> Tensor:
        """The share of a window about x that is within half of 0, each edge soft."""
        return (self._edge(half - x, wide) + self._edge(half + x, wide) - 1).clamp_min(0)

    def _ellipse(self, across: Tensor, up: Tensor, wide: Tensor, high: Tensor) -> Tensor:
        a, b = self.half_width, self.half_height
        radius = torch.hypot(across / a, up / b).clamp_min(1e-6)
        gx, gy = across / (a * a * radius), up / (b * b * radius)
        steep = torch.hypot(gx, gy).clamp_min(1e-12)
        # The first order distance to the outline, and the window's width across it.
        window = (gx.abs() * wide + gy.abs() * high) / steep
        cover = self._edge((1 - radius) / steep, window)
        return torch.minimum(cover, math.pi * a * b / (wide * high).clamp_min(1e-12))

    def _edge(self, inside: Tensor, wide: Tensor) -> Tensor:
        """A window's share inside an edge that is so far away: a ramp as wide as window and softness together; as far
        as it is the softness, without kinks.
        """
        width = torch.hypot(wide, self.soft).clamp_min(_LEAST)
        x = (inside / width + 0.5).clamp(0, 1)
        return torch.lerp(x, x * x * (3 - 2 * x), (self.soft / width).square())


class _Sizes(Carried):
    """A picture `[3, h, w]` at sizes that halve, below one another, to be read as means over windows."""

    def __init__(self, picture: Tensor) -> None:
        levels = [picture]
        while min(levels[-1].shape[1:]) > 1:
            h, w = levels[-1].shape[1:]
            levels.append(area_means(levels[-1], (h + 1) // 2, (w + 1) // 2))
        _, self.height, self.width = picture.shape
        closed = [F.pad(x[None], (1, 1, 1, 1), mode="replicate")[0] for x in levels]
        self.atlas = torch.cat([F.pad(x, (0, self.width + 2 - x.shape[2])) for x in closed], 1)[None]
        tall, places, start = self.atlas.shape[2], [], 0
        for x in levels:
            _, h, w = x.shape
            places.append(
                (w / (self.width + 2), (w + 2) / (self.width + 2) - 1, h / tall, (2 * start + h + 2) / tall - 1)
            )
            start += h + 2
        self.places = picture.new_tensor(places)

    def mean(self, x: Tensor, y: Tensor, wide: Tensor, high: Tensor) -> Tensor:
        """`[3, n]` at -1 to 1 from left to right and top to bottom, over windows that are shares of the picture."""
        x, y = x.clamp(-1, 1), y.clamp(-1, 1)
        pixels = torch.sqrt((wide * self.width).clamp_min(1) * (high * self.height).clamp_min(1))
        last = len(self.places) - 1
        if last == 0:
            return self._at(x, y, torch.zeros_like(x, dtype=torch.long))
        level = pixels.log2().clamp(0, last)
        below = level.detach().floor().clamp_max(last - 1)
        number = below.long()
        return torch.lerp(self._at(x, y, number), self._at(x, y, number + 1), level - below)

    def _at(self, x: Tensor, y: Tensor, level: Tensor) -> Tensor:
        across, left, down, top = self.places[level].unbind(-1)
        grid = torch.stack((x * across + left, y * down + top), -1)[None, None]
        return F.grid_sample(self.atlas, grid, padding_mode="border", align_corners=False)[0, :, 0]
