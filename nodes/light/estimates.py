"""What the student tells of surfaces, made ready for lights that move: normals without ripples, depth with a size."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    Camera,
    ComputeContext,
    Region,
    depth_steps,
    mean_of_all,
    screened_poisson,
    sum_of_all,
    unit,
)  # fmt: skip

from ..ops.fir import finite
from ..ops.membrane import membrane
from ..ops.morphology import largest_around
from ..ops.openings import openings
from ..ops.progress import Progress, part
from ..ops.smoothing import smoothed
from .plate import plate_of

if TYPE_CHECKING:
    from .relight import Relight

_RIPPLES = 1 / 10
"""Of the long side, the size of ripples in estimated normals that are evened out where the plate has no edges."""
_FORM = 1 / 10
"""The same for depth, anywhere but at the outline of a subject."""
_KNOWN = 0.7
"""Of the long side: forms smaller than this are those of the normals, which the student tells better than depth."""
_STEEPEST = 0.3
"""Cosine by which estimated normals face the camera at least, where they tell of depth."""
_EDGE = 0.25
"""Nepers, over all channels, of an edge in the plate."""
_DARK = 0.02
"""Of the plate's mean: edges in what is darker count less."""
_USUAL = 0.045
"""The share of light from all around that ordinary surfaces reflect without scattering it."""
_GLOSSIEST = 1.5
_FOLD = 1 / 12
"""Of the long side, the size up to which changes of the light are folds, pores and wrinkles."""
_STEP = 0.25
"""Nepers: larger steps of the light from pixel to pixel are the edges of shadows and of things, and no folds."""
_FLOOR = 1e-3
"""Of the mean light."""


def estimates(node: "Relight", ctx: ComputeContext) -> Mapping[str, Tensor]:
    """Layers `[C, H, W]` for relighting over the data window of the picture.

    Estimated ones are smoothed, so that they throw no false shadows; a subject is apart from what is behind it. Besides
    the layers there are three `[1, H, W]` that estimated surfaces lack: `folds`, what small forms do to the light in
    nepers, `gloss`, how much of highlights is seen in the plate against what is usual, and `open`, how far a place is
    seen through a window, where no light of the rig falls.
    """
    found = dict(node.light_layers(ctx, *node.asked(ctx)))
    told = node.guessed(ctx)
    side = max(found["albedo"].shape[1:])
    subject = node.subject(ctx)
    ctx.check()
    plate = plate_of(ctx)
    within = Within.of(plate, subject)
    if "normal" in told:
        normal = unit(within.even(finite(found["normal"]), side * _RIPPLES, part(ctx.progress, 0, 3)))
        found["normal"] = normal if subject is None else rounded(normal, subject, node.inflate, ctx.check)
    found["open"] = torch.zeros_like(plate[:1])
    if "depth" in told:
        found["depth"] = everywhere(found["depth"])
    if "depth" in told and "albedo" in told:
        found["open"] = openings(plate, found["depth"])
        found["albedo"] = found["albedo"] * (1 - found["open"])
    if "depth" in told:
        size = node.distance / node.cm_per_unit
        found["depth"] = sized_depth(found["depth"], subject, node.relief, size, part(ctx.progress, 1, 3))
    ctx.check()
    found["folds"] = _folds(found["shading"], side * _FOLD)
    light = finite(found["shading"]).mean(0, keepdim=True).clamp_min(0)
    seen = finite(found["specular"]).mean(0, keepdim=True).clamp_min(0)
    found["gloss"] = (seen / (_USUAL * light + _FLOOR * mean_of_all(light)).clamp_min(1e-30)).clamp_max(_GLOSSIEST)
    found["gloss"] = found["gloss"] * (1 - found["open"])
    return found


def everywhere(depth: Tensor) -> Tensor:
    """Estimated depth `[1, H, W]`, above 0 in every pixel: what is infinitely far lies as far as the farthest.

    Where there is none, as beyond a picture that was turned, it goes on, and so it does beside, where filters mix it
    with none: zero would draw what is near to itself.
    """
    there = torch.isfinite(depth) & (depth > 0)
    if bool(there.all()):
        return depth
    depth = torch.where(torch.isposinf(depth), torch.where(there, depth, 0.0).amax(), depth)
    known = largest_around((~(depth > 0)).float(), 2) == 0
    return membrane(torch.where(known, depth, 1.0).log(), known[0]).exp()


def sized_depth(depth: Tensor, subject: Tensor | None, relief: float, distance: float, progress: Progress) -> Tensor:
    """Estimated depth `[1, H, W]`, above 0, relative and 1 in the middle, as distances without ripples.

    relief : how deep it is, 1 as estimated. distance : of the middle. subject : its matte `[1, H, W]`.
    """
    # An edge of the plate is no jump in depth; only the outline of the subject is known to be one.
    whole = Within.of(torch.ones_like(depth), subject)
    logs = whole.even(depth.log(), max(depth.shape[1:]) * _FORM, progress)
    return (relief * logs).exp() * distance


