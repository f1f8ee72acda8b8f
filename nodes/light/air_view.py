"""The air before the surfaces of a picture, and what the lights of a rig do in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    Air,
    AreaLight,
    Camera,
    Cells,
    ComputeContext,
    DirectionalLight,
    Flag,
    Light,
    March,
    Occluders,
    PointLight,
    Region,
    Rig,
    StandingLight,
    Tier,
    Walk,
    arrives_in_air,
    depth_of,
    light_weight,
    past_flags_in_air,
    scattered,
    unit,
    walked,
)  # fmt: skip

from ..ops.color import gain_of
from ..ops.fir import finite
from .air_read import BeforeSurfaces
from .base import given, pose_of
from .estimates import everywhere, plate_light, sized_depth
from .geometry import from_corner
from .groups import shown_layers
from .links import falls_on_rest
from .scene import at_level_one, by_plate
from .smoke import Smoke
from .working import working_space

if TYPE_CHECKING:
    from .atmosphere import Atmosphere

_FARTHEST = 2.0
"""Times the visibility: what is farther away is not seen through the air, and lights in it neither."""
_NEARER = 1.5
"""Power by which slices are thinner near the camera."""
_SHADOWS = 0.5
"""Of the cells each way, those in which shadows are looked for."""
_SIDE = 480
"""Pixels of the long side at which surfaces cast shadows through the air."""
_LESS = {Tier.DRAFT: (0.4, 0.5, 128), Tier.STUDENT: (0.6, 0.75, 256), Tier.FINAL: (1.0, 1.0, 512)}
"""Of rows and of slices at each tier, and the steps of a shadow's ray."""
_FLAG_RAYS = 4
"""Points of a light from which flags are looked past: cells are coarse."""
_CASTS = (DirectionalLight, PointLight, AreaLight)


@dataclass(frozen=True, eq=False)
class _Glow:
    """What a light of level 1 shows in the air, `[1 or 3, slices + 1, rows, columns]`."""

    volume: Tensor

    @property
    def nbytes(self) -> int:
        return self.volume.numel() * self.volume.element_size()


