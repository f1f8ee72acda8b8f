from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Need, Node, NukeClass, Region, node, param, port

from ..ops.progress import part
from ..ops.resample import FILTERS
from ..ops.warp import warp_field
from .base import layer_filter
from .fields import HALO, pixel_centers


@node(
    "transform.tile",
    see="transform.mirror transform.reformat",
    nuke=NukeClass("Tile", {"mirrorRows": "mirror_rows", "mirrorCols": "mirror_columns"}),
)
class Tile(Node):
    """Fills the frame with small copies of the picture, in rows and columns, every second one mirrored if asked for.

    What lies outside of the frame is left out. Mirrored copies meet without a seam.
    """

    image: Image = port("the picture")
    rows: float = param(default=1.0, hard=(0.01, 1000), soft=(1, 10), doc="copies from bottom to top")
    mirror_rows: bool = param(default=False, doc="turn every second row upside down")
    columns: float = param(default=1.0, hard=(0.01, 1000), soft=(1, 10), doc="copies from left to right")
    mirror_columns: bool = param(default=False, doc="turn every second column left to right")
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")

    def identity(self, ctx: Context) -> str | None:
        info = ctx.info("image")
        same = self.rows == 1 and self.columns == 1 and info.display.contains(info.data)
        return "image" if same else None

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        return info if info.data.is_empty else info.with_(data=info.display)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").display, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frame, around = ctx.info("image").display, ctx.region.expand(HALO)
        x, y = pixel_centers(around, ctx.device)
        u = _place((x - frame.x0) * (self.columns / frame.width), self.mirror_columns) * frame.width + frame.x0
        # Rows count from the bottom.
        v = frame.y1 - _place((frame.y1 - y) * (self.rows / frame.height), self.mirror_rows) * frame.height
        field = torch.stack((u.expand(around.height, -1), v.expand(-1, around.width)))
        out = {}
        for i, name in enumerate(ctx.layers):
            kernel = layer_filter(ctx.output.layer(name).kind, self.filter)
            done = part(ctx.progress, i, len(ctx.layers))
            x = ctx.image("image").tensor(name, frame)
            out[name] = warp_field(x, field, frame.box, kernel, "repeat", margin=HALO, progress=done)
        return out


def _place(t: Tensor, mirror: bool) -> Tensor:
    """Where in the picture, 0 to 1, a place counted in copies lies."""
    inside = t - t.floor()
    return torch.where(t.floor().remainder(2) == 1, 1 - inside, inside) if mirror else inside
