"""A plate taken apart at full size: what the student saw of its light, and what the plate itself says of edges.

The student's shading is right at large and blurred in the small, and takes bright paint for light. So only its large
forms are taken; within them the plate's own gradients are shared out: a change of brightness that comes with one of
colour is paint (colour Retinex, Grosse et al. 2009), one that the student saw as light is light, and the gradients of
light are put together again by a screened Poisson equation (Bhat et al. 2008).

The colour of the light is the student's as far as what is white in the plate bears it out. The sky is no surface: it is
in the residual, as lamps are.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cosine import screened_poisson
from .detail import Guide, enlarged, reduce_picture
from .student import Prediction

_FLOOR = 1e-3  # of the level: light darker than this tells nothing
_REACH = 0.12  # of the long side: forms of light larger than this are the student's
_COLOR = 0.3  # change of colour, per change of brightness, from which an edge is paint
_NOISE = 0.02  # nepers of colour that mean nothing
_LEAST = 0.15  # share of a colourless edge that is light whatever the student says
_STRENGTH = 0.03  # nepers: steps of brightness of which the student's opinion counts
_HUE = 0.5  # how far the colour of light may go from its mean over the frame, of what the student says
_HUE_CELLS = 8  # along the long side
_NEUTRAL = 0.15  # nepers of colour by which white may be off white
_PALE = (0.5, 0.2)  # nepers below the frame's white from which on things may be white, and where they are
_LEAST_WHITE = 0.35  # where nothing in the frame is as bright as this, nothing is white
_BRIGHT_SHARE = 0.98  # of the frame are not brighter than its white
_UNSEEN = (0.01, 0.04)  # of the frame: the student's word on cold and on warm light counts like so much that is white
_COLD = 0.05  # nepers of red over blue from which light is clearly warm, or of blue over red clearly cold
_LOOK = 256  # pixels of the long side at which white is looked for
_WHITE = 0.85  # the brightest that a surface may be
_BRIGHT = 0.8  # share of white from which on things are likelier white than of the opposite colour of their light
_WHITE_SHARE = 0.99
_TRUST = 0.5  # of the student in how bright the albedo is at all; the rest is that something in the frame is white
_AREA = 0.06  # of the long side: areas larger than this are not brighter than white, there is more light
_EXCESS = 1.5  # nepers of light that an area may have more than was seen
_PURE = 0.8  # the most of the colour of the light in what is seen that is a highlight
_GLOSS = 4.0  # times the shading: highlights may be this bright, what is brighter shines itself
_LIT_SHARE = 0.98
_BRIGHTEST = 1.5  # nepers: light on surfaces is at most this much more than on nearly all of the frame; more is a lamp
_SAMPLES = 1 << 16


def take_apart(plate: Tensor, seen: Prediction, guide: Guide, sky: Tensor) -> dict[str, Tensor]:
    """Albedo, shading, specular and residual `[1, 3, H, W]` of a plate `[1, 3, H, W]` and the guide of its edges.

    sky : `[1, 1, H, W]`, from `find_sky`. `plate = albedo * shading + specular + residual` to the last digits. The
    residual holds what no surface can explain: the sky, negative light, and what is brighter than highlights are.
    """
    height, width = plate.shape[-2:]
    positive = torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min(0)
    logs = (positive + _FLOOR * seen.level).log()
    grey = _grey(logs, seen, guide)
    ground = 1 - sky
    hue = _hue(seen, height, width)
    hue = _bright_hue(logs, grey, hue * _purity(logs, grey, hue, ground))
    share = torch.sigmoid(guide.follow(torch.logit(seen.share, 1e-4)))
    # Highlights have the colour of the light, so no more of the plate is one than has that colour.
    color = (hue - hue.amax(1, keepdim=True)).exp()
    glossy = (share * positive).mean(1, keepdim=True)
    gloss = torch.minimum(glossy, _PURE * (positive / color).amin(1, keepdim=True)) * color
    gloss, diffuse = gloss * ground, (positive - gloss) * ground
    shading = (grey + hue).exp()
    shading = shading * _area_excess(diffuse, shading)
    shading = shading * _white(diffuse, shading) ** (1 - _TRUST)
    # What is brighter than a highlight shines itself.
    most = (1 + _GLOSS) * _WHITE * shading.amax(1, keepdim=True)
    diffuse = diffuse / (diffuse.amax(1, keepdim=True) / most).clamp_min(1)
    # What is brighter than white is a highlight, as far as it has the colour of the light; else there is more light.
    over = ((diffuse - shading * _WHITE) / color).amax(1, keepdim=True).clamp_min(0)
    over = torch.minimum(over, _PURE * (diffuse / color).amin(1, keepdim=True)) * color
    diffuse = diffuse - over
    shading = shading * (diffuse / (shading * _WHITE)).amax(1, keepdim=True).clamp_min(1)
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
    return grey.clamp_max(_percentile(grey, _LIT_SHARE) + _BRIGHTEST)[None]


def _share(bright: Tensor, color: Tensor, light: Tensor, dim: int) -> Tensor:
    """The part of the steps between neighbours along `dim` that is light."""
    step = bright.diff(dim=dim)
    paint = color.diff(dim=dim).square().sum(0, keepdim=True).sqrt() / (_COLOR * step.abs() + _NOISE)
    said = (light.diff(dim=dim) * step / (step.square() + _STRENGTH**2)).clamp(0, 1)
    return step * torch.exp(-paint.square()) * (_LEAST + (1 - _LEAST) * said)


def _hue(seen: Prediction, height: int, width: int) -> Tensor:
    """The colour of the light `[1, 3, H, W]`, in nepers about its brightness: it changes slowly."""
    logs = seen.shading.log()
    hue = logs - logs.mean(1, keepdim=True)
    weight = torch.exp(-seen.error)
    # Rows first, as one number over a whole map is added up in parts of threads.
    total, weights = (x.sum(3, keepdim=True).sum(2, keepdim=True) for x in (hue * weight, weight))
    mean = total / weights
    h, w = hue.shape[-2:]
    cells = max(1, round(_HUE_CELLS * h / max(h, w))), max(1, round(_HUE_CELLS * w / max(h, w)))
    coarse = reduce_picture(hue, *cells) if h > cells[0] and w > cells[1] else hue
    # Bicubic, as two products of matrices: torch's own takes many times as long for so few cells.
    rows, columns = (_cubic(coarse.shape[dim], size, coarse) for dim, size in ((2, height), (3, width)))
    wide = rows @ coarse @ columns.T
    return mean + _HUE * (wide - mean)


def _cubic(count: int, size: int, like: Tensor) -> Tensor:
    """What of `count` numbers each of `size` places between them is `[size, count]`, by cubic interpolation."""
    each = torch.eye(count, dtype=like.dtype, device=like.device)
    return F.interpolate(each[None, None], (size, count), mode="bicubic", align_corners=False)[0, 0]


def _purity(logs: Tensor, grey: Tensor, hue: Tensor, ground: Tensor) -> Tensor:
    """How much `[1, 1, 1, 1]` of the colour of the light the plate's own white bears out, 0 to 1.

    What is bright and of a colour between none and that of the light is white under light of just this colour: paint
    that is bright and of exactly the opposite colour of its light is rare, and cameras are balanced for what is white.
    Other colours say nothing: skin and grass would be white in green light. Warm light is the only one in many a place,
    cold light hardly ever, so less is needed to doubt it.
    """
    height, width = logs.shape[-2:]
    scale = min(1.0, _LOOK / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    small, about, light, there = (reduce_picture(x, *size) for x in (logs, grey, hue, ground))
    bright = small.mean(1, keepdim=True)
    own, above = small - bright, bright - about
    white = _percentile(above + there.clamp_min(1e-6).log(), _BRIGHT_SHARE).clamp_min(math.log(_LEAST_WHITE))
    has = ((own * light).sum(1, keepdim=True) / light.square().sum(1, keepdim=True).clamp_min(1e-12)).clamp(0, 1)
    off = (own - has * light).square().sum(1, keepdim=True) / _NEUTRAL**2
    sure = there * torch.exp(-off / 2) * ((above - white + _PALE[0]) / (_PALE[0] - _PALE[1])).clamp(0, 1)
    found, weight = (x.mean(3, keepdim=True).mean(2, keepdim=True) for x in (has * sure, sure))
    warm = torch.sigmoid((light[:, :1] - light[:, 2:]).mean(3, keepdim=True).mean(2, keepdim=True) / _COLD)
    unseen = _UNSEEN[0] + (_UNSEEN[1] - _UNSEEN[0]) * warm
    return (found + unseen) / (weight + unseen)


def _bright_hue(logs: Tensor, grey: Tensor, hue: Tensor) -> Tensor:
    """The colour of the light `[1, 3, H, W]` where things are about as bright as white ones, or brighter.

    White paint has the colour of its light. What is that bright and has less of this colour is lit by other light, or
    the camera has clipped it; taken for paint it would have the opposite colour, pure where a highlight goes off it.
    """
    own = logs - logs.mean(1, keepdim=True)
    strength = hue.square().sum(1, keepdim=True).clamp_min(1e-12)
    lacking = ((hue - own) * hue / strength).sum(1, keepdim=True).clamp(0, 1)
    over = (logs - grey - hue).amax(1, keepdim=True) - math.log(_WHITE)
    return hue * (1 - lacking * (over / -math.log(_BRIGHT) + 1).clamp(0, 1))


def _area_excess(diffuse: Tensor, shading: Tensor) -> Tensor:
    """How much more light there is than was seen `[1, 1, H, W]`, where whole areas would be brighter than white."""
    height, width = diffuse.shape[-2:]
    ratio = (diffuse / shading).amax(1, keepdim=True).clamp_min(1e-6)
    excess = (ratio.log() - math.log(_WHITE)).clamp(0, _EXCESS)
    side = max(1, round(_AREA * max(height, width)))
    h, w = max(1, height // side), max(1, width // side)
    cells = F.adaptive_avg_pool2d(excess, (h, w))
    return enlarged(cells, height, width).exp()


def _white(diffuse: Tensor, shading: Tensor) -> Tensor:
    """What the shading has to be multiplied with for the brightest albedo of the frame to be white; 1 where black."""
    white = _percentile((diffuse / shading).mean(1), _WHITE_SHARE)
    return torch.where(white > 0, white / _WHITE, torch.ones_like(white)).clamp(0.05, 20)


def _percentile(x: Tensor, share: float) -> Tensor:
    """About the value below which `share` of all lie, one of them."""
    values = x.flatten()
    values = values[:: max(1, values.numel() // _SAMPLES)]
    return values.kthvalue(1 + round(share * (values.numel() - 1))).values
