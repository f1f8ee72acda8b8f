"""What STMap and IDistort share: seeing a picture through a field of coordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    Need,
    Node,
    Region,
    RimlightError,
    listing,
    param,
    port,
)  # fmt: skip

from ..ops.progress import part
from ..ops.resample import FILTERS, Edges
from ..ops.warp import warp_field
from .base import layer_filter

HALO = 1
"""Pixels around a tile that only serve the derivatives of the field."""


@dataclass(frozen=True)
class FieldNode(Node):
    """A picture seen through a field that another picture holds in two channels."""

    image: Image = port("the picture")
    field: Image = port("the picture that holds the field")
    layer: str = param(
        default="rgba", role="layer", doc="layer of the field; its first two channels are x and y", place="top"
    )
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")
    black_outside: bool = param(
        default=True, doc="black around the picture instead of repeated edge pixels", place="bottom"
    )

    def info(self, ctx: Context) -> ImageInfo:
        image, field = ctx.info("image"), ctx.info("field")
        if not field.has(self.layer) or len(field.layer(self.layer).channels) < 2:
            raise RimlightError(
                f"the field has no layer '{self.layer}' with two channels, it has {listing(field.names)}"
            )
        return image.with_(display=field.display, data=field.data, pixel_aspect=field.pixel_aspect)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        # Where the field leads is not known before it is computed, so all of the picture is needed.
        return Need("image", ctx.info("image").data, layers), Need("field", region.expand(HALO), (self.layer,))

    def source(self, ctx: ComputeContext, region: Region, field: Tensor) -> Tensor:
        """Absolute pixel coordinates `[2, h, w]` (y down) in the picture for the pixels of `region`."""
        raise RimlightError(f"{self.label} does not say where its field leads")

    def kernel(self, layer: Layer) -> str:
        """The filter for a layer."""
        return layer_filter(layer.kind, self.filter)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        around = ctx.region.expand(HALO)
        field = ctx.image("field").tensor(self.layer, around, "repeat")[:2]
        coordinates = self.source(ctx, around, field.double())
        edges: Edges = "black" if self.black_outside else "repeat"
        out: dict[str, Tensor] = {}
        kernels = sorted({self.kernel(ctx.output.layer(name)) for name in ctx.layers})
        for i, kernel in enumerate(kernels):
            # Layers with the same filter go at once: the weights of the pixels are worked out once for all of them.
            names = [name for name in ctx.layers if self.kernel(ctx.output.layer(name)) == kernel]
            done = part(ctx.progress, i, len(kernels))
            x = torch.cat([image[name] for name in names]) if len(names) > 1 else image[names[0]]
            seen = warp_field(x, coordinates, image.region.box, kernel, edges, margin=HALO, progress=done)
            out |= zip(names, torch.split(seen, [image[name].shape[0] for name in names]), strict=True)
        return out


def pixel_centers(region: Region, device: torch.device) -> tuple[Tensor, Tensor]:
    """x `[1, w]` and y `[h, 1]` of the pixel centres of a region, float64, y down."""
    x = torch.arange(region.x0, region.x1, dtype=torch.float64, device=device) + 0.5
    y = torch.arange(region.y0, region.y1, dtype=torch.float64, device=device) + 0.5
    return x[None], y[:, None]
