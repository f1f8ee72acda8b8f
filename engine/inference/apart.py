"""A plate taken apart at full size: what the student saw of its light, and what the plate itself says of edges.

The student's shading is right at large and blurred in the small, and takes bright paint for light. So only its large
forms are taken; within them the plate's own gradients are shared out: a change of brightness that comes with one of
colour is paint (colour Retinex, Grosse et al. 2009), one that the student saw as light is light, and the gradients of
light are put together again by a screened Poisson equation (Bhat et al. 2008).

The colour of the light is told by `hue`. The sky is no surface: it is in the residual, as lamps are.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cosine import screened_poisson
from .detail import Guide, enlarged, percentile
from .hue import WHITE, light_hue, pale_light
from .student import Prediction

_FLOOR = 1e-3  # of the level: light darker than this tells nothing
_REACH = 0.12  # of the long side: forms of light larger than this are the student's
_COLOR = 0.3  # change of colour, per change of brightness, from which an edge is paint
_NOISE = 0.02  # nepers of colour that mean nothing
_LEAST = 0.15  # share of a colourless edge that is light whatever the student says
_STRENGTH = 0.03  # nepers: steps of brightness of which the student's opinion counts
_WHITE_SHARE = 0.99
_TRUST = 0.5  # of the student in how bright the albedo is at all; the rest is that something in the frame is white
_AREA = 0.06  # of the long side: areas larger than this are not brighter than white, there is more light
_EXCESS = 1.5  # nepers of light that an area may have more than was seen
_PURE = 0.8  # the most of the colour of the light in what is seen that is a highlight
_GLOSS = 4.0  # times the shading: highlights may be this bright, what is brighter shines itself
_LIT_SHARE = 0.98
_BRIGHTEST = 1.5  # nepers: light on surfaces is at most this much more than on nearly all of the frame; more is a lamp


def take_apart(plate: Tensor, seen: Prediction, guide: Guide, sky: Tensor) -> dict[str, Tensor]:
    """Albedo, shading, specular and residual `[1, 3, H, W]` of a plate `[1, 3, H, W]` and the guide of its edges.

    sky : `[1, 1, H, W]`, from `find_sky`. `plate = albedo * shading + specular + residual` to the last digits. The
    residual holds what no surface can explain: the sky, negative light, and what is brighter than highlights are.
    """
    positive = torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0)
    logs = (positive + _FLOOR * seen.level).log()
    grey = _grey(logs, seen, guide)
    ground = 1 - sky
    hue = light_hue(seen, logs, grey, ground)
    share = torch.sigmoid(guide.follow(torch.logit(seen.share, 1e-4)))
    # Highlights have the colour of the light, so no more of the plate is one than has that colour.
    color = (hue - hue.amax(1, keepdim=True)).exp()
    glossy = (share * positive).mean(1, keepdim=True)
    gloss = torch.minimum(glossy, _PURE * (positive / color).amin(1, keepdim=True)) * color
    gloss, diffuse = gloss * ground, (positive - gloss) * ground
    shading = (grey + hue + pale_light((diffuse + _FLOOR * seen.level).log(), ground)).exp()
    shading = shading * _area_excess(diffuse, shading)
    shading = shading * _white(diffuse, shading) ** (1 - _TRUST)
    # What is brighter than a highlight shines itself.
    most = (1 + _GLOSS) * WHITE * shading.amax(1, keepdim=True)
    diffuse = diffuse / (diffuse.amax(1, keepdim=True) / most).clamp_min(1)
    # What is brighter than white is a highlight, as far as it has the colour of the light; else there is more light.
    over = ((diffuse - shading * WHITE) / color).amax(1, keepdim=True).clamp_min(0)
    over = torch.minimum(over, _PURE * (diffuse / color).amin(1, keepdim=True)) * color
    diffuse = diffuse - over
    shading = shading * (diffuse / (shading * WHITE)).amax(1, keepdim=True).clamp_min(1)
    albedo = diffuse / shading
    specular = gloss + over
    residual = plate - (albedo * shading + specular)
    return {"albedo": albedo, "shading": shading, "specular": specular, "residual": residual}


def _grey(logs: Tensor, seen: Prediction, guide: Guide) -> Tensor:
    """How bright the light is `[1, 1, H, W]`, in nepers. logs : of the plate."""
    height, width = logs.shape[-2:]
    red, green, blue = logs[0]
    bright = logs[0].mean(0, keepdim=True)
    color = torch.stack((red - green, blue - green))
    about = seen.shading.log().mean(1, keepdim=True)
    light = guide.follow(about)[0]
    right, down = (_share(bright, color, light, dim) for dim in (2, 1))
    large = enlarged(about, height, width)[0]
    grey = screened_poisson(right, down, large, _REACH * max(height, width))
    return grey.clamp_max(percentile(grey, _LIT_SHARE) + _BRIGHTEST)[None]


def _share(bright: Tensor, color: Tensor, light: Tensor, dim: int) -> Tensor:
    """The part of the steps between neighbours along `dim` that is light."""
    step = bright.diff(dim=dim)
    paint = color.diff(dim=dim).square().sum(0, keepdim=True).sqrt() / (_COLOR * step.abs() + _NOISE)
    said = (light.diff(dim=dim) * step / (step.square() + _STRENGTH**2)).clamp(0, 1)
    return step * torch.exp(-paint.square()) * (_LEAST + (1 - _LEAST) * said)


def _area_excess(diffuse: Tensor, shading: Tensor) -> Tensor:
    """How much more light there is than was seen `[1, 1, H, W]`, where whole areas would be brighter than white."""
    height, width = diffuse.shape[-2:]
    ratio = (diffuse / shading).amax(1, keepdim=True).clamp_min(1e-6)
    excess = (ratio.log() - math.log(WHITE)).clamp(0, _EXCESS)
    side = max(1, round(_AREA * max(height, width)))
    h, w = max(1, height // side), max(1, width // side)
    cells = F.adaptive_avg_pool2d(excess, (h, w))
    return enlarged(cells, height, width).exp()


def _white(diffuse: Tensor, shading: Tensor) -> Tensor:
    """What the shading has to be multiplied with for the brightest albedo of the frame to be white; 1 where black."""
    white = percentile((diffuse / shading).mean(1), _WHITE_SHARE)
    return torch.where(white > 0, white / WHITE, torch.ones_like(white)).clamp(0.05, 20)
