import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    Camera,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Node,
    Region,
    RimlightError,
    Vec2,
    node,
    param,
    port,
    unit,
)  # fmt: skip

from ..ops.gaussian import blurred
from ..ops.plane import Plane
from ..ops.resample import FILTERS
from ..ops.shadow_light import logs_of
from .base import fetched

_GONE = (LayerKind.DEPTH, LayerKind.POSITION, LayerKind.MOTION)
"""Layers that say nothing of a texture."""
_ASKEW = 3.0  # degrees off a right angle from which on the lens is doubted
_FINE = 1 / 16  # of the texture, the largest form of relief that brightness tells
_SMOOTH = 0.7  # texels over which relief is smooth, so that grain is none
_SIGMAS = 2.0  # deviations of a blur to a form that it takes away


@node(
    "uv.flatten", see="transform.corner_pin learned.intrinsics light.relight uv.unwrap recipes#a-texture-of-a-wall",
    label="Flatten", menu="UV",
)  # fmt: skip
class Flatten(Node):
    """Lays a wall, a floor or a table top of the picture flat, with all its layers, as a texture.

    Put the corners on those of a rectangle, as the picture shows it, anticlockwise from the bottom left. Its proportion
    follows from them and the field of view (the plane of a homography, Zhang 2000). Light is filtered as light; what
    lies outside the picture is black.

    Normals turn with the plane: x along the lower edge, y along the left one, z out of it, as normal maps have them and
    as a wall that faces the camera has them, so Relight lights the result. Which way the plane faces is told by their
    mean. Of estimated normals only small forms are right: `largest_form` leaves out what is larger. `relief` adds what
    is finer than estimates see: what is darker than around it lies deeper, as gaps between stones do under an even sky
    (Langer and Zucker 1994). Dark paint becomes deep, too.

    Depth, positions and motion say nothing of a texture and are left out.
    """

    roi: ClassVar[bool] = False  # the mean of the normals is that of all of them

    image: Image = port("the picture, with the layers of Intrinsics or of a renderer")
    corner1: Vec2 = param(default=(480.0, 270.0), unit="px", role="corner", place="top", doc="bottom left")
    corner2: Vec2 = param(default=(1440.0, 270.0), unit="px", role="corner", place="top", doc="bottom right")
    corner3: Vec2 = param(default=(1440.0, 810.0), unit="px", role="corner", place="top", doc="top right")
    corner4: Vec2 = param(default=(480.0, 810.0), unit="px", role="corner", place="top", doc="top left")
    size: int = param(default=1024, hard=(1, 16384), soft=(256, 4096), unit="px", place="top", doc="texels across")
    proportion: float = param(
        default=0.0, hard=(0, 100), soft=(0, 4), place="top",
        doc="height of the rectangle over its width; 0: as its corners tell",
    )  # fmt: skip
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg", doc="angle that the frame of the picture is wide"
    )
    largest_form: float = param(
        default=0.0, hard=(0, None), soft=(0, 512), unit="px",
        doc="texels: of larger forms the normals are flat; 0: none is left out",
    )  # fmt: skip
    relief: float = param(
        default=0.0, hard=(0, None), soft=(0, 8), unit="px",
        doc="texels by which what is a stop darker than around it lies deeper, for its normals; 0: none",
    )  # fmt: skip
    filter: str = param(default="keys", choices=tuple(FILTERS), doc="how pixels are mixed", place="bottom")

    def _plane(self, ctx: Context) -> Plane:
        info = ctx.info("image")
        frame = info.display
        self.require(not frame.is_empty, "the input has an empty frame")
        camera = Camera.from_fov(frame.width, frame.height, self.field_of_view, info.pixel_aspect)
        corners = [info.display.from_artist(*c) for c in (self.corner1, self.corner2, self.corner3, self.corner4)]
        try:
            return Plane.of(camera, [(x - frame.x0, y - frame.y0) for x, y in corners])
        except ValueError:
            sentence = "the corners are no quad: none may lie between the others, or in a line with two"
            raise RimlightError(sentence) from None

    def info(self, ctx: Context) -> ImageInfo:
        info, plane = ctx.info("image"), self._plane(ctx)
        width = self.size
        height = max(1, round(width * (self.proportion or plane.proportion)))
        most = 4 * 16384
        self.require(height <= most, f"the rectangle is {height} texels high: move its corners or set proportion")
        frame = Region(0, 0, width, height)
        info = info.without(layer.name for layer in info.layers if layer.kind in _GONE)
        if self.relief > 0:
            ctx.rgb("image")
        return info.with_(display=frame, data=frame, pixel_aspect=1.0)

    def warnings(self, ctx: Context) -> Sequence[str]:
        plane = self._plane(ctx)
        if self.proportion or abs(plane.angle - 90) < _ASKEW:
            return ()
        fits = plane.fitting_view
        hint = f"; with a field_of_view of {fits:.0f} it is one" if fits is not None else ""
        return (f"through this lens the corners are of no rectangle, but of {plane.angle:.0f} degrees{hint}",)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").data, tuple(dict.fromkeys((*layers, *self._looked_at(ctx, layers))))),)

    def _looked_at(self, ctx: Context, layers: Sequence[str]) -> tuple[str, ...]:
        """The picture, where relief is told by it."""
        return (MAIN,) if self.relief > 0 and any(_is_normal(ctx.info("image").layer(n)) for n in layers) else ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plane, frame, corner = self._plane(ctx), ctx.output.display, ctx.info("image").display
        place = plane.places(frame.width, frame.height) + torch.tensor([[[corner.x0]], [[corner.y0]]])
        names = tuple(dict.fromkeys((*ctx.layers, *self._looked_at(ctx, ctx.layers))))
        layers = [ctx.output.layer(name) for name in names]
        place = _inside(place, ctx.info("image").data)
        out = fetched(ctx.image("image"), layers, place.to(ctx.device), self.filter, check=ctx.check)
        for layer in layers:
            if _is_normal(layer):
                normal = self._small_forms(plane.turned(out[layer.name]))
                if self.relief > 0:
                    form = self.largest_form or self.size * _FINE
                    normal = raised(normal, out[MAIN][list(ctx.rgb("image"))], self.relief, form)
                out[layer.name] = normal
        rows, columns = frame.slices_of(ctx.region)
        return {name: out[name][:, rows, columns] for name in ctx.layers}

    def _small_forms(self, normal: Tensor) -> Tensor:
        """Normals without forms that are too large."""
        if self.largest_form == 0:
            return normal
        large = unit(blurred(normal, self.largest_form / _SIGMAS))
        return turned_back(normal, large)


