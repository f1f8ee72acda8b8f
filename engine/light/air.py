"""Light in the air: what haze, smoke or dust between the camera and the surfaces scatters of the lights of a rig.

Light that is scattered once is followed, which is most of it as long as one can see through. What the camera sees is
cut into cells, columns of the picture times slices of depth, and light is added up in them from the camera on (Wronski
2014); a pixel then reads what lies before its surface, so that silhouettes are as sharp as the depth is. Within a slice
the inverse square of a lamp's distance is integrated in closed form along the ray, as equi-angular sampling has it
(Kulla and Fajardo 2012), so lamps may stand within the air.

Lengths are in centimetres. Left out is light that has been scattered more than once. Lights at infinity arrive
everywhere as they are; of those that stand somewhere the air takes its part on their way.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check, unchecked
from ..region import Region
from . import sh
from .beam import Beam, Pattern, distribution_of, frame
from .camera import Camera
from .equirect import latlong_directions
from .flagged import Spread, past_flags
from .lights import AreaLight, DirectionalLight, Light, PointLight, SpotLight
from .occluders import Aim, Caster, March, Occluders
from .photometry import REFERENCE_CM
from .rig import Rig
from .smooth import spread
from .surroundings import AROUND, surroundings
from .targets import Target
from .values import dot, indices, tensor_of, unit

CONTRAST = 0.02
"""The contrast with the horizon that is left of a black thing at the distance called visibility (Koschmieder 1924)."""

_ORDER = 3
"""Of the harmonics in which surroundings light the air."""

_ROWS = 64
"""Of the lat-long picture that these are taken from."""

_LEAST = 0.5
"""Centimetres: nothing sees a lamp from nearer than this, or from within its radius."""


@dataclass(frozen=True)
class Air:
    """What the air is made of where it is as dense as it says.

    visibility : centimetres at which contrast falls to `CONTRAST`. color : share `[3]` of what the air takes that it
    scatters. forward : where to, -1 to 1: above 0 it glows before lights, below 0 around what is lit from the camera
    (the g of Henyey and Greenstein 1941).
    """

    visibility: float
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    forward: float = 0.0

    @property
    def extinction(self) -> float:
        """What a centimetre takes, in nepers."""
        return -math.log(CONTRAST) / self.visibility

    def phase(self, cosine: Tensor) -> Tensor:
        """What is scattered by an angle, relative to all sides alike; its mean over the sphere is 1.

        cosine : of any shape, -1 to 1, between the way from the camera and the direction to the light.
        """
        g = self.forward
        return (1 - g * g) / (1 + g * g - 2 * g * cosine) ** 1.5


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a view: `rows` times `columns` over a region of a camera's frame, counted from its top left corner.

    edges : `[n + 1]`, ascending, where slices begin and end along the camera's axis.
    """

    camera: Camera
    region: Region
    rows: int
    columns: int
    edges: Tensor

    @property
    def slices(self) -> int:
        """How many there are."""
        return len(self.edges) - 1

    def rays(self, rows: int, columns: int) -> Tensor:
        """Points at z = -1 in the middle of each cell, `[3, rows, columns]`."""
        c, r, like = self.camera, self.region, self.edges
        across, down = (
            (torch.arange(n, dtype=like.dtype, device=like.device) + 0.5) * (size / n) + start
            for n, size, start in ((columns, r.width, r.x0), (rows, r.height, r.y0))
        )
        x = (2 / c.width * across - 1 - c.center_x) * c.tan_x
        y = (1 - 2 / c.height * down - c.center_y) * c.tan_y
        return torch.stack(
            (x.expand(rows, columns), y[:, None].expand(rows, columns), -torch.ones_like(y[:, None] * x))
        )

    def middles(self) -> Tensor:
        """Depths `[n]` of the middles of slices."""
        return (self.edges[1:] + self.edges[:-1]) / 2


class Walk(NamedTuple):
    """What a ray loses on its way through cells, `[n, rows, columns]`: how far it goes in each, what each scatters of
    light of 1 and how much of that the camera sees, and `[n + 1, rows, columns]` what is left at their edges.
    """

    lengths: Tensor
    seen: Tensor
    left: Tensor


