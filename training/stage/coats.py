"""Coats of paint: what gives the surfaces of a view another albedo.

All of it is arithmetic on logarithms of albedo, where another brightness or a tint is a shift, and fading is a scale.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .mapped import mapped
from .smooth import over_neighbours
from .view import View

DARKEST, BRIGHTEST = 0.01, 0.9
"""Albedo of soot and of fresh snow."""
_MEAN = (math.log(0.03), math.log(0.65))
"""Of a coat's albedo, as logarithms: what lies about it is to be within soot and snow."""
_SKIN_MEAN = (math.log(0.035), math.log(0.45))
"""The same of skin, in green."""
_CRISP = 6.0
"""How fast bands change at their edges: what changes slowly is light more often than paint."""
_CANDIDATES = 64
"""Pixels that are looked at for the colours that a part has."""


@dataclass(frozen=True, eq=False)
class Coat:
    """color : logarithm of albedo `[3, h, w]`. rough : of a factor on roughness the same, `[1, h, w]` or one number."""

    color: Tensor
    rough: Tensor | float = 0.0


@dataclass(frozen=True, eq=False)
class Ground:
    """What is painted on. color : logarithm of a view's albedo `[3, h, w]`."""

    view: View
    color: Tensor

    @classmethod
    def of(cls, view: View, albedo: Tensor) -> "Ground":
        """The ground of a view whose albedo is taken for `albedo` `[3, h, w]`."""
        return cls(view, albedo.clamp_min(DARKEST).log())

    def part(self, share: Tensor) -> "Part":
        """What of each pixel `[1, h, w]` is painted in one go. At its edges, which show something else too, its colour
        is that of pixels beside them.
        """
        pure = (share > 0.999).to(share)
        beside = torch.cat((self.color * pure, pure))
        for _ in range(2):  # edges are two pixels wide
            beside = over_neighbours(torch.add, beside)
        mixed = (pure == 0) & (beside[3:] > 0)
        color = torch.where(mixed, beside[:3] / beside[3:].clamp_min(1), self.color)
        mean = (color * share).sum((1, 2), keepdim=True) / share.sum().clamp_min(1e-3)
        return Part(self.view, color, share, mean)


@dataclass(frozen=True, eq=False)
class Part(Ground):
    """What is painted in one go. share : of each pixel `[1, h, w]`. mean : of its colour `[3, 1, 1]`."""

    share: Tensor
    mean: Tensor


def faded(part: Part, rng: np.random.Generator) -> Coat:
    """The colours as they are, but lighter or darker, tinted, with more or less contrast and saturation."""
    contrast, saturation = np.exp(rng.normal(0, (0.2, 0.35))).clip(0.4, 1.6)
    about = (part.color - part.mean) * float(contrast)
    grey = about.mean(0, keepdim=True)
    mean = _within(part.mean + _numbers(rng.normal(0, 0.5) + rng.normal(0, 0.14, 3), part.color), _MEAN)
    return Coat(mean + grey + (about - grey) * float(saturation), float(rng.normal(0, 0.25)))


def other_skin(part: Part, rng: np.random.Generator) -> Coat:
    """Skin of another tone: with more or less melanin, which takes blue light more than red; paler or more flushed by
    blood, which takes green and blue; and a little yellower or less.
    """
    melanin = rng.normal(0, 0.5) * np.array([0.87, 1.0, 1.1])
    blood = rng.normal(0, 0.5) * np.array([0.04, -0.1, -0.07])
    yellow = rng.normal(0, 0.5) * np.array([0.03, 0.02, -0.12])
    level = part.mean[1:2] + float(melanin[1])
    kept = level.clamp(*_SKIN_MEAN) - level  # all channels alike: the hue stays
    mean = part.mean + _numbers(melanin + blood + yellow, part.color) + kept
    contrast = float(np.exp(rng.normal(0, 0.12)))
    return Coat(mean + (part.color - part.mean) * contrast, float(rng.normal(0, 0.12)))


def plain(part: Part, rng: np.random.Generator) -> Coat:
    """One colour and one roughness, as of a model in clay."""
    color = _numbers(random_color(rng), part.color).expand_as(part.color)
    return Coat(color, math.log(rng.uniform(0.25, 0.95)) - part.view.roughness.clamp_min(0.02).log())


