import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    RGB,
    AreaLight,
    ComputeContext,
    Context,
    EnvironmentLight,
    Image,
    ImageInfo,
    Need,
    PointLight,
    Reflectance,
    Region,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    Surface,
    Tier,
    Vec2,
    beauty,
    depth_of,
    flag_shares,
    node,
    param,
    port,
    shade,
    surroundings,
)  # fmt: skip

from .base import described, given
from .geometry import Seen, from_corner
from .working import working_space

_AROUND = (EnvironmentLight, SphericalGaussians, SphericalHarmonics)
_POLISH = 0.15
"""How rough chrome is to lights that are not surroundings."""


@dataclass(frozen=True)
class _Ball:
    """A ball on the picture: its centre in pixels, y down, and its material."""

    x: float
    y: float
    albedo: float
    f0: float
    roughness: float


@node(
    "light.probe",
    see="light.relight learned.light_estimate light.view_rig light#finding-it",
    label="LightProbe",
    reads=("tier",),
)
class LightProbe(Seen):
    """Puts a chrome, a grey and a glossy ball, lit by the rig, over the picture, side by side, to see the light by.

    The balls are seen as through a long lens, straight from the front: in the middle of the chrome ball is what is
    behind the camera. They stand at a distance from the camera, or on the surface that the picture's layers say is at
    the pixel. They cast no shadows and get none. The chrome ball is a perfect mirror to surroundings and a little
    rough to other lights, so that those without size are seen as spots.
    """

    image: Image = port("the picture")
    rig: Rig = port("the lights")
    pixel: Vec2 = param(
        default=(960.0, 540.0), soft=(0, 1920), role="point", unit="px", doc="where the middle of the balls is",
        place="top",
    )  # fmt: skip
    size: float = param(
        default=200.0, hard=(1, None), soft=(20, 500), unit="px", doc="diameter of a ball in rows", place="top"
    )
    chrome: bool = param(default=True, doc="show the chrome ball", place="top")
    grey: bool = param(default=True, doc="show the grey ball", place="top")
    glossy: bool = param(default=True, doc="show the glossy ball", place="top")
    albedo: float = param(
        default=0.18, hard=(0, 1), soft=(0, 1), doc="albedo of the grey and the glossy ball: 0.18 is middle grey"
    )
    roughness: float = param(
        default=0.2, hard=(0, 1), soft=(0, 1), doc="roughness of the glossy ball: 0 is a mirror, 1 is matt"
    )
    distance: float = param(
        default=0.0, hard=(0, None), soft=(0, 1000), unit="cm",
        doc="from the camera, along its axis; 0: that of the surface at the pixel",
    )  # fmt: skip
    samples: int = param(
        default=32,
        hard=(0, 4096),
        soft=(0, 256),
        doc="directions per pixel and light at the final tier: more are smoother; 0: approximate, as drafts do",
    )

    def info(self, ctx: Context) -> ImageInfo:
        info, rig = ctx.info("image"), described(ctx)
        stands = [f"light '{light.name}'" for light in rig.active() if isinstance(light, (PointLight, AreaLight))]
        stands += [f"flag '{flag.name}'" for light in rig.active() for flag in rig.flags_of(light)]
        self.require(
            not stands or self.distance > 0 or self.place_layer(info) != "",
            f"{stands[0] if stands else ''} needs to know where the balls are: give a distance, or an image with"
            " position or depth",
        )
        if not info.has(MAIN):
            info = info.with_(layers=(RGB, *info.layers))
        box = self._box(info).intersect(info.display)
        return info.with_(data=info.data.union(box))

    def warnings(self, ctx: Context) -> Sequence[str]:
        info = ctx.info("image")
        unseen = not self._box(info).is_empty and self._box(info).intersect(info.display).is_empty
        return (f"no ball is seen: {self._outside(info)}",) if unseen else ()

    def identity(self, ctx: Context) -> str | None:
        return None if self.chrome or self.grey or self.glossy else "image"

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        plate = (Need("image", region, (MAIN,)),) if info.has(MAIN) else ()
        layer = self._depth_layer(info)
        return (*plate, Need("image", self._spot(info), (layer,))) if layer else plate

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        layer, info = ctx.output.layer(MAIN), ctx.info("image")
        plate = ctx.image("image").tensor(MAIN, ctx.region) if info.has(MAIN) else ctx.zeros(3)
        rig = given(ctx).in_unit(self.cm_per_unit)
        depth = self._depth(ctx)
        out = plate.clone()
        for ball in self._balls(info):
            ctx.check()
            box = self._around(ball, info).intersect(ctx.region)
            if box.is_empty or layer.rgb is None:
                continue
            light, coverage = self._lit(ctx, ball, box, rig, depth)
            rows, columns = ctx.region.slices_of(box)
            over = torch.zeros_like(out[:, rows, columns])
            over[list(layer.rgb)] = light
            if layer.alpha is not None:
                over[layer.alpha] = 1.0
            # Light that is not there cannot be covered: NaN and infinity under a ball are gone.
            under = torch.where(coverage < 1, out[:, rows, columns] * (1 - coverage), 0.0)
            out[:, rows, columns] = under + over * coverage
        return {MAIN: out}

    def _lit(
        self, ctx: ComputeContext, ball: _Ball, box: Region, rig: Rig, depth: float | None
    ) -> tuple[Tensor, Tensor]:
        """Light `[3, h, w]` and coverage `[1, h, w]` of a ball over a region."""
        info, radius = ctx.info("image"), self.size / 2
        x = torch.arange(box.x0, box.x1, dtype=torch.float64, device=ctx.device) + 0.5
        y = torch.arange(box.y0, box.y1, dtype=torch.float64, device=ctx.device) + 0.5
        across = ((x - ball.x) * info.pixel_aspect / radius).expand(box.height, box.width)
        up = ((ball.y - y) / radius)[:, None].expand(box.height, box.width)
        off = torch.hypot(across, up)
        coverage = ((1 - off) * radius + 0.5).clamp(0, 1)[None].float()
        inwards = (0.999 / off.clamp_min(1e-9)).clamp_max(1)
        flat = torch.stack((across, up)) * inwards
        normal = torch.cat((flat, (1 - (flat * flat).sum(0, keepdim=True)).clamp_min(0).sqrt())).float()
        position, unit = None, 0.0
        if depth is not None:
            camera = self.pinhole(info)
            unit = 2 * camera.tan_y / camera.height * depth
            corner = from_corner(info, Region(0, 0, 1, 1))
            place = ((ball.x + corner.x0) * 2 / camera.width - 1) * camera.tan_x * depth
            height = (1 - (ball.y + corner.y0) * 2 / camera.height) * camera.tan_y * depth
            middle = normal.new_tensor([place, height, -depth]).reshape(3, 1, 1)
            position = middle + normal * (radius * unit)
        front = normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)
        mirrors = ball.f0 == 1
        surface = Surface.of(normal, view=front, position=position, roughness=ball.roughness, f0=ball.f0)
        shaded = rig.with_lights(x for x in rig.active() if not (mirrors and isinstance(x, _AROUND)))
        samples = self.samples if ctx.tier is Tier.FINAL and not mirrors else 0
        groups = shade(
            surface, shaded, samples=samples, space=working_space(ctx), environments=ctx.service("environments"),
            grain=unit,
        )  # fmt: skip
        light = beauty(torch.full_like(normal, ball.albedo), groups)
        return (light + self._mirrored(ctx, surface, rig, unit) if mirrors else light), coverage

    def _mirrored(self, ctx: ComputeContext, surface: Surface, rig: Rig, grain: float) -> Tensor:
        """The surroundings `[3, h, w]` in a mirror ball, as fine as its pixels show them, and the flags before them."""
        normal = surface.normal
        towards = 2 * normal[2:] * normal
        towards = torch.cat((towards[:2], towards[2:] - 1))
        rows, space = math.ceil(2 * self.size), working_space(ctx)
        around = [light for light in rig.active() if isinstance(light, _AROUND)]
        flagged = [light for light in around if rig.flags_of(light)]
        found = surroundings(rig.with_lights(x for x in around if x not in flagged), towards, rows, space)
        smooth = Reflectance(surface.with_(roughness=torch.zeros_like(surface.roughness)))
        for light in flagged:
            _, share = flag_shares(smooth, rig, light, grain=grain, environments=ctx.service("environments"))
            found = found + surroundings(rig.with_lights((light,)), towards, rows, space) * share
        return found

    def _balls(self, info: ImageInfo) -> list[_Ball]:
        materials = [
            material
            for shown, material in (
                (self.chrome, (0.0, 1.0, _POLISH)),
                (self.grey, (self.albedo, 0.0, 1.0)),
                (self.glossy, (self.albedo, 0.04, self.roughness)),
            )
            if shown
        ]
        x, y = info.display.from_artist(*self.pixel)
        step = self.size / info.pixel_aspect
        first = x - step * (len(materials) - 1) / 2
        return [_Ball(first + step * i, y, *material) for i, material in enumerate(materials)]

    def _around(self, ball: _Ball, info: ImageInfo) -> Region:
        across, up = self.size / 2 / info.pixel_aspect + 1, self.size / 2 + 1
        return Region(
            math.floor(ball.x - across), math.floor(ball.y - up), math.ceil(ball.x + across), math.ceil(ball.y + up)
        )

    def _box(self, info: ImageInfo) -> Region:
        """The pixels of all balls."""
        box = Region(0, 0, 0, 0)
        for ball in self._balls(info):
            box = box.union(self._around(ball, info))
        return box

    def _depth_layer(self, info: ImageInfo) -> str:
        """The layer that says how far away the balls are; empty where the parameter does or nothing."""
        return "" if self.distance else self.place_layer(info)

    def _spot(self, info: ImageInfo) -> Region:
        """The pixel whose surface the balls stand on."""
        return info.display.pixel(*self.pixel)

    def _depth(self, ctx: ComputeContext) -> float | None:
        """How far away the balls are, in units of the picture; None where nothing says."""
        if self.distance:
            return self.distance / self.cm_per_unit
        image = ctx.image("image") if self._depth_layer(ctx.info("image")) else None
        points = None if image is None else self.position(image, self._spot(image.info))
        if image is None or points is None:
            return None
        depth = float(depth_of(points))
        found = math.isfinite(depth) and depth > 0
        if not found and self._spot(image.info).intersect(image.info.display).is_empty:
            self.require(False, f"there is no surface to stand on: {self._outside(image.info)}, or give a distance")
        self.require(found, f"there is no surface at pixel {self.pixel[0]:g}, {self.pixel[1]:g}: give a distance")
        return depth

    def _outside(self, info: ImageInfo) -> str:
        """What is wrong with a place outside the picture, and what to do."""
        (x, y), size = self.pixel, info.display
        return (
            f"pixel {x:g}, {y:g} lies outside the picture, which is {size.width} x {size.height}: move it to"
            f" {size.width / 2:g}, {size.height / 2:g}"
        )
