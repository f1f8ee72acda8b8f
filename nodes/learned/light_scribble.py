import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    Color,
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    Need,
    Region,
    Tier,
    cover_of,
    light_level,
    node,
    param,
    port,
    student_key,
    working_space,
)  # fmt: skip

from ..baseline.base import rgb
from ..ops.edge_aware import guided_whole
from ..ops.joint import joint_upsampled
from ..ops.morphology import without_texture
from ..ops.progress import part
from ..ops.resize import reduced
from ..ops.scribble import scribbled
from ..ops.shadow_light import logs_of
from .brought import whole_depth
from .gain_base import GainNode

_STROKES = ("brighten", "darken", "color")
_SIDE = {Tier.DRAFT: 256, Tier.STUDENT: 384, Tier.FINAL: 512}
"""Pixels of the long side at which strokes spread."""
_TEXTURE = 4.0  # pixels of the working size that texture is evened out over
_THIN = 1 / 64  # of the long side: what is thinner, such as glasses, lashes and wires, stands before the surface
_NORMAL, _DEPTH = 0.35, 0.1  # changes of direction, and nepers of depth, that count as one edge
_STOPS = 0.045  # of an edge: the change between neighbours at which the weight between them falls to a third


@node(
    "learned.light_scribble",
    see="light.relight draw.roto time.light_propagate",
    label="LightScribble",
    menu="Light/Student",
    reads=("tier",),
)
class LightScribble(GainNode):
    """Light by strokes: paint where there is to be more of it, less of it, or another colour of it.

    Strokes come from Roto or any other matte. Under a stroke the light changes by what is set, and from there the
    change runs on smoothly over the surface, up to `reach`, and stops at the edges of the picture and of the surfaces
    that the student sees, or that are rendered: their normals and their depth (after ScribbleLight; spread by weighted
    least squares). What is thinner than about a 64th of the picture does not stop it: glasses, lips and wires are lit
    with the surface around them. Texture stays as it is, all light is multiplied; what is far from the strokes is not
    touched. `keep` holds strokes off.

    Light layers of the picture follow: `shading`, `specular` and `residual` change by the same.
    """

    brighten: Image = port("strokes where there is to be more light", optional=True)
    darken: Image = port("strokes where there is to be less light", optional=True)
    color: Image = port("strokes where the light is to have another colour", optional=True)
    keep: Image = port("strokes where the light stays", optional=True)
    channel: str = param(default="alpha", role="channel", doc="channel of the strokes")
    brighten_by: float = param(default=1.0, soft=(0, 4), unit="stops", doc="more light", place="top")
    darken_by: float = param(default=1.0, soft=(0, 4), unit="stops", doc="less light", place="top")
    kelvin: float = param(
        default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K", place="top",
        doc="colour of the light under colour strokes relative to what it is; 6504 leaves it",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(-100, 100), soft=(-30, 30), place="top", doc="above zero it is greener, below more magenta"
    )
    light_color: Color = param(default=(1.0, 1.0, 1.0), role="color", doc="times this colour", place="top")
    reach: float = param(
        default=120.0, hard=(0, 10000), soft=(0, 600), unit="px", doc="how far from a stroke its light reaches"
    )
    edge: float = param(
        default=1.0, hard=(0.01, 20), soft=(0.1, 4), unit="stops", doc="contrast of the picture that stops it"
    )
    surface: float = param(
        default=1.0, hard=(0, 10), soft=(0, 2), doc="how much the edges of surfaces stop it: 0 looks at light only"
    )

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return ("normal", "depth") if self.surface > 0 and self._wired(ctx) else ()

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or not self._wired(ctx) else None

    def warnings(self, ctx: Context) -> Sequence[str]:
        return () if self._wired(ctx) else ("there are no strokes, so the picture passes as it is",)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & self.lit_layers(ctx)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data = ctx.info("image").data
        drawn = tuple(Need(s, data, (self._stroke(ctx, s)[0],)) for s in (*_STROKES, "keep") if ctx.connected(s))
        return (*super().needs(ctx, region, layers), *drawn)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        found = self._spread(ctx)
        stops = found["brighten"] * self.brighten_by - found["darken"] * self.darken_by
        change = stops * math.log(2) + found["color"] * self._hue(ctx, stops)
        return self.put_gain(ctx, change.exp()[:, rows, columns])

    def _hue(self, ctx: Context, like: Tensor) -> Tensor:
        """Nepers `[3, 1, 1]` of the colour, of luminance 1; 0 where it stays."""
        if self.kelvin == NEUTRAL_KELVIN and self.tint == 0 and self.light_color == (1.0, 1.0, 1.0):
            return like.new_zeros(3, 1, 1)
        space = working_space(ctx.project, ctx.service("colors"))
        shown = DirectionalLight(color=self.light_color, kelvin=self.kelvin, tint=self.tint)
        level = light_level(shown, space).clamp_min(1e-6)
        return (level / (level @ level.new_tensor(space.luminance))).log().reshape(3, 1, 1).to(like)

    # -- strokes --------------------------------------------------------------------------------------------------

    def _wired(self, ctx: Context) -> tuple[str, ...]:
        return tuple(socket for socket in _STROKES if ctx.connected(socket))

    def _stroke(self, ctx: Context, socket: str) -> tuple[str, int]:
        return ctx.channel(socket, self.channel)

    def _drawn(self, ctx: ComputeContext, socket: str) -> Tensor:
        """A stroke's cover `[1, H, W]` over the data window of the picture; none where nothing is wired."""
        data = ctx.info("image").data
        if not ctx.has_image(socket):
            return torch.zeros(1, data.height, data.width, device=ctx.device)
        name, index = self._stroke(ctx, socket)
        return cover_of(ctx.image(socket).tensor(name, data)[index : index + 1])

    def _spread(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        """How much of each kind of stroke's change there is at every pixel `[1, H, W]`, 0 to 1.

        It does not depend on how much light a stroke gives: dragging that looks at no picture again.
        """
        info = ctx.info("image")
        sockets = [s for s in (*_STROKES, "keep") if ctx.connected(s)]
        channels = [(s, *self._stroke(ctx, s)) for s in sockets]
        given = [("image", n) for n in ("normal", "depth") if info.has(n) and self.layers != "estimate"]
        told, matte = self.estimated(ctx), self._matte(ctx)
        subject = [] if matte is None or not told else [(matte[0], matte[1])]
        of = [("image", MAIN), *((s, layer) for s, layer, _ in channels), *given, *subject]
        asked = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision, matte) if told else None
        key = (
            "scribble", tuple(channels), rgb(ctx), self.reach, self.edge, self.surface, self.layers, asked,
            _SIDE[ctx.tier],
        )  # fmt: skip
        return ctx.shared_layers(of, key, _STROKES, lambda: self._solved(ctx))

    def _solved(self, ctx: ComputeContext) -> dict[str, Tensor]:
        plate = self.plate(ctx)
        drawn = {s: self._drawn(ctx, s) for s in (*_STROKES, "keep")}
        if 0 in plate.shape:
            return {s: drawn[s] for s in _STROKES}
        height, width = plate.shape[1:]
        scale = min(1.0, _SIDE[ctx.tier] / max(height, width))
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        full = logs_of(plate) / (self.edge * math.log(2) * math.sqrt(3))
        small = reduced(full, size)
        bare = without_texture(small, _THIN * max(size))
        guide = guided_whole(bare, bare, _TEXTURE, 0.5)
        if self.surface > 0:
            layers = self.light_layers(ctx, "normal", "depth")
            normal = reduced(layers["normal"], size) * (self.surface / _NORMAL)
            depth = reduced(whole_depth(layers["depth"][:1]).log(), size) * (self.surface / _DEPTH)
            guide = torch.cat((guide, normal, depth))
        ctx.check()
        out: dict[str, Tensor] = {}
        groups = (("brighten", "darken"), ("color",))
        for i, group in enumerate(groups):
            if not any(ctx.connected(s) for s in group):
                out |= {s: torch.zeros_like(plate[:1]) for s in group}
                continue
            covers = torch.cat([drawn[s] for s in (*group, "keep")])
            found = scribbled(
                reduced(covers, size), guide, self.reach * scale, _STOPS, part(ctx.progress, i, len(groups))
            )
            found = joint_upsampled(found, small, full, 1.0)
            # Under a stroke the change is what is set.
            cover = covers.sum(0, keepdim=True)
            found = torch.lerp(found, covers / cover.clamp_min(1e-6), cover.clamp(0, 1))
            out |= {s: found[j : j + 1] for j, s in enumerate(group)}
        return out
