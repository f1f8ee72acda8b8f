"""The sun, where a picture shows it in its sky.

Where a camera or a file kept how bright it is, that tells it from everything else. Where it was cut off at white, as in
most photographs, a cloud and a window were cut off too. A sun is then taken to be what is cut off almost alone in the
frame, is round, and is amid a glow that falls off to every side: clouds and windows are not round, and lamps, which
come in numbers, end at an edge. The same is looked for in pictures that keep their sun, where
no sky is found about it."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera, Region, area_means, find_sky, unit

from .resize import within

_LONGEST = 640  # pixels of the long side at which it is looked for
_LEAST_SKY = 0.01  # of the frame
_OVER = 30.0  # times as bright as the sky: less is a cloud or the glow of a hidden sun
_DISC = 0.25  # of its peak: what is brighter is the disc
_LARGEST = 0.002  # of the frame that the disc fills at most
_BESIDE = 0.02  # of the long side: as far from the sky as trees may reach into its glow
_GLOW = 4.0  # times the sky: what is as bright beside the disc came from it
_WHITE = (0.95, 0.98, 0.6)  # of the peak: what is cut off, what is its inside, and which part of it that is at least
_SPOT = (8, 0.03)  # pixels of a disc that was cut off, at least, and the share of the frame, with its glow, at most
_ALONE = 0.9  # of all that is cut off
_ROUND = 0.5  # of the circle about it
_SIDES, _TO_SIDES = 12, 0.9  # directions from its middle, and the share of them in which its glow falls off
_SOFT = 0.1  # nepers by which it does
_RINGS = ((1.0, 1.5), (1.6, 3.0)), ((2.5, 4.0), (3.5, 8.0))  # radii and pixels between which the glow is compared
_DARK = 0.002  # of the peak
_BRIGHTEST = 8.0  # times the middle of the frame: light about a sun that is brighter counts as its disc


class Sun(NamedTuple):
    """direction : `[3]`, unit, camera space. level : `[3]`, what a white surface reads that faces it, at least: where a
    camera or a file cut it off, it was more. sure : 0 to 1; of a disc that was cut off, how round it is times the share
    of sides to which it glows.
    """

    direction: Tensor
    level: Tensor
    sure: float = 1.0


class _Spot(NamedTuple):
    """A sun in a small picture: its disc `[h, w]`, what of the picture is its light `[3, ...]`, and how sure it is."""

    disc: Tensor
    light: Tensor
    sure: float = 1.0


def sun_in(plate: Tensor, level: Tensor, camera: Camera, region: Region) -> Sun | None:
    """The sun in a plate `[3, H, W]` of finite numbers and its level (see `find_sky`); None where none is seen.

    region : of the plate, counted from the frame's top left.
    """
    size = within(plate.shape[1], plate.shape[2], _LONGEST)
    small = area_means(plate, *size)[None]
    bright = small[0].clamp_min(0).mean(0)
    spot = _measured(small, bright, level) or _cut_off(small[0], bright)
    if spot is None:
        return None
    weight = torch.where(spot.disc, bright, 0.0)
    y, x = (
        float((weight.sum(dim) * (torch.arange(count, device=plate.device) + 0.5)).sum() / weight.sum()) / count
        for dim, count in ((1, size[0]), (0, size[1]))
    )
    ray = torch.tensor(camera.ray(region.x0 + x * region.width, region.y0 + y * region.height), dtype=torch.float64)
    # The solid angle of a pixel there: smaller to the side of the frame.
    area = 4 * camera.tan_x * camera.tan_y / (camera.width * camera.height) * region.width * region.height
    angle = area / (size[0] * size[1]) / float(ray.norm()) ** 3
    return Sun(unit(ray), spot.light.double().flatten(1).sum(1).cpu() * (angle / math.pi), spot.sure)


def _measured(small: Tensor, bright: Tensor, level: Tensor) -> _Spot | None:
    """A sun in the sky of a small picture `[1, 3, h, w]` that is as bright as no cloud is."""
    sky = find_sky(small, level)[0, 0]
    known = sky > 0.5
    if float(known.float().mean()) < _LEAST_SKY:
        return None
    usual = bright[known].median()
    row, column = divmod(int(bright.argmax()), bright.shape[1])
    peak, reach = bright[row, column], max(1, round(_BESIDE * max(bright.shape)))
    rows, columns = (slice(max(0, i - reach), i + reach + 1) for i in (row, column))
    disc = (bright > _DISC * peak).cpu().numpy().astype(np.uint8)
    if float(peak) < _OVER * float(usual) or not bool(known[rows, columns].any()) or disc.mean() > _LARGEST:
        return None
    number = cv2.connectedComponents(disc)[1]
    there = torch.from_numpy(number == number[row, column]).to(bright.device)
    return _Spot(there, small[0, :, rows, columns] * (bright[rows, columns] > _GLOW * usual))


def _cut_off(small: Tensor, bright: Tensor) -> _Spot | None:
    """A sun in a small picture `[3, h, w]` that was cut off at white."""
    plane = bright.cpu().numpy()
    plane = np.minimum(plane, _BRIGHTEST * np.median(plane))
    height, width = plane.shape
    peak = float(plane.max(initial=0.0))
    white = (plane > _WHITE[0] * peak).astype(np.uint8)
    count, number, boxes, middles = cv2.connectedComponentsWithStats(white)
    if count < 2:
        return None
    spot = 1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())
    left, top, wide, high, area = boxes[spot].tolist()
    inside, (x, y) = number == spot, middles[spot].tolist()
    touches = left == 0 or top == 0 or left + wide == width or top + high == height
    few = area < _SPOT[0] or area > _SPOT[1] * plane.size or area < _ALONE * white.sum()
    if touches or few or (plane[inside] > _WHITE[1] * peak).mean() < _WHITE[2]:
        return None
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(columns - x, rows - y)
    round_ = area / (math.pi * (float(away[inside].max()) + 0.5) ** 2)
    falls = _falls(plane, away, np.arctan2(rows - y, columns - x), math.sqrt(area / math.pi))
    if round_ < _ROUND or falls < _TO_SIDES:
        return None
    there = torch.from_numpy(inside).to(bright.device)
    return _Spot(there, small * there, round_ * falls)


def _falls(plane: np.ndarray, away: np.ndarray, towards: np.ndarray, radius: float) -> float:
    """The share of the directions from a disc in which the light about it falls off; 0 where few of them are seen.

    away, towards : how far each pixel is from the middle of the disc, and where, in radians.
    """
    logs = np.log(plane + _DARK * plane.max())
    side = np.clip((towards + math.pi) / (2 * math.pi) * _SIDES, 0, _SIDES - 1).astype(int)
    means = []
    for inner, outer in _RINGS:
        ring = (away > inner[0] * radius + inner[1]) & (away < outer[0] * radius + outer[1])
        counts, sums = (np.bincount(side[ring], x, _SIDES) for x in (None, logs[ring]))
        means.append(np.where(counts > 2, sums / np.maximum(counts, 1), np.nan))
    drop = (means[0] - means[1])[~np.isnan(means[0] - means[1])]
    return float((drop > _SOFT).mean()) if len(drop) >= _SIDES // 2 else 0.0
