from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    ImageInfo,
    Light,
    Need,
    Region,
    Rig,
    StandingLight,
    Vec2,
    Vec3,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from .base import described, given
from .geometry import Seen

_FREE = "at distance"


@node("light.place", see="transform.tracker light.rig light.point tracking#using-the-tracks", label="PlaceLight")
class Place(Seen):
    """Places a light of a rig by a pixel of the picture, whose layers say which surface is seen there.

    `highlight`: where the light is mirrored, so that its highlight is at the pixel. `brightest`: straight above the
    surface, so that its diffuse part is brightest there. `front`: between the surface and the camera. Directional
    lights are turned; point, spot and area lights stand at a distance from the surface and look at it. `at distance`:
    at the pixel itself, so far from the camera, whatever surface is there, as for a lamp in the picture; a directional
    light comes from there, and others look where they did. Link the pixel to a track, and the light follows it. Flags
    stay where they stand.
    """

    result: ClassVar[type] = Rig

    rig: Rig = port("the lights")
    image: Image = port("picture with normals; for lights that stand somewhere with position or depth too")
    light: str = param(
        default="", role="lights", doc="name of the light that is placed; empty: the last of the rig", place="top"
    )
    pixel: Vec2 = param(
        default=(960.0, 540.0), soft=(0, 1920), role="point", unit="px", doc="where on the picture", place="top"
    )
    how: str = param(
        default="highlight", choices=("highlight", "brightest", "front", "at distance"),
        doc="what the light does there", place="top",
    )  # fmt: skip
    distance: float = param(
        default=100.0, hard=(0.001, None), soft=(10, 500), unit="cm",
        doc="from the surface to the light; at distance: from the camera",
    )  # fmt: skip
    radius: float = param(
        default=1.0, hard=(0, 64), soft=(0, 16), unit="px", doc="the surface is the median of so many pixels around it"
    )
    hold: bool = param(default=False, doc="look at the picture of one frame only, so that the light stands still")
    held_frame: int = param(default=1, soft=(1, 100), unit="frame", doc="that frame")

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"image": (float(self.held_frame),)} if self.hold else {}

    def info(self, ctx: Context) -> Any:
        rig = described(ctx)
        self._chosen(rig)
        if self.how != _FREE:
            self._area(ctx.info("image"))
            self._layers(ctx)
        return rig

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", self._area(ctx.info("image")), self._layers(ctx)),) if self.how != _FREE else ()

    def doubt_needs(self, ctx: Context) -> Sequence[Need]:
        return () if self.how == _FREE else self.surface_needs(ctx)

    def doubts(self, ctx: Context, images: Mapping[str, Image]) -> Sequence[str]:
        return self.layer_doubts(images["image"])

    def compute(self, ctx: ComputeContext) -> Any:
        rig = given(ctx)
        index = self._chosen(rig)
        light = rig.lights[index]
        if self.how == _FREE:
            return _replaced(rig, index, self._free(light, ctx.info("image"), rig.cm_per_unit))
        image, area = ctx.image("image"), self._area(ctx.info("image"))
        normal = self._median("normal", image.tensor("normal", area))
        self.require(bool(normal.norm() > 0), f"there is no surface at {self._where()}: the layer 'normal' is 0 there")
        normal = normal / normal.norm()
        points = self.position(image, area)
        position = None if points is None else self._median(self.place_layer(image.info), points)
        view = -position / position.norm() if position is not None else normal.new_tensor([0.0, 0.0, 1.0])
        towards = {"highlight": 2 * (normal @ view) * normal - view, "brightest": normal, "front": view}[self.how]
        placed = self._placed(light, towards, position, self.cm_per_unit / rig.cm_per_unit, rig.cm_per_unit)
        return _replaced(rig, index, placed)

    def _free(self, light: Light, info: ImageInfo, cm: float) -> Light:
        """The light at the pixel, whatever is there."""
        x, y = info.display.from_artist(*self.pixel)
        seen = torch.tensor(self.pinhole(info).ray(x - info.display.x0, y - info.display.y0), dtype=torch.float64)
        seen = seen / seen.norm()
        if isinstance(light, DirectionalLight):
            return light.with_(direction=_triple(seen))
        return light.with_(position=_triple(seen * (self.distance / cm)))

    def _placed(self, light: Light, towards: Tensor, position: Tensor | None, scale: float, cm: float) -> Light:
        if isinstance(light, DirectionalLight):
            return light.with_(direction=_triple(towards))
        assert position is not None  # _layers has asked for it
        stand = _triple(position * scale + towards * (self.distance / cm))
        if isinstance(light, StandingLight) and light.points:
            return light.with_(position=stand, aim=_triple(-towards))
        return light.with_(position=stand)

    def _chosen(self, rig: Rig) -> int:
        """The index of the light that is placed."""
        self.require(len(rig) > 0, "the rig has no light to place")
        if self.light:
            rig.light(self.light)
        index = rig.names.index(self.light) if self.light else len(rig) - 1
        light = rig.lights[index]
        self.require(
            isinstance(light, (DirectionalLight, StandingLight)),
            f"light '{rig.names[index]}' is of the kind {light.kind}, which stands nowhere, so it cannot be placed",
        )
        return index

    def _layers(self, ctx: Context) -> tuple[str, ...]:
        info, rig = ctx.info("image"), described(ctx)
        self.require(info.has("normal"), f"the image has no layer 'normal', it has {listing(info.names)}")
        place = self.place_layer(info)
        if place:
            return "normal", place
        light = rig.lights[self._chosen(rig)]
        self.require(
            isinstance(light, DirectionalLight),
            f"a {light.kind} light needs to know where the surface is: the image has neither position nor depth",
        )
        return ("normal",)

    def _area(self, info: ImageInfo) -> Region:
        """The pixels that are looked at."""
        x, y = info.display.from_artist(*self.pixel)
        column, row, r = int(x // 1), int(y // 1), int(self.radius)
        found = Region(column - r, row - r, column + r + 1, row + r + 1).intersect(info.data)
        size = f"{info.data.width} x {info.data.height} pixels"
        self.require(not found.is_empty, f"the image has no pixels at {self._where()}; it has {size}")
        return found

    def _where(self) -> str:
        return f"pixel {self.pixel[0]:g}, {self.pixel[1]:g}"

    def _median(self, layer: str, x: Tensor) -> Tensor:
        """The middle of vectors `[3, h, w]`, component by component, without those that are not finite."""
        pixels = x[:3].flatten(1).double().cpu()
        finite = pixels[:, torch.isfinite(pixels).all(0)]
        self.require(finite.shape[1] > 0, f"the layer '{layer}' has no finite numbers at {self._where()}")
        return finite.median(1).values


def _replaced(rig: Rig, index: int, light: Light) -> Rig:
    """The rig with another light in the place of one."""
    return rig.with_lights((*rig.lights[:index], light, *rig.lights[index + 1 :]))


def _triple(vector: Tensor) -> Vec3:
    x, y, z = vector.tolist()
    return x, y, z
