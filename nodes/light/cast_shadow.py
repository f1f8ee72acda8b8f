import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    ImageInfo,
    Light,
    Masked,
    Need,
    Reflectance,
    Region,
    Rig,
    StandingLight,
    Surface,
    Tier,
    Vec2,
    depth_of,
    flag_shares,
    node,
    param,
    port,
    shade,
    weighed,
)  # fmt: skip

from ..ops.fir import finite
from ..ops.progress import bands_of, shared
from .base import described, given
from .geometry import from_corner, on_surface
from .grounded import Grounded
from .links import falls, link_layers
from .standing import Standing, beside
from .working import working_space

_BAND = 1 << 16
"""Pixels that a thread shades at a time; between two of them a cancelled task stops."""
_DARK = 1e-6


@node(
    "light.cast_shadow", label="CastShadow", reads=("tier",),
    see="learned.light_estimate light.flag light.relight learned.light_match draw.light_wrap merge.merge "
    "recipes#a-shadow-on-the-plates-ground",
)  # fmt: skip
class CastShadow(Grounded, Masked):
    """Casts the shadow of a cut-out, such as an actor before a screen, on the plate that it is to stand in. Merge the
    cut-out over after it.

    Drag `foot` to where the cut-out touches the ground, and `horizon` to where level ground would end. LightEstimate
    behind the plate makes a rig of sun and sky; with a sun alone the shadow is black.

    The plate is multiplied by the light that is left over the light that was there, in each colour. So a shadow in
    sunlight is as blue as the sky that still lights it, and texture and highlights stay. It is sharp at the foot and
    softer farther away, by the size of each light. Lights from all around give the soft dark at the contact.

    The shadow falls on the ground and on an upright `wall`, or, with `surfaces` at `layers`, on whatever the plate's
    layers show. A layer `shadow` of the plate, 1 in light, keeps its own shadows from darkening again.

    The silhouette is a card that stands upright at the foot. At a `turn` of 1 a side light throws a shadow as wide as
    the cut-out is seen, but feet that stand apart leave their places.
    """

    aligned: ClassVar[frozenset[str]] = Masked.aligned | {"element"}
    sections: ClassVar[Mapping[str, str]] = {"Camera": "field_of_view depth_is cm_per_unit"}

    image: Image = port("the plate")
    element: Image = port("the cut-out where it is to stand in the plate; its alpha throws the shadow")
    rig: Rig = port("the lights of the plate")
    foot: Vec2 = param(
        default=(960.0, 200.0), soft=(0, 1920), role="point", unit="px", place="top",
        doc="where the cut-out touches the ground",
    )  # fmt: skip
    turn: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), place="top",
        doc="what the silhouette faces, turned about its upright: 0 the camera, 1 each light",
    )  # fmt: skip
    density: float = param(
        default=1.0,
        hard=(0, 1),
        soft=(0, 1),
        place="top",
        doc="how much of the light the cut-out takes: 1 all of it, 0 none",
    )
    surfaces: str = param(
        default="ground", choices=("ground", "layers"), place="top",
        doc="what the shadow falls on: the ground and the wall, or the surfaces in the layers normal and position or "
        "depth",
    )  # fmt: skip
    wall: float = param(
        default=0.0, hard=(0, None), soft=(0, 1000), unit="cm",
        doc="how far behind the foot a wall stands upright; 0: there is none",
    )  # fmt: skip
    wall_turn: float = param(
        default=0.0, hard=(-85, 85), soft=(-60, 60), unit="deg",
        doc="turns the wall about the upright behind the foot; above 0 its right end comes nearer",
    )  # fmt: skip
    show: str = param(
        default="result", choices=("result", "shadow"), place="top",
        doc="the plate with the shadow, or what it is multiplied by",
    )  # fmt: skip
    rays: int = param(
        default=64, hard=(1, 1024), soft=(16, 256),
        doc="points on each light with size that soft shadows are made of, at the final tier; more are smoother",
    )  # fmt: skip

    def info(self, ctx: Context) -> ImageInfo:
        info, element = ctx.info("image"), ctx.info("element")
        link_layers(ctx, described(ctx))
        for name, found in (("image", info), ("element", element)):
            self.require(found.has(MAIN), f"{name} has no layer '{MAIN}'")
        self.require(info.layer(MAIN).rgb is not None, f"the plate has no red, green and blue in layer '{MAIN}'")
        self.require(element.layer(MAIN).alpha is not None, f"the cut-out has no alpha in layer '{MAIN}'")
        if self.surfaces == "layers":
            lacking = "set surfaces to ground, or make it by Intrinsics"
            self.require(info.has("normal"), f"the plate has no layer 'normal': {lacking}")
            self.require(self.place_layer(info) != "", f"the plate has neither position nor depth: {lacking}")
        else:
            x, y = self.on_frame(info, self.foot)
            self.require(
                self.ground(info).at(x, y) is not None,
                f"foot = {self.foot[0]:g}, {self.foot[1]:g} is not below the horizon: there is no ground to stand on",
            )
        return info

    def warnings(self, ctx: Context) -> Sequence[str]:
        if not described(ctx).active().lights:
            return ("no light of the rig shines, so nothing throws a shadow",)
        return ()

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.show == "result" and (self.mix == 0 or self.density == 0) else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info, element = ctx.info("image"), ctx.info("element")
        found = [Need("image", region, (MAIN,)), Need("element", element.data, (MAIN,))]
        found += self.mask_needs(ctx, region)
        own = (*(("shadow",) if info.has("shadow") else ()), *link_layers(ctx, described(ctx)))
        found += [Need("image", region, tuple(dict.fromkeys(own)))] if own else []
        if self.surfaces == "layers":
            names = ("normal", self.place_layer(info))
            found += [Need("image", region, names), Need("image", info.display.pixel(*self.foot), names)]
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        layer, out = ctx.output.layer(MAIN), ctx.image("image").tensor(MAIN, ctx.region).clone()
        shadow, share = _Shadow(self, ctx), ctx.zeros(3)

        def work(band: Region) -> None:
            ctx.check()
            share[(slice(None), *ctx.region.slices_of(band))] = shadow.over(band)

        shared(work, bands_of(ctx.region, _BAND, ctx.device), ctx.progress)
        rgb = list(layer.rgb or ())
        before = out[rgb]
        out[rgb] = share if self.show == "shadow" else self.blend(ctx, before, before * share)
        return {MAIN: out}