class AirView:
    """The air before the surfaces that a node's picture shows. Lengths are in centimetres."""

    def __init__(self, node: "Atmosphere", ctx: ComputeContext) -> None:
        self.node = node
        self.ctx = ctx
        self.socket = node.looked_at_socket(ctx)
        self.info = ctx.info(self.socket)
        self.layers = self._estimates()
        self.air = Air(100 * node.visibility, node.color, node.forward)
        self.share, self.part, self.steps = _LESS[ctx.tier]

    def through(self) -> tuple[Tensor, Tensor]:
        """What the air shows of all lights `[3, h, w]` and what it lets through of surfaces `[1, h, w]`, over the
        region that is computed.
        """
        rig = given(self.ctx)
        near, own = rig.in_unit(self.node.cm_per_unit), rig.in_unit(1.0)
        own_light, gain = self._own_light(), gain_of(self.node.light_exposure)
        walk = self.walk
        total = torch.zeros(3, *walk.left.shape, device=walk.left.device)
        active = set(filter(falls_on_rest, own.active()))
        for light, shadowing in zip(own.lights, near.lights, strict=True):
            if light in active:
                share = gain * own_light if by_plate(light, self.node.level) else gain
                level = (light_weight(light, working_space(self.ctx)) * share).to(total)
                flags = own.flags_of(light) if isinstance(light, _CASTS) else ()
                total += level.reshape(3, 1, 1, 1) * self._glow(light, shadowing, flags)
        found = self._before.read(torch.cat((total, walk.left[None])), self._index)
        return found[:3], found[3:]

    def lost(self) -> Tensor:
        """Light `[3, h, w]` that lamps give to surfaces by the layers of the picture, and that the air takes on its
        way there.
        """
        rig = given(self.ctx).in_unit(1.0)
        image, total = self.ctx.image("image"), self.ctx.zeros(3)
        for light, layers in zip(rig.lights, shown_layers(rig, image.info).values(), strict=True):
            if layers and isinstance(light, StandingLight):
                arrived = sum((finite(image.tensor(name, self.ctx.region)) for name in layers), self.ctx.zeros(3))
                total += arrived * (1 - self._left(light))
        return total

    def _look(self, share: float) -> None:
        self.ctx.check()

    @cached_property
    def depth(self) -> Tensor:
        """How far away surfaces are along the camera's axis `[1, H, W]`, over the data window of what tells of them;
        where there is none, as far as `backdrop` says.
        """
        n, info = self.node, self.info
        if "depth" in self.layers:
            size = n.distance
            found = sized_depth(everywhere(self.layers["depth"][:1]), n.subject(self.ctx), n.relief, size, self._look)
        else:
            position = n.position(self.ctx.image(self.socket), info.data)
            assert position is not None
            found = depth_of(position) * n.cm_per_unit
        there = torch.isfinite(found) & (found > 0)
        farthest = torch.where(there, found, 0).amax()
        behind = found.new_full((), n.backdrop) if n.backdrop > 0 else farthest
        return torch.where(there, found, behind).clamp_min(1e-3)

    @cached_property
    def cells(self) -> Cells:
        n, region = self.node, from_corner(self.info, self.info.data)
        rows = max(4, round(n.rows * self.share))
        columns = max(4, round(rows * region.width * self.info.pixel_aspect / region.height))
        slices = max(4, round(n.slices * self.part))
        far = min(float(self.depth.amax()), _FARTHEST * self.air.visibility)
        steps = torch.arange(slices + 1, dtype=torch.float32, device=self.ctx.device) / slices
        return Cells(self.node.pinhole(self.info), region, rows, columns, far * steps**_NEARER)

    @cached_property
    def smoke(self) -> Smoke:
        pose = pose_of(self.ctx) if self.ctx.connected("camera") else None
        return Smoke(self.node, pose, self.ctx.frame, self.ctx.check)

    @cached_property
    def density(self) -> Tensor:
        """Relative densities of the air, `[slices, rows, columns]`."""
        return self.smoke.over(self.cells)

    @cached_property
    def walk(self) -> Walk:
        return walked(self.air, self.cells, self.density)

    def _glow(self, light: Light, shadowing: Light, flags: tuple[Flag, ...]) -> Tensor:
        """What a light shows in the air past flags, at level 1. shadowing : the same with its position in units of the
        picture.
        """
        n, ctx = self.node, self.ctx
        plain = at_level_one(light)
        shadows = n.shadows and float(light.shadow) != 0 and isinstance(light, _CASTS)
        rig = Rig((plain,), 1.0, tuple(flag.with_(name="", lights="") for flag in flags))
        key = ("air", rig.key(), float(light.shadow) if shadows else None, self._key())

        def make() -> _Glow:
            ctx.check()
            arrives = None
            if shadows:
                arrives = 1 - float(light.shadow) * (1 - self._arrives(shadowing))
            past = past_flags_in_air(rig, self.cells, plain, _FLAG_RAYS, ctx.check) if flags else None
            between = self._between(plain)
            return _Glow(scattered(self.air, self.cells, between, self.walk, plain, arrives, ctx.check, past))

        return cast(_Glow, ctx.shared(n.looked_at(ctx), key, make)).volume

    def _between(self, light: Light) -> Tensor:
        """The mean density of the air between a light and the cells, `[slices, rows, columns]`: what counts of lights
        that stand somewhere.
        """
        if self.smoke.even or not isinstance(light, StandingLight):
            return self.density
        cells = self.cells
        lamp, middles = _place(light, cells.edges), cells.middles()
        found = self.smoke.way(lamp, cells.rays(cells.rows, cells.columns)[:, None] * middles[:, None, None])
        if self.node.uneven > 0:
            more = self.smoke.unevenness(lamp, cells)
            # At the middles of slices: every other one of twice as many and one.
            deep = F.interpolate(more.permute(1, 2, 0), 2 * cells.slices + 1, mode="linear", align_corners=True)
            size = (cells.rows, cells.columns)
            found *= F.interpolate(deep[..., 1::2].permute(2, 0, 1)[None], size, mode="bilinear")[0]
        return found

    def _arrives(self, light: Light) -> Tensor:
        """The share of a light that comes to each cell of a coarser grid, `[slices, rows, columns]`."""
        cells = self.cells
        rows, columns = (max(2, round(size * _SHADOWS)) for size in (cells.rows, cells.columns))
        coarse = Cells(cells.camera, cells.region, rows, columns, cells.edges)
        far = F.max_pool2d(F.adaptive_max_pool2d(self.depth, (rows, columns)), 3, 1, 1)[0]
        march = March(steps=self.steps)
        return arrives_in_air(self._occluders(), coarse, light, far, march, self.ctx.check)

    def _occluders(self) -> Occluders:
        def make() -> Occluders:
            self.ctx.check()
            region, frame = from_corner(self.info, self.info.data), self.info.display
            scale = min(1.0, _SIDE / max(region.width, region.height))
            width, height = (max(3, round(side * scale)) for side in (frame.width, frame.height))
            camera = Camera.from_fov(width, height, self.node.field_of_view, self.info.pixel_aspect)
            where = region.scaled(scale)
            # Single pixels, as a mean over an edge would be a surface where there is none.
            depth = F.interpolate(self.depth[None], (where.height, where.width), mode="nearest-exact")[0]
            position = camera.position(depth / self.node.cm_per_unit, where)
            n = self.node
            return Occluders(
                position, -unit(position), camera, where, n.cm_per_unit, n.thickness, self.ctx.check
            )  # fmt: skip

        key = ("air occluders", self.node.thickness, self._surface_key())
        return cast(Occluders, self.ctx.shared(self.node.looked_at(self.ctx), key, make))

    def _left(self, light: StandingLight) -> Tensor:
        """What the air leaves of a lamp on its way to surfaces, `[1, h, w]` over the region that is computed."""
        lamp = _place(light, self.cells.edges)
        more = None
        if self.node.uneven > 0:
            more = self._before.read(self.smoke.unevenness(lamp, self.cells)[None], self._index)
        out = self.ctx.zeros(1)

        def work(band: Region) -> None:
            place = self.cells.camera.rays(from_corner(self.info, band), out) * self._before.depth(band)
            far = (place - lamp.reshape(3, 1, 1)).square().sum(0).sqrt()
            at = self.ctx.region.slices_of(band)
            dense = self.smoke.way(lamp, place) * (1 if more is None else more[0][at])
            out[0][at] = torch.exp(-self.air.extinction * dense * far)

        self._before.banded(work)
        return out

    @cached_property
    def _before(self) -> BeforeSurfaces:
        return BeforeSurfaces(self.ctx, self.info.data, self.depth)

    def _index(self, depth: Tensor) -> Tensor:
        """Depths as places among the edges of slices, 0 the first and 1 the last."""
        return (depth / float(self.cells.edges[-1])).clamp_max(1) ** (1 / _NEARER)

    def _estimates(self) -> Mapping[str, Tensor]:
        n = self.node
        asked = n.asked(self.ctx)
        if not asked:
            return {}
        found = n.light_layers(self.ctx, *asked, socket=self.socket)
        return {name: x.to(self.ctx.device) for name, x in found.items()}

    def _own_light(self) -> float:
        if not self.node.by_plate(self.ctx):
            return 1.0
        subject = self.node.subject(self.ctx)
        weight = torch.ones_like(self.layers["albedo"][:1])
        if subject is not None and bool((subject > 0).any()):
            weight = subject.clamp(0, 1)
        return plate_light(self.layers["albedo"], self.layers["shading"], weight)

    def _surface_key(self) -> tuple[object, ...]:
        n = self.node
        student = n.extra_key(self.ctx)
        sized = (n.distance, n.relief, student, n.working_size, n.precision, n.layers) if "depth" in self.layers else ()
        return n.field_of_view, n.depth_is, n.cm_per_unit, n.backdrop, *sized

    def _key(self) -> tuple[object, ...]:
        n = self.node
        pose = () if self.smoke.even else (self.smoke.pose,)
        uneven = (n.uneven, n.grain, n.seed, n.drift, self.ctx.frame) if n.uneven > 0 else ()
        high = (n.ground, n.height) if n.height > 0 else ()
        grid = (n.rows, n.slices, self.ctx.tier)
        return self.air, pose, uneven, high, grid, n.thickness, self._surface_key()


def _place(light: StandingLight, like: Tensor) -> Tensor:
    """Where a lamp stands, `[3]`."""
    return torch.as_tensor(light.position, dtype=like.dtype, device=like.device)