def recolored(part: Part, rng: np.random.Generator) -> Coat:
    """Another colour in each of a few regions: pixels of similar albedo, some of them on the same of a few bands.

    A region is what is most like one of a few pixels; its detail stays, or some of it.
    """
    count = int(rng.integers(2, 6))
    features = [over_neighbours(torch.add, part.color).flatten(1) / 6]
    if rng.random() < 0.45:
        features.append(float(rng.uniform(0.3, 2)) * _waves(part.view, rng).flatten(1))
    every, share = torch.cat(features), part.share.flatten()
    numbers = rng.integers(every.shape[1], size=_CANDIDATES)
    tried = torch.from_numpy(numbers).to(share.device, non_blocking=True)
    # The first of those that lie in the part.
    order = share[tried].round() - torch.arange(_CANDIDATES, device=share.device) / _CANDIDATES / 2
    like = every[:, tried[order.topk(count).indices]]
    gap = (every.square().sum(0) - 2 * (like.T @ every) + like.square().sum(0)[:, None]).clamp_min(0)
    softness = math.exp(rng.uniform(math.log(0.03), math.log(0.5)))
    within = (-gap / softness).softmax(0)  # [count, pixels]
    color, weights = part.color.flatten(1), within * share
    mean = color @ weights.T / weights.sum(1).clamp_min(1e-3)
    fresh = np.stack([random_color(rng) for _ in range(count)], 1)
    shift = rng.normal(0, 0.5, count) + rng.normal(0, 0.3, (3, count))
    covering = (rng.random(count) < 0.65) * rng.uniform(0.6, 1, count)
    detail = rng.uniform(0.2, 1.1, count)
    rough = rng.normal(0, 0.35, count)
    target, shifts, numbers_of = (rows(x, color) for x in (fresh, shift, (covering, detail, rough)))
    covers, details, roughs = numbers_of
    base = (mean + shifts).clamp(*_MEAN) * (1 - covers) + target * covers - details * mean
    painted = base @ within + color * (details @ within)
    return Coat(painted.reshape(part.color.shape), (roughs @ within).reshape(part.share.shape))


def textured(part: Part, rng: np.random.Generator, texture: Tensor) -> Coat:
    """A texture (see `evened`) of any colour on the surface, in place of what is there or over it."""
    detail = mapped(part.view, texture, rng)
    grey = detail.mean(0, keepdim=True)
    contrast, saturation = math.exp(rng.normal(-0.2, 0.35)), rng.uniform(0.2, 1.4)
    pattern = contrast * (grey + (detail - grey) * float(saturation))
    kept = float(rng.uniform(0.3, 1)) if rng.random() < 0.35 else 0.0
    fresh = _numbers(random_color(rng), part.color)
    if kept:
        fresh = _within(part.mean + _numbers(rng.normal(0, 0.4) + rng.normal(0, 0.2, 3), part.color), _MEAN)
    rough = float(rng.normal(0, 0.25)) + float(rng.normal(0, 0.5)) * grey
    return Coat(fresh + pattern + (part.color - part.mean) * kept, rough)


def random_color(rng: np.random.Generator) -> NDArray[np.float64]:
    """The logarithm `[3]` of an albedo as paint, cloth, wood and stone have: few are saturated, more of them warm."""
    level = rng.uniform(*_MEAN)
    hue = rng.normal(0.5, 0.5) if rng.random() < 0.4 else rng.uniform(0, 2 * math.pi)
    vivid = min(abs(rng.normal(0, 0.45)), 1.0)
    color = level + vivid * np.cos(hue - np.array([0, 2, 4]) * math.pi / 3)
    return np.asarray(color - max(0.0, color.max() - math.log(BRIGHTEST)))


def _waves(view: View, rng: np.random.Generator) -> Tensor:
    """Bands `[2, h, w]` in -1..1 across space, a few of them in the picture, bent by one another."""
    position = view.position
    wide = view.depth.sum() / (view.depth > 0).sum().clamp_min(1) * (2 * view.camera.tan_x)
    turn, phase = rng.normal(0, 1, (2, 3)), rng.uniform(0, 2 * math.pi, (2, 1))
    turn *= np.exp(rng.uniform(math.log(4), math.log(25), (2, 1))) / np.linalg.norm(turn, axis=1, keepdims=True)
    along = rows(turn, position) @ (position / wide.clamp_min(1e-3)).flatten(1) + rows(phase, position)
    bent = along + float(rng.uniform(0, 1.5)) * along.flip(0).mul(0.5).sin()
    return bent.sin().mul(_CRISP).tanh().reshape(2, view.height, view.width)


def _within(mean: Tensor, limits: tuple[float, float]) -> Tensor:
    """A colour `[3, 1, 1]` brought to a level within limits, its hue kept."""
    level = mean.mean(0, keepdim=True)
    return mean + level.clamp(*limits) - level


def rows(values: object, like: Tensor) -> Tensor:
    """Numbers on a device, which is not waited for."""
    return torch.from_numpy(np.asarray(values, np.float32)).to(like.device, non_blocking=True)


def _numbers(values: NDArray[np.float64], like: Tensor) -> Tensor:
    return rows(values, like).reshape(3, 1, 1)
