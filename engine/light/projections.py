"""Pictures of all directions in other shapes: cube, mirror ball, angular map."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from . import equirect
from .equirect import latlong_directions
from .values import unit

Projection = Literal["latlong", "cube", "mirror", "angular"]
"""`latlong`: see `equirect`. `cube`: six square faces in a row, right, left, up, down, towards the camera, away from
it, each as seen from the centre with up on top (up and down have the camera's side below and above). `mirror`: a
chrome ball seen through a long lens, centre reflecting the camera. `angular`: a disc whose radius is the angle from
where the camera looks.
"""

_HALF_TURN = {"cube": 2.0, "mirror": 1.0, "angular": 0.5}
"""How many of its heights a projection has for 180 degrees."""

# Forward, right and up of each face.
_FACES = (
    ((1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ((-1, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
    ((0, 0, 1), (-1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (1, 0, 0), (0, 1, 0)),
)


def projected_size(projection: Projection, height: int) -> tuple[int, int]:
    """Height and width of a picture of a projection."""
    return height, height * {"latlong": 2, "cube": 6}.get(projection, 1)


def convert_directions(picture: Tensor, source: Projection, target: Projection, height: int) -> tuple[Tensor, Tensor]:
    """A picture `[C, h, w]` in another projection, and where that has pixels: `[C, height, width]`, `[1, height,
    width]`.

    Outside a ball the picture is 0. What a mirror ball does not show, straight behind it, is drawn out of its rim. A
    lat-long picture that is smaller than its source is made larger first, so that small suns keep their light.
    """
    if target == "latlong" and source != "latlong":
        finer = math.ceil(picture.shape[1] * _HALF_TURN[source] / height)
        if finer > 1:
            large, _ = convert_directions(picture, source, target, finer * height)
            return equirect.resized(large, height, 2 * height), picture.new_ones(1, height, 2 * height)
    direction, mask = directions(target, height, picture)
    if source == "latlong":
        if 2 * height < picture.shape[1]:
            picture = equirect.resized(picture, 2 * height, 4 * height)
        return equirect.sample(picture, direction) * mask, mask
    return _sample(picture, source, direction) * mask, mask


def directions(projection: Projection, height: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors `[3, h, w]` of a projection's pixels and a mask `[1, h, w]` of those that have one."""
    h, w = projected_size(projection, height)
    if projection == "latlong":
        return latlong_directions(h, w, like), like.new_ones(1, h, w)
    steps = (torch.arange(h, dtype=like.dtype, device=like.device) + 0.5) / h * 2 - 1
    y, x = -steps[:, None].expand(h, h), steps[None].expand(h, h)
    if projection == "cube":
        faces = []
        for forward, right, up in _FACES:
            f, r, t = (like.new_tensor(v).reshape(3, 1, 1) for v in (forward, right, up))
            faces.append(unit(f + x * r + y * t))
        return torch.cat(faces, -1), like.new_ones(1, h, w)
    radius = torch.hypot(x, y)
    mask = (radius <= 1).to(like.dtype)[None]
    r = radius.clamp(1e-9, 1)
    if projection == "angular":
        angle = torch.pi * r
        sine = angle.sin() / r
        return torch.stack((x * sine, y * sine, -angle.cos())), mask
    z = (1 - r * r).clamp_min(0).sqrt()
    return torch.stack((2 * z * x, 2 * z * y, 2 * z * z - 1)), mask


def _sample(picture: Tensor, source: Projection, direction: Tensor) -> Tensor:
    height = picture.shape[1]
    x, y, z = direction.unbind(0)
    if source == "cube":
        return _sample_cube(picture, direction)
    if source == "angular":
        off = torch.hypot(x, y).clamp_min(1e-9)
        radius = torch.atan2(off, -z) / torch.pi
        across, up = x / off * radius, y / off * radius
    else:  # the ball's normal is halfway between the direction and the camera
        length = (2 * (1 + z)).clamp_min(1e-9).sqrt()
        across, up = x / length, y / length
    inside = 1 - 1 / height  # the middle of the outermost pixels
    grid = torch.stack((across, -up), -1).clamp(-inside, inside)[None]
    return F.grid_sample(picture[None], grid, padding_mode="border", align_corners=False)[0]


def _sample_cube(picture: Tensor, direction: Tensor) -> Tensor:
    size = picture.shape[1]
    largest = direction.abs().amax(0)
    out = picture.new_zeros(picture.shape[0], *direction.shape[1:])
    done = torch.zeros_like(largest, dtype=torch.bool)
    for face, (forward, right, up) in zip(torch.split(picture, size, -1), _FACES, strict=True):
        f, r, t = (torch.einsum("c,chw->hw", direction.new_tensor(v), direction) for v in (forward, right, up))
        mine = (f >= largest) & ~done
        done = done | mine
        depth = f.clamp_min(1e-9)
        grid = torch.stack((r / depth, -t / depth), -1)[None]
        found = F.grid_sample(face[None], grid, padding_mode="border", align_corners=False)[0]
        out = torch.where(mine, found, out)
    return out
