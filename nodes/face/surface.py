"""What a picture shows around a face: normals, a matte and the marks of its paint."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera, Region, unit

from .fitting import pixels_tall
from .model import Array, Face, geometry
from .paint import MARKS, marks

TALL_PIXELS = 160
"""Pixels of a face's height at which its surface is looked at: pores and the noise of estimates are averaged out."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a picture shows around a face, about `TALL_PIXELS` a face's height.

    maps : `[h, w, 8]`, the normal, how far outside of the matte a place is, in pixels of the frame, and its marks.
    slopes : `[h, w, 8, 2]`, their derivatives by x and y (y up), per square pixel of the frame. trust : `[h, w]`, 0 to
    1, of the normals. origin, step : the frame's x and y (y down) of the first value, and pixels from one to the next.
    """

    maps: Array
    slopes: Array
    trust: Array
    origin: tuple[float, float]
    step: tuple[float, float]

    def at(self, places: Array) -> tuple[Array, Array, Array]:
        """Maps `[N, 8]`, slopes `[N, 8, 2]` and trust `[N]` at places `[N, 2]` of the frame, y down; bilinear."""
        height, width = self.trust.shape
        x = (places[:, 0] - self.origin[0]) / self.step[0]
        y = (places[:, 1] - self.origin[1]) / self.step[1]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        i, j = np.minimum(x.astype(int), max(0, width - 2)), np.minimum(y.astype(int), max(0, height - 2))
        a, b = x - i, y - j
        right, below = np.minimum(i + 1, width - 1), np.minimum(j + 1, height - 1)
        corners = (
            (j, i, (1 - a) * (1 - b)), (j, right, a * (1 - b)), (below, i, (1 - a) * b), (below, right, a * b),
        )  # fmt: skip
        maps = sum(self.maps[r, c] * w[:, None] for r, c, w in corners)
        slopes = sum(self.slopes[r, c] * w[:, None, None] for r, c, w in corners)
        trust = sum(self.trust[r, c] * w for r, c, w in corners)
        return np.asarray(maps), np.asarray(slopes), np.asarray(trust) * inside


def around(face: Face, camera: Camera) -> Region:
    """The part of the frame in which a face is looked at, counted from its top left."""
    x, y = camera.project(torch.from_numpy(geometry(face)[0].T))
    tall = pixels_tall(face, camera)
    box = Region(math.floor(float(x.min())), math.floor(float(y.min())), math.ceil(float(x.max())),
                 math.ceil(float(y.max())))  # fmt: skip
    return box.expand(max(2, round(0.15 * tall))).intersect(Region(0, 0, camera.width, camera.height))


def surface_of(
    normal: Tensor, matte: Tensor | None, region: Region, face: Face, camera: Camera, light: Tensor | None = None
) -> Surface:
    """What a picture shows. normal `[3, h, w]` and matte `[1, h, w]`, 0 to 1, are over `region`, as `around` gives it;
    without a matte all of it may be the face. Normals of length 0 are none. light : `[3, h, w]`, scene-linear, if paint
    is to be told from it.
    """
    tall = pixels_tall(face, camera)
    height, width = normal.shape[1:]
    ratio = min(1.0, TALL_PIXELS / max(1.0, tall))
    size = (max(2, round(height * ratio / camera.pixel_aspect)), max(2, round(width * ratio)))
    there = (normal.square().sum(0, keepdim=True) > 0.25).float()
    cover = there if matte is None else there * matte
    both = torch.cat((normal * cover, cover, torch.ones_like(cover) if matte is None else matte))
    both = torch.nn.functional.interpolate(both[None].double(), size, mode="area")[0]
    share = both[3:4]
    small = unit(both[:3]).permute(1, 2, 0).cpu().numpy()
    step = (width / size[1], height / size[0])
    within = (both[4] >= 0.5).cpu().numpy().astype(np.uint8)
    away = cv2.distanceTransform(1 - within, cv2.DIST_L2, 5) if within.any() else np.zeros(within.shape, np.float32)
    # Blurred a little, so that its slope is there at the very edge.
    outside = cv2.GaussianBlur(away.astype(np.float64), (0, 0), 1.0) * step[0]
    shown = np.zeros((*size, MARKS))
    if light is not None:
        seen = torch.nn.functional.interpolate(light[None].double(), size, mode="area")[0]
        shown = marks(seen, tall * ratio).permute(1, 2, 0).cpu().numpy()
    maps = np.concatenate((small, outside[..., None], shown), 2)
    across, down = np.gradient(maps, axis=1) / step[0], np.gradient(maps, axis=0) / step[0]
    trust = (share[0].cpu().numpy() ** 2).clip(0, 1)
    origin = (region.x0 + step[0] / 2, region.y0 + step[1] / 2)
    return Surface(maps, np.stack((across, -down), -1), trust, origin, step)
