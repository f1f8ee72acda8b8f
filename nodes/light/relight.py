import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    RGB,
    AreaLight,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    PointLight,
    Region,
    Rig,
    RimlightError,
    defaulted,
    estimated_in,
    listing,
    node,
    student_key,
)  # fmt: skip

from ..ops.color import gain_of
from ..ops.fir import finite
from .base import described, given
from .groups import group_layers
from .links import link_layers
from .relight_parameters import RelightParameters
from .scene import Scene, by_plate

PLATE_LIGHT = "rimlight:plate_light"
"""How bright a plate's own light is, what a white surface in it reads, where lights are measured by it."""
_DIMMEST = 30
"""Stops below 1 at which a plate counts as without light."""
_MATERIALS = ("normal", "albedo", "roughness", "f0", "metallic", "shading")


@node(
    "light.relight", label="Relight", version=3, reads=("tier",),
    see="learned.intrinsics light.rig light.place light.mixer time.stabilize light#lighting-a-picture "
    "light#light-linking light#plates",
    upgrades={1: defaulted(bias=1.5), 2: defaulted(layers="input")},
)  # fmt: skip
class Relight(RelightParameters):
    """Lights the surfaces of a picture anew: those that its layers describe, or those that the student sees in it.

    A render needs `normal` and `albedo`; `position` or `depth`, `roughness` and `f0` or `metallic` are taken where
    there are such. Of a plate the student estimates them, and physics lights the estimates, with the plate's own
    texture and small folds; `refine` lets the student add what that lacks. The sky, lamps, windows and whatever else is
    no surface stay as they are, as far as `residual` says. Wire a matte of the subject: the plate stays outside it, and
    shadows keep its outline.

    Puts out the lit picture, and each light of the rig as layers of its own: `light_<name>_diffuse` and
    `light_<name>_specular`, which together add up to the picture, and `light_<name>_shadow`, the share of the light
    that arrives. Only a light that changed is computed again, and the student never looks twice.

    On a plate the lights are measured by its own light: at 0 stops one is as bright as that on average. Those of
    LightEstimate were measured already and are as bright as they say. Under `add` the plate's own light stays. Hold
    level keeps what was measured at a frame for all of a shot.

    Lights with a place, and flags, need positions or depth. Shadows are marched through what the picture shows, so what
    lies outside or behind casts none. The layer `confidence` says which share of the light that is least known was
    followed to its end, times how sure the surfaces are.

    At the final tier lights with size and environments are sampled, below that they are approximated; of drafts the
    student looks at half the size. After SwitchLight (2024) and OutCast (2022), estimates and refinement as in Hybrid
    Domain Knowledge Fusion (2025).
    """

    measures: ClassVar[tuple[str, ...]] = (PLATE_LIGHT,)
    solves: ClassVar[Mapping[str, str]] = {
        "hold_level": "keep lights as bright at all frames as the plate's own light makes them at this one: sets level "
        "to light, and the exposure of all lights to what was measured",
    }

    def asked(self, ctx: Context) -> tuple[str, ...]:
        info = ctx.info("image")
        guesses = estimated_in(info)
        rendered = all(info.has(name) and name not in guesses for name in ("albedo", "normal"))
        if self.layers == "input" or (self.layers == "auto" and rendered):
            return ()
        every = self.layers == "estimate"
        place = ("depth",) if every or not info.has("position") or "position" in guesses else ()
        gloss = ("f0",) if every or info.has("f0") or not info.has("metallic") else ()
        return ("albedo", "shading", "specular", "normal", *place, "roughness", *gloss, "confidence")

    def guessed(self, ctx: Context) -> tuple[str, ...]:
        """The layers that are estimates, made here or by a node above: they are trusted less than rendered ones."""
        told, before = self.estimated(ctx), estimated_in(ctx.info("image"))
        return tuple(name for name in self.asked(ctx) if name in told or name in before)

    def always_looks(self, ctx: Context) -> bool:
        return self.refine > 0 and bool(self.guessed(ctx))

    def by_plate(self, ctx: Context) -> bool:
        """Whether lights are measured by the plate's own light."""
        return self.level == "plate" or (self.level == "auto" and "albedo" in self.guessed(ctx))

    def surface_key(self, ctx: Context) -> tuple[object, ...]:
        """What surfaces depend on beside the picture; nothing where none is estimated."""
        if not self.guessed(ctx):
            return ()
        student = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision) if self.looks(ctx) else ()
        return student, self.layers, self.distance, self.relief, self.inflate, self.cm_per_unit, self.field_of_view

    def looked_at(self, ctx: Context) -> list[tuple[str, str]]:
        """Sockets and layers that estimated surfaces come from."""
        info, matte = ctx.info("image"), self._matte(ctx)
        kept = () if self.layers == "estimate" else (n for n in (*LIGHT_LAYERS, "metallic") if info.has(n))
        return [("image", MAIN), *(("image", n) for n in kept), *([] if matte is None else [(matte[0], matte[1])])]

    def info(self, ctx: Context) -> ImageInfo:
        info, rig = ctx.info("image"), described(ctx)
        if self.guessed(ctx):
            info = self.signed(ctx, info)
        else:
            for name in ("normal", "albedo", *(("shading",) if self.level == "plate" else ())):
                self.require(info.has(name), f"the image has no layer '{name}', it has {listing(info.names)}")
        stands = [f"light '{light.name}'" for light in rig.active() if isinstance(light, (PointLight, AreaLight))]
        stands += [f"flag '{flag.name}'" for light in rig.active() for flag in rig.flags_of(light)]
        if stands and not self._has_place(ctx):
            raise RimlightError(
                f"{stands[0]} needs to know where surfaces are, but the image has neither position nor depth, it has"
                f" {listing(info.names)}"
            )
        link_layers(ctx, rig)
        if not info.has(MAIN):
            info = info.with_(layers=(RGB, *info.layers))
        for layers in group_layers(rig).values():
            for layer in layers:
                info = info.with_layer(layer)
        return info.with_layer(LIGHT_LAYERS["confidence"]) if self._tells_confidence(ctx) else info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        made = {layer.name for group in group_layers(described(ctx)).values() for layer in group}
        marched = {"confidence"} if self._tells_confidence(ctx) else set()
        return frozenset(layers) & (made | {MAIN} | marched)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info, matte = ctx.info("image"), self._matte(ctx)
        wanted = (*_MATERIALS, self.place_layer(info), MAIN, "confidence", *link_layers(ctx, described(ctx)))
        found = Need("image", info.data, tuple(dict.fromkeys(name for name in wanted if name and info.has(name))))
        if self.guessed(ctx):
            return (*self.light_needs(ctx), found)
        return (found,) if matte is None else (found, Need(matte[0], info.data, (matte[1],)))

    def warnings(self, ctx: Context) -> Sequence[str]:
        if not (self.shadows or self.occlude):
            return ()
        if not self._marches(ctx):
            return ("the image has neither position nor depth, so nothing casts a shadow",)
        if self.shadows and "depth" in self.guessed(ctx) and not ctx.connected("matte"):
            return ("depth is estimated and no matte is wired, so the subject's outline casts no shadow",)
        return ()

    def doubt_needs(self, ctx: Context) -> Sequence[Need]:
        return () if self.guessed(ctx) else self.surface_needs(ctx)

    def doubts(self, ctx: Context, images: Mapping[str, Image]) -> Sequence[str]:
        return self.layer_doubts(images["image"])

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        lights = described(ctx).lights
        go = [light for light in lights if by_plate(light, self.level)]
        self.require(
            self.by_plate(ctx) and bool(go or not lights),
            "lights are as bright as they say at every frame already, at this level",
        )
        self.require(
            len(go) == len(lights),
            "the rig has lights that were measured in a picture beside others, which no single exposure holds: wire the"
            " two kinds to a Relight each, the second with `plate` at add",
        )
        return (Need("", ctx.info("image").data, (MAIN,)),)

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        found = images[""].info.metadata[PLATE_LIGHT]
        return {"level": "light", "light_exposure": self.light_exposure + math.log2(max(found, 2.0**-_DIMMEST))}

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rig = given(ctx).in_unit(self.cm_per_unit)
        scene = Scene(self, ctx)
        if self.by_plate(ctx):
            ctx.measured(PLATE_LIGHT, scene.own)
        active, subject = set(rig.active().lights), self.subject(ctx)
        total = torch.zeros(1, device=ctx.device)
        out: dict[str, Tensor] = {}
        for layers, light in zip(group_layers(rig).values(), rig.lights, strict=True):
            wanted = [layer.name for layer in layers if layer.name in ctx.layers]
            if light not in active or not (wanted or MAIN in ctx.layers):
                out |= {n: ctx.zeros(1 if n.endswith("_shadow") else 3) for n in wanted}
                continue
            parts = scene.group(light, rig.flags_of(light))
            if subject is not None:
                parts = (parts[0] * subject, parts[1] * subject, parts[2])
            out |= {layer.name: x for layer, x in zip(layers, parts, strict=True) if layer.name in wanted}
            if MAIN in ctx.layers:
                total = (total + parts[0]).add_(parts[1])
            del parts  # what nobody wants by itself gives its memory to what follows
        ctx.check()
        if MAIN in ctx.layers:
            out[MAIN] = self._picture(ctx, total, scene, subject)
        if "confidence" in ctx.layers:
            out["confidence"] = self._confidence(ctx, scene, rig)
        return out

    def _rest(self, ctx: ComputeContext, scene: Scene, own: Tensor) -> Tensor:
        """What of the plate `[3, h, w]` is no surface: what no layer explains, and what windows show."""
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        rest = finite(self.light_layers(ctx, "residual")["residual"][:3]).clamp_min(0)[:, rows, columns]
        return torch.lerp(rest, finite(own).clamp_min(0), scene.layers["open"][:, rows, columns])

    def _has_place(self, ctx: Context) -> bool:
        """Whether something says where surfaces are."""
        return "depth" in self.guessed(ctx) or self.place_layer(ctx.info("image")) != ""

    def _marches(self, ctx: Context) -> bool:
        """Whether shadows are looked for in the picture."""
        return (self.shadows or self.occlude) and self._has_place(ctx)

    def _tells_confidence(self, ctx: Context) -> bool:
        return self._marches(ctx) or bool(self.guessed(ctx))

    def _confidence(self, ctx: ComputeContext, scene: Scene, rig: Rig) -> Tensor:
        least = torch.ones(1, ctx.region.height, ctx.region.width, device=ctx.device)
        for light in rig.active():
            least = torch.minimum(least, scene.known(light))
        sure = scene.confidence()
        if sure is not None:
            return least * sure
        came = ctx.info("image").has("confidence")
        return least * ctx.image("image").tensor("confidence", ctx.region)[:1] if came else least

    def _picture(self, ctx: ComputeContext, light: Tensor, scene: Scene, subject: Tensor | None) -> Tensor:
        """The main layer: the plate, if it is kept, and light `[3, h, w]` in its red, green and blue.

        Outside the subject `[1, h, w]` the plate is always kept.
        """
        layer, plate = ctx.output.layer(MAIN), None
        if ctx.info("image").has(MAIN):
            plate = ctx.image("image").tensor(MAIN, ctx.region)
        light = light.expand(3, ctx.region.height, ctx.region.width)
        if plate is None or layer.rgb is None:
            return light if plate is None else plate
        own = plate[list(layer.rgb)]
        stays = 0.0 if self.plate == "replace" else gain_of(self.plate_exposure)
        if self.plate == "replace" and self.residual > 0 and "albedo" in self.guessed(ctx):
            rest = self._rest(ctx, scene, own).mul_(self.residual)
            light = (rest if subject is None else rest.mul_(subject)).add_(light)
        ctx.check()
        keep = torch.full_like(own[:1], stays) if subject is None else 1 - subject * (1 - stays)
        lit = torch.where(keep != 0, own * keep, 0.0).add_(light)
        out = plate.clone()
        out[list(layer.rgb)] = lit
        return out
