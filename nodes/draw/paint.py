from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    Color,
    ComputeContext,
    Context,
    Effect,
    ImageInfo,
    Layer,
    Need,
    Region,
    node,
    param,
    put,
    take,
)  # fmt: skip

from ..color.base import per_channel
from ..ops.paint_strokes import BRUSHES, PaintStroke, PaintStrokes
from ..ops.painting import paint_stroke, source_box, stroke_box
from .roto import frame_to_pixels


@node("draw.paint", see="draw.roto learned.light_scribble filter.inpaint desktop#painting")
class Paint(Effect):
    """Brush strokes over a picture, kept as data: paint, erase, clone, and dodge or burn.

    Each stroke lies over what those before it in the list painted. `paint` lays a colour over the picture; `erase`
    brings the input back; `clone` copies the input from `offset` away; `dodge` multiplies by two to the power of its
    stops, negative ones burn, so that texture and light above one survive. Along a stroke the largest cover counts:
    there are no beads, and it may cross itself. Strokes are drawn at any proxy scale as they are at full size.

    The parameters of the brush are those of the next stroke that is drawn; each stroke keeps its own.
    """

    strokes: PaintStrokes = param(
        default=PaintStrokes(), role="strokes", parse=PaintStrokes.parse,
        doc="the strokes: each its brush, points with pressure, size, hardness, opacity, frames and more",
    )  # fmt: skip
    brush: str = param(
        default="paint", choices=BRUSHES, animatable=False, cosmetic=True, doc="what the next stroke does"
    )
    size: float = param(
        default=40.0,
        hard=(0, 1e5),
        soft=(1, 400),
        unit="px",
        animatable=False,
        cosmetic=True,
        doc="diameter of the brush",
    )
    hardness: float = param(
        default=0.2,
        hard=(0, 1),
        soft=(0, 1),
        animatable=False,
        cosmetic=True,
        doc="1 is an edge of one pixel, 0 fades from the middle",
    )
    opacity: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), animatable=False, cosmetic=True, doc="of the next stroke"
    )
    color: Color = param(
        default=(1.0, 1.0, 1.0), role="color", animatable=False, cosmetic=True, doc="scene-linear colour of paint"
    )
    stops: float = param(
        default=0.5,
        hard=(-64, 64),
        soft=(-3, 3),
        unit="stops",
        animatable=False,
        cosmetic=True,
        doc="light of dodge; negative burns",
    )
    offset: tuple[float, float] = param(
        default=(0.0, 0.0),
        soft=(-500, 500),
        unit="px",
        animatable=False,
        cosmetic=True,
        doc="from a pixel to where clone copies it from, y up",
    )
    life: str = param(
        default="all", choices=("all", "frame", "onwards"),
        animatable=False, cosmetic=True, doc="the next stroke is there at all frames, at that one, or from it on",
    )  # fmt: skip

    @property
    def _drawn(self) -> tuple[PaintStroke, ...]:
        return tuple(stroke for stroke in self.strokes.strokes if stroke.visible and stroke.points)

    def is_identity(self) -> bool:
        return not self._drawn

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        limit, data, pixels = info.display.union(info.data), info.data, frame_to_pixels(ctx, info)
        for stroke in self._drawn:
            if stroke.brush in ("paint", "clone"):  # the others make nothing of nothing
                data = data.union(Region(*stroke_box(stroke, pixels, limit.box)))
        return info.with_(data=data)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        pixels, whole = frame_to_pixels(ctx, ctx.info("image")), region
        for stroke in self._drawn:
            box = stroke_box(stroke, pixels, region.box)
            if stroke.brush == "clone" and box[0] < box[2]:
                found = Region(*source_box(stroke, pixels, box)).intersect(ctx.info("image").data)
                whole = whole.union(found)
        return (Need("image", whole, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, info, strokes = self.selection(ctx), ctx.info("image"), self._drawn
        layers = [(info.layer(name), selection[name]) for name in ctx.layers]
        painted = self._painted(ctx, layers, strokes, len(strokes) - 1)
        out = {}
        for layer, chosen in layers:
            x = ctx.image("image").tensor(layer.name, ctx.region)
            out[layer.name] = put(x, chosen, self.blend(ctx, take(x, chosen), painted[layer.name]))
        return out

    def _painted(
        self, ctx: ComputeContext, layers: Sequence[tuple[Layer, tuple[int, ...]]], strokes: tuple[PaintStroke, ...],
        before: int,
    ) -> Mapping[str, Tensor]:  # fmt: skip
        """The chosen channels with strokes over them, from the cache or from the first `before` of them, if those are.

        What is kept halves: a stroke more lies over what was there, and one that is taken back costs few.
        """
        if not strokes:
            return {layer.name: take(ctx.image("image").tensor(layer.name, ctx.region), c) for layer, c in layers}

        def made() -> Mapping[str, Tensor]:
            under = self._painted(ctx, layers, strokes[:before], before & (before - 1))
            return {
                layer.name: self._over(ctx, layer, chosen, under[layer.name].clone(), strokes[before:])
                for layer, chosen in layers
            }

        chosen = tuple((layer.name, layer.channels, channels) for layer, channels in layers)
        return ctx.part((repr(strokes), chosen, ctx.output.data.box), [layer.name for layer, _ in layers], made)

    def _over(
        self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...], x: Tensor, strokes: Sequence[PaintStroke]
    ) -> Tensor:
        pixels, image = frame_to_pixels(ctx, ctx.info("image")), ctx.image("image")

        def source(box: tuple[int, int, int, int]) -> Tensor:
            return take(image.tensor(layer.name, Region(*box)), chosen)

        def column(values: Sequence[float]) -> Tensor:
            return torch.tensor(per_channel(values, layer, chosen), device=ctx.device)[:, None, None]

        for stroke in strokes:
            ctx.check()
            color, light = column((*stroke.color, 1.0)), column((1.0, 1.0, 1.0, 0.0))
            paint_stroke(stroke, x, pixels, ctx.region.box, source, color, light)
        return x
