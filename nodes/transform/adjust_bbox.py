from collections.abc import Sequence

from rimlight.engine import EMPTY, Context, Image, ImageInfo, Node, NukeClass, Region, Vec2, node, param, port


@node(
    "transform.adjust_bbox",
    see="transform.crop merge.copy_bbox",
    label="AdjustBBox",
    nuke=NukeClass("AdjBBox", {"numpixels": "pixels"}),
)
class AdjustBBox(Node):
    """Makes the data window larger or smaller. New pixels are black, what is outside is cut off."""

    image: Image = port("the picture")
    pixels: Vec2 = param(
        default=(0.0, 0.0), role="size", unit="px", soft=(-100, 100), doc="pixels added left and right, top and bottom",
    )  # fmt: skip

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        if info.data.is_empty:
            return info
        x, y = (round(v) for v in self.pixels)
        d = Region(info.data.x0 - x, info.data.y0 - y, info.data.x1 + x, info.data.y1 + y)
        return info.with_(data=EMPTY if d.is_empty else d)

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.info(ctx).data == ctx.info("image").data else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
