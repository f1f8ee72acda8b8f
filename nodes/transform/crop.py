from collections.abc import Mapping, Sequence

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Need, Node, Region, Vec4, node, param, port

from ..nuke.geometry import CROP


@node("transform.crop", see="transform.adjust_bbox transform.reformat", nuke=CROP)
class Crop(Node):
    """Keeps a box of the picture and cuts off the rest.

    The box is given by its left, bottom, right and top edge, from the bottom left of the frame. What is outside is
    black, or repeats the edge of the box; the data window follows. With `reformat` the box becomes the frame.
    """

    image: Image = port("the picture")
    box: Vec4 = param(
        default=(0.0, 0.0, 0.0, 0.0), role="box", unit="px",
        doc="left, bottom, right, top; a box without area is the whole frame",
    )  # fmt: skip
    reformat: bool = param(default=False, doc="the box becomes the frame")
    intersect: bool = param(default=False, doc="cut the box to where there are pixels")
    black_outside: bool = param(
        default=True, doc="black outside the box; off: its edge pixels are repeated over the frame",
    )  # fmt: skip

    def _box(self, info: ImageInfo) -> Region:
        """The box in pixel space."""
        left, bottom, right, top = self.box
        box = info.display
        if right > left and top > bottom:
            (x0, y0), (x1, y1) = info.display.from_artist(left, top), info.display.from_artist(right, bottom)
            x, y = _rounded(x0), _rounded(y0)
            box = Region(x, y, max(x + 1, _rounded(x1)), max(y + 1, _rounded(y1)))
        return box.intersect(info.data) if self.intersect else box

    def _shift(self, info: ImageInfo) -> tuple[int, int]:
        """How far pixels move because the box becomes the frame."""
        box = self._box(info)
        return (-box.x0, -box.y0) if self.reformat else (0, 0)

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        box = self._box(info)
        self.require(not (self.reformat and box.is_empty), "the box has no pixels, so it cannot become the frame")
        kept = box.intersect(info.data)
        frame = box.shift(*self._shift(info)) if self.reformat else info.display
        if not kept.is_empty:
            kept = kept.shift(*self._shift(info))
            kept = kept if self.black_outside else frame.union(kept)
        return info.with_(display=frame, data=kept)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        info = ctx.info("image")
        as_it_is = self._shift(info) == (0, 0) and info.data.contains(self.info(ctx).data) and self._cut_only(info)
        return frozenset() if as_it_is else frozenset(layers)

    def _cut_only(self, info: ImageInfo) -> bool:
        return self.black_outside or self._box(info).contains(info.display)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", self._source(ctx.info("image"), region), layers),)

    def _source(self, info: ImageInfo, region: Region) -> Region:
        """What an output region shows: the part of it in the box, or the edge of the box nearest to it."""
        dx, dy = self._shift(info)
        return self._box(info).intersect(info.data).nearest(region.shift(-dx, -dy))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info = ctx.info("image")
        dx, dy = self._shift(info)
        source, region = self._source(info, ctx.region), ctx.region.shift(-dx, -dy)
        image = Image(info, source, {name: ctx.image("image").tensor(name, source) for name in ctx.layers})
        return {name: image.tensor(name, region, "repeat") for name in ctx.layers}


def _rounded(x: float) -> int:
    return int(x + 0.5) if x >= 0 else -int(0.5 - x)