def walked(air: Air, cells: Cells, density: Tensor) -> Walk:
    """The way from the camera through cells of relative densities `[n, rows, columns]`."""
    long = cells.rays(cells.rows, cells.columns).square().sum(0).sqrt()
    lengths = (cells.edges.diff())[:, None, None] * long
    lost = air.extinction * density * lengths
    gone = F.pad(lost.cumsum(0), (0, 0, 0, 0, 1, 0))
    left = torch.exp(-gone)
    # The mean over a cell of what is left at each place in it.
    mean = left[:-1] * torch.where(lost > 1e-4, -torch.expm1(-lost) / lost.clamp_min(1e-4), 1 - lost / 2)
    return Walk(lengths, air.extinction * density * mean, left)


def scattered(
    air: Air,
    cells: Cells,
    between: Tensor,
    walk: Walk,
    light: Light,
    arrives: Tensor | None = None,
    check: Check = unchecked,
    past: Tensor | None = None,
) -> Tensor:
    """Light of level 1 that comes to the camera from the air before each edge, `[1 or 3, n + 1, rows, columns]`.

    light : its position is in centimetres. between : `[n, rows, columns]`, the mean relative density of the air from
    the light to each cell, where it stands somewhere. arrives : `[n, r, c]`, the share of the light that comes to the
    cells, in any number of rows and columns. past : `[3, n, rows, columns]`, that which flags let through.
    """
    if isinstance(light, AROUND):
        glow = _around(air, cells, light)
        return F.pad(glow[:, None] * (walk.seen * walk.lengths).cumsum(0), (0, 0, 0, 0, 1, 0))
    found = []
    for number, glow in enumerate(_lamp(air, cells, between, light)):
        check()
        part = glow * walk.seen[number]
        if arrives is not None:
            size = (cells.rows, cells.columns)
            part = part * F.interpolate(arrives[None, number : number + 1], size, mode="bilinear")[0]
        if past is not None:
            part = part * past[:, number]
        found.append(part)
    total = torch.stack(found, 1).cumsum(1)
    return F.pad(total, (0, 0, 0, 0, 1, 0)) * tensor_of(air.color, total).reshape(3, 1, 1, 1)


def _lamp(air: Air, cells: Cells, between: Tensor, light: Light) -> Iterator[Tensor]:
    """What comes from each slice of light that arrives at it unshadowed, `[1 or 3, rows, columns]`, per share that the
    air scatters and the camera sees.
    """
    way = cells.rays(cells.rows, cells.columns)
    long = way.square().sum(0, keepdim=True).sqrt()
    way = way / long
    if isinstance(light, DirectionalLight):
        towards = unit(tensor_of(light.direction, way)).reshape(3, 1, 1)
        glow = air.phase(dot(towards, way)) / 4  # the phase is over 4 pi, the irradiance is pi times the level
        for first, last in zip(cells.edges[:-1], cells.edges[1:], strict=True):
            yield glow * ((last - first) * long)
        return
    assert isinstance(light, (PointLight, AreaLight))
    place = tensor_of(light.position, way).reshape(3, 1, 1)
    radius = float(light.width if isinstance(light, AreaLight) else light.size) / 2
    shares = _shares(light, way)
    along = dot(place, way)
    off = (dot(place, place) - along.square()).clamp_min(0) + max(_LEAST, radius) ** 2
    off = off.sqrt()
    for number, (first, last) in enumerate(zip(cells.edges[:-1], cells.edges[1:], strict=True)):
        start, stop = (torch.atan((edge * long - along) / off) for edge in (first, last))
        at = along + off * torch.tan((start + stop) / 2)
        gap = place - at * way
        far = dot(gap, gap).clamp_min(1e-8).sqrt()
        towards = gap / far
        share = air.phase(dot(towards, way)) / 4 * torch.exp(-air.extinction * between[number] * far)
        for part in shares:
            share = share * part(-towards)
        yield share * (REFERENCE_CM**2 * (stop - start) / off)