class _Shadow:
    """What is left of the light of a plate beside a cut-out."""

    def __init__(self, n: CastShadow, ctx: ComputeContext) -> None:
        self._node, self._ctx = n, ctx
        self._plate = ctx.image("image")
        self._ground = n.ground(self._plate.info)
        self._foot = self._stands()
        rig = given(ctx).in_unit(n.cm_per_unit).active()
        element = ctx.image("element")
        seen = element.info.data
        alpha = element.tensor(MAIN, seen)[element.info.layer(MAIN).alpha or 0]
        place = from_corner(self._plate.info, seen)
        standing = Standing(self._ground, self._foot, finite(alpha)[None].clamp(0, 1), place)
        self._lights = [self._past(rig, light, standing) for light in rig]

    def over(self, band: Region) -> Tensor:
        """The share of the light that is left `[3, h, w]`."""
        info = self._plate.info
        position, normal = self._surface(band)
        pixels = on_surface(normal, position).flatten().nonzero()[:, 0]
        share = torch.ones_like(normal).flatten(1)
        own = self._plate.tensor("shadow", band)[:1].clamp(0, 1) if info.has("shadow") else torch.ones_like(normal[:1])
        if len(pixels):
            surface = Surface.of(normal, position=position, roughness=1.0, f0=0.0).some(pixels)
            gets = [falls(self._ctx, plain.lights[0], band) for plain, _ in self._lights]
            some = [None if x is None else x.flatten(1).index_select(1, pixels)[:, None] for x in gets]
            left = self._left(surface, own.flatten(1).index_select(1, pixels)[:, None], some)
            share = share.index_copy(1, pixels, left[:, 0])
        return share.reshape(normal.shape)

    def _left(self, surface: Surface, own: Tensor, gets: Sequence[Tensor | None]) -> Tensor:
        """That share at surfaces `[3, 1, n]`. own : what of lights with a place or a direction the plate's own shadows
        let through, `[1, 1, n]`. gets : how much of each light the surfaces get, see `falls`.
        """
        n, ctx, camera = self._node, self._ctx, self._ground.camera
        environments = ctx.service("environments")
        position = surface.located("CastShadow")
        grain = depth_of(position) * (2 * camera.tan_y / camera.height)
        rays = {Tier.DRAFT: 4, Tier.STUDENT: 16, Tier.FINAL: n.rays}[ctx.tier]
        before, after = torch.zeros_like(surface.normal), torch.zeros_like(surface.normal)
        for (plain, past), share in zip(self._lights, gets, strict=True):
            ctx.check()
            (light,) = plain.lights
            (group,) = shade(surface, plain, space=working_space(ctx), environments=environments, grain=grain)
            arrives, seen = group.shading if share is None else weighed(group.shading, share), surface
            if isinstance(light, DirectionalLight | StandingLight):
                arrives = arrives * own
            else:
                for card in past.flags:
                    seen = seen.with_(position=beside(card, seen.located("CastShadow"), grain))
            before += arrives
            if past.flags:
                left, _ = flag_shares(
                    Reflectance(seen), past, light, rays=rays, grain=grain, environments=environments, check=ctx.check
                )
                arrives = arrives * (1 - float(light.shadow) * (1 - left))
            after += arrives
        return torch.where(before > _DARK, after / before.clamp_min(_DARK), 1.0)

    def _past(self, rig: Rig, light: Light, standing: Standing) -> tuple[Rig, Rig]:
        """A rig of a light alone past its own flags, and of it past the cards of the cut-out."""
        n = self._node
        cards = standing.cards(light, n.turn, n.density, rig.cm_per_unit)
        return rig.with_lights((light,)), Rig((light,), rig.cm_per_unit, cards)

    def _surface(self, region: Region) -> tuple[Tensor, Tensor]:
        """Positions and normals `[3, h, w]` of what the plate shows; 0 where there is nothing."""
        n, info = self._node, self._plate.info
        if n.surfaces == "layers":
            position = n.position(self._plate, region)
            assert position is not None  # `info` has asked for it
            return position, self._plate.tensor("normal", region)[:3]
        return self._ground.seen(from_corner(info, region), self._wall(), torch.zeros((), device=self._ctx.device))

    def _wall(self) -> tuple[Tensor, Tensor] | None:
        n = self._node
        if n.wall == 0:
            return None
        front = self._ground.front(self._foot)
        angle = math.radians(n.wall_turn)
        facing = math.cos(angle) * front - math.sin(angle) * self._ground.right(front)
        return self._foot - front * (n.wall / n.cm_per_unit), facing

    def _stands(self) -> Tensor:
        """Where the foot is, camera space `[3]`, float64."""
        n, info = self._node, self._plate.info
        x, y = n.on_frame(info, n.foot)
        if n.surfaces == "ground":
            found = self._ground.at(x, y)
            assert found is not None  # `info` has asked for it
            return found
        spot = info.display.pixel(*n.foot)
        position, normal = (v.flatten(1).double().cpu()[:, 0] for v in self._surface(spot))
        n.require(
            bool(on_surface(normal[:, None, None], position[:, None, None])),
            f"there is no surface at foot = {n.foot[0]:g}, {n.foot[1]:g}: the layers are 0 or no numbers there",
        )
        return position
