import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    Color,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    Tier,
    cover_of,
    node,
    param,
    port,
    student_key,
)  # fmt: skip

from ..draw.moved import Moved
from ..light.working import hue_of
from ..ops.brush_strokes import PRESSURES
from ..ops.light_strokes import SAYINGS, LightStroke, LightStrokes
from ..ops.painting import stroke_box, stroke_cover
from ..ops.progress import part
from ..ops.scribble_light import KINDS, Surfaces, light_of_strokes, shadow_of_strokes
from ..ops.shadow_light import lifted, share_of_light
from .brought import whole_depth
from .gain_base import GainNode

_CHANGES = (*KINDS, "in_shadow")
"""Strokes that change light by themselves; the others say where it goes."""
_LN2 = math.log(2)
_SIDE = {Tier.DRAFT: 256, Tier.STUDENT: 384, Tier.FINAL: 512}
"""Pixels of the long side at which strokes spread."""
_SHADOW_SIDE = {Tier.DRAFT: 256, Tier.STUDENT: 640, Tier.FINAL: 960}
"""Pixels of the long side at which shadows are looked at."""


@node(
    "learned.light_scribble",
    see="learned.shadow_edit learned.intrinsics light.relight draw.roto time.light_propagate desktop#painting "
    "recipes#light-by-hand light#strokes-that-say-what-light-is",
    label="LightScribble",
    menu="Light/Student",
    reads=("tier",),
)
class LightScribble(GainNode, Moved):
    """Lights by strokes: paint where there is to be more light, less, or another colour of it, and what is shadow.

    Choose a `brush` and paint in the viewer; strokes may also come from Roto or any other matte. All light is
    multiplied, so texture stays as it is, and what is far from the strokes is not touched. The light finds the edges
    itself; `dodge` of Paint lights what is painted over and nothing else. Light layers of the picture follow:
    `shading`, `specular` and `residual` change by the same.

    - `brighten`, `darken` and `color` change the light under the stroke by what is set. From there the change runs on
      smoothly over the surface, up to `reach`, and stops at the edges of the picture and of the surfaces. What is
      thinner than about a 64th of the picture, such as glasses, lips and wires, does not stop it.
    - `keep` holds strokes off.
    - `in_shadow` marks a shadow, to lift or deepen by `shadow_by` as one. It goes on as far as what has the same colour
      is as dark, and takes its soft edge from the picture. Other strokes run on over that edge, and strokes of `keep`
      say what is no shadow.
    - `same_albedo` lies on one material: differences along it are light, and strokes stop there only where the colour
      changes. One from the shadow into the light tells where the edge is and how deep the shadow.

    Edges of surfaces are those of normals and depth, rendered or seen by the student. After ScribbleLight, spread by
    weighted least squares.
    """

    sections: ClassVar[Mapping[str, str]] = {
        "Brush": "hardness opacity pressure life",
        **Moved.sections,
        **GainNode.sections,
    }

    brighten: Image = port("strokes where there is to be more light", optional=True)
    darken: Image = port("strokes where there is to be less light", optional=True)
    color: Image = port("strokes where the light is to have another colour", optional=True)
    keep: Image = port("strokes where the light stays", optional=True)
    in_shadow: Image = port("strokes in shadows that are to be lifted or deepened", optional=True)
    same_albedo: Image = port("strokes, each over one paint", optional=True)
    channel: str = param(default="alpha", role="channel", doc="channel of the inputs with strokes")
    strokes: LightStrokes = param(
        default=LightStrokes(), role="strokes", parse=LightStrokes.parse, place="top",
        doc="the strokes that are painted here: each its brush, points with pressure, size, hardness, opacity, frames",
    )  # fmt: skip
    brush: str = param(
        default="brighten",
        choices=SAYINGS,
        animatable=False,
        cosmetic=True,
        place="top",
        doc="what the next stroke says: more light here, less, another colour of it; shadow; one paint; light stays",
    )
    size: float = param(
        default=40.0, hard=(0, 1e5), soft=(1, 400), unit="px", animatable=False, cosmetic=True,
        place="top", doc="diameter of the brush",
    )  # fmt: skip
    hardness: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), animatable=False, cosmetic=True,
        doc="1 is an edge of one pixel, 0 fades from the middle",
    )  # fmt: skip
    opacity: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), animatable=False, cosmetic=True, doc="how much the next stroke says"
    )
    pressure: str = param(
        default="size", choices=PRESSURES, animatable=False, cosmetic=True, doc="what the pressure of a pen changes"
    )
    life: str = param(
        default="all", choices=("all", "frame", "onwards"), animatable=False, cosmetic=True,
        doc="the next stroke is there at all frames, at that one, or from it on",
    )  # fmt: skip
    brighten_by: float = param(default=1.0, soft=(0, 4), unit="stops", doc="how much more light", place="top")
    darken_by: float = param(default=1.0, soft=(0, 4), unit="stops", doc="how much less light", place="top")
    shadow_by: float = param(
        default=1.0, soft=(-2, 4), unit="stops", place="top",
        doc="more light in shadows: as much as they are deep takes them away and more changes nothing, below 0 they "
        "get deeper",
    )  # fmt: skip
    kelvin: float = param(
        default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K", place="top",
        doc="colour that light under colour strokes is turned to from white; 6504 leaves it",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(-100, 100), soft=(-30, 30), place="top", doc="above zero it is greener, below more magenta"
    )
    light_color: Color = param(
        default=(1.0, 1.0, 1.0),
        role="color",
        doc="colour that light under colour strokes is multiplied by",
        place="top",
    )
    reach: float = param(
        default=120.0,
        hard=(0, 10000),
        soft=(0, 600),
        unit="px",
        doc="how far light goes from a stroke, and shadow where the picture does not tell",
    )
    edge: float = param(
        default=1.0, hard=(0.01, 20), soft=(0.1, 4), unit="stops", doc="contrast in the picture that stops light"
    )
    surface: float = param(
        default=1.0, hard=(0, 10), soft=(0, 2), doc="how much the edges of surfaces stop it: 0 looks at light only"
    )
    softness: float = param(
        default=24.0, hard=(0, 500), soft=(0, 100), unit="px",
        doc="how wide soft edges of shadows mostly are; those that the picture shows are looked for up to four times "
        "as far away",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return ("normal", "depth") if self.surface > 0 and self._spreads(ctx) else ()

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or not any(self._says(ctx, kind) for kind in _CHANGES) else None

    def warnings(self, ctx: Context) -> Sequence[str]:
        if any(self._says(ctx, kind) for kind in _CHANGES):
            return ()
        alone = next((kind for kind in ("same_albedo", "keep") if self._says(ctx, kind)), "")
        if alone:
            return (f"{alone} says where light goes, and no stroke changes any, so the picture passes as it is",)
        return ("there are no strokes, so the picture passes as it is",)

    def info(self, ctx: Context) -> ImageInfo:
        for socket in self._wired(ctx):
            ctx.channel(socket, self.channel)
        return super().info(ctx)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & self.lit_layers(ctx)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data = ctx.info("image").data
        drawn = tuple(Need(s, data, (ctx.channel(s, self.channel)[0],)) for s in self._wired(ctx))
        return (*super().needs(ctx, region, layers), *drawn)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        found = self._found(ctx)
        stops = found["brighten"] * self.brighten_by - found["darken"] * self.darken_by
        change = stops * _LN2 + found["color"] * self._hue(ctx, stops)
        if self._says(ctx, "in_shadow") and self.shadow_by != 0:
            visibility, gains = found["visibility"], found["gains"]
            after = share_of_light(visibility, lifted(gains, self.shadow_by))
            change = change + (after / share_of_light(visibility, gains)).log() * (1 - found["keep"])
        return self.put_gain(ctx, change.exp()[:, rows, columns])

    def _hue(self, ctx: Context, like: Tensor) -> Tensor:
        """Nepers `[3, 1, 1]` of the colour, of luminance 1; 0 where it stays."""
        if self.kelvin == NEUTRAL_KELVIN and self.tint == 0 and self.light_color == (1.0, 1.0, 1.0):
            return like.new_zeros(3, 1, 1)
        return hue_of(ctx, self.light_color, self.kelvin, self.tint).to(like)

    # -- strokes --------------------------------------------------------------------------------------------------

    def _wired(self, ctx: Context) -> tuple[str, ...]:
        return tuple(socket for socket in SAYINGS if ctx.connected(socket))

    def _painted(self, kind: str) -> tuple[LightStroke, ...]:
        return tuple(s for s in self.strokes.strokes if s.brush == kind and s.visible and s.points)

    def _says(self, ctx: Context, kind: str) -> bool:
        """Whether there are strokes of a kind."""
        return ctx.connected(kind) or bool(self._painted(kind))

    def _spreads(self, ctx: Context) -> bool:
        """Whether there are strokes whose change runs on over surfaces."""
        return any(self._says(ctx, kind) for kind in KINDS)

    def _drawn(self, ctx: ComputeContext, kind: str) -> Tensor:
        """The cover of strokes of a kind `[1, H, W]` over the data window of the picture; none where there are none."""
        info = ctx.info("image")
        data = info.data
        cover = torch.zeros(1, data.height, data.width, device=ctx.device)
        if ctx.has_image(kind):
            cover = cover_of(ctx.plane(kind, self.channel, data))
        pixels = self.drawn_to_pixels(ctx, info)
        for stroke in self._painted(kind):
            box = stroke_box(stroke, pixels, data.box)
            if box[0] < box[2]:
                rows, columns = data.slices_of(Region(*box))
                laid = stroke_cover(stroke, pixels, box, ctx.device)
                cover[:, rows, columns] = torch.maximum(cover[:, rows, columns], laid)
        return cover

    def _found(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        """What strokes say at every pixel: how much of the change of each kind there is, `[1, H, W]`, 0 to 1, and the
        shadow that they lie in, see `stroked_shadow`.

        It does not depend on how much light a stroke gives: dragging that looks at no picture again.
        """
        info = ctx.info("image")
        channels = [(s, *ctx.channel(s, self.channel)) for s in self._wired(ctx)]
        given = [("image", n) for n in ("normal", "depth") if info.has(n) and self.layers != "estimate"]
        told, matte = self.estimated(ctx), self._matte(ctx)
        subject = [] if matte is None or not told else [(matte[0], matte[1])]
        of = [("image", MAIN), *((s, layer) for s, layer, _ in channels), *given, *subject]
        asked = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision, matte) if told else None
        painted = tuple(self._painted(kind) for kind in SAYINGS)
        key = (
            "scribble", ctx.rgb("image"), tuple(channels), repr(painted),
            repr(self.drawn_to_pixels(ctx, info).tolist()), self.reach,
            self.edge, self.surface, self.softness, self.layers, asked, _SIDE[ctx.tier],
        )  # fmt: skip
        names = (*KINDS, "keep", *(("visibility", "gains") if self._says(ctx, "in_shadow") else ()))
        return ctx.shared_layers(of, key, names, lambda: self._solved(ctx))

    def _solved(self, ctx: ComputeContext) -> dict[str, Tensor]:
        plate = self.plate(ctx)
        drawn = {kind: self._drawn(ctx, kind) for kind in SAYINGS}
        out = {"keep": drawn["keep"]}
        if 0 in plate.shape:
            return {**drawn, "visibility": torch.ones_like(plate[:1]), "gains": torch.zeros_like(plate)}
        if self._says(ctx, "in_shadow"):
            out["visibility"], out["gains"] = shadow_of_strokes(
                plate, drawn, _SHADOW_SIDE[ctx.tier], self.reach, self.softness, part(ctx.progress, 0, 2)
            )
            ctx.check()
            # The edge of a shadow is none of the surface that it falls on.
            plate = plate / share_of_light(out["visibility"], out["gains"])
        if not self._spreads(ctx):
            return {**out, **{kind: torch.zeros_like(plate[:1]) for kind in KINDS}}
        said = {kind for kind in SAYINGS if self._says(ctx, kind)}
        return out | light_of_strokes(
            plate, drawn, said, _SIDE[ctx.tier], self.reach, self.edge, self._surfaces(ctx), part(ctx.progress, 1, 2)
        )

    def _surfaces(self, ctx: ComputeContext) -> Surfaces | None:
        if self.surface == 0:
            return None
        layers = self.light_layers(ctx, "normal", "depth")
        return Surfaces(layers["normal"], whole_depth(layers["depth"][:1]), self.surface)
