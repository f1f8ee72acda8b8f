"""The colour of the light over a plate.

The student tells it well at large. In the small it follows the plate's own colours: it is warmer over skin and bluer
over denim, as if the light were. So what it says is held to what light does. Light from afar has one colour for each
direction that a surface faces, one for what the key reaches, one for what is bright; what does not follow from these
is believed by a part, and less across the line from blue to orange, on which lights lie, than along it.

Two things in the plate itself are heard besides. What is white in it bears out how pure the light is. And where a
surface grows paler as it grows brighter, without an edge, up to the brightest of the plate, its highlights or the
camera's shoulder have taken the colour: the light is taken to be paler there, not the paint.
"""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .detail import Rows, enlarging, percentile, reduce_picture, sampled, working_size
from .student import Prediction

WHITE = 0.85
"""The brightest that a surface may be."""

_LIGHTS = (1.0, 0.0, -1.0)  # nepers of red, green and blue along which lights differ
_ACROSS = 0.5  # of what the student says across that line
_FACING, _PLACE = 0.4, 0.35  # of what follows from directions, key and brightness, and of what is said of places
_RIDGE = 0.02
_CELLS = 8  # along the long side, in which places are told apart
_NEUTRAL = 0.15  # nepers of colour by which white may be off white
_PALE = (0.5, 0.2)  # nepers below the frame's white from which on things may be white, and where they are
_LEAST_WHITE = 0.35  # where nothing in the frame is as bright as this, nothing is white
_BRIGHT_SHARE = 0.98  # of the frame are not brighter than its white
_UNSEEN = (0.01, 0.04)  # of the frame: the student's word on cold and on warm light counts like so much that is white
_COLD = 0.05  # nepers of red over blue from which light is clearly warm, or of blue over red clearly cold
_LOOK = 256  # pixels of the long side at which white is looked for
_BRIGHT = 0.8  # share of white from which on things are likelier white than of the opposite colour of their light
_SMALL = 96  # pixels of the long side at which pale places are looked for
_ROUNDS = 100  # of going on to neighbours there, about ten pixels far
_TERMS = 37  # of the polynomial that does them all; what is left out is a thousandth
_EDGE = (0.12, 0.4)  # nepers of colour and of brightness between neighbours that end a surface
_FAVOUR = 4.0  # power by which the purer colours of a surface count more
_COLOURED = 0.08  # nepers of colour from which a surface has one
_PALER = 1.5  # times: no colour is made purer by more
_RISE = (-0.1, 0.3)  # nepers above the rest of a surface from which it may be paler, and in full
_SHOULDER = (-1.6, -0.7)  # nepers about the brightest of the plate from which colours pale, and in full
_PEAK = 0.999  # of the plate are not brighter than its brightest
_ALIKE = 0.35  # of the way around between colours that are of one surface


def light_hue(seen: Prediction, logs: Tensor, grey: Tensor, ground: Tensor) -> Rows:
    """The colour of the light `[1, 3, n, W]`, in nepers about its brightness.

    logs : `[1, 3, H, W]`, of the plate. grey : `[1, 1, H, W]`, how bright the light is, in nepers. ground :
    `[1, 1, H, W]`, 1 where there are surfaces. Of logs and grey no more than the rows is read when rows are asked for.
    """
    told = _told(seen, *logs.shape[-2:])
    purity = _purity(seen, logs, grey, ground)
    return lambda rows: _bright_hue(logs[..., rows, :], grey[..., rows, :], told(rows).mul_(purity))


