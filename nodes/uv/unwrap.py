from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Region,
    RimlightError,
    listing,
    node,
    param,
    port,
    unit,
)  # fmt: skip

from ..ops.fir import finite
from ..ops.resample import FILTERS
from ..ops.warp import warp_field
from .base import chart_uv, fetched
from .charts import Chart, unwrapped

_WHOLE = 0.999
"""Coverage of pixels that show nothing but the surface."""


@node("uv.unwrap", see="uv.wrap face.fit faces#in-uv", label="Unwrap", menu="UV")
class Unwrap(Node):
    """Lays the picture out in the uv of its surface, as textures are painted: a face, or anything with a layer of uv.

    The layer `uv` says where on the surface each pixel is, as renderers write it and FaceFit makes it: 0 to 1 from the
    bottom left of a tile. All layers come along, light filtered as light, normals as vectors. What was not seen is
    black, but for a few texels around what was. `confidence` says how squarely it was seen, 1 from the front and 0 not
    at all, by the layer `normal` where there is one, else by how uv are stretched.

    Where uv jumps the surface is cut. A matte keeps pixels out that show something else as well: those at outlines,
    whose uv are mixed, and what is in front. Wrap is the way back. After MARCUS-Avatar (2026).
    """

    roi: ClassVar[bool] = False  # which pixels a texel comes from is not known before

    image: Image = port("the picture")
    field: Image = port("the picture that has the uv, if the first has none", optional=True)
    matte: Image = port("where the surface is seen, if that is less than has uv", optional=True)
    size: int = param(
        default=1024, hard=(1, 16384), soft=(256, 4096), unit="px", place="top", doc="texels across and down"
    )
    layer: str = param(
        default="uv", role="layer", doc="layer of the uv; its first two channels are u and v", place="top"
    )
    udim: int = param(default=1001, hard=(1001, 1999), soft=(1001, 1020), doc="the tile that is laid out")
    matte_channel: str = param(default="alpha", role="channel", doc="channel of the matte input", place="bottom")
    extend: int = param(
        default=4, hard=(0, 256), soft=(0, 32), unit="px",
        doc="texels by which what was seen goes on, so that no black is mixed in at its edges",
    )  # fmt: skip
    filter: str = param(default="keys", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")

    def _source(self, ctx: Context) -> str:
        """The input that has the uv."""
        return "field" if ctx.connected("field") else "image"

    def info(self, ctx: Context) -> ImageInfo:
        image, field = ctx.info("image"), ctx.info(self._source(ctx))
        if not field.has(self.layer) or len(field.layer(self.layer).channels) < 2:
            raise RimlightError(
                f"the picture has no layer '{self.layer}' with two channels, it has {listing(field.names)}"
            )
        frame = Region(0, 0, self.size, self.size)
        return image.with_(display=frame, data=frame, pixel_aspect=1.0).with_layer(LIGHT_LAYERS["confidence"])

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        image, source = ctx.info("image"), self._source(ctx)
        field = ctx.info(source)
        wanted = tuple(n for n in (*layers, *(("confidence",) if "confidence" in layers else ())) if image.has(n))
        kept = [Need("image", image.data, wanted)] if wanted else []
        normal = ("normal",) if field.has("normal") and "confidence" in layers else ()
        kept.append(Need(source, field.data, (self.layer, *normal)))
        if ctx.connected("matte"):
            kept.append(Need("matte", field.data, (ctx.channel("matte", self.matte_channel)[0],)))
        return kept

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, source = ctx.image("image"), self._source(ctx)
        field = ctx.image(source)
        corner = (field.region.x0, field.region.y0)
        uv, there = chart_uv(field[self.layer], self.udim)
        if ctx.has_image("matte"):
            there = there & (ctx.plane("matte", self.matte_channel, field.region)[0] >= _WHOLE)
        chart = unwrapped(uv, there, corner, self.size, ctx.check)
        known = torch.isfinite(chart.place).all(0)
        out: dict[str, Tensor] = {}
        if "confidence" in ctx.layers:
            out["confidence"] = self._confidence(ctx, chart, field)
        layers = [ctx.output.layer(name) for name in ctx.layers if name != "confidence"]
        for name, x in fetched(image, layers, chart.place, self.filter, check=ctx.check).items():
            out[name] = extended(x, known, self.extend)
        return {name: out[name] for name in ctx.layers}

    def _confidence(self, ctx: ComputeContext, chart: Chart, field: Image) -> Tensor:
        """How squarely texels were seen `[1, n, n]`, times how sure the picture is of them."""
        sure = chart.square
        if "normal" in field.layers:
            normal = warp_field(field["normal"][:3], chart.place, field.region.box, "triangle", "repeat")
            sure = unit(normal)[2:].clamp(0, 1)
        image = ctx.image("image")
        if "confidence" in image.layers:
            own = finite(image["confidence"][:1])
            sure = sure * warp_field(own, chart.place, image.region.box, "triangle", "repeat").clamp(0, 1)
        return torch.where(torch.isfinite(chart.place).all(0), sure, 0.0)


def extended(x: Tensor, known: Tensor, texels: int) -> Tensor:
    """`x [C, h, w]`, what is not known `[h, w]` black, but near what is, up to so many texels, as a known neighbour."""
    height, width = known.shape
    own = torch.arange(height * width, dtype=torch.float64, device=x.device).reshape(height, width)
    source = torch.where(known, own, -1.0)
    for _ in range(texels):
        source = torch.where(source < 0, F.max_pool2d(source[None, None], 3, 1, 1)[0, 0], source)
    near = (source >= 0) & ~known
    out = torch.where(known, x, 0.0)
    out[:, near] = x.flatten(1)[:, source[near].long()]
    return out
