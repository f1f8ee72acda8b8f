from collections.abc import Mapping, Sequence

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    NukeClass,
    Region,
    node,
    param,
    parse_format,
    port,
)

from ..ops.resample import FILTERS
from ..ops.several import union
from ..ops.sheet import Cell, cells, grid, place


@node(
    "merge.contact_sheet",
    see="merge.layer_contact_sheet",
    label="ContactSheet",
    nuke=NukeClass(
        "ContactSheet",
        {"roworder": "row_order", "colorder": "column_order"},
        choices={
            "row_order": {"TopBottom": "top first", "BottomTop": "bottom first"},
            "column_order": {"LeftRight": "left first", "RightLeft": "right first"},
        },
        ignored="width height resMult splitinputs startframe endframe",
    ),
)
class ContactSheet(Node):
    """Lays its inputs out in rows and columns, each fitted into its cell.

    What is outside an input's frame is not shown. Layers are those of all inputs.
    """

    image: Image = port("pictures in order", many=True)
    format: str = param(default="", role="format", doc="size of the sheet; empty: the project's")
    rows: int = param(default=0, hard=(0, 100), soft=(0, 10), doc="rows; 0: as many as are needed")
    columns: int = param(default=0, hard=(0, 100), soft=(0, 10), doc="columns; 0: as many as are needed")
    gap: int = param(
        default=0, hard=(0, None), soft=(0, 50), unit="px", doc="pixels between the pictures and around them",
    )  # fmt: skip
    row_order: str = param(default="top first", choices=("top first", "bottom first"), doc="where the first row is")
    column_order: str = param(
        default="left first", choices=("left first", "right first"), doc="where the first column is",
    )  # fmt: skip
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how the pictures are resized")

    def info(self, ctx: Context) -> ImageInfo:
        size = parse_format(self.format) if self.format else ctx.project.size
        frame = size.region.scaled(ctx.scale)
        whole = union(*(ctx.info(socket) for socket in self._sockets(ctx)))
        return whole.with_(display=frame, data=frame, pixel_aspect=size.pixel_aspect)

    def _sockets(self, ctx: Context) -> tuple[str, ...]:
        return self.ports[0].sockets(ctx.inputs)

    def _cells(self, ctx: Context) -> dict[str, Cell]:
        """The place of every input that fits on the sheet, by socket."""
        sockets, sheet = self._sockets(ctx), self.info(ctx)
        rows, columns = grid(len(sockets), self.rows, self.columns)
        sockets = sockets[: rows * columns]
        infos = [ctx.info(socket) for socket in sockets]
        sizes = [(i.display.width * i.pixel_aspect / sheet.pixel_aspect, float(i.display.height)) for i in infos]
        placed = cells(
            sheet.display, len(sockets), rows, columns, self.gap, sizes,
            from_bottom=self.row_order == "bottom first", from_right=self.column_order == "right first",
        )  # fmt: skip
        return dict(zip(sockets, placed, strict=True))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found = []
        for socket, cell in self._cells(ctx).items():
            info = ctx.info(socket)
            names = tuple(name for name in layers if info.has(name))
            if names and not cell.picture.intersect(region).is_empty and not info.data.is_empty:
                found.append(Need(socket, info.display, names))
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out = {name: ctx.zeros(len(ctx.output.layer(name).channels)) for name in ctx.layers}
        for socket, cell in self._cells(ctx).items():
            ctx.check()
            if not ctx.has_image(socket) or cell.picture.intersect(ctx.region).is_empty:
                continue
            info = ctx.info(socket)
            for name, x in out.items():
                if info.has(name):
                    have = info.layer(name).channels
                    channels = [have.index(c) if c in have else -1 for c in ctx.output.layer(name).channels]
                    place(x, ctx.region, ctx.image(socket), name, channels, cell.picture, self.filter)
        return out