def formed(
    depth: Tensor, normal: Tensor, subject: Tensor | None, camera: Camera, region: Region, relief: float
) -> Tensor:
    """Depth `[1, h, w]` of what casts shadows over a region of a camera's frame that may be smaller than the picture.

    It has the forms of the normals, which the student tells better; how far away from each other things are it tells
    better by depth. Solved at the frame's size, for the subject and the rest apart: a pixel of both is as deep as they
    are on average.

    depth : `[1, H, W]`, above 0, of the picture. normal : its unit normals `[3, H, W]`. subject : its matte
    `[1, H, W]`.
    """
    size = (region.height, region.width)
    turned = unit(F.interpolate(finite(normal)[None], size, mode="area")[0])
    steps = tuple(relief * step for step in depth_steps(turned, camera, region, _STEEPEST))
    logs = depth.log()
    if subject is None:
        return _formed(F.interpolate(logs[None], size, mode="area")[0], steps, None).exp_()
    whole = (subject > 0.5).to(logs.dtype)
    share, mine, all_of = F.interpolate(torch.stack((whole, whole * logs, logs), 1), size, mode="area")[0].chunk(3)
    inside = share > 0.5
    found = _formed(torch.where(inside, mine / share, (all_of - mine) / (1 - share)), steps, inside).exp_()
    near, far = (_beside(found, side) for side in (inside, ~inside))
    return torch.where(share * (1 - share) > 0, share * near + (1 - share) * far, found)


def _beside(x: Tensor, there: Tensor) -> Tensor:
    """`x [1, h, w]`, and what is not `there` as pixels around that are, on average."""
    known = F.avg_pool2d(torch.cat((x * there, there.to(x.dtype))), 3, 1, 1)
    return torch.where(there | (known[1:] == 0), x, known[:1] / known[1:])


def _formed(logs: Tensor, steps: tuple[Tensor, ...], inside: Tensor | None) -> Tensor:
    """Logarithms of depth `[1, H, W]` with the forms that the steps of normals to the right and down tell, at large as
    they are, and with what is `inside` the subject as far before the rest.
    """
    right, down = steps
    if inside is not None:
        right = torch.where(inside[..., 1:] != inside[..., :-1], logs.diff(dim=2), right)
        down = torch.where(inside[:, 1:] != inside[:, :-1], logs.diff(dim=1), down)
    return screened_poisson(right, down, logs, _KNOWN * max(logs.shape[1:]))


def plate_light(albedo: Tensor, shading: Tensor, weight: Tensor) -> float:
    """How bright a plate's own light is, what a white surface in it reads; 1 where nothing says.

    albedo, shading : `[3, h, w]`. weight : `[1, h, w]`, how much places count.
    The mean of logarithms, in which a window in the frame is one place among many. What is dark counts little, as it
    tells little of the light.
    """
    grey = torch.nan_to_num(shading, 0.0, 0.0, 0.0).mean(0, keepdim=True).clamp_min(0)
    weight = (albedo[:3].mean(0, keepdim=True).clamp_min(0) * grey) ** 0.25 * weight
    total = float(sum_of_all(weight))
    logs = grey.clamp_min(torch.finfo(grey.dtype).tiny).log()
    return math.exp(float(sum_of_all(logs * weight)) / total) if total > 0 else 1.0


def enlarged_over(x: Tensor, height: int, width: int) -> Tensor:
    """A coarse map `[1, C, h, w]` at full size `[C, H, W]`, without the steps of its cells."""
    return F.interpolate(x, (height, width), mode="bicubic", align_corners=False)[0]


@dataclass(frozen=True)
class Within:
    """Evens things out within the edges of a plate, and inside and outside its subject by itself."""

    across: Tensor
    along: Tensor

    @classmethod
    def of(cls, plate: Tensor, subject: Tensor | None) -> "Within":
        light = finite(plate).clamp_min(0)
        logs = (light / mean_of_all(light).clamp_min(1e-30) + _DARK).log().double()
        weights = [torch.exp(logs.diff(dim=d).square().sum(0) / -(_EDGE**2)) for d in (2, 1)]
        if subject is not None:
            inside = (subject[0] > 0.5).double()
            weights = [w * (1 - inside.diff(dim=d).abs()) for w, d in zip(weights, (1, 0), strict=True)]
        return cls(*weights)

    def even(self, x: Tensor, size: float, progress: Progress) -> Tensor:
        """`x [C, H, W]`, over `size` pixels."""
        return smoothed(x.double(), self.across, self.along, size, progress).to(x.dtype)


def rounded(normal: Tensor, subject: Tensor, amount: float, check: Callable[[], None]) -> Tensor:
    """Normals `[3, H, W]` that turn away from the camera towards the outline of the subject.

    A silhouette is where a surface is seen from the side (Johnston 2002, Lumo): that much is known without estimates.
    So the outline is blown up, a disc to a ball and a band to a roll: the square of its height has everywhere the
    Laplacian -4. The rounder that is at a place, the more it counts there: of the middle an outline tells little.
    """
    inside = subject[0] > 0.5
    if amount == 0 or bool(inside.all()) or not bool(inside.any()):
        return normal
    square = membrane(torch.zeros_like(subject), ~inside, 4.0, check)
    right = F.pad(square, (1, 1, 0, 0), mode="replicate")
    down = F.pad(square[None], (0, 0, 1, 1), mode="replicate")[0]
    outwards = torch.cat((right[..., :-2] - right[..., 2:], down[:, 2:] - down[:, :-2])) / 4
    turned = unit(torch.cat((outwards, square.clamp_min(0).sqrt())))
    lean = 1 - turned[2:].square()
    return unit(torch.lerp(normal, turned, amount * lean * inside))


def _folds(shading: Tensor, size: float) -> Tensor:
    """How much brighter the light is than around `[1, H, W]`, in nepers, within the edges of things and shadows."""
    light = finite(shading).mean(0, keepdim=True).clamp_min(0)
    logs = (light + _FLOOR * mean_of_all(light).clamp_min(1e-30)).log().double()
    across, along = (torch.exp(-(logs[0].diff(dim=d) / _STEP).square()) for d in (1, 0))
    return (logs - smoothed(logs, across, along, size)).to(shading.dtype)
