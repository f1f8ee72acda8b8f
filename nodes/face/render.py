from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Numbers,
    Region,
    Spec,
    Vec3,
    node,
    numbers,
    param,
    parse_format,
    port,
    unit,
)  # fmt: skip

from ..ops.resample import FILTERS
from ..ops.warp import warp_field
from ..uv.base import fetched
from ..uv.unwrap import extended
from .model import FACE, Face, face_model, face_of, geometry, rotation, rotation_vector, tensor
from .regions import within_mask
from .seen import SEEN, drawn, unfolded

_MARGIN = 1
_ROUGHEST = 0.36
"""Most that is added to the square of a lobe's width for normals that a pixel mixes."""
_BEYOND = 4
"""Texels by which the maps go on beyond the edges of the face's parts."""


@node("face.render", see="face.maps light.relight merge.keymix faces", label="FaceRender", menu="Face")
class FaceRender(Node):
    """Draws a face from its maps in uv: turned, moved, with another expression, or as it was in the picture.

    Puts out all layers of the maps as the camera of the fit sees them, with `uv`, `position`, `normal`, `depth` and the
    matte `face`, so that Relight can light it. Small forms in `normal` turn with the head. Teeth lie on a skin between
    the lips.

    To lay it over the plate:

    - wire the plate to `like`, so that both have one frame;
    - use a KeyMix with `face.A` as its mask;
    - let `fade` end it softly before hair, ears and neck, which stay the plate's.

    That holds for new light and expressions, and for turns of some ten degrees; further on the plate's own face looks
    out behind it.
    """

    sections: ClassVar[Mapping[str, str]] = {"Expression": "expression"}

    image: Image = port("the face in its uv, with its maps")
    like: Image = port("the picture that the face was fitted to: the face gets its frame", optional=True)
    format: str = param(
        default="", role="format", place="top",
        doc="the frame that is drawn where no picture is wired to `like`; empty: that of the project",
    )  # fmt: skip
    turn: Vec3 = param(
        default=(0.0, 0.0, 0.0),
        soft=(-60, 60),
        unit="deg",
        place="top",
        doc="turned to the picture's right, raised, and tilted clockwise, about the middle of the head",
    )
    move: Vec3 = param(default=(0.0, 0.0, 0.0), soft=(-30, 30), unit="cm", doc="moved to the right, up, to the camera")
    keep_expression: float = param(
        default=1.0, hard=(0, 2), soft=(0, 1), doc="how much of the expression in the picture is kept; 0 is neutral"
    )
    fade: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how softly the matte ends before hair, ears and neck, as a share of the face's radius; 0: all of the "
        "head is drawn",
    )  # fmt: skip
    filter: str = param(default="keys", choices=tuple(FILTERS), doc="how texels are mixed", place="bottom")
    expression: Numbers = numbers("added to the expression")

    def members(self, ctx: Context) -> Sequence[Spec]:
        family = type(self).families[0]
        return [family.spec(name, default=0.0, soft=(0, 1)) for name in face_model().expression_names]

    def posed(self, ctx: Context) -> Face:
        """The face as it is drawn. Raises RimlightError where the picture knows of none."""
        face = face_of(ctx.info("image"), self.label)
        side, up, tilt = (float(np.radians(x)) for x in self.turn)
        own = rotation(np.asarray(face.turn))
        more = rotation(np.array([0, side, 0])) @ rotation(np.array([-up, 0, 0])) @ rotation(np.array([0, 0, -tilt]))
        weights = {name: x * self.keep_expression for name, x in face.expression}
        for name, x in self.expression:
            weights[name] = weights.get(name, 0.0) + x
        place = tuple(a + b for a, b in zip(face.place, self.move, strict=True))
        return replace(
            face, turn=tuple(rotation_vector(more @ own).tolist()), place=place, expression=tuple(weights.items())
        )

    def info(self, ctx: Context) -> ImageInfo:
        posed = self.posed(ctx)
        if ctx.connected("like"):
            frame, aspect = ctx.info("like").display, ctx.info("like").pixel_aspect
        else:
            wanted = parse_format(self.format) if self.format else ctx.project.size
            frame, aspect = wanted.region.scaled(ctx.scale), wanted.pixel_aspect
        info = ctx.info("image").with_(display=frame, data=frame, pixel_aspect=aspect)
        for layer in SEEN:
            info = info.with_layer(layer)
        return info.with_(metadata={**info.metadata, FACE: posed.to_text()})

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        drawn_ = {layer.name for layer in SEEN} - {"normal"}
        wanted = tuple(name for name in layers if info.has(name) and name not in drawn_)
        if "roughness" in wanted and info.has("normal"):
            wanted = tuple(dict.fromkeys((*wanted, "normal")))  # what of it a pixel mixes is rough
        return (Need("image", info.data, wanted),) if wanted else ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        model, posed, frame = face_model(), self.posed(ctx), ctx.output.display
        where = ctx.region.shift(-frame.x0, -frame.y0).expand(_MARGIN)
        camera = posed.camera(ctx.output)
        layers = dict(drawn(model, *geometry(posed), camera, where, ctx.device, ctx.check, "face" in ctx.layers))
        if self.fade > 0 and "face" in ctx.layers:
            layers["face"] = layers["face"] * self._faded(layers["uv"], layers["depth"])
        inner = (slice(None), slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN))
        out = {name: x[inner] for name, x in layers.items() if name in ctx.layers}
        made = [n for n in ctx.layers if ctx.info("image").has(n) and (n not in layers or n == "normal")]
        if not made:
            return out
        texels = ctx.info("image").display
        uv, there = layers["uv"].double(), layers["depth"] > 0
        place = torch.stack((texels.x0 + uv[0] * texels.width, texels.y1 - uv[1] * texels.height))
        place = torch.where(there, place, torch.nan)
        before = face_of(ctx.info("image"), self.label)
        normals = geometry(before)[1][model.corners]
        fitted, known = unfolded(model, normals, texels.shift(-texels.x0, -texels.y0), ctx.device, ctx.check)
        kinds = [ctx.output.layer(name) for name in made]
        maps = self._beyond(ctx, known, made)
        out |= fetched(maps, kinds, place, self.filter, _MARGIN, ctx.check)
        if "roughness" in made and ctx.info("image").has("normal"):
            out["roughness"] = self._roughened(ctx, out["roughness"], known, place)
        if "normal" in made:
            fitted = extended(fitted, known, _BEYOND)
            old = unit(warp_field(fitted, place, texels.box, "triangle", "repeat", margin=_MARGIN))
            turn = tensor(rotation(np.asarray(posed.turn)) @ rotation(np.asarray(before.turn)).T, ctx.device).float()
            mapped, smooth = out["normal"][:3], layers["normal"][inner]
            # Where the map has no normal the surface has its own.
            change = torch.einsum("ij,jhw->ihw", turn, mapped - old)
            out["normal"] = unit(torch.where((mapped != 0).any(0), smooth + change, smooth))
        return out

    def _roughened(self, ctx: ComputeContext, roughness: Tensor, known: Tensor, place: Tensor) -> Tensor:
        """Roughness `[1, h, w]` with the spread of the normals that a pixel mixes: small faces would glitter else.

        The mean of unit normals is the shorter the more they differ (Toksvig 2005); their variance joins that of the
        microfacets, whose lobe is as wide as the square of the roughness.
        """
        texels = ctx.info("image").display
        normal = extended(unit(ctx.image("image").tensor("normal", texels)[:3]), known, _BEYOND)
        mean = warp_field(normal, place, texels.box, "triangle", "repeat", margin=_MARGIN).norm(dim=0, keepdim=True)
        spread = (1 - mean).clamp_min(0) / mean.clamp_min(1e-3)
        wide = roughness.square().square() + (2 * spread).clamp_max(_ROUGHEST)
        return torch.where((roughness > 0) & (mean > 0), wide.sqrt().sqrt(), roughness)

    def _beyond(self, ctx: ComputeContext, known: Tensor, made: Sequence[str]) -> Image:
        """The maps with what is at the edges of the face's parts going on beyond: no black is mixed into lids and lips.

        known : `[h, w]`, bool, the texels that belong to the face.
        """
        image, texels = ctx.image("image"), ctx.info("image").display
        layers = {name: extended(image.tensor(name, texels), known, _BEYOND) for name in made}
        return Image(image.info, texels, layers)

    def _faded(self, uv: Tensor, depth: Tensor) -> Tensor:
        """What is left of the matte `[1, h, w]`; pixels at outlines, which have no uv, follow those beside them."""
        share = within_mask(uv, self.fade) * (depth > 0)
        beside = F.max_pool2d(share[None], 3, 1, 1)[0]
        return torch.where(depth > 0, share, beside)