def turned_back(normal: Tensor, large: Tensor) -> Tensor:
    """Normals `[3, h, w]` turned as others, of unit length, have to be to face the viewer, by the shortest way."""
    x, y, z = large
    share = 1 / (1 + z).clamp_min(1e-3)
    a, b, c = normal
    across = x * a + y * b
    return torch.stack((a - x * (c + across * share), b - y * (c + across * share), across + z * c))


def raised(normal: Tensor, light: Tensor, depth: float, form: float) -> Tensor:
    """Normals `[3, h, w]` with the slopes of a relief in which dark is deep.

    light : `[3, h, w]`, scene-linear. depth : texels to a stop. form : texels of the largest forms of it.
    """
    stops = logs_of(light).mean(0, keepdim=True) / math.log(2)
    height = depth * blurred(stops - blurred(stops, form / _SIGMAS), _SMOOTH)
    padded = torch.nn.functional.pad(height[None], (1, 1, 1, 1), mode="replicate")[0, 0]
    across, down = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2, (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
    return unit(normal + normal[2:] * torch.stack((-across, down, torch.zeros_like(across))))


def _inside(place: Tensor, data: Region) -> Tensor:
    """Places `[2, h, w]`, no numbers where the picture has no pixels."""
    x, y = place
    there = (x >= data.x0) & (x <= data.x1) & (y >= data.y0) & (y <= data.y1)
    return torch.where(there, place, torch.nan)


def _is_normal(layer: Layer) -> bool:
    return layer.kind is LayerKind.NORMAL and len(layer.channels) >= 3
