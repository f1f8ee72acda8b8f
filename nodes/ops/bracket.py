"""Several exposures of one scene as one picture with the range of all.

A sample x of an exposure of t times the light of the reference says x / t of the scene, with the variance
(read^2 + shot^2 * x) / t^2, as sensors have it; what is known together is their mean with inverse variances for weights
(Granados and others, 2010). The variance is that of the light that all exposures expect, never that of the sample
itself: a sample that noise makes darker would weigh more, and pull the mean down.

Pictures are scene-linear `[3, H, W]`, in the space in which the camera clipped. Everything scales with the exposure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .bracket_light import FADE, Bracket, clipped
from .progress import Progress, shared, silent

AROUND = 3
"""Pixels around each one that are looked at: `_BLEED` and half of `_WINDOW`."""
_BLEED = 1  # pixels around what is clipped into which a camera's interpolation and a codec carry it
_WINDOW = 5  # pixels wide in which exposures are compared, so that single grains of noise are no ghosts
_LAST = 1e-6  # what it counts at the end, where no other exposure tells anything
_SLACK = 0.03  # by which two exposures of one light may differ: shutters, apertures, curves are not exact
_STRICT = 3.0  # standard deviations at which exposures disagree with `ghosts` at 1
_SOFT = 1.5  # times those, at which a sample is not taken at all
_BOUND = (0.5, 0.7)  # of the level: from where on a clipped reference says how bright at least, and of that how much
_BAND = 1 << 16  # pixels that a thread merges at a time
_FAR, _TINY = 1e6, 1e-30


@dataclass(frozen=True)
class Exposed:
    """How a bracket was exposed, and how it is merged.

    stops : of each exposure over the reference. read : standard deviation of the noise at black, shot : of that which
    light itself adds where the camera clips, shares of the light there. reference : index of the exposure that ghosts
    are judged by. ghosts : 0, none are looked for, to 1.
    """

    stops: Sequence[float]
    read: float
    shot: float
    reference: int
    ghosts: float


@dataclass(frozen=True)
class Merged:
    """light : `[3, h, w]` of the scene as the reference exposes it. confidence : `[1, h, w]`, 0 where it is clipped, 1
    elsewhere. ghosts : `[1, h, w]`, 1 where an exposure was left out as it shows something else.
    """

    light: Tensor
    confidence: Tensor
    ghosts: Tensor


def merge(bracket: Bracket, about: Exposed, progress: Progress = silent) -> Merged:
    """The light of all exposures, of a bracket over `h + 2 AROUND` times `w + 2 AROUND` pixels."""
    height, width = (size - 2 * AROUND for size in bracket.light[0].shape[1:])
    out = [bracket.light[0].new_zeros(count, height, width) for count in (3, 1, 1)]
    step = max(1, _BAND // max(1, width)) if out[0].device.type == "cpu" else max(1, height)

    def work(top: int) -> None:
        rows = slice(top, min(top + step, height) + 2 * AROUND)
        band = _Band(bracket, rows, about)
        weights, lost = band.weights()
        light = torch.zeros_like(out[0][:, top : top + step])
        for x, weight, gain in zip(bracket.light, _inner(weights), band.gain.flatten().tolist(), strict=True):
            light += torch.where(weight > 0, _inner(x[:, rows]) * (weight / gain), 0.0)
        made = light, 1 - _inner(lost).to(light), _inner(band.left_out()).to(light)
        for plane, found in zip(out, made, strict=True):
            plane[:, top : top + step] = found

    shared(work, range(0, height, step), progress)
    return Merged(*out)


def _inner(x: Tensor) -> Tensor:
    return x[..., AROUND:-AROUND, AROUND:-AROUND]


class _Band:
    """Rows of a bracket, `[n, .., h, w]`, with the pixels around them.

    gain : of each exposure over the reference. x : what the camera gave, 0 for what is no number. known : where there
    is a picture. cut : where it is clipped. good : where it says something. agrees : 0 to 1, how far it shows what the
    reference does.
    """

    def __init__(self, bracket: Bracket, rows: slice, about: Exposed) -> None:
        seen = [each[:, rows] for each in bracket.seen]
        self.about = about
        self.order = sorted(range(len(seen)), key=lambda i: about.stops[i])
        self.level = bracket.level.to(seen[0])[:, None, None]
        self.scale = bracket.scale
        self.gain = seen[0].new_tensor([2.0**stops for stops in about.stops])[:, None, None, None]
        self.x = torch.stack([torch.nan_to_num(each, 0.0, 0.0, 0.0) for each in seen])
        self.known = torch.stack([each[:, rows] for each in bracket.inside])
        self.cut = torch.stack([clipped(each, bracket.level) for each in seen])
        self.good = self.known & ~_grown(self.cut)
        # Of the darkest there is nobody to say what is beside its highlights.
        darkest = self.order[0]
        self.good[darkest] = self.known[darkest] & ~self.cut[darkest]
        self.agrees = self._agreement() if about.ghosts > 0 else torch.ones_like(self.gain)

    def weights(self) -> tuple[Tensor, Tensor]:
        """What each exposure counts `[n, 1, h, w]`, their sum 1, and where `[1, h, w]` it is clipped nevertheless."""
        counts = self.good * self.agrees
        light = (counts * self.x).sum(0) / (counts * self.gain).sum(0).clamp_min(_TINY)
        expected = light * self.gain
        share = (expected / self.level).amax(1, keepdim=True)  # of nothing where the level is endless
        fade = ((FADE[1] - share) / (FADE[1] - FADE[0])).clamp(0, 1) + _LAST
        weights = counts * fade * self.gain.square() / self._variance(expected).mean(1, keepdim=True)
        total = weights.sum(0, keepdim=True)
        none = total == 0
        weights = torch.where(none, self._darkest(), weights / torch.where(none, 1.0, total))
        return weights, ((weights > 0.5) & self.cut).any(0)

    def left_out(self) -> Tensor:
        """Where `[1, h, w]` an exposure shows something else than the reference."""
        return (self.good & (self.agrees < 0.5)).any(0)

    def _variance(self, x: Tensor) -> Tensor:
        """The variance of the noise of samples, where `x` is their light without it."""
        return (self.about.read * self.scale) ** 2 + self.about.shot**2 * self.scale * x.clamp_min(0)

    def _darkest(self) -> Tensor:
        """A weight of 1 `[n, 1, h, w]` for the darkest exposure that is known at all."""
        weights, left = torch.zeros_like(self.x[:, :1]), torch.ones_like(self.known[0])
        for i in self.order:
            weights[i] = (left & self.known[i]).to(weights)
            left = left & ~self.known[i]
        return weights

    def _agreement(self) -> Tensor:
        base, first = self._base()
        own = self.gain.flatten()[first]
        variance = (
            self._variance(base * self.gain) / self.gain.square()
            + self._variance(base * own) / own.square()
            + (_SLACK * base).square()
        )
        off = ((self.x / self.gain - base).square() / variance.clamp_min(_TINY)).mean(1, keepdim=True).clamp_max(_FAR)
        same = torch.stack([first == i for i in range(len(self.x))])
        compared = (self.good & ~same).to(off)
        around = _mean(off * compared) / _mean(compared).clamp_min(1 / _FAR)
        limit = _STRICT / self.about.ghosts
        return torch.where(same, 1.0, ((_SOFT - around.sqrt() / limit) / (_SOFT - 1)).clamp(0, 1))

    def _base(self) -> tuple[Tensor, Tensor]:
        """What the scene `[3, h, w]` is taken for where exposures disagree, and of which `[1, h, w]` it is.

        The reference; where that is clipped the next darker one that is bright enough to show the same thing; where all
        of those show something else, the reference clipped as it is. Where it is not known at all, any other.
        """
        scene, own = self.x / self.gain, self.about.reference
        at = self.order.index(own)
        base, first = scene[own], torch.full_like(self.good[0], own, dtype=torch.long)
        least = torch.where(base >= _BOUND[0] * self.level, _BOUND[1] * torch.minimum(base, self.level), -math.inf)
        left = ~self.good[own]
        for i in (*reversed(self.order[:at]), *self.order[at + 1 :]):
            noise = _STRICT * self._variance(least * self.gain[i]).sqrt() / self.gain[i]
            bright = (scene[i] >= least - noise).all(0, keepdim=True) | ~self.known[own]
            take = left & self.good[i] & bright
            base, first = torch.where(take, scene[i], base), torch.where(take, i, first)
            left = left & ~take
        darker = self.good[self.order[:at]].any(0) if at else self.known[own]
        self.good[own] |= left & self.known[own] & darker
        return base, first


def _grown(where: Tensor) -> Tensor:
    """`where`, bool `[n, 1, h, w]`, and the pixels beside it."""
    return F.max_pool2d(where.float(), 2 * _BLEED + 1, 1, _BLEED) > 0


def _mean(x: Tensor) -> Tensor:
    """Means `[n, 1, h, w]` over a window, what is outside counted as 0."""
    half = _WINDOW // 2
    return F.avg_pool2d(F.avg_pool2d(x, (_WINDOW, 1), 1, (half, 0)), (1, _WINDOW), 1, (0, half))
