import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Need, Node, Region, Vec2, node, param, port

from ..nuke.geometry import LENS
from ..ops.lens_distortion import distorted_radius, fold, moved
from ..ops.progress import part
from ..ops.resample import FILTERS, Edges
from ..ops.warp import warp_field
from .base import layer_filter
from .fields import HALO, pixel_centers

_BAND = 64
"""Rows whose places are computed at a time."""
_SIDE = 64
"""Points along an edge of the data window that say what its picture covers."""


@node("transform.lens_distortion", see="transform.st_map", label="LensDistortion", nuke=LENS)
class LensDistortion(Node):
    """Takes the bending of straight lines by a lens out of a plate, or puts it into a rendered picture.

    A point at radius r from the centre of the straight picture, in units of half the frame's diagonal, lies at
    r (1 + k1 r^2 + k2 r^4) in the distorted one: k1 below 0 is a barrel, above 0 a cushion. `undistort` makes the
    straight picture, `redistort` the other, and one undoes the other up to filtering. The data window grows and
    shrinks with the picture, so that nothing is lost at the edges on the way back. Beyond the radius where such a lens
    would fold the picture over it is black.

    Radii are of the picture as it is shown, with its pixel aspect. For an anamorphic plate that does not say its pixel
    aspect, give it as squeeze. Normals and other vectors are moved, not turned.
    """

    image: Image = port("the picture")
    output: str = param(
        default="undistort", choices=("undistort", "redistort"), doc="which picture to make", place="top"
    )
    k1: float = param(
        default=0.0,
        hard=(-10, 10),
        soft=(-0.5, 0.5),
        doc="distortion by the square of the radius: below 0 a barrel, above 0 a cushion",
    )
    k2: float = param(default=0.0, hard=(-10, 10), soft=(-0.5, 0.5), doc="distortion by its fourth power")
    center: Vec2 = param(
        default=(0.0, 0.0), hard=(-2, 2), soft=(-0.2, 0.2),
        doc="where the axis of the lens is, from the middle of the frame in halves of its width and height",
    )  # fmt: skip
    squeeze: float = param(default=1.0, hard=(0.1, 10), soft=(0.5, 2), doc="factor on the pixel aspect, such as 2")
    filter: str = param(default="cubic", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")
    black_outside: bool = param(
        default=True, doc="black around the picture instead of repeated edge pixels", place="bottom"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.k1 == 0 and self.k2 == 0 else None

    def _geometry(self, info: ImageInfo) -> tuple[tuple[float, float], float, float]:
        """The axis of the lens, the pixels of a radius of 1, and the width of a pixel over its height."""
        frame = info.display
        middle = (frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2
        center = middle[0] + self.center[0] * frame.width / 2, middle[1] - self.center[1] * frame.height / 2
        aspect = self.squeeze * info.pixel_aspect
        return center, max(0.5, math.hypot(frame.width * aspect, frame.height) / 2), aspect

    def _moved(self, info: ImageInfo, x: Tensor, y: Tensor, straighten: bool) -> tuple[Tensor, Tensor]:
        return moved(x, y, *self._geometry(info), self.k1, self.k2, straighten)

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        if info.data.is_empty or not self.black_outside:
            return info if info.data.is_empty else info.with_(data=info.data.union(info.display))
        d, t = info.data, torch.linspace(0, 1, _SIDE, dtype=torch.float64)
        wide, high = d.x0 + t * d.width, d.y0 + t * d.height
        x = torch.cat((wide, wide, torch.full_like(t, d.x0), torch.full_like(t, d.x1)))
        y = torch.cat((torch.full_like(t, d.y0), torch.full_like(t, d.y1), high, high))
        x, y = self._moved(info, x, y, self.output == "undistort")
        known = torch.isfinite(x)
        limit = info.display.union(d).expand(d.width, d.height)
        if not bool(known.all()):
            return info.with_(data=limit.intersect(self._reached(info)))
        data = Region(
            math.floor(float(x[known].min())) - 1, math.floor(float(y[known].min())) - 1,
            math.ceil(float(x[known].max())) + 1, math.ceil(float(y[known].max())) + 1,
        )  # fmt: skip
        return info.with_(data=data.intersect(limit))

    def _reached(self, info: ImageInfo) -> Region:
        """What lies within the radius where the lens would begin to fold the picture over."""
        (x, y), unit, aspect = self._geometry(info)
        radius = fold(self.k1, self.k2)
        if self.output == "redistort":
            radius = float(distorted_radius(torch.tensor(radius, dtype=torch.float64), self.k1, self.k2))
        wide, high = radius * unit / aspect, radius * unit
        return Region(math.floor(x - wide), math.floor(y - high), math.ceil(x + wide), math.ceil(y + high)).expand(1)

    def warnings(self, ctx: Context) -> Sequence[str]:
        limit = fold(self.k1, self.k2)
        return () if limit >= 1 else (f"the lens folds the picture over beyond {limit:.2g} of half its diagonal",)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").data, layers),)

    def _field(self, ctx: ComputeContext) -> Tensor:
        """Where each pixel comes from, `[2, h, w]`: the picture is looked up the other way round."""
        bands = []
        for band in ctx.region.expand(HALO).bands(_BAND):
            ctx.check()
            x, y = pixel_centers(band, ctx.device)
            x, y = x.expand(band.height, -1), y.expand(-1, band.width)
            bands.append(torch.stack(self._moved(ctx.info("image"), x, y, self.output == "redistort")))
        return torch.cat(bands, dim=1)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, field = ctx.image("image"), self._field(ctx)
        edges: Edges = "black" if self.black_outside else "repeat"
        out = {}
        for i, name in enumerate(ctx.layers):
            kernel = layer_filter(ctx.output.layer(name).kind, self.filter)
            done = part(ctx.progress, i, len(ctx.layers))
            out[name] = warp_field(image[name], field, image.region.box, kernel, edges, margin=HALO, progress=done)
        return out
