from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    Color,
    ComputeContext,
    Context,
    Effect,
    Image,
    ImageInfo,
    Layer,
    Need,
    Region,
    defaulted,
    node,
    param,
    port,
    put,
    take,
)  # fmt: skip

from ..color.base import per_channel
from ..nuke.paint import PAINT
from ..ops.brush_strokes import PRESSURES
from ..ops.drawn import plain
from ..ops.paint_strokes import BRUSHES, TIME_MODES, PaintStroke, PaintStrokes
from ..ops.painting import paint_stroke, reach, source_box, stroke_box
from .moved import Moved

_GROWING = ("paint", "clone", "reveal", "blur", "smear")
"""What makes something of nothing beside the picture."""
_COPYING = {"clone": "image", "reveal": "background"}
"""Inputs that brushes copy from, elsewhere or at another frame."""


@node(
    "draw.paint", version=2, see="draw.roto learned.light_scribble filter.inpaint desktop#painting "
    "recipes#light-by-hand", nuke=PAINT,
    upgrades={1: defaulted(follow_source=False)},
)  # fmt: skip
class Paint(Moved, Effect):
    """Brush strokes over a picture, kept as data: paint, erase, clone, reveal, dodge and burn, blur, sharpen, smear.

    Each stroke lies over what those before it in the list painted:

    - `paint` lays a colour over the picture, `erase` brings the input back.
    - `clone` copies the input from `offset` away, and `reveal` the picture at `background`, both from another frame if
      asked.
    - `dodge` multiplies by two to the power of its stops, negative ones burn, so that texture and light above one
      survive.
    - `blur` takes detail away from what is below, `sharpen` brings it out as Sharpen does at 1, and `smear` drags it
      along, by the share of the way that `opacity` says.

    Along a stroke the largest cover counts: there are no beads, and it may cross itself. Strokes are drawn at any proxy
    scale as they are at full size. The parameters of the brush are those of the next stroke that is drawn; each stroke
    keeps its own.

    A stroke may have keys that move it, turn it and scale it with its brush, and `translate`, `rotate` and `scale` do
    so to all of them: *Follow* in the panel links these to a Tracker. What a clone copies stays upright, its offset
    turns along; from another frame it is the same spot of what moves, turned and scaled as that is between the two,
    unless `follow_source` is off.
    """

    sections: ClassVar[Mapping[str, str]] = {"Move": "translate rotate scale center follow_source"}

    background: Image = port("what reveal brings in", optional=True)
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
        default=1.0, hard=(0, 1), soft=(0, 1), animatable=False, cosmetic=True, doc="how much of the next stroke covers"
    )
    pressure: str = param(
        default="size", choices=PRESSURES, animatable=False, cosmetic=True, doc="what the pressure of a pen changes"
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
        doc="how much light dodge adds; negative burns",
    )
    offset: tuple[float, float] = param(
        default=(0.0, 0.0),
        soft=(-500, 500),
        unit="px",
        animatable=False,
        cosmetic=True,
        doc="from a pixel to where clone copies it from, y up",
    )
    blur_size: float = param(
        default=8.0,
        hard=(0, 2000),
        soft=(0, 100),
        unit="px",
        animatable=False,
        cosmetic=True,
        doc="width of the detail that blur takes away and sharpen brings out, as in Blur",
    )
    time: float = param(
        default=0.0,
        soft=(-10, 10),
        unit="frames",
        animatable=False,
        cosmetic=True,
        doc="frame that clone and reveal copy from: so many frames on, or with `time_mode` at absolute that one",
    )
    time_mode: str = param(
        default="relative", choices=TIME_MODES, animatable=False, cosmetic=True,
        doc="whether time counts from the frame that is shown",
    )  # fmt: skip
    life: str = param(
        default="all", choices=("all", "frame", "onwards"),
        animatable=False, cosmetic=True, doc="the next stroke is there at all frames, at that one, or from it on",
    )  # fmt: skip

    follow_source: bool = param(
        default=True, place="bottom",
        doc="undo the motion between the two frames in what is copied from another one; off for a camera that stands",
    )  # fmt: skip

    @property
    def _drawn(self) -> tuple[PaintStroke, ...]:
        return tuple(stroke for stroke in self.strokes.strokes if stroke.visible and stroke.points)

    def is_identity(self) -> bool:
        return not self._drawn

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        found = {"image": (frame, *self._copied("clone", frame)), "background": self._copied("reveal", frame)}
        return {socket: tuple(dict.fromkeys(found[socket])) for socket in inputs if socket in found}

    def _copied(self, brush: str, frame: float) -> tuple[float, ...]:
        """The frames that strokes of a brush copy from."""
        return tuple(stroke.source_frame(frame) for stroke in self._drawn if stroke.brush == brush)

    def _source_frame(self, ctx: Context, stroke: PaintStroke) -> float:
        """The frame that a stroke copies from, or that is shown."""
        frame = ctx.frames("image")[0]
        return stroke.source_frame(frame) if stroke.brush in _COPYING else frame

    def _sources(self, ctx: Context, strokes: Sequence[PaintStroke]) -> tuple[object, ...]:
        """Which of the frames read some strokes copy from, and what moved since: of equal pixels the keys of the inputs
        do not say that.
        """
        copying = [
            (_COPYING[s.brush], self._source_frame(ctx, s), s)
            for s in strokes
            if s.brush in _COPYING and ctx.connected(_COPYING[s.brush])
        ]
        moved = {frame: self._carried(ctx, s).tolist() for frame, s in {frame: s for _, frame, s in copying}.items()}
        return tuple((ctx.frames(socket).index(frame), moved[frame]) for socket, frame, _ in copying)

    def extra_key(self, ctx: Context) -> object:
        return self._sources(ctx, self._drawn)

    def _carried(self, ctx: Context, stroke: PaintStroke) -> Tensor:
        """From pixels to those that a stroke without an offset copies, 3x3 float64."""
        frame = self._source_frame(ctx, stroke)
        if self.follow_source and frame != ctx.frames("image")[0]:
            try:
                return self.carried(ctx, ctx.info("image"), frame)
            except ValueError:  # flattened: nothing is drawn
                pass
        return torch.eye(3, dtype=torch.float64)

    def warnings(self, ctx: Context) -> Sequence[str]:
        names = [stroke.name or "a stroke" for stroke in self._drawn if stroke.brush == "reveal"]
        if not names or ctx.connected("background"):
            return ()
        return (f"{names[0]} reveals nothing: nothing is connected to background",)

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        limit, data, pixels = info.display.union(info.data), info.data, self.drawn_to_pixels(ctx, info)
        for stroke in self._drawn:
            if stroke.brush in _GROWING:
                data = data.union(Region(*stroke_box(stroke, pixels, limit.box)))
        return info.with_(data=data)

    def _below(self, ctx: Context, region: Region, strokes: Sequence[PaintStroke]) -> Region:
        """What of the picture below some strokes their pixels in a region depend on."""
        info = ctx.info("image")
        pixels, limit = self.drawn_to_pixels(ctx, info), self.info(ctx).data
        for stroke in reversed(strokes):
            region = region.union(Region(*reach(stroke, pixels, region.box, limit.box)))
        return region

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info, below = ctx.info("image"), self._below(ctx, region, self._drawn)
        pixels, found = self.drawn_to_pixels(ctx, info), {("image", ctx.frames("image")[0]): below}
        for stroke in self._drawn:
            socket, box = _COPYING.get(stroke.brush, ""), stroke_box(stroke, pixels, below.box)
            if not socket or not ctx.connected(socket) or box[0] >= box[2]:
                continue
            at = socket, self._source_frame(ctx, stroke)
            data = ctx.info(*at).data
            wanted = Region(*source_box(stroke, pixels, box, self._carried(ctx, stroke), data.box)).intersect(data)
            found[at] = found[at].union(wanted) if at in found else wanted
        needs = []
        for (socket, frame), wanted in found.items():
            names = tuple(name for name in layers if ctx.info(socket, frame).has(name))
            if names and (not wanted.is_empty or socket == "image"):
                needs.append(Need(socket, wanted, names, frame))
        return (*needs, *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, info, strokes = self.selection(ctx), ctx.info("image"), self._drawn
        layers = [(info.layer(name), selection[name]) for name in ctx.layers]
        painted = self._painted(ctx, ctx.region, layers, strokes, len(strokes) - 1)
        out = {}
        for layer, chosen in layers:
            x = ctx.image("image").tensor(layer.name, ctx.region)
            out[layer.name] = put(x, chosen, self.blend(ctx, take(x, chosen), painted[layer.name]))
        return out

    def _painted(
        self, ctx: ComputeContext, region: Region, layers: Sequence[tuple[Layer, tuple[int, ...]]],
        strokes: tuple[PaintStroke, ...], before: int,
    ) -> Mapping[str, Tensor]:  # fmt: skip
        """The chosen channels over a region with strokes over them, from the cache or from the first `before` of them,
        if those are.

        What is kept halves: a stroke more lies over what was there, and one that is taken back costs few.
        """
        if not strokes:
            return {layer.name: take(ctx.image("image").tensor(layer.name, region), c) for layer, c in layers}

        def made() -> Mapping[str, Tensor]:
            below = self._below(ctx, region, strokes[before:])
            under = self._painted(ctx, below, layers, strokes[:before], before & (before - 1))
            rows, columns = below.slices_of(region)
            return {
                layer.name: self._over(ctx, below, layer, chosen, under[layer.name].clone(), strokes[before:])[
                    :, rows, columns
                ].contiguous()
                for layer, chosen in layers
            }

        chosen = tuple((layer.name, layer.channels, channels) for layer, channels in layers)
        place = repr(self.drawn_to_pixels(ctx, ctx.info("image")).tolist())
        key = repr(strokes), place, chosen, ctx.output.data.box, self._sources(ctx, strokes)
        return ctx.part(key, [layer.name for layer, _ in layers], made, region)

    def _over(
        self, ctx: ComputeContext, region: Region, layer: Layer, chosen: tuple[int, ...], x: Tensor,
        strokes: Sequence[PaintStroke],
    ) -> Tensor:  # fmt: skip
        pixels, limit = self.drawn_to_pixels(ctx, ctx.info("image")), ctx.output.data.box

        def below(box: tuple[int, int, int, int]) -> Tensor:
            return Image(ctx.output, region, {layer.name: x}).tensor(layer.name, Region(*box), "auto")

        def column(values: Sequence[float]) -> Tensor:
            return torch.tensor(per_channel(values, layer, chosen), device=ctx.device)[:, None, None]

        for stroke in strokes:
            ctx.check()
            socket, frame = _COPYING.get(stroke.brush, "image"), self._source_frame(ctx, stroke)
            if not ctx.has_image(socket) or not ctx.info(socket, frame).has(layer.name):
                continue
            color, light = column((*map(plain, stroke.color), 1.0)), column((1.0, 1.0, 1.0, 0.0))
            source = partial(self._copy, ctx, socket, frame, layer, chosen)
            carried, data = self._carried(ctx, stroke), ctx.info(socket, frame).data.box
            paint_stroke(stroke, x, pixels, region.box, limit, source, below, color, light, ctx.check, carried, data)
        return x

    def _copy(
        self, ctx: ComputeContext, socket: str, frame: float, layer: Layer, chosen: tuple[int, ...],
        box: tuple[int, int, int, int],
    ) -> Tensor:  # fmt: skip
        """The chosen channels of an input over a box, black where it has none and no pixels."""
        x = ctx.image(socket, frame).tensor(layer.name, Region(*box))
        channels, names = ctx.info(socket, frame).layer(layer.name).channels, [layer.channels[i] for i in chosen]
        if channels == layer.channels:
            return take(x, chosen)
        return torch.stack([x[channels.index(name)] if name in channels else torch.zeros_like(x[0]) for name in names])
