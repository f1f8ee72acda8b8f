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
    Light,
    March,
    Occluders,
    PointLight,
    Region,
    Rig,
    Tier,
    Walk,
    arrives_in_air,
    depth_of,
    light_weight,
    scattered,
    unit,
    walked,
)  # fmt: skip

from ..ops.noise import fractal_noise_at
from ..ops.progress import shared, silent
from .base import given
from .estimates import plate_light, sized_depth
from .geometry import from_corner
from .scene import at_level_one
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
_OCTAVES = 3
_CONTRAST = 5.0
"""Nepers of density over the noise, where smoke is as uneven as it may be."""
_SPREAD = 0.176
"""Standard deviation of the noise."""
_LESS = {Tier.DRAFT: (0.4, 0.5, 128), Tier.STUDENT: (0.6, 0.75, 256), Tier.FINAL: (1.0, 1.0, 512)}
"""Of rows and of slices at each tier, and the steps of a shadow's ray."""
_CASTS = (DirectionalLight, PointLight, AreaLight)
_BAND = 1 << 16
"""Pixels that a thread looks up at a time."""


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
        gain = self._own_light() * 2**self.node.light_exposure
        walk = self.walk
        total = torch.zeros(3, *walk.left.shape, device=walk.left.device)
        active = set(own.active().lights)
        for light, shadowing in zip(own.lights, near.lights, strict=True):
            if light in active:
                level = (light_weight(light, working_space(self.ctx)) * gain).to(total)
                total += level.reshape(3, 1, 1, 1) * self._glow(light, shadowing)
        return self._looked_up(torch.cat((total, walk.left[None])))

    @cached_property
    def depth(self) -> Tensor:
        """How far away surfaces are along the camera's axis `[1, H, W]`, over the data window of what tells of them;
        where there is none, as far as `backdrop` says.
        """
        n, info = self.node, self.info
        if "depth" in self.layers:
            size = n.distance
            found = sized_depth(self.layers["depth"][:1], n.subject(self.ctx), n.relief, size, silent)
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
        return Cells(self._camera(), region, rows, columns, far * steps**_NEARER)

    @cached_property
    def density(self) -> Tensor:
        """Relative densities of the air, `[slices, rows, columns]`."""
        n, cells = self.node, self.cells
        ways, middles = cells.rays(cells.rows, cells.columns), cells.middles()
        found = torch.ones(cells.slices, cells.rows, cells.columns, device=middles.device)
        if n.height > 0:
            up = ways[1] * middles[:, None, None] - n.ground
            found = found * torch.exp(-up.clamp_min(0) / n.height)
        if n.uneven > 0:
            columns, rows = ways[0, 0].double(), ways[1, :, 0].double()
            drift = [x * self.ctx.frame for x in n.drift]
            contrast = _CONTRAST * n.uneven
            for number, depth in enumerate(middles.tolist()):
                self.ctx.check()
                x, y = (columns * depth - drift[0]) / n.grain, (rows * depth - drift[1]) / n.grain
                noise = fractal_noise_at(x, y, (-depth - drift[2]) / n.grain, n.seed, _OCTAVES)
                found[number] *= torch.exp(contrast * noise - (contrast * _SPREAD) ** 2 / 2)  # of mean 1
        return found

    @cached_property
    def walk(self) -> Walk:
        return walked(self.air, self.cells, self.density)

    def _glow(self, light: Light, shadowing: Light) -> Tensor:
        """What a light shows in the air, at level 1. shadowing : the same with its position in units of the picture."""
        n, ctx = self.node, self.ctx
        plain = at_level_one(light)
        shadows = n.shadows and float(light.shadow) != 0 and isinstance(light, _CASTS)
        key = ("air", Rig((plain,), 1.0).key(), float(light.shadow) if shadows else None, self._key())

        def make() -> _Glow:
            ctx.check()
            arrives = None
            if shadows:
                arrives = 1 - float(light.shadow) * (1 - self._arrives(shadowing))
            return _Glow(scattered(self.air, self.cells, self.density, self.walk, plain, arrives, ctx.check))

        return cast(_Glow, ctx.shared(n.looked_at(ctx), key, make)).volume

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

    def _looked_up(self, volume: Tensor) -> tuple[Tensor, Tensor]:
        """What a volume `[4, slices + 1, rows, columns]` holds before the surfaces, `[3, h, w]` and `[1, h, w]`."""
        ctx, cells, data = self.ctx, self.cells, self.info.data
        out = ctx.zeros(4)
        far = float(cells.edges[-1])

        def work(band: Region) -> None:
            ctx.check()
            rows, columns = (
                torch.arange(first, last, device=volume.device).clamp(low, high - 1) - low
                for first, last, low, high in (
                    (band.y0, band.y1, data.y0, data.y1), (band.x0, band.x1, data.x0, data.x1)
                )
            )  # fmt: skip
            depth = self.depth[0].index_select(0, rows).index_select(1, columns)
            across, down = (
                ((x + 0.5) * (count / size) - 0.5) * (2 / (count - 1)) - 1
                for x, count, size in ((columns, cells.columns, data.width), (rows, cells.rows, data.height))
            )
            deep = 2 * (depth / far).clamp_max(1) ** (1 / _NEARER) - 1
            where = torch.stack((across.expand_as(deep), down[:, None].expand_as(deep), deep), -1)
            found = F.grid_sample(volume[None], where[None, None], padding_mode="border", align_corners=True)
            top, left = ctx.region.slices_of(band)
            out[:, top, left] = found[0, :, 0]

        height = max(1, _BAND // max(1, ctx.region.width)) if ctx.device.type == "cpu" else ctx.region.height
        shared(work, list(ctx.region.bands(height)))
        return out[:3], out[3:]

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

    def _camera(self) -> Camera:
        return self.node.pinhole(self.info)

    def _surface_key(self) -> tuple[object, ...]:
        n = self.node
        student = n.extra_key(self.ctx)
        sized = (n.distance, n.relief, student, n.working_size, n.precision, n.layers) if "depth" in self.layers else ()
        return n.field_of_view, n.depth_is, n.cm_per_unit, n.backdrop, *sized

    def _key(self) -> tuple[object, ...]:
        n = self.node
        uneven = (n.uneven, n.grain, n.seed, n.drift, self.ctx.frame) if n.uneven > 0 else ()
        high = (n.ground, n.height) if n.height > 0 else ()
        grid = (n.rows, n.slices, self.ctx.tier)
        return self.air, uneven, high, grid, n.thickness, self._surface_key()
