"""The sun, where a picture shows it in its sky."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Camera, Region, find_sky, unit

_LONGEST = 640  # pixels of the long side at which it is looked for
_LEAST_SKY = 0.01  # of the frame
_OVER = 30.0  # times as bright as the sky: less is a cloud or the glow of a hidden sun
_DISC = 0.25  # of its peak: what is brighter is the disc
_LARGEST = 0.002  # of the frame that the disc fills at most
_BESIDE = 0.02  # of the long side: as far from the sky as trees may reach into its glow
_GLOW = 4.0  # times the sky: what is as bright beside the disc came from it


class Sun(NamedTuple):
    """direction : `[3]`, unit, camera space. level : `[3]`, what a white surface reads that faces it, at least: where a
    camera or a file cut it off, it was more.
    """

    direction: Tensor
    level: Tensor


def sun_in(plate: Tensor, level: Tensor, camera: Camera, region: Region) -> Sun | None:
    """The sun in a plate `[3, H, W]` of finite numbers and its level (see `find_sky`); None where none is seen.

    region : of the plate, counted from the frame's top left.
    """
    scale = min(1.0, _LONGEST / max(plate.shape[1:]))
    size = max(1, round(plate.shape[1] * scale)), max(1, round(plate.shape[2] * scale))
    small = F.interpolate(plate[None], size, mode="area")
    sky = find_sky(small, level)[0, 0]
    bright = small[0].clamp_min(0).mean(0)
    known = sky > 0.5
    if float(known.float().mean()) < _LEAST_SKY:
        return None
    usual = bright[known].median()
    place = int(bright.argmax())
    row, column = divmod(place, size[1])
    peak, reach = bright[row, column], max(1, round(_BESIDE * max(size)))
    rows, columns = (slice(max(0, i - reach), i + reach + 1) for i in (row, column))
    disc = (bright > _DISC * peak).cpu().numpy().astype(np.uint8)
    if float(peak) < _OVER * float(usual) or not bool(known[rows, columns].any()) or disc.mean() > _LARGEST:
        return None
    number = cv2.connectedComponents(disc)[1]
    there = torch.from_numpy(number == number[row, column]).to(plate.device)
    weight = torch.where(there, bright, 0.0)
    y, x = (
        float((weight.sum(dim) * (torch.arange(count, device=plate.device) + 0.5)).sum() / weight.sum()) / count
        for dim, count in ((1, size[0]), (0, size[1]))
    )
    ray = torch.tensor(camera.ray(region.x0 + x * region.width, region.y0 + y * region.height), dtype=torch.float64)
    # The solid angle of a pixel there: smaller to the side of the frame.
    area = 4 * camera.tan_x * camera.tan_y / (camera.width * camera.height) * region.width * region.height
    angle = area / (size[0] * size[1]) / float(ray.norm()) ** 3
    glow = small[0, :, rows, columns] * (bright[rows, columns] > _GLOW * usual)
    found = glow.double().sum((1, 2)).cpu() * (angle / math.pi)
    return Sun(unit(ray), found)
