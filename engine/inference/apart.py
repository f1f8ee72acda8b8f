"""A plate taken apart at full size: what the student saw of its light, and what the plate itself says of edges.

The student's shading is right at large and blurred in the small, and takes bright paint for light. So only its large
forms are taken; within them the plate's own gradients are shared out: a change of brightness that comes with one of
colour is paint (colour Retinex, Grosse et al. 2009), one that the student saw as light is light, and the gradients of
light are put together again by a screened Poisson equation (Bhat et al. 2008).

The colour of the light is told by `hue`. The sky is no surface: it is in the residual, as lamps are.

All that can is done strip by strip, in memory that one layer leaves to the next, as a plate may be large.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check, unchecked
from ..cosine import screened_poisson
from .detail import Guide, Rows, by_strips, enlarging, light_of, percentile, put_together, sampled
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


def take_apart(
    plate: Tensor, seen: Prediction, guide: Guide, sky: Tensor, check: Check = unchecked
) -> dict[str, Tensor]:
    """Albedo, shading, specular and residual `[1, 3, H, W]` of a plate `[1, 3, H, W]` and the guide of its edges.

    sky : `[1, 1, H, W]`, from `find_sky`. `plate = albedo * shading + specular + residual` to the last digits. The
    residual holds what no surface can explain: the sky, negative light, and what is brighter than highlights are.
    """
    ground, floor = 1 - sky, _FLOOR * seen.level
    logs = put_together(lambda rows: (light_of(plate[..., rows, :]) + floor).log_(), plate, check)
    grey = _grey(logs, seen, guide, check)
    hue, share = light_hue(seen, logs, grey, ground), guide.follow(torch.logit(seen.share, 1e-4))
    color, gloss, diffuse = (torch.empty_like(plate) for _ in range(3))

    def lit(rows: slice) -> None:
        told = hue(rows)
        most = told.amax(1, keepdim=True)
        tint = told.sub_(most).exp_()
        # Highlights have the colour of the light, so no more of the plate is one than has that colour.
        positive, there = light_of(plate[..., rows, :]), ground[..., rows, :]
        glossy = share(rows).sigmoid_().mul_(positive).mean(1, keepdim=True)
        shine = torch.minimum(glossy, _PURE * (positive / tint).amin(1, keepdim=True)) * tint
        rest = positive.sub_(shine).mul_(there)
        color[..., rows, :], gloss[..., rows, :], diffuse[..., rows, :] = tint, shine.mul_(there), rest
        grey[..., rows, :] += most
        logs[..., rows, :] = (rest + floor).log_()

    by_strips(lit, plate, check)
    pale = pale_light(logs, ground)
    shading, more = logs, torch.empty_like(grey)  # rows of logs are done with when those of the shading are there

    def shaded(rows: slice) -> None:
        shade = (grey[..., rows, :] + pale(rows)).exp_().mul_(color[..., rows, :])
        shading[..., rows, :], more[..., rows, :] = shade, _excess(diffuse[..., rows, :], shade)

    by_strips(shaded, plate, check)
    more = put_together(_over_areas(more), plate, check).exp_()
    more *= _white(sampled(diffuse), sampled(shading) * sampled(more)) ** (1 - _TRUST)
    albedo, specular, residual = diffuse, gloss, color

    def explained(rows: slice) -> None:
        tint, shade, rest = color[..., rows, :], shading[..., rows, :].mul_(more[..., rows, :]), diffuse[..., rows, :]
        # What is brighter than a highlight shines itself.
        most = (1 + _GLOSS) * WHITE * shade.amax(1, keepdim=True)
        rest.div_(rest.amax(1, keepdim=True).div_(most).clamp_min_(1))
        # What is brighter than white is a highlight as far as it has the colour of the light; else there is more light.
        over = torch.sub(rest, shade, alpha=WHITE).div_(tint).amax(1, keepdim=True).clamp_min_(0)
        over = torch.minimum(over, _PURE * (rest / tint).amin(1, keepdim=True)) * tint
        shade.mul_((rest.sub_(over) / (shade * WHITE)).amax(1, keepdim=True).clamp_min_(1))
        told = rest.div_(shade).mul(shade).add_(gloss[..., rows, :].add_(over))
        torch.sub(plate[..., rows, :], told, out=tint)

    by_strips(explained, plate, check)
    return {"albedo": albedo, "shading": shading, "specular": specular, "residual": residual}


def _grey(logs: Tensor, seen: Prediction, guide: Guide, check: Check) -> Tensor:
    """How bright the light is `[1, 1, H, W]`, in nepers. logs : of the plate."""
    height, width = logs.shape[-2:]
    about = seen.shading.log().mean(1, keepdim=True)
    light, large = guide.follow(about), enlarging(about, height, width)
    right, down = logs.new_empty(1, height, width - 1), logs.new_empty(1, height - 1, width)

    def steps(rows: slice) -> None:
        ends = slice(rows.start, min(rows.stop + 1, height))  # with the row that the last step down goes to
        red, green, blue = logs[0, :, ends]
        bright, color = logs[0, :, ends].mean(0, keepdim=True), torch.stack((red - green, blue - green))
        seen_light = light(ends)[0]
        down[:, ends.start : ends.stop - 1] = _share(bright, color, seen_light, 1)
        here = slice(0, rows.stop - rows.start)
        right[:, rows] = _share(bright[:, here], color[:, here], seen_light[:, here], 2)

    by_strips(steps, logs, check)
    base = put_together(large, logs, check)[0]
    grey = screened_poisson(right, down, base, _REACH * max(height, width), check)
    return grey.clamp_max_(percentile(grey, _LIT_SHARE) + _BRIGHTEST)[None]


def _share(bright: Tensor, color: Tensor, light: Tensor, dim: int) -> Tensor:
    """The part of the steps between neighbours along `dim` that is light."""
    step = bright.diff(dim=dim)
    paint = color.diff(dim=dim).square_().sum(0, keepdim=True).sqrt_().div_(_COLOR * step.abs() + _NOISE)
    said = light.diff(dim=dim).mul_(step).div_(step.square() + _STRENGTH**2).clamp_(0, 1)
    return step.mul_(paint.square_().neg_().exp_()).mul_(said.mul_(1 - _LEAST).add_(_LEAST))


def _excess(diffuse: Tensor, shading: Tensor) -> Tensor:
    """How much brighter than white `[1, 1, n, W]` things would be, in nepers."""
    ratio = (diffuse / shading).amax(1, keepdim=True).clamp_min_(1e-6)
    return ratio.log_().sub_(math.log(WHITE)).clamp_(0, _EXCESS)


def _over_areas(excess: Tensor) -> Rows:
    """How much more light there is than was seen `[1, 1, n, W]`, in nepers, where whole areas would be brighter than
    white.
    """
    height, width = excess.shape[-2:]
    side = max(1, round(_AREA * max(height, width)))
    cells = F.adaptive_avg_pool2d(excess, (max(1, height // side), max(1, width // side)))
    return enlarging(cells, height, width)


def _white(diffuse: Tensor, shading: Tensor) -> Tensor:
    """What the shading has to be multiplied with for the brightest albedo of the frame to be white; 1 where black.

    diffuse, shading : `[1, 3, n]`, of some of its pixels.
    """
    white = percentile((diffuse / shading).mean(1), _WHITE_SHARE)
    return torch.where(white > 0, white / WHITE, torch.ones_like(white)).clamp(0.05, 20)
