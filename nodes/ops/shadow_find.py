"""Where the cast shadows of a picture are, by comparing its pieces with each other.

A piece in shadow has a piece of the same surface in light near it: alike in texture, facing the same way, darker, and
in colour little different for how much darker (paired regions, Guo, Dai and Hoiem 2011). All such pairs, and pieces
that are under the same light, are weighed against each other at once. What a network guesses decides between pairs and
counts by how sure it is of itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from .fir import finite
from .gaussian import blurred
from .shadow_light import agreed_ratio, logs_of
from .superpixels import Pieces, superpixels

PIECE = 9.0
"""Pixels that a piece is wide."""
_BLACK = 2.0**-9  # of the white, under which light tells nothing
_WHITE = 0.98  # of the pixels are darker
_COLOR = 1.5  # weight of a stop of colour against one of brightness, for pieces
_COMPACT = 0.8
_NEAR = 0.08  # of the picture's diagonal, within which pieces are compared
_FADES = 8.0  # stops over the diagonal by which light changes without a shadow
_DARKER = (0.6, 0.5)  # stops from which a piece is darker, and over how many it becomes sure
_DEEPEST = (3.6, 1.2)  # stops up to which a shadow is as deep
_NOISE = (7.0, 1.5)  # stops under white from which on light tells less and less
_HUE, _HUE_WIDTH = 0.22, 0.2  # change of colour for every stop of depth, and how much more is excused, in stops
_BLUER, _BLUER_WIDTH = 0.1, 0.2  # stops that light may be bluer than shadow, and how much more is excused
_TEXTURE, _FACING = 1.0, 0.3
_UNUSUAL, _SELDOM = 1.4, 0.2  # stops that depths differ by in all channels, and the weight of those that are not
_ALIKE = (0.25, 0.15)  # stops of brightness and of colour
_TOUCHING = (0.35, 0.2)
_PARTNERS, _FRIENDS = 12, 10
_LIT = 0.6  # weight of being lit where nothing says otherwise
_GUESS = 0.6  # weight of the network's own guess where it is quite sure
_THIN = 2.0
_GROUND, _MIXED = 0.12, 0.22  # nepers of colour off the usual one, up to which all is one ground, and where it is not
_TINTED, _NEARLY = 0.25, 0.9  # of the change of brightness, that shadow changes colour by; of a picture, that is all


@dataclass(frozen=True)
class Hints:
    """What is known of a picture besides its pixels, at its size.

    shadow : `[1, h, w]`, visibility as a network guesses it. confidence : `[1, h, w]`, 0 to 1. normal : `[3, h, w]`.
    subject : `[1, h, w]`, 1 where one thing is that is not compared with others. known : `[1, h, w]`, how far the
    picture tells how bright it was; by default everywhere.
    """

    shadow: Tensor
    confidence: Tensor
    normal: Tensor
    subject: Tensor | None = None
    known: Tensor | None = None


@dataclass(frozen=True)
class Found:
    """Shadow `[1, h, w]`: 1 where a piece is in shadow for sure, 0 where not, beyond both where many say so.

    certainty : `[1, h, w]`, 0 to 1, how little there is to be said for the opposite.
    """

    shadow: Tensor
    certainty: Tensor


def paired_shadows(x: Tensor, hints: Hints, check: Callable[[], None] = lambda: None) -> Found:
    """Where shadows are in a small picture `[3, h, w]`, about 256 pixels wide; scales with no exposure.

    check : called now and then; it stops the work by raising.
    """
    light = finite(x).double()
    bright = light.mean(0).flatten()
    white = bright.kthvalue(1 + int(_WHITE * (bright.numel() - 1))).values
    if not bool(white > 0):
        return Found(torch.zeros_like(x[:1]), torch.zeros_like(x[:1]))
    logs = (light / white).clamp_min(_BLACK).log2()
    even = logs.mean(0, keepdim=True)
    pieces = superpixels(torch.cat((even, _COLOR * (logs[:2] - logs[1:]))), PIECE, _COMPACT, check)
    shadow = _weighed(pieces, logs, hints, check)
    check()
    sure = ((shadow - 0.5).abs() * 2).clamp(0, 1) * pieces.mean(hints.confidence)[:, 0].clamp_min(0.25)
    return Found(pieces.spread(shadow[:, None]).to(x.dtype), pieces.spread(sure[:, None]).to(x.dtype))


def _weighed(pieces: Pieces, logs: Tensor, hints: Hints, check: Callable[[], None]) -> Tensor:
    """How much each piece is in shadow `[n]`: the least squares of what all pairs say."""
    mean = pieces.mean(logs)
    count = len(mean)
    guess = pieces.mean(hints.shadow)[:, 0]
    sure = pieces.mean(hints.confidence)[:, 0].clamp(0, 1)
    change = mean[None] - mean[:, None]  # from the piece of the row to that of the column
    brighter = change.mean(2)
    hue = (change - brighter[..., None]).norm(dim=2)
    check()
    place = pieces.place / pieces.place.new_tensor(logs.shape[1:]).norm()
    away = torch.cdist(place, place)
    near = torch.exp(-((away / _NEAR) ** 2) / 2)
    check()
    # Light that fades over a distance, as in the sky, is no shadow.
    evidence = _same_surface(pieces, logs, hints, change, brighter - _FADES * away, hue) * near
    check()
    reliable = ((mean.mean(1) + _NOISE[0]) / _NOISE[1]).clamp(0, 1)
    # As much as the network is sure, it has to see the same difference.
    agrees = torch.lerp(torch.ones_like(near), torch.sigmoid(6 * (guess[None] - guess[:, None])), sure[:, None])
    evidence = evidence * reliable[:, None] * agrees
    check()
    pairs = _largest(evidence * _usual(change, _largest(evidence, _PARTNERS)), _PARTNERS)
    check()
    same = _bell(brighter, _ALIKE[0]) * _bell(hue, _ALIKE[1]) * near
    same.fill_diagonal_(0)
    same = _largest(same, _FRIENDS)
    check()
    a, b = pieces.touching
    beside = torch.zeros_like(same)
    beside[a, b] = _bell(brighter[a, b], _TOUCHING[0]) * _bell(hue[a, b], _TOUCHING[1])
    bonds = same + same.t() + 3 * (beside + beside.t())
    weight = torch.full_like(sure, _LIT) + _GUESS * sure
    matrix = torch.diag(pairs.sum(1) + pairs.sum(0) + bonds.sum(1) + weight) - pairs - pairs.t() - bonds
    # A pair wants a difference of one; without pairs a piece is lit unless the network is sure that it is not.
    wanted = pairs.sum(1) - pairs.sum(0) + _GUESS * sure * sure * (1 - guess)
    check()
    return torch.linalg.solve(matrix, wanted) if count else wanted


def _usual(change: Tensor, pairs: Tensor) -> Tensor:
    """How much each change of light `[n, n, 3]`, in stops, is like that on which most pairs `[n, n]` agree.

    The same lights are missing in all shadows of a picture, so that they are about as deep.
    """
    dark, bright = torch.nonzero(pairs, as_tuple=True)
    if not len(dark):
        return torch.ones_like(pairs)
    found = (change[dark, bright].t() * math.log(2)).cpu().numpy()
    usual = agreed_ratio(found, counts=pairs[dark, bright].cpu().numpy()) / math.log(2)
    away = (change - change.new_tensor(usual)).square().sum(2)
    return torch.exp(-away / (2 * _UNUSUAL**2)).clamp_min(_SELDOM)


def _same_surface(pieces: Pieces, logs: Tensor, hints: Hints, change: Tensor, brighter: Tensor, hue: Tensor) -> Tensor:
    """How much speaks for two pieces `[n, n]` being one surface, that of the row in shadow."""
    dark = ((brighter - _DARKER[0]) / _DARKER[1]).clamp(0, 1) * ((_DEEPEST[0] - brighter) / _DEEPEST[1]).clamp(0, 1)
    color = _bell((hue - _HUE * brighter.clamp_min(0)).clamp_min(0), _HUE_WIDTH)
    bluer = change[..., 2] - change[..., 0]
    color = color * _bell((bluer - _BLUER).clamp_min(0), _BLUER_WIDTH)
    even = logs.mean(0, keepdim=True)
    texture = (pieces.mean((even - blurred(even, 1.5)).square()).sqrt() + 0.02).log2()
    normal = torch.nn.functional.normalize(pieces.mean(hints.normal), dim=1)
    facing = (1 - normal @ normal.t()).clamp_min(0)
    alike = _bell(texture - texture.t(), _TEXTURE) * _bell(facing, _FACING)
    if hints.subject is not None:
        inside = pieces.mean(hints.subject).clamp(0, 1)
        alike = alike * (1 - (inside - inside.t()).abs())
    if hints.known is not None:
        # No surface is told to be the same in light where a camera cut the light off.
        alike = alike * pieces.mean(hints.known)[:, 0].clamp(0, 1)[None]
    return dark * color * alike


def of_one_color(x: Tensor) -> Tensor:
    """How far `[]` nearly all of a small picture `[3, h, w]` has one colour, in light and in shadow, as one ground has.

    What is dark on a ground is hardly anything but shadow, while hair, clothes and backgrounds are dark by paint.
    """
    logs = logs_of(x)
    even = logs.mean(0, keepdim=True)
    color = (logs - even).flatten(1)
    off = (color - color.median(1, keepdim=True).values).norm(dim=0)
    off = off - _TINTED * (even - even.median()).abs().flatten()
    far = off.kthvalue(1 + int(_NEARLY * (off.numel() - 1))).values
    ground: Tensor = ((_MIXED - far) / (_MIXED - _GROUND)).clamp(0, 1)
    return ground


def without_fringes(shadow: Tensor) -> Tensor:
    """`shadow [1, h, w]` of a small picture without what is nowhere wider than three pixels: mixtures of two things."""
    dark = (shadow[0] > 0.5).cpu().numpy().astype(np.uint8)
    depth = cv2.distanceTransform(np.pad(dark, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    count, labels = cv2.connectedComponents(dark)
    widest = np.zeros(count)
    np.maximum.at(widest, labels.reshape(-1).astype(np.int64), depth.reshape(-1))
    thin = torch.from_numpy((widest < _THIN)[labels] & (dark > 0)).to(shadow.device)
    return torch.where(thin, 0.0, shadow)


def _bell(x: Tensor, width: float) -> Tensor:
    return torch.exp(-((x / width) ** 2) / 2)


def _largest(x: Tensor, count: int) -> Tensor:
    """`x [n, n]` with no more than the largest of each row left, and none that is hardly there."""
    least = x.topk(min(count, x.shape[1]), 1).values[:, -1:]
    return torch.where((x >= least) & (x > 1e-3), x, 0.0)