def _shares(light: PointLight | AreaLight, like: Tensor) -> list[Callable[[Tensor], Tensor]]:
    """What goes into unit vectors `[3, h, w]` from a light, relative to what it is said to be: factors of it."""
    found: list[Callable[[Tensor], Tensor]] = []
    if isinstance(light, SpotLight):
        found.append(Beam(light, like).share)
    distribution = distribution_of(light, like)
    if distribution is not None:
        found.append(Pattern(light, distribution, like).share)
    elif isinstance(light, AreaLight) and light.shape != "sphere":
        aim = frame(light.aim, light.roll, like)[0]
        found.append(lambda direction: dot(direction, aim).clamp_min(0))
    return found


def _around(air: Air, cells: Cells, light: Light) -> Tensor:
    """Light of surroundings that the air sends to the camera, `[3, rows, columns]`, where it scatters all."""
    like = cells.edges
    picture = surroundings(Rig((light,), 1.0), latlong_directions(_ROWS, 2 * _ROWS, like), _ROWS)
    shares = [air.forward**order for order in range(_ORDER + 1) for _ in range(2 * order + 1)]
    glow = sh.project_harmonics(picture, _ORDER) * like.new_tensor(shares)[:, None]
    found = sh.radiance(glow, unit(cells.rays(cells.rows, cells.columns))).clamp_min(0)
    return found * tensor_of(air.color, like).reshape(3, 1, 1)


def past_flags_in_air(rig: Rig, cells: Cells, light: Light, rays: int = 4, check: Check = unchecked) -> Tensor:
    """The share `[3, n, rows, columns]` of a light with a direction or a place that the flags of its rig, which is in
    centimetres, let come to cells: on average over a cell, so that edges are as soft as cells are large.
    """
    ways, middles = cells.rays(cells.rows, cells.columns)[:, None], cells.middles()[:, None, None]
    size = middles * (2 * cells.camera.tan_y / cells.camera.height * cells.region.height / cells.rows)
    spread = Spread(size.expand_as(ways[0] * middles).flatten(), (ways * cells.edges.diff()[:, None, None]).flatten(1))
    return past_flags(rig.flags_of(light), light, ways * middles, rig.cm_per_unit, rays, spread, check)


def arrives_in_air(
    scene: Occluders, cells: Cells, light: Light, seen: Tensor, march: March | None = None, check: Check = unchecked
) -> Tensor:
    """The share of a light with a direction or a place that comes to cells `[n, rows, columns]`, past the surfaces of a
    frame.

    light : its position is in units of the scene. seen : `[rows, columns]`, centimetres up to which cells are seen: no
    ray goes to what lies wholly behind, it counts as lit. A ray a cell; those of lights with size go to other points
    of it each, and are averaged over cells around.
    """
    march = march or March()
    caster = Caster(scene, march, check)
    ways, middles = cells.rays(cells.rows, cells.columns) / scene.unit, cells.middles()
    wanted = (cells.edges[:-1, None, None] < seen).flatten()
    which = indices(wanted)
    place = (ways[:, None] * middles[:, None, None]).flatten(1).index_select(1, which)
    target = Target(light, place, scene.unit)
    u = None
    if not target.small:
        region = Region(0, 0, cells.columns, cells.rows)
        points = [spread(region, cells.slices, number, place) for number in range(cells.slices)]
        u = torch.stack(points, 1).flatten(1).index_select(1, which)
    free = caster.free(place, Aim(*target.ray(place, u)))
    shape = (cells.slices, cells.rows, cells.columns)
    found = torch.ones_like(wanted, dtype=place.dtype).index_copy(0, which, free).reshape(shape)
    if target.small:
        return found
    there = wanted.to(place.dtype).reshape(shape)
    total, count = (F.avg_pool3d(x[None], 3, 1, 1)[0] for x in (found * there, there))
    return torch.where(count > 0, total / count.clamp_min(1e-6), 1.0)
