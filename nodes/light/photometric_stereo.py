from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    Rig,
    Surface,
    cover_of,
    listing,
    node,
    param,
    port,
    sum_of_all,
    unit,
)  # fmt: skip

from ..merge.series import FRAMES, INPUTS, Series, Shot
from ..ops.fir import finite
from ..ops.gaussian import blurred
from ..ops.photometric_stereo import albedo, balance, fit_surfaces
from ..ops.progress import bands_of, part, shared
from .base import described, given
from .geometry import Seen, from_corner, whole_normals
from .lit_pictures import Lit, LitPicture, highlights, lit_by_each, with_lights
from .one_light import towards_camera
from .working import working_space

FIT_ERROR = "rimlight:light_fit_error"
_LAYERS = ("albedo", "normal", "confidence")
_MADE = {"albedo": 3, "normal": 3, "confidence": 1, "unexplained": 1, "light": 1}
"""What a band is fitted for, and in how many channels: layers, the light of the pictures, and what of it is left."""
_BAND = 1 << 14
"""Pixels that a thread fits at a time."""
_PICKED = 2000
"""Surfaces, about, that tell how bright the lights are."""
_WIRED = 0.1
"""What normals that are wired weigh beside neighbours that are known for sure."""


@node(
    "light.photometric_stereo", label="PhotometricStereo",
    see="light.relight light.depth_from_normals learned.intrinsics light.environment_extract_key "
    "layers#layers-of-several-pictures",
)  # fmt: skip
class PhotometricStereo(Series, Seen):
    """Makes `normal` and `albedo` of several pictures of one still thing, each under one light from a known direction.

    Hold the camera still, move the light, and wire the pictures in the order of the lights of the rig, or read them as
    frames of a sequence. Eight lights, well spread, leave nearly every surface three that reach it. Light that was
    there anyway has to go first: wire a picture of it alone to `ambient`. Relight takes what comes out as layers of a
    render; DepthFromNormals adds the depth that its shadows need.

    How bright a surface is in each picture says how far it is turned from that light. So normals and albedo are
    measured, not guessed, pores and grain included. Shadows and highlights contradict the other pictures and count
    little. Where fewer than three lights reach, surfaces beside it help, within `reach`, and `normals` of Intrinsics,
    of any of the pictures; `trust` says how much.

    `confidence` is e to the minus of the angle, in radians, by which a normal is expected to err. What is darker in all
    pictures than a surface of the albedo `darkest` counts as no surface. Metals, glass and hair hardly obey Lambert's
    law and come out wrong. After Woodham (1980), with robust weights.
    """

    roi: ClassVar[bool] = False  # neighbours help, and all surfaces tell how bright the lights are
    measures: ClassVar[tuple[str, ...]] = (FIT_ERROR,)
    sections: ClassVar[Mapping[str, str]] = {
        "Highlights": "roughness f0",
        "Camera": "distance field_of_view depth_is cm_per_unit",
    }

    image: Image = port("the pictures, in the order of the lights; or one sequence whose frames they are", many=True)
    rig: Rig = port("the lights, one for each picture")
    normals: Image = port("a picture with normals to begin with", optional=True)
    ambient: Image = port("a picture with none of the lights on", optional=True)
    matte: Image = port("where the thing is; nothing else is looked at", optional=True)
    pictures: str = param(
        default=INPUTS, choices=(INPUTS, FRAMES), doc="whether each input is a picture or each frame of the first",
        place="top",
    )  # fmt: skip
    first: int = param(default=1, soft=(1, 100), unit="frame", doc="the first of the frames", place="top")
    last: int = param(default=8, soft=(1, 100), unit="frame", doc="the last of the frames", place="top")
    trust: float = param(
        default=0.3, hard=(0, 100), soft=(0, 2), place="top",
        doc="how many pictures what is known otherwise weighs as much as: the normals that are wired, and neighbours",
    )  # fmt: skip
    reach: float = param(
        default=4.0, hard=(0, 100), soft=(0, 20), unit="px", place="top",
        doc="how far away surfaces help each other where pictures tell little; 0: each stands for itself",
    )  # fmt: skip
    balance: bool = param(
        default=False, place="top",
        doc="find from the pictures how bright the lights are and what colour they have; their directions stay. It "
        "takes six lights or more, or normals",
    )  # fmt: skip
    roughness: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1),
        doc="roughness where no layer of the first picture says, for the highlights that the albedo is rid of",
    )  # fmt: skip
    f0: float = param(
        default=0.04, hard=(0, 1), soft=(0, 1),
        doc="reflectance from the front where no layer says; 0 leaves highlights in the albedo",
    )  # fmt: skip
    darkest: float = param(
        default=0.003, hard=(0, 1), soft=(0, 0.05), doc="albedo from which on a pixel counts as a surface"
    )
    matte_channel: str = param(default="alpha", role="channel", doc="channel of the matte input")
    distance: float = param(
        default=100.0, hard=(0.01, None), soft=(20, 1000), unit="cm",
        doc="how far away things are for lights that stand somewhere, where neither position nor depth says",
    )  # fmt: skip

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        shots = self.shots(ctx)
        with_lights(shots, described(ctx))
        for shot in shots:
            found = ctx.info(shot.socket, shot.frame)
            self.require(
                found.display == info.display,
                f"{shot} is {found.display.width} x {found.display.height} pixels large, the first picture"
                f" {info.display.width} x {info.display.height}: the camera has to stand still",
            )
            ctx.rgb(shot.socket, shot.frame)
        if ctx.connected("ambient"):
            ctx.rgb("ambient")
        if ctx.connected("normals"):
            known = ctx.info("normals")
            self.require(known.has("normal"), f"input 'normals' has no layer 'normal', it has {listing(known.names)}")
        if ctx.connected("matte"):
            ctx.channel("matte", self.matte_channel)
        for name in _LAYERS:
            info = info.with_layer(LIGHT_LAYERS[name])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & set(_LAYERS)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        around = info.data
        place = self.place_layer(info)
        names = (*(name for name in ("roughness", "f0") if info.has(name)), *((place,) if place else ()))
        found = [
            Need(shot.socket, around, (MAIN, *(names if i == 0 else ())), shot.frame)
            for i, shot in enumerate(self.shots(ctx))
        ]
        if ctx.connected("normals"):
            found.append(Need("normals", around, ("normal",)))
        if ctx.connected("ambient"):
            found.append(Need("ambient", around, (MAIN,)))
        if ctx.connected("matte"):
            found.append(Need("matte", around, (ctx.channel("matte", self.matte_channel)[0],)))
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        pictures = with_lights(self.shots(ctx), given(ctx).in_unit(self.cm_per_unit))
        gains = self._balanced(ctx, pictures) if self.balance else None
        passes = 2 if self.reach > 0 and self.trust > 0 else 1
        made, before = dict[str, Tensor](), self._wired(ctx, ctx.region)
        for i in range(passes):
            made, last = {name: ctx.zeros(count) for name, count in _MADE.items()}, i + 1 == passes

            def work(
                band: Region,
                before: Tensor | None = before,
                made: Mapping[str, Tensor] = made,
                last: bool = last,
            ) -> None:
                ctx.check()
                rows = ctx.region.slices_of(band)[0]
                known = None if before is None else before[:, rows]
                for name, x in self._fitted(ctx, pictures, band, known, gains, last).items():
                    made[name][:, rows] = x

            shared(work, bands_of(ctx.region, _BAND, ctx.device), part(ctx.progress, i, passes))
            if not last:
                before = self._beside(made, before)
        light = sum_of_all(made["light"]).clamp_min(1e-30)
        ctx.measured(FIT_ERROR, float(sum_of_all(made["unexplained"]) / light))
        return {name: made[name] for name in ctx.layers}

    # -- what comes in --------------------------------------------------------------------------------------------

    def _light(self, ctx: ComputeContext, shot: Shot, region: Region) -> Tensor:
        """Red, green and blue `[3, h, w]` of a picture."""
        light = ctx.image(shot.socket, shot.frame).tensor(MAIN, region)
        return finite(light[list(ctx.rgb(shot.socket, shot.frame))])

    def _placed(self, ctx: ComputeContext, region: Region) -> Tensor:
        """Where surfaces are `[3, h, w]`, on a plane before the camera where nothing says."""
        image = ctx.image("image")
        found = self.position(image, region)
        if found is not None:
            return found
        far = torch.full((1, region.height, region.width), self.distance / self.cm_per_unit, device=ctx.device)
        return self.pinhole(image.info).position(far, from_corner(image.info, region))

    def _surfaces(
        self, ctx: ComputeContext, pictures: Sequence[LitPicture], region: Region, gains: Tensor | None, step: int = 1
    ) -> Lit:
        """Every `step`-th surface of a region under each light."""
        few = (slice(None), slice(step // 2, None, step), slice(step // 2, None, step))
        ambient = self._light(ctx, Shot("ambient", None), region)[few] if ctx.has_image("ambient") else 0.0

        def read(shot: Shot) -> Tensor:
            return self._light(ctx, shot, region)[few] - ambient

        place = self._placed(ctx, region)[few]
        return lit_by_each(pictures, read, place, gains, self.cm_per_unit, working_space(ctx))

    def _wired(self, ctx: ComputeContext, region: Region) -> Tensor | None:
        """The normals that were known before `[3, h, w]`."""
        if not ctx.has_image("normals"):
            return None
        known = finite(ctx.image("normals").tensor("normal", region)[:3])
        return whole_normals(known, (known != 0).any(0, keepdim=True))

    def _there(self, ctx: ComputeContext, region: Region) -> Tensor:
        """The matte `[1, h, w]`; 1 where none is wired."""
        if not ctx.has_image("matte"):
            return torch.ones(1, region.height, region.width, device=ctx.device)
        return cover_of(ctx.plane("matte", self.matte_channel, region))

    # -- what is found --------------------------------------------------------------------------------------------

    def _balanced(self, ctx: ComputeContext, pictures: Sequence[LitPicture]) -> Tensor:
        """By how much each picture is brighter than its light says `[n, 3]`."""
        region = ctx.info("image").data
        inside = self._there(ctx, region)
        step = max(1, int((float(sum_of_all(inside)) / _PICKED) ** 0.5))
        lit = self._surfaces(ctx, pictures, region, None, step)
        few = inside[0, step // 2 :: step, step // 2 :: step].flatten() > 0.5
        known = self._wired(ctx, region)
        if known is not None:
            known = known[:, step // 2 :: step, step // 2 :: step].flatten(1)[:, few]
        return balance(lit.seen[:, :, few], lit.lights[:, :, few], known, self.trust)

    def _beside(self, made: Mapping[str, Tensor], wired: Tensor | None) -> Tensor:
        """Unit normals `[3, h, w]` of what is around each surface, as far as it is known there."""
        sure = made["normal"] * made["confidence"] ** 4
        around = blurred(sure, self.reach, "black")
        rest = around.new_tensor([0.0, 0.0, 1e-3]).reshape(3, 1, 1) if wired is None else _WIRED * wired
        return unit(around + rest)

    def _fitted(
        self,
        ctx: ComputeContext,
        pictures: Sequence[LitPicture],
        band: Region,
        before: Tensor | None,
        gains: Tensor | None,
        last: bool,
    ) -> Mapping[str, Tensor]:
        """What `_MADE` names, over a band; only normals and confidence if it is not the `last` pass.

        before : normals `[3, h, w]` that are known otherwise.
        """
        lit, place, there = self._surfaces(ctx, pictures, band, gains), self._placed(ctx, band), self._there(ctx, band)
        known = None if before is None else before.flatten(1)
        found = fit_surfaces(lit.seen.mean(1), lit.lights, known, self.trust)
        shape = (band.height, band.width)
        brightest = lit.seen.mean(1).amax(0) > self.darkest * lit.lights.square().sum(1).amax(0).sqrt()
        there = there * brightest.reshape(1, *shape)
        normal = towards_camera(found.normal.reshape(3, *shape), place)
        made = {
            "normal": normal * (there > 0).to(normal.dtype),
            "confidence": (-found.error).exp().reshape(1, *shape) * there,
        }
        if not last:
            return made
        facing = (lit.lights * normal.flatten(1)).sum(1)
        matt = lit.seen
        if self.f0 > 0:
            surface = self._shiny(ctx, band, place, normal)
            matt = matt - highlights(pictures, surface, self.cm_per_unit, working_space(ctx)) / lit.tint
        paint = albedo(matt, facing, found.weight)
        rest = (matt - paint * facing[:, None].clamp_min(0)).abs().mean(1)
        return made | {
            "albedo": paint.reshape(3, *shape) * there,
            "unexplained": rest.sum(0).reshape(1, *shape) * there,
            "light": lit.seen.mean(1).abs().sum(0).reshape(1, *shape) * there,
        }

    def _shiny(self, ctx: ComputeContext, band: Region, place: Tensor, normal: Tensor) -> Surface:
        """Surfaces over a band as they mirror light."""
        image = ctx.image("image")
        rough = image.tensor("roughness", band)[:1] if "roughness" in image else self.roughness
        reflectance = image.tensor("f0", band)[:3] if "f0" in image else self.f0
        return Surface.of(normal, position=place, roughness=rough, f0=reflectance)
