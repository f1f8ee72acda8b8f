import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    AreaLight,
    Color,
    ComputeContext,
    Context,
    DirectionalLight,
    Light,
    PointLight,
    Rig,
    Tier,
    direction_of,
    light_level,
    mean_of_all,
    node,
    normals_of,
    param,
    port,
)  # fmt: skip

from ..light.base import given
from ..light.estimates import everywhere, formed
from ..light.geometry import Seen, from_corner, on_surface, whole_normals
from ..light.working import hue_of, working_space
from ..ops.gaussian import blurred
from ..ops.penumbra import hardened, softened
from ..ops.shadow import without_specks
from ..ops.shadow_light import lifted, share_of_light
from .shadow_base import Shadow, ShadowNode
from .shadow_cast import Scene, large_forms

_OUTLINE = 1 / 320  # of the picture, how sharp outlines of estimated things are
_RIPPLES = 0.08  # of the picture, the width up to which shadows over estimated depth are left out


@node(
    "learned.shadow_edit",
    see="learned.shadow_remove light.relight learned.light_diffuse recipes#a-hard-shadow-on-a-face",
    label="ShadowEdit",
    menu="Light/Student",
    reads=("tier",),
)
class ShadowEdit(ShadowNode, Seen):
    """Makes cast shadows lighter or deeper, softer or harder, tints the light in them, and casts them anew.

    Shadows are found as by ShadowRemove, or drawn: look at the layer `shadow`, or `show` it. Each has a matte, a depth
    in stops and a soft edge, which these controls change (after CroCoDiLight and Controllable Light Diffusion);
    texture, highlights and what is lit stay.

    `move` takes the shadows away and casts others of the same depth, from a new direction or from the brightest light
    of the rig. Rays are marched over the surfaces of the picture: rendered `depth` or `position`, else the student's
    estimate. That hardly knows how far things are from each other: wire a `matte` of what casts the shadow then.

    `penumbra` makes the light larger that casts the shadows: edges get softer the further they are from what casts
    them.
    """

    sections: ClassVar[Mapping[str, str]] = {
        "Move": "move azimuth elevation size reach thickness bias rays distance caster",
        "Finding Shadows": "shadow_channel mattes edges sensitivity softness smallest ring",
        "Camera": "field_of_view depth_is cm_per_unit",
        **ShadowNode.sections,
    }

    rig: Rig = port("lights: the brightest that has a place or a direction casts the moved shadows", optional=True)
    amount: float = param(
        default=0.0, soft=(-4, 4), unit="stops", place="top",
        doc="light that the shadows get: as much as they are deep takes them away and more changes nothing, below 0 "
        "they get deeper",
    )  # fmt: skip
    penumbra: float = param(
        default=0.0, hard=(-90, 90), soft=(-10, 20), unit="deg", place="top",
        doc="how much larger the light is that casts them: above 0 edges get softer, below 0 harder",
    )  # fmt: skip
    kelvin: float = param(
        default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K", place="top",
        doc="colour of the light in the shadows relative to what it is; 6504 leaves it",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(-100, 100), soft=(-30, 30), place="top",
        doc="above zero the light in the shadows is greener, below more magenta",
    )  # fmt: skip
    color: Color = param(
        default=(1.0, 1.0, 1.0),
        role="color",
        doc="colour of the light in the shadows, times that of kelvin and tint",
        place="top",
    )
    move: bool = param(default=False, doc="cast the shadows anew from the direction below or by the rig")
    azimuth: float = param(
        default=45.0, soft=(-180, 180), unit="deg", doc="move: where the light stands: 0 at the camera, 90 at the right"
    )
    elevation: float = param(default=30.0, soft=(-90, 90), unit="deg", doc="move: height of the light: 90 is above")
    size: float = param(
        default=2.0, hard=(0, 90), soft=(0, 20), unit="deg", doc="move: diameter of the light, which softens shadows"
    )
    show: str = param(
        default="picture", choices=("picture", "shadow"), doc="what the picture shows: itself or the layer shadow"
    )
    matte_of: str = param(
        default="found",
        choices=("found", "edited"),
        doc="whether the layer shadow is as it was found, or as it is edited",
    )
    caster: float = param(
        default=50.0, hard=(0, None), soft=(1, 300), unit="cm",
        doc="distance from a shadow to what casts it, for the penumbra, where the surfaces of the picture do not "
        "show it",
    )  # fmt: skip
    distance: float = param(
        default=150.0, hard=(0.1, None), soft=(20, 1000), unit="cm", doc="from the camera to where estimated depth is 1"
    )
    reach: float = param(
        default=0.0, hard=(0, None), soft=(0, 500), unit="cm", doc="move: how far shadows reach; 0: as far as there is"
    )
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: light passes behind"
    )
    bias: float = param(
        default=1.5, hard=(0, None), soft=(0, 10), doc="pixels' widths that shadow rays start above the surface"
    )
    rays: int = param(default=16, hard=(1, 1024), soft=(1, 64), doc="move: rays per pixel at the final tier")

    def asked(self, ctx: Context) -> tuple[str, ...]:
        geometry = ("normal",) if self.place_layer(ctx.info("image")) == "position" else ("normal", "depth")
        wanted = (*super().asked(ctx), *(geometry if self.move or self.penumbra else ()))
        return tuple(dict.fromkeys(wanted))

    def warnings(self, ctx: Context) -> Sequence[str]:
        if not self.move or self._given(ctx):
            return ()
        matte = "" if ctx.connected("matte") else ", and no matte tells what stands before what"
        return (f"the picture has neither position nor depth: shadows are cast over estimated surfaces{matte}",)

    def always_looks(self, ctx: Context) -> bool:
        """Whether the direction of the light is estimated that casts the shadows there are."""
        return self.penumbra > 0 and not self.move and self.layers != "input"

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        shadows, certainty = self.found(ctx)
        before, after = self.total(shadows), self._edited(ctx, shadows)
        matte = self.total(after) if self.matte_of == "edited" else before
        out = self.put_found(ctx, matte, certainty)
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        out |= self.put_gain(ctx, self._gain(shadows, after)[:, rows, columns])
        if self.show == "shadow" and MAIN in ctx.layers:
            out[MAIN] = self.put_light(ctx, matte[:, rows, columns].expand(3, -1, -1))
        return out

    # -- light ----------------------------------------------------------------------------------------------------

    def _gain(self, before: Sequence[Shadow], after: Sequence[Shadow]) -> Tensor:
        """How many times the light `[3, H, W]` there is with other shadows."""
        left = torch.ones_like(before[0].gains)
        for shadow in before:
            left = left * share_of_light(shadow.visibility, shadow.gains)
        new = torch.ones_like(left)
        for shadow in after:
            new = new * share_of_light(shadow.visibility, shadow.gains)
        return new / left

    def _edited(self, ctx: ComputeContext, shadows: Sequence[Shadow]) -> list[Shadow]:
        """The shadows as they are to be."""
        tint = self._tint(ctx)
        if self.move:
            cast = self._cast(ctx)
            return [Shadow(cast, self._gains(_usual(shadows), tint))]
        if self.penumbra == 0:
            return [Shadow(s.visibility, self._gains(s.gains, tint)) for s in shadows]
        return [
            Shadow(visibility, self._gains(s.gains, tint))
            for visibility, s in zip(self._edges(ctx, shadows), shadows, strict=True)
        ]

    def _gains(self, gains: Tensor, tint: Tensor | None) -> Tensor:
        gains = lifted(gains, self.amount)
        return gains if tint is None else gains - tint.to(gains)

    def _tint(self, ctx: Context) -> Tensor | None:
        """Nepers `[3, 1, 1]` of the colour of the light in shadows, of luminance 1; None where it stays."""
        if self.kelvin == NEUTRAL_KELVIN and self.tint == 0 and self.color == (1.0, 1.0, 1.0):
            return None
        return hue_of(ctx, self.color, self.kelvin, self.tint)

    # -- edges and places -----------------------------------------------------------------------------------------

    def _edges(self, ctx: ComputeContext, shadows: Sequence[Shadow]) -> list[Tensor]:
        """The visibility of each shadow under a light of another size."""
        names = tuple(f"visibility{i}" for i in range(len(shadows)))

        def make() -> Mapping[str, Tensor]:
            plate = self.plate(ctx)
            for shadow in shadows:
                plate = plate / share_of_light(shadow.visibility, shadow.gains)
            scene = self._scene(ctx, self._large)
            away = torch.full_like(shadows[0].visibility, self.caster)
            if self.always_looks(ctx):
                found = self.decomposition(ctx)
                key = found.model.estimate_light(found.seen).lights[0]
                direction = cast(DirectionalLight, key).direction
                away = scene.casters(cast(tuple[float, float, float], direction), 1 - self.total(shadows), self.caster)
            wide = 2 * math.tan(math.radians(abs(self.penumbra)) / 2)
            width = scene.pixels(away * wide).clamp_max(max(plate.shape[1:]) / 2)
            ctx.check()
            if self.penumbra < 0:
                made = [hardened(s.visibility, width, max(self.softness, 4.0)) for s in shadows]
            else:
                made = [softened(s.visibility, plate, width, lambda share: ctx.check()) for s in shadows]
            return dict(zip(names, made, strict=True))

        key = ("edges", self.penumbra, self.caster, self.always_looks(ctx), self.found_key(ctx), self._place_key())
        found = ctx.shared_layers(self.found_in(ctx), key, names, make)
        return [found[name] for name in names]

    def _cast(self, ctx: ComputeContext) -> Tensor:
        light, unit = self._light(ctx)
        rays = {Tier.DRAFT: min(4, self.rays), Tier.STUDENT: min(8, self.rays)}.get(ctx.tier, self.rays)
        key = ("cast", Rig((light,), unit).key(), self.reach, rays, self.found_key(ctx), self._place_key())

        def make() -> Mapping[str, Tensor]:
            found = self._scene(ctx, self._formed).visibility(light, self.reach, rays)
            if self._given(ctx):
                return {"visibility": found}
            if ctx.connected("matte"):  # what it shows casts shadows, and nothing else does
                without = self._scene(ctx, partial(self._large, gone=True)).visibility(light, self.reach, rays)
                found = 1 - (without - found).clamp_min(0)
            # Estimated depth has ripples, which cast small shadows that nobody expects, and no sharp outlines.
            longest = max(found.shape[1:])
            return {"visibility": blurred(without_specks(found, _RIPPLES * longest), _OUTLINE * longest)}

        return ctx.shared_layers(self.found_in(ctx), key, ("visibility",), make)["visibility"]

    def _light(self, ctx: ComputeContext) -> tuple[Light, float]:
        """The light that casts moved shadows, in the unit of the picture's positions."""
        if not ctx.connected("rig"):
            x, y, z = direction_of(self.azimuth, self.elevation).tolist()
            return DirectionalLight(direction=(x, y, z), angle=max(0.0, min(180.0, self.size + self.penumbra))), 1.0
        rig = given(ctx).in_unit(self.cm_per_unit)
        space = working_space(ctx)
        casting = [light for light in rig.active() if isinstance(light, (DirectionalLight, PointLight, AreaLight))]
        self.require(bool(casting), "the rig has no light with a place or a direction that could cast a shadow")
        return max(casting, key=lambda light: float(light_level(light, space).sum())), rig.cm_per_unit

    def _scene(self, ctx: ComputeContext, depth: Callable[[ComputeContext], Tensor]) -> Scene:
        """The surfaces of the picture; depth : of estimated ones, where the picture says nothing of them."""
        image, info = ctx.image("image"), ctx.info("image")
        camera, region = self.pinhole(info), from_corner(info, info.data)
        if self._given(ctx):
            position = self.position(image, info.data)
            assert position is not None
            normal = self.light_layers(ctx, "normal")["normal"]
        else:
            away = depth(ctx)
            position = camera.position(away * (self.distance / self.cm_per_unit), region)
            normal = normals_of(position) if min(away.shape[1:]) > 2 else torch.zeros_like(position)
        there = on_surface(normal, position)
        far = torch.where(there > 0, -position[2:], 0).amax().clamp_min(1e-3)
        position = torch.where(there > 0, position, normal.new_tensor([0.0, 0.0, -1e4]).reshape(3, 1, 1) * far)
        normal = whole_normals(normal, there > 0)
        return Scene(position, normal, there, camera, region, self.cm_per_unit, self.thickness, self.bias, ctx.check)

    def _large(self, ctx: ComputeContext, gone: bool = False) -> Tensor:
        """Estimated depth `[1, H, W]`, relative, without ripples; `gone`: without what the matte shows."""
        return large_forms(self.light_layers(ctx, "depth")["depth"], self.subject(ctx), gone)

    def _formed(self, ctx: ComputeContext) -> Tensor:
        """The same with the forms of the normals, which are told better; of what the matte shows where there is one."""

        def make() -> Mapping[str, Tensor]:
            found, info, subject = self.light_layers(ctx, "depth", "normal"), ctx.info("image"), self.subject(ctx)
            if min(found["depth"].shape[1:]) < 2:
                return {"depth": self._large(ctx)}
            ctx.check()
            place = self.pinhole(info), from_corner(info, info.data)
            depth = formed(everywhere(found["depth"]), found["normal"], subject, *place, 1.0)
            return {
                "depth": depth if subject is None else torch.where(subject > 0.5, depth, self._large(ctx, gone=True))
            }

        key = ("formed", self.found_key(ctx), self._place_key())
        return ctx.shared_layers(self.found_in(ctx), key, ("depth",), make)["depth"]

    def _given(self, ctx: Context) -> bool:
        """Whether the picture says where its surfaces are."""
        return self.place_layer(ctx.info("image")) != "" and self.layers != "estimate"

    def _place_key(self) -> tuple[object, ...]:
        return (
            self.field_of_view, self.depth_is, self.cm_per_unit, self.distance, self.thickness, self.bias, self.layers,
        )  # fmt: skip


def _usual(shadows: Sequence[Shadow]) -> Tensor:
    """What light shadows lack, `[3, H, W]`: that of each by how much there is of it."""
    weights = [float(mean_of_all(1 - s.visibility)) for s in shadows]
    total = sum(weights)
    if total <= 0:
        return shadows[0].gains
    return torch.stack([s.gains * (w / total) for s, w in zip(shadows, weights, strict=True)]).sum(0)
