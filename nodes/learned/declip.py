import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    Color,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    Need,
    Region,
    defaulted,
    node,
    param,
    port,
)

from ..light.working import working_space
from ..ops.clipped import CAMERAS, SPECK, camera_matrix, clip_levels, in_space, rebuild

_CONFIDENCE = LIGHT_LAYERS["confidence"]
SHARE, LEVEL = "rimlight:clipped", "rimlight:clip_level"


@node(
    "learned.declip",
    see="merge.hdr_merge color.soft_clip learned.low_light light.environment recipes#dark-or-clipped-plates",
    label="Declip",
    menu="Light/Student",
    version=2,
    upgrades={1: defaulted(camera="working")},
)
class Declip(Masked):
    """Rebuilds highlights that a camera cut off, so that lamps, reflections and skies have light to give again.

    Small regions such as lamps and reflections rise by up to `peak`, wide ones such as skies by little. Where a channel
    is left, it tells how bright the others were. Where none is, light goes on rising as steeply as it came, into a
    round hill, and turns white towards the middle.

    The level at which each channel was cut off is found by how its largest values pile up, or given. Channels are cut
    off in the space of the file, not in the working space: a flame that is red to the limit in sRGB is so in no channel
    of ACEScg. `camera` says in which space to look, or finds it. For another camera's space put one OCIOColorSpace
    before and one behind.

    Everything below the level passes bit for bit. The rest is a plausible guess and no measurement: the layer
    `confidence` is 1 where nothing was cut off and falls with every stop that was added. The share of the picture that
    was cut off and the level are shown with the node.

    Specks among light that is nearly as bright, such as the weave of a white shirt, count as texture and hardly rise;
    so do grains of noise. Channels that are left tell of two stops at most, or of `peak` if that is more.

    No network takes part. After Masood, Zhu and Tappen (2009) for the channels, and the membrane of Perez and others
    (2003) for the rest.
    """

    measures: ClassVar[tuple[str, ...]] = (SHARE, LEVEL)
    roi: ClassVar[bool] = False  # levels and regions belong to the whole picture

    image: Image = port("the picture")
    camera: str = param(
        default="auto", choices=CAMERAS, place="top",
        doc="whose channels were cut off: those of the working space, or of linear Rec.709, as in all sRGB files; "
        "auto: where more values pile up, and the working space where a level is given",
    )  # fmt: skip
    level: Color = param(
        default=(0.0, 0.0, 0.0), hard=(0, None), soft=(0, 4), place="top",
        doc="value from which on a channel of `camera` is cut off; 0: found in the picture",
    )  # fmt: skip
    peak: float = param(
        default=2.5, hard=(0, 16), soft=(0, 8), unit="stops", place="top",
        doc="how far above the level the middle of a small lamp or reflection rises; 0: rebuilt only where a "
        "channel is left",
    )  # fmt: skip
    size: float = param(
        default=60.0, hard=(0.1, None), soft=(2, 400), unit="px", place="top",
        doc="half the width of a region that rises half as far as `peak`; wider ones, skies and walls, rise less still",
    )  # fmt: skip
    core: float = param(
        default=0.5,
        hard=(0, 1),
        soft=(0, 1),
        doc="how white the light becomes in the middle: 0 keeps its colour, 1 is white",
    )
    ratios: bool = param(
        default=True, doc="let channels that are not cut off tell of the others; false: only continue what is around"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 else None

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        return ctx.info("image").with_layer(_CONFIDENCE)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset((MAIN, _CONFIDENCE.name)) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        wanted = tuple(name for name in (MAIN, _CONFIDENCE.name) if ctx.info("image").has(name))
        return (Need("image", region, wanted), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, indices = ctx.image("image"), list(ctx.rgb("image"))
        before = image.tensor(MAIN, ctx.region)
        x = before[indices]
        known = (image.tensor(_CONFIDENCE.name, ctx.region)[:1] if _CONFIDENCE.name in image
                 else torch.ones_like(x[:1]))  # fmt: skip
        ctx.check()
        matrix = self._matrix(ctx, x)
        seen = x if matrix is None else in_space(x, matrix)
        found = clip_levels(seen, ctx.check)
        red, green, blue = (given or own for given, own in zip(self.level, found, strict=True))
        levels = red, green, blue
        ctx.check()
        rebuilt = rebuild(seen, levels, self.peak, self.size, self.core, self.ratios, SPECK * ctx.scale)
        light = rebuilt.light
        if matrix is not None:
            added = torch.einsum("ij,jhw->ihw", torch.linalg.inv(matrix).to(x), light - seen)
            light = torch.where((light == seen).all(0), x, x + added)
        ctx.check()
        ctx.measured(SHARE, float((rebuilt.confidence < 1).double().mean()) if x.numel() else 0.0)
        ctx.measured(LEVEL, min(red, green, blue) if math.isfinite(min(red, green, blue)) else 0.0)
        out = before.clone()
        # Where nothing was cut off, not even a mask between 0 and 1 may round.
        out[indices] = torch.where(light == x, x, self.blend(ctx, x, light))
        trust = self.blend(ctx, torch.ones_like(known), rebuilt.confidence)
        made = {MAIN: out, _CONFIDENCE.name: known * trust}
        return {name: made[name] for name in ctx.layers}

    def _matrix(self, ctx: ComputeContext, x: Tensor) -> Tensor | None:
        """From the working space to that of the camera, `[3, 3]`; None where they are the same."""
        if self.camera == "auto" and any(self.level):
            return None
        return camera_matrix(x, working_space(ctx), self.camera, ctx.check)
