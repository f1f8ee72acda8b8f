"""Photographs as textures: rid of the light that is in them, and put on surfaces of a view."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .smooth import over_neighbours
from .view import View

_PATCHES = 8
"""Patches across a photograph, of which each has the same mean once it is evened."""
_DEEPEST = 1.6
"""Of a texture's detail, as a natural logarithm: a photograph's deep shadows and lamps are no albedo."""
_SHARPNESS = 8.0
"""Of the change from one side to another of what a texture is put on."""


def evened(photograph: Tensor) -> Tensor:
    """A photograph's detail `[3, n, n]`, scene-linear with mean logarithm 0, of a square one `[3, n, n]`.

    What changes slowly across a photograph is its shading more than its albedo, so the picture is divided by itself
    seen widely blurred, in each channel. Fine detail of light stays in, as fine detail of albedo.
    """
    detail = photograph.clamp_min(1e-3).log()[None]
    for _ in range(2):  # the first leaves a little at the picture's edges
        means = F.adaptive_avg_pool2d(detail, _PATCHES)
        detail = detail - F.interpolate(means, detail.shape[2:], mode="bilinear", align_corners=False)
    detail = detail[0] - detail.mean((2, 3))[0, :, None, None]
    return (detail / _DEEPEST).tanh().mul(_DEEPEST).exp()


def mapped(view: View, texture: Tensor, rng: np.random.Generator) -> Tensor:
    """The logarithm `[3, h, w]` of a texture `[3, n, n]` that sticks to the surfaces of a view.

    It is projected along three axes at right angles, turned at random, each of which counts by how much a surface
    faces it. It repeats mirrored, at a random size at which most of its pixels are about as large as the view's; it
    fades where they are much smaller, so that nothing flickers.
    """
    turn = torch.from_numpy(_turn(rng)).to(view.albedo.device, non_blocking=True)
    camera, pixels = view.camera, texture.shape[-1]
    across = 2 * camera.tan_x / camera.width  # of a pixel, at a distance of 1
    distance = view.depth.sum() / (view.depth > 0).sum().clamp_min(1)
    period = (distance * across * pixels * math.exp(rng.uniform(math.log(0.5), math.log(2)))).clamp_min(1e-3)
    shift = torch.from_numpy(rng.uniform(-1, 1, (3, 1, 1)).astype(np.float32)).to(turn.device, non_blocking=True)
    x, y, z = torch.einsum("ij,jhw->ihw", turn, view.position) * (2 / period) + shift
    places = torch.stack((torch.stack((z, y), -1), torch.stack((x, z), -1), torch.stack((x, y), -1)))
    detail = texture.log()
    coarse = over_neighbours(torch.add, over_neighbours(torch.add, detail)) / 81
    levels = torch.cat((detail, coarse))[None].expand(3, -1, -1, -1)
    seen = F.grid_sample(levels, places, mode="bilinear", padding_mode="reflection", align_corners=False)
    facing = torch.einsum("ij,jhw->ihw", turn, view.normal).abs() ** _SHARPNESS
    facing = facing / facing.sum(0, keepdim=True).clamp_min(1e-6)
    fine, wide = torch.split((seen * facing[:, None]).sum(0), 3)
    slant = (view.normal * camera.views(view.region, view.normal)).sum(0, keepdim=True).abs().clamp_min(0.15)
    texels = view.depth * (across * pixels / period) / slant
    few, many = ((texels / n).clamp_min(1e-3).log2().clamp(0, 1) for n in (1.5, 5.0))
    return (fine + (wide - fine) * few) * (1 - many)


def _turn(rng: np.random.Generator) -> NDArray[np.float32]:
    """A random rotation `[3, 3]`, about the vertical more than about others: floors and walls face an axis mostly."""
    a, b = rng.uniform(-math.pi, math.pi), rng.normal(0, 0.25)
    about = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    tilt = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    return np.asarray(about @ tilt, np.float32)