def pale_light(logs: Tensor, ground: Tensor) -> Rows:
    """By how much the light is paler where surfaces are, `[1, 3, n, W]` in nepers to be added to its hue.

    logs : `[1, 3, H, W]`, of what of the plate is diffuse; as of `light_hue`. ground : as there.
    """
    height, width = logs.shape[-2:]
    size = working_size(height, width, _SMALL)
    small, there = reduce_picture(logs, *size), reduce_picture(ground, *size)
    bright, own, purity = _colour(small)
    has = (purity / _COLOURED - 0.5).clamp(0, 1) * there
    pure, direction = purity**_FAVOUR, own / purity.clamp_min(1e-6)
    along = _along_surface(own, bright, has, torch.cat((pure, bright, direction * pure), 1))
    usual, usual_bright, paint = torch.split(along, [1, 1, 3], 1)
    lacking = (usual ** (1 / _FAVOUR) / purity.clamp_min(1e-3) - 1).clamp(0, _PALER)
    lacking = lacking * _from(bright - usual_bright, _RISE) * has
    # The paint is that of the rest of the surface: what is left of it in the pale is off by the colour of the light.
    paint = paint / paint.square().sum(1, keepdim=True).sqrt().clamp_min(1e-12)
    maps = enlarging(torch.cat((lacking, direction, paint), 1), height, width)
    peak = percentile(sampled(logs).amax(1), _PEAK)

    def pale(rows: slice) -> Tensor:
        part = logs[..., rows, :]
        lacking, direction, paint = torch.split(maps(rows), [1, 3, 3], 1)
        _, own, pure = _colour(part)
        off = (own / pure.clamp_min(1e-6)).sub_(direction).square_().sum(1, keepdim=True)
        alike = torch.exp(off / -(_ALIKE**2))
        return paint.mul_(-lacking * pure * alike * _from(part.amax(1, keepdim=True) - peak, _SHOULDER))

    return pale


def _told(seen: Prediction, height: int, width: int) -> Rows:
    """What the student says of the colour of the light `[1, 3, n, W]`, held to what light does."""
    logs = seen.shading.log()
    bright, hue, _ = _colour(logs)
    weight = torch.exp(-seen.error)
    weight = weight / _total(weight)
    mean = _total(hue * weight)
    facing = _explained(torch.cat((seen.normal, seen.shadow, bright), 1), hue - mean, weight)
    h, w = hue.shape[-2:]
    cells = max(1, round(_CELLS * h / max(h, w))), max(1, round(_CELLS * w / max(h, w)))
    coarse = reduce_picture(hue, *cells) if h > cells[0] and w > cells[1] else hue
    turning = enlarging(_FACING * _held(facing), height, width)
    # Bicubic, as two products of matrices: torch's own takes many times as long for so few cells.
    down, across = (_cubic(coarse.shape[dim], size, coarse) for dim, size in ((2, height), (3, width)))
    places = (mean + _PLACE * _held(coarse - mean)) @ across.T
    return lambda rows: turning(rows).add_(down[rows] @ places)


def _held(off: Tensor) -> Tensor:
    """Differences of the colour of light `[1, 3, h, w]`, those across the line on which lights lie by a part."""
    axis = off.new_tensor(_LIGHTS).reshape(1, 3, 1, 1) / math.sqrt(2)
    along = (off * axis).sum(1, keepdim=True) * axis
    return torch.lerp(along, off, _ACROSS)


def _explained(causes: Tensor, effects: Tensor, weight: Tensor) -> Tensor:
    """What of maps `[1, n, h, w]` is a sum of other maps `[1, m, h, w]`, by least squares with weights of sum 1."""
    x = (causes - _total(causes * weight))[0]
    products = _total(x[:, None] * x[None] * weight)[..., 0, 0]
    goals = _total(x[:, None] * effects * weight)[..., 0, 0]
    ridge = _RIDGE * torch.eye(len(x), dtype=x.dtype, device=x.device)
    amounts: Tensor = torch.linalg.solve(products + ridge, goals)
    return (x[:, None] * amounts[..., None, None]).sum(0)[None]


