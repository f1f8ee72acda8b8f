"""Where the surfaces of a picture are: the camera parameters that nodes of light share, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor

from rimlight.engine import Camera, Context, Image, ImageInfo, Need, Node, Region, Rig, depth_of, param, port, unit

from ..ops.aov_look import doubts_of


@dataclass(frozen=True)
class Seen(Node):
    """A node that looks at surfaces through a camera."""

    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg",
        doc="angle that the frame is wide, for depth without positions and for shadows; 40 is a 50 mm lens on full "
        "frame",
    )  # fmt: skip
    depth_is: str = param(
        default="z", choices=("z", "ray"), doc="whether depth is measured along the camera's axis or along rays"
    )
    cm_per_unit: float = param(
        default=1.0,
        hard=(1e-6, None),
        soft=(0.1, 100),
        unit="cm",
        doc="length of a unit of depth and position: 1 for centimetres, 100 for metres",
    )

    def pinhole(self, info: ImageInfo) -> Camera:
        """The camera of a picture."""
        frame = info.display
        return Camera.from_fov(frame.width, frame.height, self.field_of_view, info.pixel_aspect)

    def place_layer(self, info: ImageInfo) -> str:
        """The layer that says where surfaces are, `position` or `depth`; empty where there is none."""
        return next((name for name in ("position", "depth") if info.has(name)), "")

    def position(self, image: Image, region: Region) -> Tensor | None:
        """Positions `[3, h, w]` over a region, None where no layer says."""
        info, layer = image.info, self.place_layer(image.info)
        if not layer:
            return None
        x = image.tensor(layer, region)
        if layer == "position":
            return x[:3]
        kind = cast(Literal["z", "ray"], self.depth_is)
        return self.pinhole(info).position(x[:1], from_corner(info, region), kind)

    def surface_needs(self, ctx: Context) -> Sequence[Need]:
        """The layers that `layer_doubts` looks at."""
        info = ctx.info("image")
        names = tuple(name for name in ("normal", "position", "depth") if info.has(name))
        return (Need("image", info.data, names),) if names else ()

    def layer_doubts(self, image: Image) -> list[str]:
        """Sentences about normals and positions of a picture that do not look as if they were in camera space."""
        info = image.info
        camera, region = self.pinhole(info), from_corner(info, info.data)
        rays = camera.rays(region, torch.zeros(1))
        normal, position = (image.tensor(n, info.data)[:3] if n in image else None for n in ("normal", "position"))
        place = None
        if "depth" in image:
            kind = cast(Literal["z", "ray"], self.depth_is)
            place = camera.position(image.tensor("depth", info.data)[:1], region, kind)
        return doubts_of(normal, position, place, rays, camera.tan_x)


@dataclass(frozen=True)
class Lit(Seen):
    """A node that puts a rig's light on a picture."""

    image: Image = port("the picture, with layers or without")
    rig: Rig = port("the lights")


def from_corner(info: ImageInfo, region: Region) -> Region:
    """A region counted from the top left corner of the frame."""
    return region.shift(-info.display.x0, -info.display.y0)


def whole_normals(normal: Tensor, there: Tensor | None = None) -> Tensor:
    """Unit normals `[3, h, w]`, towards the camera where there is no surface. there : `[1, h, w]`, by default where
    they have half the length that they ought to have.
    """
    if there is None:
        there = torch.isfinite(normal).all(0, keepdim=True) & (normal.square().sum(0, keepdim=True) > 0.25)
    return unit(torch.where(there, normal, normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)))


def on_surface(normal: Tensor, position: Tensor | None) -> Tensor:
    """Where there is a surface, `[1, h, w]` of 0 and 1: a normal with a length, in front of the camera, all finite."""
    found = torch.isfinite(normal).all(0, keepdim=True) & (normal != 0).any(0, keepdim=True)
    if position is not None:
        found = found & torch.isfinite(position).all(0, keepdim=True) & (depth_of(position) > 0)
    return found.to(normal.dtype)
