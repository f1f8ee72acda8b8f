from collections.abc import Callable

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Region, mix_by, node, param, port

from ..image.base import blank
from ..key.base import MatteNode
from ..nuke.roto import ROTO
from ..ops.resample import Box
from ..ops.shape_matte import bounds, draw_matte
from ..ops.shapes import RotoShape, Shapes
from .moved import Moved


@node("draw.roto", see="filter.blur merge.keymix image.rectangle desktop#shapes", nuke=ROTO)
class Roto(Moved, MatteNode):
    """Draws Bezier shapes, soft-edged and animated, into the alpha of a picture or into other channels.

    Each shape acts on what those before it in the list drew: `union` adds to it, `subtract` cuts out of it, `intersect`
    keeps what both cover, `difference` what one of them covers. The matte is laid over what the channels hold. Without
    an input the shapes are drawn on black. `translate`, `rotate` and `scale` move all shapes, *Follow* in the panel
    links these to a Tracker.
    """

    image: Image = port("the picture", optional=True)
    shapes: Shapes = param(
        default=Shapes(), role="shapes", parse=Shapes.parse,
        doc="the shapes: each its name, points or keys of them, mode, feather, opacity and more",
    )  # fmt: skip
    opacity: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="factor on the matte")
    replace: bool = param(default=False, doc="put the matte in the place of what the channels hold, not over it")
    format: str = param(default="", role="format", doc="size where no picture is wired; empty: the project's")

    def picture(self, ctx: Context) -> ImageInfo:
        return ctx.info("image") if ctx.connected("image") else blank(ctx, self.format)

    def info(self, ctx: Context) -> ImageInfo:
        info = super().info(ctx)
        limit, data = info.display.union(info.data), info.data
        if self.invert:
            return info.with_(data=limit)
        for shape in self.shapes.shapes:
            if shape.visible:
                data = data.union(Region(*bounds(shape, self.drawn_to_pixels(ctx, info), limit.box)))
        return info.with_(data=data)

    def identity(self, ctx: Context) -> str | None:
        drawn = self.invert or any(shape.visible and shape.points for shape in self.shapes.shapes)
        if not (drawn and self.opacity) and not self.replace and not self.premultiply and ctx.connected("image"):
            return "image" if self.target(ctx)[0].layers == ctx.info("image").layers else None
        return super().identity(ctx)

    def matte(self, ctx: ComputeContext) -> Tensor:
        pixels = self.drawn_to_pixels(ctx, ctx.output)
        place, several = repr(pixels.tolist()), sum(shape.visible for shape in self.shapes.shapes) > 1

        def drawn(shape: RotoShape, box: Box, draw: Callable[[], Tensor]) -> Tensor:
            """Of several shapes an edit changes one: those that stay are drawn once."""
            ctx.check()
            if not several:
                return draw()
            return ctx.part(("shape", repr(shape), place), ("cover",), lambda: {"cover": draw()}, Region(*box))["cover"]

        return draw_matte(self.shapes.shapes, pixels, ctx.region.box, drawn, ctx.device)

    def finished(self, ctx: ComputeContext) -> Tensor:
        return super().finished(ctx) * self.opacity

    def put_in(self, before: Tensor, matte: Tensor) -> Tensor:
        return matte.expand_as(before) if self.replace else mix_by(before, torch.ones_like(before), matte)