def _along_surface(own: Tensor, bright: Tensor, has: Tensor, values: Tensor) -> Tensor:
    """Values `[1, c, h, w]` evened along surfaces, which end where colour or brightness jump."""
    height, width = bright.shape[-2:]
    places = [(down, right) for down in range(3) for right in range(3) if (down, right) != (1, 1)]

    def neighbours(x: Tensor) -> list[Tensor]:
        wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return [wide[..., down : down + height, right : right + width] for down, right in places]

    weights = [
        torch.exp(-(own - o).square().sum(1, keepdim=True) / _EDGE[0] ** 2 - ((bright - b) / _EDGE[1]).square())
        * torch.minimum(has, h)
        for o, b, h in zip(neighbours(own), neighbours(bright), neighbours(has), strict=True)
    ]
    total = 1 + torch.stack(weights).sum(0)

    def once(x: Tensor) -> Tensor:
        out = x.clone()
        for weight, beside in zip(weights, neighbours(x), strict=True):
            out.addcmul_(weight, beside)
        return out / total

    # A power of what a round does is a sum of few of its Chebyshev polynomials, each made of the two before.
    first, *others = _shares()
    before, now = values, once(values)
    found = first * values
    for share in others:
        found.add_(now, alpha=share)
        before, now = now, 2 * once(now) - before
    return found


@cache
def _shares() -> tuple[float, ...]:
    """How much of each of the first Chebyshev polynomials of x there is in `x ** _ROUNDS`."""
    found = [
        0.0 if (_ROUNDS - n) % 2 else math.comb(_ROUNDS, (_ROUNDS - n) // 2) * 2.0 ** ((n > 0) - _ROUNDS)
        for n in range(_TERMS)
    ]
    return tuple(share / sum(found) for share in found)


def _colour(logs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Brightness, colour about it, and how much of it there is, of logarithms `[1, 3, h, w]`."""
    bright = logs.mean(1, keepdim=True)
    own = logs - bright
    return bright, own, own.square().sum(1, keepdim=True).sqrt()


def _from(x: Tensor, bounds: tuple[float, float]) -> Tensor:
    """From 0 to 1 between two bounds."""
    return ((x - bounds[0]) / (bounds[1] - bounds[0])).clamp(0, 1)


def _total(x: Tensor) -> Tensor:
    """Rows first, as one number over a whole map is added up in parts of threads."""
    return x.sum(-1, keepdim=True).sum(-2, keepdim=True)


def _cubic(count: int, size: int, like: Tensor) -> Tensor:
    """What of `count` numbers each of `size` places between them is `[size, count]`, by cubic interpolation."""
    each = torch.eye(count, dtype=like.dtype, device=like.device)
    return F.interpolate(each[None, None], (size, count), mode="bicubic", align_corners=False)[0, 0]


def _purity(seen: Prediction, logs: Tensor, grey: Tensor, ground: Tensor) -> Tensor:
    """How much `[1, 1, 1, 1]` of the colour of the light the plate's own white bears out, 0 to 1.

    What is bright and of a colour between none and that of the light is white under light of just this colour: paint
    that is bright and of exactly the opposite colour of its light is rare, and cameras are balanced for what is white.
    Other colours say nothing: skin and grass would be white in green light. Warm light is the only one in many a place,
    cold light hardly ever, so less is needed to doubt it.
    """
    height, width = logs.shape[-2:]
    size = working_size(height, width, _LOOK)
    small, about, there = (reduce_picture(x, *size) for x in (logs, grey, ground))
    light = _told(seen, *size)(slice(0, size[0]))
    bright = small.mean(1, keepdim=True)
    own, above = small - bright, bright - about
    white = percentile(above + there.clamp_min(1e-6).log(), _BRIGHT_SHARE).clamp_min(math.log(_LEAST_WHITE))
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
    strength = hue.square().sum(1, keepdim=True).clamp_min_(1e-12)
    lacking = torch.sub(hue, own, out=own).mul_(hue).sum(1, keepdim=True).div_(strength).clamp_(0, 1)
    over = torch.sub(logs, hue, out=own).amax(1, keepdim=True).sub_(grey + math.log(WHITE))
    return hue * (1 - lacking * (over / -math.log(_BRIGHT) + 1).clamp_(0, 1))
