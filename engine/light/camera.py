"""The pinhole camera of a picture: where its pixels are in space, and normals, depth and position from one another.

Camera space is x right, y up, z to the camera, which is at the origin looking along -z. Pixel (0, 0) is the top left
one, as in tensors. `depth` is the distance along the axis, positive in front of the camera, unless it says it is
measured along rays.
"""

import math
from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

from ..errors import ParameterError
from ..region import Region
from .values import cross, dot, unit

DepthKind = Literal["z", "ray"]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera for a frame.

    width, height : pixels of the frame. tan_x : half the frame's width at distance 1. pixel_aspect : width of a pixel
    over its height. center_x, center_y : principal point off the frame's centre, to the right and up, in halves of
    the width and height. Raises ParameterError for sizes that are not above 0.

    Regions count in pixels from the frame's top left; `like` gives dtype and device. Distances have any unit, those
    of positions the same as those of depths.
    """

    width: int
    height: int
    tan_x: float
    pixel_aspect: float = 1.0
    center_x: float = 0.0
    center_y: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not 0 < self.tan_x < math.inf or not 0 < self.pixel_aspect < math.inf:
            raise ParameterError(
                f"camera: {self.width} x {self.height} pixels, half width {self.tan_x:g}, pixel aspect"
                f" {self.pixel_aspect:g}: expected numbers above zero"
            )

    @classmethod
    def from_fov(cls, width: int, height: int, degrees: float, pixel_aspect: float = 1.0) -> Self:
        """A camera whose frame is `degrees` wide, between 0 and 180. Raises ParameterError."""
        if not 0 < degrees < 180:
            raise ParameterError(f"camera: a field of view of {degrees:g} degrees, expected between 0 and 180")
        return cls(width, height, math.tan(math.radians(degrees) / 2), pixel_aspect)

    @property
    def tan_y(self) -> float:
        """Half the frame's height at distance 1."""
        return self.tan_x * self.height / (self.width * self.pixel_aspect)

    def rays(self, region: Region, like: Tensor) -> Tensor:
        """Points at z = -1 seen through the pixels' centres, `[3, h, w]`, for a region counted from the frame's top
        left.
        """
        x = (torch.arange(region.x0, region.x1, dtype=like.dtype, device=like.device) + 0.5) * (2 / self.width) - 1
        y = 1 - (torch.arange(region.y0, region.y1, dtype=like.dtype, device=like.device) + 0.5) * (2 / self.height)
        x, y = (x - self.center_x) * self.tan_x, (y - self.center_y) * self.tan_y
        h, w = region.height, region.width
        return torch.stack((x[None].expand(h, w), y[:, None].expand(h, w), like.new_full((h, w), -1.0)))

    def ray(self, x: float, y: float) -> tuple[float, float, float]:
        """The point at z = -1 that is seen at a place in pixels, x right and y down from the frame's top left."""
        across, up = 2 * x / self.width - 1, 1 - 2 * y / self.height
        return (across - self.center_x) * self.tan_x, (up - self.center_y) * self.tan_y, -1.0

    def views(self, region: Region, like: Tensor) -> Tensor:
        """Unit vectors `[3, h, w]` from what the pixels show to the camera."""
        return -unit(self.rays(region, like))

    def position(self, depth: Tensor, region: Region, kind: DepthKind = "z") -> Tensor:
        """Positions `[3, h, w]` of a depth `[1, h, w]` over a region.

        kind : whether depth is the distance along the camera's axis, `z`, or along the way to the place, `ray`.
        """
        rays = self.rays(region, depth)
        return depth * (rays if kind == "z" else unit(rays))

    def project(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Pixel coordinates x (to the right) and y (down) of points `[3, ...]`; a pixel's centre is at +0.5.

        Points beside or behind the camera come out at its plane's edge: far outside the frame.
        """
        away = (-points[2]).clamp_min(1e-6)
        x = points[0] / (away * self.tan_x) + self.center_x
        y = points[1] / (away * self.tan_y) + self.center_y
        return (x + 1) * (self.width / 2), (1 - y) * (self.height / 2)


def depth_of(position: Tensor, kind: DepthKind = "z") -> Tensor:
    """Depth `[1, h, w]` of positions `[3, h, w]`: along the camera's axis, `z`, or along the way to them, `ray`."""
    return -position[2:] if kind == "z" else dot(position, position).sqrt()


def normals_of(position: Tensor) -> Tensor:
    """Normals `[3, h, w]`, facing the camera, of a position layer `[3, h, w]`.

    Of the steps to the left and to the right, and up and down, the one along which depth bends less is taken, so that
    normals hold up to the edge of an object instead of joining it with what is behind. Exact on planes. A region
    needs two pixels around it.
    """
    right, down = _tangent(position, 2), _tangent(position, 1)
    normal = unit(cross(down, right))
    return normal * torch.where(dot(normal, position) > 0, -1.0, 1.0).to(normal.dtype)


def _tangent(position: Tensor, dim: int) -> Tensor:
    """The step to the next pixel along `dim`: central where the surface is smooth, else from the smoother side."""
    size = position.shape[dim]
    if size < 3:
        raise ParameterError(f"normals: the picture has {size} pixels across, expected 3 or more")
    step = position.diff(dim=dim)
    back = torch.cat((step.narrow(dim, 0, 1), step), dim)
    ahead = torch.cat((step, step.narrow(dim, size - 2, 1)), dim)
    # On a plane 1 / depth is linear over the picture: how much it bends over three pixels tells an edge.
    bend = _inverse_depth(position).diff(n=2, dim=dim).abs()
    wall = torch.full_like(bend.narrow(dim, 0, 1), torch.inf)
    behind = torch.cat((wall, wall, bend), dim)
    before = torch.cat((bend, wall, wall), dim)
    around = torch.cat((wall, bend, wall), dim)
    one_sided = torch.where(behind < before, back, ahead)
    return torch.where(around <= 2 * torch.minimum(behind, before), 0.5 * (back + ahead), one_sided)


def _inverse_depth(position: Tensor) -> Tensor:
    """1 / depth `[1, h, w]`, which on a plane is linear over the picture."""
    return 1 / (-position[2:]).clamp_min(1e-12)
