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
    listing,
    node,
    param,
    port,
    triple,
)  # fmt: skip

from .base import described, given
from .grounded import Grounded

_FREE = "at distance"
_SHADOW = "shadow"


@node(
    "light.place",
    see="transform.tracker light.rig light.point light.cast_shadow tracking#using-the-tracks",
    label="PlaceLight",
)
class Place(Grounded):
    """Places a light of a rig by a pixel of the picture, whose layers say which surface is seen there.

    - `highlight`: where the light is mirrored, so that its highlight is at the pixel.
    - `brightest`: straight above the surface, so that its diffuse part is brightest there.
    - `front`: between the surface and the camera.
    - `at distance`: at the pixel itself, so far from the camera, whatever surface is there, as for a lamp in the
      picture. A directional light comes from there, and others look where they did.
    - `shadow`: so that the shadow of what is at `caster` falls on the pixel. A light that stands somewhere stands at
      the distance from the caster and looks at the shadow.

    Directional lights are turned; point, spot and area lights stand at a distance from the surface and look at it.
    Link the pixels to tracks, and the light follows them. Flags stay where they stand.

    Without layers there is level `ground`, as CastShadow has it: what casts a shadow stands upright on it at `foot`.
    Link that and the horizon to those of a CastShadow, and its shadow falls where the pixel is.
    """

    sections: ClassVar[Mapping[str, str]] = {
        "Ground": "surfaces foot horizon horizon_roll camera_height", "Camera": "field_of_view depth_is cm_per_unit",
    }  # fmt: skip

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
        default="highlight", choices=("highlight", "brightest", "front", _FREE, _SHADOW),
        doc="what the light does there", place="top",
    )  # fmt: skip
    caster: Vec2 = param(
        default=(960.0, 640.0), soft=(0, 1920), role="point", unit="px", place="top",
        doc="shadow: where on the picture the thing is seen that casts it",
    )  # fmt: skip
    distance: float = param(
        default=100.0, hard=(0.001, None), soft=(10, 500), unit="cm",
        doc="from the surface to the light; at distance: from the camera; shadow: from the caster",
    )  # fmt: skip
    surfaces: str = param(
        default="layers", choices=("layers", "ground"),
        doc="what is seen: the surfaces in the layers of the picture, or level ground below the horizon",
    )  # fmt: skip
    foot: Vec2 = param(
        default=(960.0, 200.0), soft=(0, 1920), unit="px",
        doc="ground: where the thing that casts the shadow stands on it",
    )  # fmt: skip
    radius: float = param(
        default=1.0, hard=(0, 64), soft=(0, 16), unit="px", doc="the surface is the median of so many pixels around it"
    )
    hold: bool = param(default=False, doc="look at the picture of `held_frame` only, so that the light stands still")
    held_frame: int = param(default=1, soft=(1, 100), unit="frame", doc="the frame that is looked at with `hold`")

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"image": (float(self.held_frame),)} if self.hold else {}

    def info(self, ctx: Context) -> Any:
        rig = described(ctx)
        self._chosen(rig)
        if self._looks:
            for pixel in self._pixels:
                self._area(ctx.info("image"), pixel)
            self._layers(ctx)
        return rig

    @property
    def _looks(self) -> bool:
        """Whether layers of the picture count."""
        return self.how != _FREE and self.surfaces == "layers"

    @property
    def _pixels(self) -> tuple[Vec2, ...]:
        return (self.pixel, self.caster) if self.how == _SHADOW else (self.pixel,)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        if not self._looks:
            return ()
        info, names = ctx.info("image"), self._layers(ctx)
        return tuple(Need("image", self._area(info, pixel), names) for pixel in self._pixels)

    def doubt_needs(self, ctx: Context) -> Sequence[Need]:
        return self.surface_needs(ctx) if self._looks else ()

    def doubts(self, ctx: Context, images: Mapping[str, Image]) -> Sequence[str]:
        return self.layer_doubts(images["image"])

    def compute(self, ctx: ComputeContext) -> Any:
        rig = given(ctx)
        index = self._chosen(rig)
        light = rig.lights[index]
        if self.how == _FREE:
            return _replaced(rig, index, self._free(light, ctx.info("image"), rig.cm_per_unit))
        units = self.cm_per_unit / rig.cm_per_unit, rig.cm_per_unit
        if self.how == _SHADOW:
            caster = self._caster(ctx)
            towards = caster - self._surface(ctx, self.pixel)
            self.require(bool(towards.norm() > 0), "caster and pixel are one place, so no light casts a shadow there")
            return _replaced(rig, index, self._placed(light, towards / towards.norm(), caster, *units))
        normal, position = self._normal(ctx), self._position(ctx, self.pixel)
        view = -position / position.norm() if position is not None else normal.new_tensor([0.0, 0.0, 1.0])
        towards = {"highlight": 2 * (normal @ view) * normal - view, "brightest": normal, "front": view}[self.how]
        return _replaced(rig, index, self._placed(light, towards, position, *units))

    def _normal(self, ctx: ComputeContext) -> Tensor:
        """Of the surface at the pixel, unit `[3]`, float64."""
        if self.surfaces == "ground":
            return torch.tensor(self.ground(ctx.info("image")).up, dtype=torch.float64)
        image = ctx.image("image")
        found = self._median("normal", image.tensor("normal", self._area(image.info, self.pixel)), self.pixel)
        there = f"there is no surface at {_where(self.pixel)}: the layer 'normal' is 0 there"
        self.require(bool(found.norm() > 0), there)
        facing: Tensor = found / found.norm()
        return facing

    def _position(self, ctx: ComputeContext, pixel: Vec2) -> Tensor | None:
        """Where the surface at a pixel is, camera space `[3]`, float64; None where no layer says."""
        info = ctx.info("image")
        if self.surfaces == "ground":
            found = self.ground(info).at(*self.on_frame(info, pixel))
            self.require(found is not None, f"there is no ground at {_where(pixel)}: it is not below the horizon")
            return found
        points = self.position(ctx.image("image"), self._area(info, pixel))
        return None if points is None else self._median(self.place_layer(info), points, pixel)

    def _surface(self, ctx: ComputeContext, pixel: Vec2) -> Tensor:
        """The same where it has to be known."""
        found = self._position(ctx, pixel)
        assert found is not None  # _layers has asked for it
        layer = self.place_layer(ctx.info("image"))
        lacks = f"there is no surface at {_where(pixel)}: the layer '{layer}' is not before the camera there"
        self.require(float(found[2]) < 0 or self.surfaces == "ground", lacks)
        return found

    def _caster(self, ctx: ComputeContext) -> Tensor:
        """What casts the shadow, camera space `[3]`, float64."""
        if self.surfaces == "layers":
            return self._surface(ctx, self.caster)
        info = ctx.info("image")
        ground, foot = self.ground(info), self._surface(ctx, self.foot)
        ray = torch.tensor(ground.camera.ray(*self.on_frame(info, self.caster)), dtype=torch.float64)
        front = ground.front(foot)
        steep = float(ray @ front)
        self.require(steep < 0, "the camera looks down on foot too steeply to see what stands there")
        caster = ray * (float(foot @ front) / steep)
        height = float((caster - foot) @ torch.tensor(ground.up, dtype=torch.float64))
        self.require(
            height > 1e-6 * ground.height, f"caster at {_where(self.caster)} is not above the ground where foot stands"
        )
        return caster

    def _free(self, light: Light, info: ImageInfo, cm: float) -> Light:
        """The light at the pixel, whatever is there."""
        x, y = info.display.from_artist(*self.pixel)
        seen = torch.tensor(self.pinhole(info).ray(x - info.display.x0, y - info.display.y0), dtype=torch.float64)
        seen = seen / seen.norm()
        if isinstance(light, DirectionalLight):
            return light.with_(direction=triple(seen))
        return light.with_(position=triple(seen * (self.distance / cm)))

    def _placed(self, light: Light, towards: Tensor, position: Tensor | None, scale: float, cm: float) -> Light:
        if isinstance(light, DirectionalLight):
            return light.with_(direction=triple(towards))
        assert position is not None  # _layers has asked for it
        stand = triple(position * scale + towards * (self.distance / cm))
        if isinstance(light, StandingLight) and light.points:
            return light.with_(position=stand, aim=triple(-towards))
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
        place = self.place_layer(info)
        if self.how == _SHADOW:
            self.require(
                place != "", "a shadow needs to know where surfaces are: the image has neither position nor depth"
            )
            return (place,)
        self.require(info.has("normal"), f"the image has no layer 'normal', it has {listing(info.names)}")
        if place:
            return "normal", place
        light = rig.lights[self._chosen(rig)]
        self.require(
            isinstance(light, DirectionalLight),
            f"a {light.kind} light needs to know where the surface is: the image has neither position nor depth",
        )
        return ("normal",)

    def _area(self, info: ImageInfo, pixel: Vec2) -> Region:
        """The pixels that are looked at around one."""
        found = info.display.pixel(*pixel).expand(int(self.radius)).intersect(info.data)
        size = f"{info.data.width} x {info.data.height} pixels"
        self.require(not found.is_empty, f"the image has no pixels at {_where(pixel)}; it has {size}")
        return found

    def _median(self, layer: str, x: Tensor, pixel: Vec2) -> Tensor:
        """The middle of vectors `[3, h, w]`, component by component, without those that are not finite."""
        pixels = x[:3].flatten(1).double().cpu()
        finite = pixels[:, torch.isfinite(pixels).all(0)]
        self.require(finite.shape[1] > 0, f"the layer '{layer}' has no finite numbers at {_where(pixel)}")
        return finite.median(1).values


def _replaced(rig: Rig, index: int, light: Light) -> Rig:
    """The rig with another light in the place of one."""
    return rig.with_lights((*rig.lights[:index], light, *rig.lights[index + 1 :]))


def _where(pixel: Vec2) -> str:
    return f"pixel {pixel[0]:g}, {pixel[1]:g}"
