from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    RGBA,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Node,
    NukeClass,
    Region,
    node,
    param,
    parse_format,
    port,
    select,
)  # fmt: skip

from ..ops.glyphs import TextStyle, default_font, draw_text
from ..ops.resample import FILTERS
from ..ops.sheet import Cell, cells, grid, place


@node(
    "merge.layer_contact_sheet",
    see="merge.contact_sheet",
    label="LayerContactSheet",
    nuke=NukeClass("LayerContactSheet", {"showLayerNames": "labels"}, ignored="width height resMult roworder colorder"),
)
class LayerContactSheet(Node):
    """Lays the layers of one picture out in rows and columns of the main layer, to look at them side by side.

    A layer with one channel is shown in grey, one with two in red and green, others by their first three channels.
    """

    image: Image = port("the picture whose layers are shown")
    layers: str = param(default="all", role="channels", doc="layers to show, such as light_* -depth")
    format: str = param(default="", role="format", doc="size of the sheet; empty: that of the picture")
    rows: int = param(default=0, hard=(0, 100), soft=(0, 10), doc="rows; 0: as many as are needed")
    columns: int = param(default=0, hard=(0, 100), soft=(0, 10), doc="columns; 0: as many as are needed")
    gap: int = param(
        default=0, hard=(0, None), soft=(0, 50), unit="px", doc="pixels between the layers and around them",
    )  # fmt: skip
    labels: bool = param(default=True, doc="write the name of each layer into its picture")
    label_size: float = param(default=24.0, hard=(1, None), soft=(1, 100), unit="px", doc="height of the names")
    readable: bool = param(
        default=False, doc="show normals from -1 to 1 as 0 to 1, and depth from near, 1, to far, 0: numbers to look at"
    )
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how the layers are resized")

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        frame, aspect = info.display, info.pixel_aspect
        if self.format:
            size = parse_format(self.format)
            frame, aspect = size.region.scaled(ctx.scale), size.pixel_aspect
        return info.with_(display=frame, data=frame, pixel_aspect=aspect, layers=(RGBA,))

    def _cells(self, ctx: Context) -> dict[str, Cell]:
        info, sheet = ctx.info("image"), self.info(ctx)
        names = tuple(select(self.layers, info.layers))
        if not names:
            return {}
        rows, columns = grid(len(names), self.rows, self.columns)
        names = names[: rows * columns]
        size = (info.display.width * info.pixel_aspect / sheet.pixel_aspect, float(info.display.height))
        placed = cells(sheet.display, len(names), rows, columns, self.gap, [size] * len(names))
        return dict(zip(names, placed, strict=True))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        names = tuple(n for n, cell in self._cells(ctx).items() if not cell.picture.intersect(region).is_empty)
        return (Need("image", info.display, names),) if names and not info.data.is_empty else ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out = ctx.zeros(4)
        for name, cell in self._cells(ctx).items():
            ctx.check()
            if ctx.has_image("image") and name in ctx.image("image"):
                channels = _shown(ctx.info("image").layer(name))
                place(out, ctx.region, ctx.image("image"), name, channels, cell.picture, self.filter)
            inside = cell.picture.intersect(ctx.region)
            if not inside.is_empty:
                rows, columns = ctx.region.slices_of(inside)
                out[3, rows, columns] = 1
                if self.readable and ctx.has_image("image") and name in ctx.image("image"):
                    gain, offset = _readable(ctx.info("image").layer(name), ctx.image("image"))
                    out[:3, rows, columns] = out[:3, rows, columns] * gain + offset
                if self.labels:
                    out[:, rows, columns] = self._labelled(out[:, rows, columns], name, cell.picture, inside)
        return {"rgba": out}

    def _labelled(self, x: Tensor, name: str, picture: Region, inside: Region) -> Tensor:
        """`x`, which covers `inside` of a picture's place, with the name at its bottom left, white on a dark edge."""
        position = (picture.x0 + self.label_size / 2, picture.y1 - self.label_size / 2)
        text = draw_text(name, position, TextStyle(default_font(), self.label_size), inside.box, x.device)
        shadow_position = (position[0] + self.label_size / 12, position[1] + self.label_size / 12)
        shadow = draw_text(name, shadow_position, TextStyle(default_font(), self.label_size), inside.box, x.device)
        light = torch.tensor([1.0, 1.0, 1.0, 1.0], device=x.device)[:, None, None]
        dark = torch.tensor([0.0, 0.0, 0.0, 1.0], device=x.device)[:, None, None]
        return torch.lerp(torch.lerp(x, dark, shadow), light, text)


def _shown(layer: Layer) -> list[int]:
    """The channels of a layer that are shown as red, green and blue; -1 for black."""
    if layer.rgb is not None:
        return list(layer.rgb)
    count = len(layer.channels)
    return [0, 0, 0] if count == 1 else [0, 1, -1] if count == 2 else [0, 1, 2]


def _readable(layer: Layer, image: Image) -> tuple[float, float]:
    """Gain and offset that bring a layer's numbers to 0..1, where its kind has a range; 1 and 0 elsewhere."""
    if layer.kind is LayerKind.NORMAL:
        return 0.5, 0.5
    if layer.kind is LayerKind.DEPTH:
        depth = image.tensor(layer.name, image.region)
        there = depth[torch.isfinite(depth) & (depth > 0)]
        if there.numel() > 0 and bool(there.max() > there.min()):
            near, far = float(there.min()), float(there.max())
            return -1 / (far - near), far / (far - near)
    return 1.0, 0.0
